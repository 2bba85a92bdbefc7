"""The ledger: the constants of the bound as claims with hypotheses and machine-checked proofs."""
