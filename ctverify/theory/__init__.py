"""The theory in numbers: the Gaussian law, audits of schedules, plans for an accuracy, optimal
schedules.

Every formula here is a claim of the ledger or names its equation.
"""
