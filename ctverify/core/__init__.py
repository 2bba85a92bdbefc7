"""What knows nothing of diffusion: argument checks, confidence limits, random streams, verdicts,
files, JSON schemas, console, progress.

Everything else may import from here; nothing here imports from another package of ctverify.
"""
