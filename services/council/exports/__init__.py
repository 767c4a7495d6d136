"""Rounds as crews and other systems need them: GPX, GeoJSON, CSV, printed sheets."""
