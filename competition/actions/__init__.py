"""Every change of the asking side, one module per noun."""
