"""Mutants that no check can kill, and why: what they compute is right."""

EQUIVALENT: dict[str, str] = {}
