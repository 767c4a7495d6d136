"""Published benchmark formats, read from text into problems and written back."""
