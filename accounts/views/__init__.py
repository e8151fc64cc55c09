"""Views of accounts, one module per audience."""
