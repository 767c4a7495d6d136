"""What people post, read at the door: personal data out, place and category in."""
