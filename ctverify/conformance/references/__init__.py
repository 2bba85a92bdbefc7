"""Implementations written plainly, on which every check passes: `check reference` and its kin."""
