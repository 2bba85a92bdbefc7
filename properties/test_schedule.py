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
from hypothesis import assume, given
from hypothesis import strategies as st

from ctverify import InputError, Schedule
from ctverify.certificate.theorem1 import c2, lemma_27
from ctverify.laws.strategies import schedules
from ctverify.model.schedule import KINDS

from .law import law
from .reference import U

mpmath.mp.dps = 60


@law(
    "schedule.monotone",
    "alpha_bar falls strictly from 1, sigma rises strictly from 0, 0 < beta_t < 1; T + 1 entries each",
    "LHW (5), (7)",
    tolerance="none: comparisons of float64 numbers",
    examples=60,
)
@given(schedule=schedules())
def test_monotone(schedule):
    T = schedule.T
    assert all(
        len(v) == T + 1
        for v in (schedule.beta, schedule.log_alpha_bar, schedule.alpha_bar, schedule.sigma)
    )
    assert schedule.log_alpha_bar[0] == 0 and schedule.sigma[0] == 0 and schedule.beta[0] == 0
    assert (np.diff(schedule.log_alpha_bar) < 0).all() and (np.diff(schedule.sigma) > 0).all()
    assert (schedule.beta[1:] > 0).all() and (schedule.beta[1:] < 1).all()


@law(
    "schedule.algebra",
    "alpha_bar_t = prod (1 - beta_k), 1 - alpha_bar, sigma and (sqrt(alpha_bar), sqrt(1 - alpha_bar)) without cancellation",
    "LHW (5), (7)",
    tolerance="L_t sums t terms, each with u (|L_k| + |L_{k-1}|) from a difference of logs or u beta/(1 - beta) from log1p; "
    "the others are at most 8 rounded operations on L_t, whose own relative rounding the exponential multiplies by |L_t|; "
    "sigma, the exponential of its logarithm, also has the rounding of log(1 - alpha_bar)",
    examples=15,
)
@given(schedule=schedules(steps=(2, 512)), t=st.integers(1, 512))
def test_algebra(schedule, t):
    T, L, beta = schedule.T, schedule.log_alpha_bar, schedule.beta
    t = min(t, T)
    product = mpmath.fsum(mpmath.log1p(-mpmath.mpf(float(b))) for b in beta[1 : t + 1])
    rounding = U * np.sum(
        np.abs(L[1 : t + 1]) + np.abs(L[:t]) + 4 * beta[1 : t + 1] / (1 - beta[1 : t + 1])
    )
    assert abs(product - mpmath.mpf(float(L[t]))) <= 2 * rounding, (
        "log alpha_bar_t is not the sum of log(1 - beta_k)"
    )
    exact = mpmath.exp(mpmath.mpf(float(L[t])))
    complement = -mpmath.expm1(mpmath.mpf(float(L[t])))
    a, b = schedule.scales(t)
    size = U * (8 + 2 * abs(L[t]))
    of_sigma = size + 2 * U * abs(float(mpmath.log(complement)))
    for name, value, true in (
        ("alpha_bar", schedule.alpha_bar[t], exact),
        ("1 - alpha_bar", schedule.one_minus_alpha_bar[t], complement),
        ("sigma", schedule.sigma[t], mpmath.sqrt(complement / exact)),
        ("log_sigma", math.exp(schedule.log_sigma[t]), mpmath.sqrt(complement / exact)),
        ("sqrt(alpha_bar)", a, mpmath.sqrt(exact)),
        ("sqrt(1 - alpha_bar)", b, mpmath.sqrt(complement)),
    ):
        assert abs(mpmath.mpf(float(value)) / true - 1) <= (
            of_sigma if "sigma" in name else size
        ), f"{name} at t = {t} is {value}, should be {mpmath.nstr(true, 17)}"


def _equal_steps(values, rounding):
    """Whether the values are in arithmetic progression up to `rounding` each."""
    steps = np.diff(values)
    return bool((np.abs(steps - (values[-1] - values[0]) / len(steps)) <= 4 * rounding).all())


@law(
    "schedule.definition",
    "each constructor is its paper's formula: (23); equal angles; Karras's rho-power; DDPM's linear beta; values as given",
    "LHW (23); arXiv 2206.00364 (5); arXiv 2006.11239; theory of equal angles",
    tolerance="(23): exp of a number of size c0 log T + t log(1 + r) rounded 4 times; the others: 16 u of the largest term",
    examples=40,
)
@given(schedule=schedules(steps=(2, 1024)))
def test_definition(schedule):
    spec, T = schedule.spec, schedule.T
    t = np.arange(1, T + 1)
    if spec["kind"] == "li_huang_wei":
        c0, c1 = mpmath.mpf(spec["c0"]), mpmath.mpf(spec["c1"])
        r = c1 * mpmath.log(T) / T
        for k in {1, 2, 3, T // 2 + 1, T - 1, T} & set(t.tolist()):
            true = (
                mpmath.mpf(T) ** -c0
                if k == 1
                else r * min(mpmath.mpf(T) ** -c0 * (1 + r) ** k, mpmath.mpf(1))
            )
            size = 4 * U * (4 + spec["c0"] * math.log(T) + k * math.log1p(r))
            assert abs(mpmath.mpf(float(schedule.beta[k])) / true - 1) <= size, (
                f"beta_{k} is not Eq. (23)'s"
            )
    elif spec["kind"] == "cosine":
        angles = np.array([math.atan2(b, a) for a, b in map(schedule.scales, t)])
        assert _equal_steps(angles, 16 * U), "angles are not in equal steps"
        assert abs(math.cos(angles[0]) ** 2 - spec["alpha_bar_1"]) <= 16 * U
        assert abs(math.cos(angles[-1]) ** 2 - spec["alpha_bar_T"]) <= 16 * U
    elif spec["kind"] == "karras":
        powers = schedule.sigma[1:] ** (1 / spec["rho"])
        assert _equal_steps(powers, 16 * U * powers[-1]), "sigma^(1/rho) is not in equal steps"
        assert schedule.sigma[1] == spec["sigma_min"] and schedule.sigma[-1] == spec["sigma_max"]
    elif spec["kind"] == "ddpm":
        scaled = schedule.beta[1:] * T / 1000
        assert (
            _equal_steps(scaled, 4 * U)
            and abs(scaled[0] - 1e-4) <= 4e-4 * U
            and abs(scaled[-1] - 0.02) <= 0.08 * U
        )
    else:
        values = np.array(spec["values"])
        assert (
            np.abs(schedule.alpha_bar[1:] / values - 1)
            <= U * (4 + np.abs(schedule.log_alpha_bar[1:]))
        ).all()


@law(
    "schedule.lemma_27",
    "beta_t <= r; beta_t/(1 - abar_{t-1}) <= r(1 + r)/(1 - 1/e); 0 <= (1 - abar_t)/(1 - abar_{t-1}) - 1 <= r(1 + r)^2; "
    "c2 = -log abar_T/log T >= c1 - c0/(1 - r/2) - c1/T; and theorem.lemma_27 says so",
    "LHW (27a-d), for r <= 1/2 and beta_1 <= r, with sharp constants in place of 4",
    tolerance="16 u relative: each side is at most 8 rounded operations without cancellation; c2: 16 u of |log abar_T|",
    examples=40,
)
@given(schedule=schedules(families=("li_huang_wei",)))
def test_lemma_27(schedule):
    c0, c1, log_T = schedule.spec["c0"], schedule.spec["c1"], math.log(schedule.T)
    r = c1 * log_T / schedule.T
    assume(r <= 0.5 and schedule.beta[1] <= r)
    before, here = schedule.one_minus_alpha_bar[1:-1], schedule.one_minus_alpha_bar[2:]
    slack = 1 + 16 * U
    assert (schedule.beta[2:] <= r * slack).all()
    assert (schedule.beta[2:] / before <= r * (1 + r) / (1 - 1 / math.e) * slack).all()
    assert (here >= before).all() and (here / before <= (1 + r * (1 + r) ** 2) * slack).all()
    far = float(
        -mpmath.fsum(mpmath.log1p(-mpmath.mpf(float(b))) for b in schedule.beta[1:])
        / mpmath.log(schedule.T)
    )
    assert c2(schedule) == pytest.approx(far, rel=16 * U * schedule.T)
    assert far >= (c1 - c0 / (1 - r / 2) - c1 / schedule.T) * (1 - 16 * U)
    expected = {"27a": "holds", "27b": "holds", "27c": "holds", "27d": "holds"}
    assert lemma_27(schedule) == expected


TOO_FEW = st.integers(-3, 1)
NOT_POSITIVE = st.floats(-5, 0)
REFUSED = st.one_of(
    st.tuples(
        st.sampled_from(KINDS[:4]),
        st.fixed_dictionaries({"T": TOO_FEW}),
        st.just("T must be a whole number"),
    ),
    st.tuples(
        st.just("ddpm"),
        st.fixed_dictionaries({"T": st.integers(2, 20)}),
        st.just("T must be a whole number"),
    ),
    st.tuples(
        st.just("li_huang_wei"),
        st.fixed_dictionaries({"T": st.just(64), "c0": NOT_POSITIVE}),
        st.just("c0 must be"),
    ),
    st.tuples(
        st.just("li_huang_wei"),
        st.fixed_dictionaries({"T": st.just(64), "c1": NOT_POSITIVE}),
        st.just("c1 must be"),
    ),
    st.tuples(
        st.just("li_huang_wei"),
        st.fixed_dictionaries({"T": st.integers(2, 500)}).map(
            lambda a: a | {"c1": a["T"] / math.log(a["T"]) * (1 + 1e-12)}
        ),
        st.just("r = c1 log T / T must be below 1"),
    ),
    st.tuples(
        st.just("karras"),
        st.fixed_dictionaries(
            {"T": st.just(9), "sigma_min": st.floats(1, 9), "sigma_max": st.floats(0.01, 1)}
        ),
        st.just("sigma_max must be"),
    ),
    st.tuples(
        st.just("cosine"),
        st.fixed_dictionaries(
            {
                "T": st.just(9),
                "alpha_bar_1": st.floats(0.01, 0.5),
                "alpha_bar_T": st.floats(0.5, 0.99),
            }
        ),
        st.just("alpha_bar_T must be below alpha_bar_1"),
    ),
    st.tuples(
        st.just("from_alpha_bar"),
        st.sampled_from([[0.5], [0.5, 0.5], [0.4, 0.5], [1.0, 0.5], [0.5, 0.0], [0.5, -0.1]]).map(
            lambda v: {"values": v}
        ),
        st.just("alpha_bar must be at least 2 numbers strictly decreasing"),
    ),
)


@law(
    "schedule.refusal",
    "outside its domain a constructor refuses in one sentence naming the argument: T < 2, r >= 1, c <= 0, levels out of order",
    "the domains of (23) and of each constructor",
    tolerance="none",
    examples=60,
)
@given(refused=REFUSED)
def test_refusal(refused):
    kind, arguments, words = refused
    with pytest.raises(InputError) as refusal:
        getattr(Schedule, kind)(**arguments)
    assert str(refusal.value).startswith(words) and "\n" not in str(refusal.value)
