"""Tests of the load tests' own parts; nothing is timed here."""
