"""The certificate: limits on W_1, the error over noise levels and its shares, Theorem 1 and
verdicts, for a model on a known target. certificate.py has the record and its JSON, certify.py
measures it.

trajectory.py and shares.py say where accuracy is lost; bracket.py bounds W_1 from above by coupled
pairs (coupling.py, pilot.py, repairing.py, recoupling.py) and from below by potentials
(lower_end.py); *_1d.py and strata.py are d = 1, sampler.py is several steps; chain_defects.py has
eps_t and D_t of the conditional chain; docs/architecture.md lists the rest.
"""

from .certificate import SCHEMA, Certificate
from .certify import certify, certify_sampler

__all__ = ["SCHEMA", "Certificate", "certify", "certify_sampler"]
