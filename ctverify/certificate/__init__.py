"""The certificate: a bracket on W_1, the error budget over noise levels, Theorem 1 and verdicts,
for a model on a known target.

certificate.py asks for all of it of a checked_model.py; bracket.py bounds W_1, its lower end by
lower_end.py, potentials.py and networks.py; budget.py and budget_1d.py profile the error.
chain_bracket.py bounds the population model's W_1.
"""

from .certificate import SCHEMA, Certificate, certify

__all__ = ["SCHEMA", "Certificate", "certify"]
