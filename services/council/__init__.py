"""A council's day of collections: its picture, its proposals, what its people decide."""
