"""Forms, one module per audience."""
