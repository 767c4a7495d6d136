"""Methods of the literature for relocating appliances, each from its published formula, one a file."""
