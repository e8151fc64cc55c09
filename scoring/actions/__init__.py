"""Changes of the judging side, one module per noun."""
