"""The test suite; mirrors the wings."""
