"""Cover: which appliances should stand where."""
