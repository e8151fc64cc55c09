"""Views of the judging side, one module per audience."""
