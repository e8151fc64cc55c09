"""The demo: one fictitious edition with real data, written through the same actions as the web."""
