"""Tags of the judging side."""
