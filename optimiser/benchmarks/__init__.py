"""Benchmarks of the cover engine: scripts that measure, compare and write results; imported by no wing."""
