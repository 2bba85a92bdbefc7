"""The ledger: how many claims are proved, how long they take, and how tight the explicit constants
are.
"""

import math

from ctverify import Schedule, ledger
from ctverify.theory import gaussian_law


class Ledger:
    """One run of all claims."""

    timeout = 300

    def setup_cache(self) -> dict[str, tuple[str, float]]:
        return {result.claim.id: (result.status, result.seconds) for result in ledger.prove_all()}

    def track_proved(self, results: dict) -> int:
        """Claims PROVED."""
        return sum(status == ledger.PROVED for status, _ in results.values())

    def track_refuted(self, results: dict) -> int:
        """Negative controls REFUTED."""
        return sum(status == ledger.REFUTED for status, _ in results.values())

    def track_seconds(self, results: dict) -> float:
        """All of them together."""
        return sum(spent for _, spent in results.values())


def track_explicit_over_exact() -> float:
    """The proved 0.3 r over the exact 1 - R at lam = 1, T = 1,024: how far the explicit theorem is
    from the truth.
    """
    schedule = Schedule.li_huang_wei(1024)
    return 0.3 * 4 * math.log(1024) / 1024 / gaussian_law.shrinkage(schedule, 1.0)
