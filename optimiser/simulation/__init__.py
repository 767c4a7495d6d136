"""Simulation: a brigade at work, seeded and pure."""
