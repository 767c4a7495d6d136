"""Feeds: the simulated day and the replay of records, clients of the HTTP API."""
