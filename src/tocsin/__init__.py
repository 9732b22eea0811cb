"""Tocsin: an exchange by which sovereign partners share warnings and evidence of a common threat."""
