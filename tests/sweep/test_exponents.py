"""Measured exponents: recovered where the data are a power law, with an interval that holds, and
refused where they are not.
"""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from ctverify import InputError
from ctverify.cli.main import main
from ctverify.sweep.exponents import fits, to_dict
from ctverify.sweep.store import Record, Store

from .records import record

STEPS = (64, 128, 256, 512, 1024)


def one(records, axis):
    """The only fit on an axis."""
    (fit,) = (fit for fit in fits(records) if fit.axis == axis)
    return fit


def call(*arguments):
    """Exit code, stdout and stderr of `ctverify ARGUMENTS`."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_power_laws_are_recovered():
    """error = 3 r d^(1/2) L_f^(3/2) along each axis, to rounding."""
    law = lambda r, d, L: 3 * r * d**0.5 * L**1.5  # noqa: E731
    records = [record(law, T=T) for T in STEPS]
    records += [record(law, T=256, d=d) for d in (2, 4, 8)] + [
        record(law, T=256, L_f=L) for L in (1.5, 2.0, 4.0)
    ]
    for axis, exponent in (("r", 1.0), ("d", 0.5), ("L_f", 1.5)):
        fit = one(records, axis)
        assert fit.exponent == pytest.approx(exponent, abs=1e-9) and fit.low == pytest.approx(
            fit.high, abs=1e-6
        )
    assert "linear in r" in one(records, "r").regime
    assert one(records, "d").regime == "below Theorem 1's" == one(records, "L_f").regime


def test_same_as_scipy():
    """Slope and interval of noisy data are those of scipy.stats.linregress."""
    noise = np.random.default_rng(0).normal(0, 0.05, len(STEPS))
    by_T = dict(zip(STEPS, noise, strict=True))
    records = [record(lambda r, d, L, T=T: r * math.exp(by_T[T]), T=T) for T in STEPS]
    fit = one(records, "r")
    known = stats.linregress(
        np.log([p.x for p in fit.points]), np.log([p.error for p in fit.points])
    )
    half = stats.t.ppf(0.975, len(STEPS) - 2) * known.stderr
    assert (fit.exponent, fit.low) == (
        pytest.approx(known.slope, rel=1e-9),
        pytest.approx(known.slope - half, rel=1e-9),
    )


def test_interval_holds_as_often_as_it_says():
    """Of 2,000 noisy sweeps the interval misses the exponent in 5 %: within 100 +- 49, five
    standard deviations.
    """
    generator = np.random.default_rng(1)
    missed = 0
    for _ in range(2000):
        shift = dict(zip(STEPS, generator.normal(0, 0.02, len(STEPS)), strict=True))
        fit = one(
            [record(lambda r, d, L, T=T, s=shift: r * math.exp(s[T]), T=T) for T in STEPS], "r"
        )
        missed += not fit.low <= 1 <= fit.high
    assert abs(missed - 100) <= 49


def test_seeds_are_not_points():
    """More seeds of a bent law do not make the interval narrower: they share the bend."""
    bent = lambda r, d, L: r ** (1 + 0.05 * math.log(r))  # noqa: E731
    once = one([record(bent, T=T) for T in STEPS], "r")
    often = one([record(bent, T=T, seed=seed) for T in STEPS for seed in range(5)], "r")
    assert (
        often.high - often.low == pytest.approx(once.high - once.low) and often.points[0].seeds == 5
    )


def test_brackets_confine_the_exponent_of_w1():
    """Every W_1 inside the brackets has its slope inside [w1_low, w1_high], and the ends are
    reached.
    """
    fit = one([record(lambda r, d, L: r, T=T, width=0.2) for T in STEPS], "r")
    x = np.log([p.x for p in fit.points])
    low, high = (np.log([getattr(p, name) for p in fit.points]) for name in ("lower", "upper"))
    generator = np.random.default_rng(2)
    slopes = [np.polyfit(x, generator.uniform(low, high), 1)[0] for _ in range(200)]
    slopes += [np.polyfit(x, np.where((np.arange(5) >> k) % 2, low, high), 1)[0] for k in range(3)]
    every = [
        np.polyfit(x, [(low, high)[(k >> i) % 2][i] for i in range(5)], 1)[0] for k in range(32)
    ]
    assert fit.w1_low <= min(slopes) and max(slopes) <= fit.w1_high
    assert (min(every), max(every)) == (pytest.approx(fit.w1_low), pytest.approx(fit.w1_high))


def test_no_lower_limit_confines_nothing():
    """A bracket from 0 on says nothing of W_1's exponent."""
    assert one([record(lambda r, d, L: r, T=T, width=1.0) for T in STEPS], "r").w1_low is None


@pytest.mark.parametrize(
    ("records", "axis", "words"),
    [
        (
            [record(lambda r, d, L: r, T=T) for T in (64, 128)],
            "r",
            "2 values of r up to 1/2, where a fit needs 3",
        ),
        (
            [record(lambda r, d, L: r, T=T) for T in (8, 12, 64, 128)],
            "r",
            "2 values of r up to 1/2",
        ),
        (
            [record(lambda r, d, L: r, T=T) for T in (1000, 1010, 1020)],
            "r",
            "r varies by a factor of 1.02 only",
        ),
        (
            [record(lambda r, d, L: 1.0, L_f=1 + i / 100) for i in range(4)],
            "L_f",
            "L_f varies by a factor of 1.03 only",
        ),
        (
            [record(lambda r, d, L: 1.0, L_f=L, contrast=c) for c, L in enumerate((1, 1, 2, 3))],
            "L_f",
            "settings have the same L_f",
        ),
        (
            [record(lambda r, d, L: r, T=T, own=0.8) for T in STEPS],
            "r",
            "80% of the error is the model's own",
        ),
        (
            [record(lambda r, d, L: r + 1e-3 * (d > 3), d=d) for d in (1,)],
            "d",
            "its dim does not vary",
        ),
        (
            [record(lambda r, d, L: math.exp(8 * r), T=T) for T in (64, 256, 1024)],
            "r",
            "says nothing: local exponents run",
        ),
    ],
)
def test_refusals(records, axis, words):
    """What cannot carry a fit has no exponent, and the reason is told."""
    fit = one(records, axis)
    assert fit.exponent is None and words in fit.refused and fit.regime.startswith("no fit")


def without_shares(records, eps_sum):
    """The same cases as 0.1.0 kept them."""
    old = []
    for one_case in records:
        budget = one_case.result["budget"] | {"eps_sum": eps_sum, "root_bias": 0.0}
        del budget["w2_total_upper"]
        result = one_case.result | {"budget": budget}
        del result["shares"]
        old.append(replace(one_case, result=result))
    return old


def test_results_of_0_1_0():
    """Of the population model they carry a fit; of trained ones nothing says whose the error is."""
    records = [record(lambda r, d, L: r, T=T) for T in STEPS]
    assert one(without_shares(records, 0.0), "r").exponent == pytest.approx(1.0)
    trained = one(without_shares(records, 0.1), "r")
    assert trained.exponent is None
    assert "no shares say whose the error is" in trained.refused


def test_an_unknown_sum_of_defects():
    """New cases of trained models have none: the shares suffice, and nothing is said of D_t."""
    records = [record(lambda r, d, L: r**0.55, T=T, L_f=40.0) for T in STEPS]
    for one_case in records:
        one_case.result["budget"]["defect_sum"] = None
    fit = one(records, "r")
    assert fit.points[0].looseness is None
    assert fit.regime.endswith("L_f = 40")


def test_regimes():
    """Linear; not yet linear, with what theory says of it; faster than r."""
    slow = one([record(lambda r, d, L: r**0.55, T=T, L_f=40.0) for T in STEPS], "r")
    assert "not linear in r by T = 1,024" in slow.regime
    assert "L_f = 40, and the sum of D_t exceeds the error 1.0 to 1.0 times" in slow.regime
    assert "faster" in one([record(lambda r, d, L: r**1.3, T=T) for T in STEPS], "r").regime
    noisy = one(
        [record(lambda r, d, L, T=T: r * (1.1 if T == 1024 else 1.0), T=T) for T in STEPS], "r"
    )
    assert "not told from linear" in noisy.regime
    steep = one([record(lambda r, d, L: r * d**2.6, d=d) for d in (1, 2, 4, 8)], "d")
    assert steep.regime == "above Theorem 1's"
    varied = one(
        [record(lambda r, d, L: r * d, d=d, L_f=float(d), contrast=1.0) for d in (1, 2, 4)], "d"
    )
    assert "L_f varies too, from 1 to 4" in varied.regime


def test_schedules_without_r():
    """Other schedules are fitted on 1/T, and said to be."""
    records = [
        record(lambda r, d, L, T=T: 1 / T, T=T, schedule="cosine", c0=None, c1=None) for T in STEPS
    ]
    fit = one([replace(r, result=r.result | {"r": None}) for r in records], "r")
    assert fit.exponent == pytest.approx(1.0) and "linear in 1/T" in fit.regime


def test_slices_are_kept_apart():
    """Cases that differ in something else too are not on one line: a fit for each dimension."""
    records = [record(lambda r, d, L: r**d, T=T, d=d) for T in STEPS for d in (1, 2)]
    found = [fit for fit in fits(records) if fit.axis == "r"]
    assert {fit.at["dim"]: round(fit.exponent, 6) for fit in found} == {1: 1.0, 2: 2.0}


def test_json_is_whole():
    """The schema, the references beside which exponents stand, and no NaN."""
    found = fits([record(lambda r, d, L: r, T=T) for T in STEPS])
    data = json.loads(json.dumps(to_dict(found), allow_nan=False))
    assert data["schema"] == "ctverify/exponents/1" and data["references"]["d"] == {
        "theorem_1": 2.5,
        "gaussian_law": 0.5,
        "theorem_a": 0.5,
    }
    assert [data["references"][axis]["theorem_a"] for axis in ("r", "L_f")] == [0.5, 1.0]
    assert {fit["axis"] for fit in data["fits"]} == {"r", "d", "L_f"} and all(
        "regime" in fit for fit in data["fits"]
    )


def test_nothing_to_fit():
    """No finished case is bad input."""
    with pytest.raises(InputError, match="at least one finished case"):
        fits([Record("x", {}, "failed", None, "no", 0.0)])


def test_command(tmp_path):
    """ctverify exponents: a row a family with its regime, what is missing, the figure, and the JSON
    of the schema.
    """
    for one_case in (records := [record(lambda r, d, L: r, T=T) for T in STEPS]):
        Store(tmp_path).keep(one_case)
    about = {"schema": "ctverify/sweep/1", "cases": [*(r.hash for r in records), "missing"]}
    (tmp_path / "sweep.json").write_text(json.dumps(about))
    code, out, _ = call("exponents", tmp_path, "--figure", tmp_path / "figure.svg")
    words = " ".join(out.split())
    assert (
        code == 0
        and "1.00 +- 0.00" in words
        and "linear in r" in words
        and "failed or are missing: 1." in words
    )
    assert (tmp_path / "figure.svg").read_text().startswith("<svg")
    code, out, _ = call("exponents", tmp_path, "--json")
    assert code == 0 and json.loads(out)["schema"] == "ctverify/exponents/1"
    code, _, err = call("exponents", tmp_path / "none")
    assert code == 2 and "must be the folder of a sweep" in err and "Traceback" not in err
