"""Processes and people: workers, HTTP API, consoles, command line; no algorithms."""
