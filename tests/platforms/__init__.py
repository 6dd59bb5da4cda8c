"""Platforms that run on loopback: they check what the real ones check, and can be told to fail."""
