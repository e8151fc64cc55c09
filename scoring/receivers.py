"""Receivers of signals of lower apps."""
