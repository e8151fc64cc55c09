"""Forms of the judging side."""
