"""Composition root: settings, addresses, start-up checks. Knows every app, known by none."""
