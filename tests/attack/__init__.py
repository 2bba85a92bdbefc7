"""Attacks that stay: malformed input of every kind, and what must come of it."""
