"""Every change of teams, entries and submissions."""
