"""The certificate: a bracket on W_1, the error over noise levels and its shares, Theorem 1 and
verdicts, for a model on a known target.

certificate.py has the record and its JSON; certify.py asks for all of it of a checked_model.py;
bracket.py bounds W_1, its lower end by
lower_end.py, potentials.py and networks.py; chain_defects.py and chain_defects_1d.py measure eps_t
and D_t.
chain_bracket.py bounds the population model's W_1.
"""

from .certificate import SCHEMA, Certificate
from .certify import certify, certify_sampler

__all__ = ["SCHEMA", "Certificate", "certify", "certify_sampler"]
