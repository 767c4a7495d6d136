"""The fault matrix: real processes, a real broker and a real Redis, hurt while events keep arriving."""
