"""What people say of a place, made into a signal: redaction, category, mood, clusters in space and time."""
