"""Views of competition, one module per audience."""
