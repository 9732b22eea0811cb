"""The watch floor under load."""
