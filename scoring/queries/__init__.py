"""Reads that feed pages of the judging side."""
