"""What W_1 is bracketed with: couplings from above, potentials from below, quantiles in d = 1."""
