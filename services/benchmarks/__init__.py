"""Benchmarks of the services' parts, run by hand; no part of the service itself."""
