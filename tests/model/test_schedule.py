"""Schedules: the algebra of (5), (7), (23), exact where it is checked in mpmath."""

import json

import mpmath
import numpy as np
import pytest

from ctverify import InputError, Schedule

EPS = np.finfo(np.float64).eps
ALL = [
    Schedule.li_huang_wei(64),
    Schedule.li_huang_wei(16, 1, 2),
    Schedule.cosine(32),
    Schedule.cosine(50, alpha_bar_1=1 - 1e-12, alpha_bar_T=1e-12),
    Schedule.karras(18),
    Schedule.ddpm(1000),
    Schedule.from_alpha_bar([0.9, 0.5, 0.1]),
]


@pytest.mark.parametrize("schedule", ALL, ids=lambda s: f"{s.name}-{s.T}")
def test_arrays_agree(schedule):
    """alpha_bar is the product of 1 - beta, and sigma^2 = (1 - abar)/abar; entry 0 is clean data.

    Tolerance: T roundings of the sum, and half an ulp of beta seen through log(1 - beta), that is
    eps/(1 - beta).
    """
    assert schedule.beta[0] == schedule.sigma[0] == 0
    assert schedule.alpha_bar[0] == 1
    log_abar = np.cumsum(np.log1p(-schedule.beta))
    size = np.abs(schedule.log_alpha_bar).max()
    amplified = (1 / (1 - schedule.beta)).max()
    tolerance = schedule.T * EPS * (size + amplified)
    assert np.abs(log_abar - schedule.log_alpha_bar).max() <= tolerance
    noise = schedule.sigma**2 * schedule.alpha_bar
    assert np.allclose(noise, schedule.one_minus_alpha_bar, rtol=1e3 * EPS, atol=0)
    sigma = np.exp(schedule.log_sigma[1:])
    assert np.allclose(sigma, schedule.sigma[1:], rtol=1e3 * EPS, atol=0)
    assert (np.diff(schedule.sigma) > 0).all()
    assert np.isfinite(schedule.log_sigma[1:]).all()
    assert not schedule.beta.flags.writeable


@pytest.mark.parametrize("schedule", ALL, ids=lambda s: f"{s.name}-{s.T}")
def test_spec_rebuilds(schedule):
    """The spec survives JSON and rebuilds the same bits."""
    again = Schedule.from_spec(json.loads(json.dumps(schedule.spec)))
    assert np.array_equal(again.log_alpha_bar, schedule.log_alpha_bar)
    assert np.array_equal(again.beta, schedule.beta)


@pytest.mark.parametrize(
    ("T", "c0", "c1"), [(16, 1.0, 2.0), (64, 2.0, 4.0), (1024, 2.0, 8.0), (4096, 3.0, 4.0)]
)
def test_li_huang_wei_against_mpmath(T, c0, c1):
    """(23) in 40 digits: beta relative to 4T roundings (a power of 1 + r), 1 - abar without
    cancellation near t = 1.
    """
    with mpmath.workdps(40):
        first = mpmath.mpf(T) ** -c0
        r = c1 * mpmath.log(T) / T
        beta = [first]
        for t in range(2, T + 1):
            growing = first * (1 + r) ** t
            beta.append(r * min(growing, 1))
        log_abar = mpmath.mpf(0)
        one_minus = []
        for value in beta:
            log_abar += mpmath.log1p(-value)
            one_minus.append(-mpmath.expm1(log_abar))
    schedule = Schedule.li_huang_wei(T, c0, c1)
    assert largest_error(schedule.beta[1:], beta) <= 4 * T * EPS
    assert largest_error(schedule.one_minus_alpha_bar[1:], one_minus) <= 4 * T * EPS


def largest_error(values, exact):
    """Of floats against mpmath's numbers, relative."""
    pairs = zip(values, exact, strict=True)
    errors = [float((value - right) / right) for value, right in pairs]
    return max(map(abs, errors))


def test_golden_alpha_bar(golden):
    """alpha_bar at both ends to 1e-12 relative at every golden row."""
    for row in golden["gaussian"]:
        schedule = Schedule.li_huang_wei(row["T"], row["c0"], row["c1"])
        assert schedule.alpha_bar[1] == pytest.approx(float(row["alpha_bar_1"]), rel=1e-12)
        assert schedule.alpha_bar[-1] == pytest.approx(float(row["alpha_bar_T"]), rel=1e-12)


def test_cosine_has_equal_angles():
    """Steps of arccos sqrt(abar) are equal; the default ends are those of li_huang_wei; each end is
    exact.
    """
    cosine = Schedule.cosine(100)
    sine = np.sqrt(cosine.one_minus_alpha_bar[1:])
    theta = np.arctan2(sine, np.sqrt(cosine.alpha_bar[1:]))
    assert np.ptp(np.diff(theta)) <= 32 * EPS
    other = Schedule.li_huang_wei(100)
    for name in ("one_minus_alpha_bar", "log_alpha_bar"):
        ends = getattr(other, name)[[1, -1]]
        assert getattr(cosine, name)[[1, -1]] == pytest.approx(ends, rel=1e-12)
    tiny = Schedule.cosine(10, alpha_bar_1=0.75, alpha_bar_T=1e-300)
    assert tiny.alpha_bar[-1] == pytest.approx(1e-300, rel=1e-10)
    assert tiny.alpha_bar[1] == pytest.approx(0.75, rel=1e-14)


def test_karras_and_ddpm_formulas():
    """Karras: sigma^(1/rho) in equal steps with exact ends. DDPM: beta from 0.1/T to 20/T."""
    karras = Schedule.karras(40, 0.01, 50.0, 5.0)
    assert karras.sigma[1] == 0.01
    assert karras.sigma[-1] == 50.0
    assert np.ptp(np.diff(karras.sigma[1:] ** 0.2)) <= 64 * EPS
    ddpm = Schedule.ddpm(200)
    assert ddpm.beta[[1, -1]] == pytest.approx([0.1 / 200, 20 / 200], rel=1e-14)


def test_far_end_beyond_float64():
    """alpha_bar underflows while its logarithm and log sigma stay finite; sigma beyond float64
    refuses when read.
    """
    far = Schedule.li_huang_wei(65_536, 2.0, 200.0)
    assert far.alpha_bar[-1] == 0
    assert np.isfinite(far.log_alpha_bar).all()
    assert np.isfinite(far.log_sigma[1:]).all()
    with pytest.raises(InputError, match="exceeds float64"):
        _ = far.sigma


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Schedule.li_huang_wei(1), "T must be a whole number of at least 2, got 1"),
        (lambda: Schedule.li_huang_wei(2.5), "whole number"),
        (lambda: Schedule.li_huang_wei(True), "whole number"),
        (lambda: Schedule.li_huang_wei(8), r"r = c1 log T / T must be below 1.*take c1 < 3.847"),
        (lambda: Schedule.li_huang_wei(64, c0=-1), "c0 must be a finite number above 0, got -1"),
        (lambda: Schedule.li_huang_wei(64, c1=float("nan")), "c1 must be a finite number"),
        (lambda: Schedule.li_huang_wei(64, c0=200), "underflows"),
        (lambda: Schedule.cosine(5), "needs alpha_bar_1 and alpha_bar_T"),
        (
            lambda: Schedule.cosine(9, alpha_bar_1=0.1, alpha_bar_T=0.2),
            "alpha_bar_T must be below alpha_bar_1",
        ),
        (lambda: Schedule.karras(9, 1.0, 0.5), "sigma_max must be a finite number above 1"),
        (lambda: Schedule.ddpm(20), "T must be a whole number of at least 21"),
        (lambda: Schedule.from_alpha_bar([0.5]), "at least 2 numbers"),
        (lambda: Schedule.from_alpha_bar([0.5, 0.6]), "strictly decreasing"),
        (lambda: Schedule.from_alpha_bar([1.0, 0.6]), "strictly decreasing in"),
        (lambda: Schedule.from_alpha_bar([[0.5], [0.6, 0.1]]), "rectangular"),
        (lambda: Schedule.from_spec({"kind": "magic"}), "must be one of"),
        (lambda: Schedule.from_spec({"kind": "ddpm"}), "must name its arguments"),
        (lambda: Schedule.from_spec([]), "JSON object"),
    ],
)
def test_bad_input_is_one_sentence(build, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words) as refusal:
        build()
    assert "\n" not in str(refusal.value)
