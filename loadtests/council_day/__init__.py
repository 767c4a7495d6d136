"""Request to proposal: how long a report takes to be on the manager's console with a place in a round."""
