"""Reads that feed pages, one module per audience."""
