"""How it runs for real. Scripts and what they share; nothing here is imported by the service."""
