"""Publication checks of this app."""
