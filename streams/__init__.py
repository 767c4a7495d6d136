"""Events on the wire, and the logs that carry them; decides nothing."""
