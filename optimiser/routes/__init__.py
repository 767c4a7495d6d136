"""Rounds of a day: where a new stop fits, a better day, and why something cannot be done."""
