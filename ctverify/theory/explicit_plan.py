"""How many steps reach an error by the explicit theorems for every target: A, and where they apply
A2 (strongly log-concave) and B (smoothed data sets). Formulas: certificate/explicit_bounds.py and
certificate/explicit_laws.py.
"""

from __future__ import annotations

import math

import numpy as np

from ..certificate import explicit_laws
from ..certificate.explicit_bounds import LARGEST_R, UNIFORM, size, start
from ..certificate.explicit_bounds import theorem_a as by_a
from ..model.schedule import Array
from ..targets import Dataset
from .problem import LONGEST, LONGEST_FORMULA, Ask, Problem, answer, built, least

LONGEST_PIECES = 2**16  # of a schedule with an integral a step
CLAIMS_A = ("theorem_A.star", "theorem_A.kappa", "theorem_A.23", "theorem_A.start")
CLAIMS_A2 = (
    "theorem_A2.contracts",
    "theorem_A2.covariance",
    "theorem_A2.lipschitz",
    "theorem_A2.product",
    "theorem_A2",
    "theorem_A.start",
)
CLAIMS_B = ("theorem_B.step", "theorem_B", "certificate.distance")


def theorem_a(p: Problem) -> Ask:
    """Theorem A from N(0, I), exactly trained: under (23) by 0.6 r where T is beyond what is built.

    Arguments:
        p: the problem; its `lipschitz` is taken for L where it is given.

    Returns:
        The answer, whose hypotheses say where L is from.
    """
    lam = _eigenvalues(p)
    moment = float(lam.sum()) + _mean_square(p)
    lipschitz, origin = _lipschitz(p)
    words = f"f*_1..f*_T L-Lipschitz, L = {lipschitz:.4g} ({origin}), second moment, N(0, I)"
    formula = p.spec["kind"] == "li_huang_wei"

    def enough(T: int) -> bool:
        if T > LONGEST:
            return formula and _by_r(p, T, lipschitz, lam, moment) <= p.error
        schedule = built(p, T)
        if schedule is None:
            return False
        begin = start(schedule, lipschitz, moment, p.dim)
        return begin + by_a(schedule, lipschitz, lam, "m") <= p.error

    most = LONGEST_FORMULA if formula else LONGEST
    return answer("Theorem A", least(enough, most), words, CLAIMS_A, most)


def strongly_log_concave(p: Problem) -> Ask:
    """Theorem A2 from N(0, I): a Gaussian with the largest eigenvalue 1/alpha.

    Arguments:
        p: a problem of a Gaussian law.

    Returns:
        The answer.
    """
    lam = _eigenvalues(p)
    moment = float(lam.sum()) + _mean_square(p)
    concavity = 1 / max(float(lam.max()), np.finfo(float).tiny)
    words = f"alpha-strongly log-concave, alpha = {concavity:.4g}, exact training, N(0, I)"

    def enough(T: int) -> bool:
        schedule = built(p, T)
        if schedule is None:
            return False
        lipschitz = explicit_laws.log_concave_lipschitz(schedule, concavity)
        begin = start(schedule, lipschitz, moment, p.dim)
        return begin + explicit_laws.log_concave(schedule, concavity, p.dim) <= p.error

    return answer("Theorem A2", least(enough, LONGEST), words, CLAIMS_A2)


def is_smoothed(p: Problem) -> bool:
    """Whether Theorem B applies: the target is a smoothed data set."""
    return isinstance(p.target, Dataset)


def smoothed_data(p: Problem) -> Ask:
    """Theorem B, X_T ~ p_T.

    Arguments:
        p: a problem whose target is a smoothed data set.

    Returns:
        The answer; none where it is vacuous for every T.
    """
    assert isinstance(p.target, Dataset)
    points = p.target.points
    corners = (points.amax(0) + points.amin(0)) / 2
    centres = (points.mean(0), corners)
    radius = min(float((points - c).norm(dim=1).max()) for c in centres)
    scale = p.target.bandwidth
    words = f"X_0 = U + s Z, |U - c| <= R, R = {radius:.4g}, s = {scale:.4g}, exact, X_T ~ p_T"

    def enough(T: int) -> bool:
        schedule = built(p, T)
        if schedule is None:
            return False
        return explicit_laws.smoothed_data(schedule, radius, scale, p.dim) <= p.error

    return answer("Theorem B", least(enough, LONGEST_PIECES), words, CLAIMS_B, LONGEST_PIECES)


def _by_r(p: Problem, T: int, lipschitz: float, lam: Array, moment: float) -> float:
    """The bound under (23) by formulas of T; infinite outside r <= 1/2, b (1 + r) <= 1."""
    log = math.log(T)
    c0 = p.spec["c0"]
    c1 = p.spec["c1"]
    r = c1 * log / T
    if r > LARGEST_R or T**-c0 * (1 + r) > 1:
        return math.inf
    last = math.exp(-min(700.0, log * (c1 - c0 / (1 - r / 2))))  # at least abar_T
    begin = math.sqrt(last * moment) + last * math.sqrt(p.dim)
    return lipschitz * (math.sqrt(UNIFORM * r * size(lam)) + begin)


def _eigenvalues(p: Problem) -> Array:
    """Of Cov X_0, (d,); of a Gaussian of unknown directions the largest in all of them."""
    if p.target is not None:
        covariance = (p.target.covariance + p.target.covariance.T) / 2
        return np.clip(np.linalg.eigvalsh(covariance.cpu().numpy()), 0.0, None)
    return np.full(p.dim, p.eigenvalues.max())


def _mean_square(p: Problem) -> float:
    """|E X_0|^2."""
    return 0.0 if p.target is None else float(p.target.mean.square().sum())


def _lipschitz(p: Problem) -> tuple[float, str]:
    """L, and where it is from."""
    if p.lipschitz is not None:
        return p.lipschitz, "as given"
    if p.target is None or p.own_directions:
        # sup_t sqrt(v_1/v_t) of the largest eigenvalue, whatever the schedule
        return max(1.0, math.sqrt(float(p.eigenvalues.max()))), "Theorem A2, any schedule"
    T = least(lambda T: built(p, T) is not None, LONGEST, 64) or LONGEST
    slope = p.target.lipschitz(p.schedule(T), p.seed).value
    return slope, f"the flow's largest slope seen at T = {T}: an estimate, no certificate"
