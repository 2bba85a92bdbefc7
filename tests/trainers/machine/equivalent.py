"""Mutants that no law can kill, and why: what they compute is right."""

EQUIVALENT: dict[str, str] = {}
