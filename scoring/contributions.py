"""What this app shows on pages of lower apps, and what it checks before a publication."""
