"""The HTTP API with live push."""
