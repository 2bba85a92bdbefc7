"""How many steps T reach an error: the claims that answer, side by side. Every answer is the least
T that the claim names.

    necessary     T - 1 >= Delta^2/(-2 log(1 - eps/(sqrt(v_1) m)))
                  any schedule with these ends (gaussian.necessary)
    exact         W_2(f*_T(Z), X_1) <= eps for Gaussians
                  the law itself (gaussian.start, gaussian.product)
    explicit      sqrt(d Lam) (0.3 r + Lam A) + sqrt(2 Lam A) |mu| <= eps
                  schedule (23), A >= abar_T (explicit.theorem)
    Theorem A     L sqrt(kappa (abar_1 - abar_T) S) + start <= eps
                  any target, if f*_t are L-Lipschitz (explicit_plan.py)
    Theorem A2    as A without L: strongly log-concave targets
    Theorem B     smoothed data sets, of order r
    certificate   sum_t D_t <= eps
                  any target, exact training (certificate.distance)
    Theorem 1     C_1 L_f^3 d^{5/2} log^5(T)/T <= eps
                  LHW (24), ASSUMED, C_1 unspecified (theorem1.25)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from ..core.normal import norm_mean
from ..model.schedule import Schedule
from ..targets import Target
from . import gaussian_law
from .explicit_plan import is_smoothed, smoothed_data, strongly_log_concave, theorem_a
from .optimal_schedule import defects
from .problem import LONGEST, LONGEST_FORMULA, Ask, Problem, answer, built, least

SCHEMA = "ctverify/plan/1"
LONGEST_SAMPLED = 512  # of a certificate by sampling or quadrature
PATHS = 512
CONSTANTS = (1e-6, 1e-3, 1.0)  # C_1
PEAK = 5  # of log^5(T)/T, in log T


def plan(p: Problem, progress: Callable[..., Any] = lambda *_: None) -> list[Ask]:
    """Every answer that the problem allows; `progress` is called with what is being worked out."""
    asks: list[Callable[[Problem], Ask]] = []
    if p.target is None or p.own_directions:
        asks += [necessary, exact, explicit, strongly_log_concave]
    asks += [theorem_a, smoothed_data] if is_smoothed(p) else [theorem_a]
    if p.target is not None:
        asks.append(certificate)
    answers = []
    for ask in asks:
        progress(ask.__name__)
        answers.append(ask(p))
    progress("theorem 1")
    return [*answers, *theorem_1(p)]


def _grows_past(need: float, T: int) -> bool:
    """Whether T/log^5 T has reached `need`."""
    return math.log(T) ** 5 * need <= T


def necessary(p: Problem) -> Ask:
    """The steps that no schedule with these ends can do without, from X_T ~ p_T."""
    # a projection is 1-Lipschitz: one direction at a time
    mean = norm_mean(p.dim if p.isotropic else 1)

    def enough(T: int) -> bool:
        schedule = built(p, T)
        return schedule is not None and all(
            _necessary(schedule, lam, mean, p.error) <= T - 1 for lam in p.eigenvalues
        )

    words = "Gaussian, X_T ~ p_T, exact training; any schedule with the ends of this one"
    claims = ("gaussian.necessary", "gaussian.floor.exp", "gaussian.W1")
    return answer("necessary", least(enough, LONGEST), words, claims)


def _necessary(schedule: Schedule, lam: float, mean: float, error: float) -> float:
    """T - 1 at least, for one direction."""
    reach = math.sqrt(gaussian_law.variance(schedule, lam, 1)) * mean
    if error >= reach:
        return 0.0
    psi = gaussian_law.angles(schedule, lam)
    return float(psi[-1] - psi[0]) ** 2 / (-2 * math.log1p(-error / reach))


def exact(p: Problem) -> Ask:
    """The Gaussian law itself under this schedule, started at N(0, I)."""

    def enough(T: int) -> bool:
        schedule = built(p, T)
        return schedule is not None and _distance(p, schedule) <= p.error

    words = "Gaussian, start at N(0, I), exact training"
    if not p.own_directions and len(p.eigenvalues) > 1:
        words += f"; mean 0, every direction as the worst of {len(p.eigenvalues)} eigenvalues"
    claims = ("gaussian.product", "gaussian.cosine", "gaussian.start")
    return answer("exact", least(enough, LONGEST), words, claims)


def _distance(p: Problem, schedule: Schedule) -> float:
    """W_2 from N(0, I): the sum over a Gaussian's own directions, or d times the worst
    eigenvalue.
    """
    if p.own_directions:
        pairs = zip(p.eigenvalues, p.means, strict=True)
        return math.hypot(*(gaussian_law.start_distance(schedule, lam, mu) for lam, mu in pairs))
    worst = max(gaussian_law.start_distance(schedule, lam) for lam in p.eigenvalues)
    return math.sqrt(p.dim) * worst


def explicit(p: Problem) -> Ask:
    """The explicit theorem for schedule (23): a formula in T."""
    claims = ("explicit.theorem", "explicit.start", "gaussian.excess.r", "schedule.27d")
    words = "Gaussian, start at N(0, I), schedule (23), r <= 1/2, b (1+r) <= 1"
    spec = p.spec
    if spec["kind"] != "li_huang_wei":
        note = f"for the schedule li_huang_wei only, not {spec['kind']}"
        return Ask(method="explicit", steps=None, note=note, hypotheses=words, claims=claims)
    c0 = spec["c0"]
    c1 = spec["c1"]
    words += f", c0 = {c0:g}, c1 = {c1:g}"
    top = max(1.0, float(p.eigenvalues.max()))
    size = float(np.linalg.norm(p.means))

    def enough(T: int) -> bool:
        log = math.log(T)
        r = c1 * log / T
        if r > 0.5 or T**-c0 * (1 + r) > 1:
            return False
        A = math.exp(-min(700.0, log * (c1 - c0 / (1 - r / 2))))
        shrinkage = math.sqrt(p.dim * top) * (0.3 * r + top * A)
        start = math.sqrt(2 * top * A) * size
        return A <= 0.5 and shrinkage + start <= p.error

    return answer("explicit", least(enough, LONGEST_FORMULA), words, claims, LONGEST_FORMULA)


def certificate(p: Problem) -> Ask:
    """The certificate's sum of discretisation defects: what exact training would be certified at,
    from X_T ~ p_T.
    """
    assert p.target is not None
    target = p.target
    claims = ("certificate.distance", "certificate.sum", "certificate.step")
    words = "this target, X_T ~ p_T, exact training (eps_t = 0)"
    sums: dict[int, float] = {}

    def enough(T: int) -> bool:
        schedule = built(p, T)
        if schedule is None:
            return False
        sums[T] = defects(target, schedule, p.seed, PATHS).total
        return sums[T] <= p.error

    longest = LONGEST if p.own_directions else LONGEST_SAMPLED
    steps = least(enough, longest, 8)
    note = "" if p.own_directions else _how(target)
    if steps is None and sums:
        longest_seen = max(sums)
        note = f"sum of D_t is {sums[longest_seen]:.3g} at T = {longest_seen:,}"
    return Ask(method="certificate", steps=steps, note=note, hypotheses=words, claims=claims)


def _how(target: Target) -> str:
    if target.has_exact_defects:
        return "by quadrature"
    return f"from {PATHS} paths, statistical error of some percent"


def theorem_1(p: Problem) -> list[Ask]:
    """LHW (24) with eps = eps_F = 0, at several C_1: T/log^5 T >= C_1 L_f^3 d^{5/2}/error, beyond T
    = e^5 where it rises.
    """
    lipschitz, origin = _lipschitz(p)
    factor = lipschitz**3 * p.dim**2.5 / p.error
    words = (
        f"(19) with L_f = {lipschitz:.4g} ({origin}), (20), (22), lemma (27), c2 >= 1000; "
        "all ASSUMED"
    )
    answers = []
    for constant in CONSTANTS:
        need = constant * factor
        steps: int | None = 2
        if need > PEAK**-5 * math.exp(PEAK):
            steps = least(partial(_grows_past, need), 2**200, 149)
        answers.append(
            Ask(
                method=f"Theorem 1, C_1 = {constant:g}",
                steps=steps,
                note=f"T/log^5 T >= {need:.3g}",
                hypotheses=words,
                claims=("theorem1.25", "theorem1.24"),
            )
        )
    return answers


def _lipschitz(p: Problem) -> tuple[float, str]:
    """L_f and where it is from."""
    if p.lipschitz is not None:
        return p.lipschitz, "as given"
    if p.target is not None:
        T = least(lambda T: built(p, T) is not None, LONGEST, 64) or LONGEST
        slope = p.target.lipschitz(p.schedule(T), p.seed)
        kind = "exact" if slope.exact else "the largest slope seen, a lower estimate"
        return slope.value, f"{kind}, at T = {T}"
    low = float(p.eigenvalues.min())
    high = float(p.eigenvalues.max())
    return max(1.0, math.sqrt(high), 1 / math.sqrt(low)), "of any schedule, for these eigenvalues"


def to_dict(p: Problem, answers: list[Ask], status: dict[str, str]) -> dict[str, Any]:
    """The schema ctverify/plan/1; status: what the ledger says of each claim."""
    rows = [asdict(a) | {"claims": {name: status[name] for name in a.claims}} for a in answers]
    return {
        "schema": SCHEMA,
        "dim": p.dim,
        "error": p.error,
        "schedule": p.spec["kind"],
        "answers": rows,
    }
