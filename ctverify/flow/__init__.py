"""The probability-flow map Phi_{t->k}: the solver, its closed form in d = 1, and its derivative
along paths.

What is asked of a law (a denoiser, a spread) is laws.py's protocol; targets/ answers it.
"""
