"""Schedules: levels that increase, algebra without cancellation, each constructor's definition,
lemma (27), refusals.

u = 2^-53 is the unit roundoff; L_t = log alpha_bar_t. References are computed by mpmath at 60
digits.
"""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ctverify import InputError, Schedule
from ctverify.certificate.theorem1 import c2, lemma_27
from ctverify.laws.strategies import schedules
from ctverify.model.schedule import KINDS

from .compare import rate_of, scales_of
from .law import law
from .reference import U

mpmath.mp.dps = 60


def _exact(number):
    """A float64 number as it is, at 60 digits."""
    return mpmath.mpf(float(number))


def _off(value, true):
    """The relative error of a float64 number."""
    return abs(_exact(value) / true - 1)


def _log_product(beta):
    """log prod (1 - beta_k)."""
    return mpmath.fsum(mpmath.log1p(-_exact(b)) for b in beta)


@law(
    "schedule.monotone",
    "alpha_bar falls strictly from 1, sigma rises strictly from 0, 0 < beta_t < 1; "
    "T + 1 entries each",
    "LHW (5), (7)",
    tolerance="none: comparisons of float64 numbers",
    examples=60,
)
@given(schedule=schedules())
def test_monotone(schedule):
    """Index 0 is the data: no noise, no step."""
    log_alpha_bar = schedule.log_alpha_bar
    sigma = schedule.sigma
    beta = schedule.beta
    for values in (beta, log_alpha_bar, schedule.alpha_bar, sigma):
        assert len(values) == schedule.T + 1
    assert log_alpha_bar[0] == 0
    assert sigma[0] == 0
    assert beta[0] == 0
    assert (np.diff(log_alpha_bar) < 0).all()
    assert (np.diff(sigma) > 0).all()
    assert (beta[1:] > 0).all()
    assert (beta[1:] < 1).all()


@law(
    "schedule.algebra",
    "alpha_bar_t = prod (1 - beta_k), 1 - alpha_bar, sigma and (sqrt(alpha_bar), "
    "sqrt(1 - alpha_bar)) without cancellation",
    "LHW (5), (7)",
    tolerance="L_t sums t terms, each with u (|L_k| + |L_{k-1}|) from a difference of logs or "
    "u beta/(1 - beta) from log1p; the others are at most 8 rounded operations on L_t, whose own "
    "relative rounding the exponential multiplies by |L_t|; sigma, the exponential of its "
    "logarithm, also has the rounding of log(1 - alpha_bar)",
    examples=15,
)
@given(schedule=schedules(steps=(2, 512)), t=st.integers(1, 512))
def test_algebra(schedule, t):
    """Every number of level t against mpmath on L_t.

    Tolerances, relative: `size` = u (8 + 2 |L_t|) for at most 8 rounded operations and e^{L_t};
    `of_sigma` adds 2 u |log(1 - alpha_bar_t)|, the rounding of the second logarithm in sigma.
    """
    L = schedule.log_alpha_bar
    t = min(t, schedule.T)
    beta = schedule.beta[1 : t + 1]
    product = _log_product(beta)
    sizes = np.abs(L)
    of_logs = sizes[1 : t + 1] + sizes[:t]
    of_log1p = 4 * beta / (1 - beta)
    rounding = U * np.sum(of_logs + of_log1p)
    L_t = _exact(L[t])
    assert abs(product - L_t) <= 2 * rounding, "log alpha_bar_t is not the sum of log(1 - beta_k)"
    exact = mpmath.exp(L_t)
    complement = -mpmath.expm1(L_t)
    sigma = mpmath.sqrt(complement / exact)
    a, b = schedule.scales(t)
    size = U * (8 + 2 * abs(L[t]))
    log_complement = float(mpmath.log(complement))
    of_sigma = size + 2 * U * abs(log_complement)
    for name, value, true, allowed in (
        ("alpha_bar", schedule.alpha_bar[t], exact, size),
        ("1 - alpha_bar", schedule.one_minus_alpha_bar[t], complement, size),
        ("sigma", schedule.sigma[t], sigma, of_sigma),
        ("log_sigma", math.exp(schedule.log_sigma[t]), sigma, of_sigma),
        ("sqrt(alpha_bar)", a, mpmath.sqrt(exact), size),
        ("sqrt(1 - alpha_bar)", b, mpmath.sqrt(complement), size),
    ):
        assert _off(value, true) <= allowed, (
            f"{name} at t = {t} is {value}, should be {mpmath.nstr(true, 17)}"
        )


def _equal_steps(values, rounding):
    """Whether the values are in arithmetic progression up to `rounding` each."""
    steps = np.diff(values)
    whole = values[-1] - values[0]
    off = np.abs(steps - whole / len(steps))
    return bool((off <= 4 * rounding).all())


@law(
    "schedule.definition",
    "each constructor is its paper's formula: (23); equal angles; Karras's rho-power; DDPM's "
    "linear beta; values as given",
    "LHW (23); arXiv 2206.00364 (5); arXiv 2006.11239; theory of equal angles",
    tolerance="(23): exp of a number of size c0 log T + t log(1 + r) rounded 4 times; the others: "
    "16 u of the largest term",
    examples=40,
)
@given(schedule=schedules(steps=(2, 1024)))
def test_definition(schedule):
    """Each kind by its own check below, where its tolerance stands."""
    _DEFINITIONS[schedule.spec["kind"]](schedule)


def _is_li_huang_wei(schedule):
    """(23) at both ends and in the middle: 4 u (4 + c0 log T + k log(1 + r)), relative."""
    T = schedule.T
    c0 = schedule.spec["c0"]
    c1 = mpmath.mpf(schedule.spec["c1"])
    r = c1 * mpmath.log(T) / T
    first = mpmath.mpf(T) ** -mpmath.mpf(c0)
    for k in {1, 2, 3, T // 2 + 1, T - 1, T} & set(range(1, T + 1)):
        true = first
        if k > 1:
            growing = first * (1 + r) ** k
            true = r * min(growing, mpmath.mpf(1))
        of_power = c0 * math.log(T)
        of_growth = k * math.log1p(r)
        allowed = 4 * U * (4 + of_power + of_growth)
        assert _off(schedule.beta[k], true) <= allowed, f"beta_{k} is not Eq. (23)'s"


def _is_cosine(schedule):
    """Equal steps of the angle atan(b/a): 16 u of pi/2 < 2."""
    a, b = scales_of(schedule)
    angles = np.array([*map(math.atan2, b, a)])
    assert _equal_steps(angles, 16 * U), "angles are not in equal steps"
    near = math.cos(angles[0]) ** 2
    far = math.cos(angles[-1]) ** 2
    assert abs(near - schedule.spec["alpha_bar_1"]) <= 16 * U
    assert abs(far - schedule.spec["alpha_bar_T"]) <= 16 * U


def _is_karras(schedule):
    """Equal steps of sigma^(1/rho): 16 u of the largest; the ends are exact."""
    spec = schedule.spec
    sigma = schedule.sigma
    powers = sigma[1:] ** (1 / spec["rho"])
    assert _equal_steps(powers, 16 * U * powers[-1]), "sigma^(1/rho) is not in equal steps"
    assert sigma[1] == spec["sigma_min"]
    assert sigma[-1] == spec["sigma_max"]


def _is_ddpm(schedule):
    """Linear beta from 1e-4 to 0.02 at 1,000 steps, scaled to T: 4 u of each number."""
    scaled = schedule.beta[1:] * schedule.T / 1000
    assert _equal_steps(scaled, 4 * U)
    assert abs(scaled[0] - 1e-4) <= 4e-4 * U
    assert abs(scaled[-1] - 0.02) <= 0.08 * U


def _is_from_alpha_bar(schedule):
    """The values themselves, through their logarithm: u (4 + |L_t|), relative."""
    values = np.array(schedule.spec["values"])
    relative = np.abs(schedule.alpha_bar[1:] / values - 1)
    allowed = U * (4 + np.abs(schedule.log_alpha_bar[1:]))
    assert (relative <= allowed).all()


_DEFINITIONS = {
    "li_huang_wei": _is_li_huang_wei,
    "cosine": _is_cosine,
    "karras": _is_karras,
    "ddpm": _is_ddpm,
    "from_alpha_bar": _is_from_alpha_bar,
}


@law(
    "schedule.lemma_27",
    "beta_t <= r; beta_t/(1 - abar_{t-1}) <= r(1 + r)/(1 - 1/e); "
    "0 <= (1 - abar_t)/(1 - abar_{t-1}) - 1 <= r(1 + r)^2; "
    "c2 = -log abar_T/log T >= c1 - c0/(1 - r/2) - c1/T; and theorem.lemma_27 says so",
    "LHW (27a-d), for r <= 1/2 and beta_1 <= r, with sharp constants in place of 4",
    tolerance="16 u relative: each side is at most 8 rounded operations without cancellation; "
    "c2: 16 u of |log abar_T|",
    examples=40,
)
@given(schedule=schedules(families=("li_huang_wei",)))
def test_lemma_27(schedule):
    """(27a) to (27d) in this order, each up to `slack` = 1 + 16 u.

    c2 sums T terms, of which each may round by u: 16 u T, relative.
    """
    c0 = schedule.spec["c0"]
    c1 = schedule.spec["c1"]
    T = schedule.T
    beta = schedule.beta
    r = rate_of(schedule)
    assume(r <= 0.5 and beta[1] <= r)
    before = schedule.one_minus_alpha_bar[1:-1]
    after = schedule.one_minus_alpha_bar[2:]
    slack = 1 + 16 * U
    assert (beta[2:] <= r * slack).all()
    steepest = r * (1 + r)
    steepest = steepest / (1 - 1 / math.e)
    assert (beta[2:] / before <= steepest * slack).all()
    assert (after >= before).all()
    growth = 1 + r * (1 + r) ** 2
    assert (after / before <= growth * slack).all()
    log_alpha_bar_T = _log_product(beta[1:])
    far = float(-log_alpha_bar_T / mpmath.log(T))
    assert c2(schedule) == pytest.approx(far, rel=16 * U * T)
    of_growth = c0 / (1 - r / 2)
    least = c1 - of_growth - c1 / T
    assert far >= least * (1 - 16 * U)
    expected = {"27a": "holds", "27b": "holds", "27c": "holds", "27d": "holds"}
    assert lemma_27(schedule) == expected


def _refused(kinds, arguments, words):
    """A constructor's name, arguments outside its domain and how its sentence begins."""
    return st.tuples(kinds, arguments, st.just(words))


def _beyond_r(arguments):
    """These arguments with the c1 that makes r = c1 log T / T just above 1."""
    T = arguments["T"]
    c1 = T / math.log(T) * (1 + 1e-12)
    return arguments | {"c1": c1}


TOO_FEW = st.integers(-3, 1)
NOT_POSITIVE = st.floats(-5, 0)
LI_HUANG_WEI = st.just("li_huang_wei")
NOT_DECREASING = [
    [0.5],
    [0.5, 0.5],
    [0.4, 0.5],
    [1.0, 0.5],
    [0.5, 0.0],
    [0.5, -0.1],
]
OUT_OF_ORDER = "alpha_bar must be at least 2 numbers strictly decreasing"
REFUSED = st.one_of(
    _refused(
        st.sampled_from(KINDS[:4]),
        st.fixed_dictionaries({"T": TOO_FEW}),
        "T must be a whole number",
    ),
    _refused(
        st.just("ddpm"),
        st.fixed_dictionaries({"T": st.integers(2, 20)}),
        "T must be a whole number",
    ),
    _refused(
        LI_HUANG_WEI,
        st.fixed_dictionaries({"T": st.just(64), "c0": NOT_POSITIVE}),
        "c0 must be",
    ),
    _refused(
        LI_HUANG_WEI,
        st.fixed_dictionaries({"T": st.just(64), "c1": NOT_POSITIVE}),
        "c1 must be",
    ),
    _refused(
        LI_HUANG_WEI,
        st.fixed_dictionaries({"T": st.integers(2, 500)}).map(_beyond_r),
        "r = c1 log T / T must be below 1",
    ),
    _refused(
        st.just("karras"),
        st.fixed_dictionaries(
            {"T": st.just(9), "sigma_min": st.floats(1, 9), "sigma_max": st.floats(0.01, 1)}
        ),
        "sigma_max must be",
    ),
    _refused(
        st.just("cosine"),
        st.fixed_dictionaries(
            {
                "T": st.just(9),
                "alpha_bar_1": st.floats(0.01, 0.5),
                "alpha_bar_T": st.floats(0.5, 0.99),
            }
        ),
        "alpha_bar_T must be below alpha_bar_1",
    ),
    _refused(
        st.just("from_alpha_bar"),
        st.sampled_from(NOT_DECREASING).map(lambda values: {"values": values}),
        OUT_OF_ORDER,
    ),
)


@law(
    "schedule.refusal",
    "outside its domain a constructor refuses in one sentence naming the argument: T < 2, r >= 1, "
    "c <= 0, levels out of order",
    "the domains of (23) and of each constructor",
    tolerance="none",
    examples=60,
)
@example(refused=("from_alpha_bar", {"values": [0.4, 0.5]}, OUT_OF_ORDER))
@given(refused=REFUSED)
def test_refusal(refused):
    """The sentence begins with the argument."""
    kind, arguments, words = refused
    constructor = getattr(Schedule, kind)
    with pytest.raises(InputError) as refusal:
        constructor(**arguments)
    sentence = str(refusal.value)
    assert sentence.startswith(words)
    assert "\n" not in sentence
