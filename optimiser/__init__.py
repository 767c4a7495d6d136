"""Pure decisions: arrays and frozen dataclasses in, a plan out; no I/O, no clock."""
