"""Sweeps on the page: every case is counted, bad ones are named."""

from dataclasses import replace

import pytest

from ctverify.report.collect import Collection
from ctverify.report.page import html
from ctverify.report.sweeps import sweep_part
from ctverify.sweep.exponents import fits
from tests.sweep.records import record

from .conftest import proportional, swept
from .reader import Reader


def page(records, missing=0, notes=()):
    """The page of these cases alone."""
    collection = Collection(records=tuple(records), missing=missing, notes=tuple(notes))
    return Reader(html(collection))


def test_every_case_is_counted():
    """Done, failed, missing; the failed one with its reason, the one with a verdict that fails with
    its law.
    """
    words = page(swept(), missing=1).words
    counts = "14 cases: 13 done (1 fail, 12 pass), 1 failed; 1 more is missing."
    assert words.count(counts) == 2  # verdicts and section
    assert "✗ fail sweeps" in words
    assert "14 sweep cases" in words
    assert "must be below 1, got <b>1.04</b>" in words
    assert "f is finite" in words
    assert "steps=8" in words


def test_families():
    """A row a target, model and schedule: ranges over its cases, ends of the upper limits, failed
    ones, the gravest verdict.
    """
    part = sweep_part(swept(), 0)
    families = {(family.target, family.model): family for family in part.families}
    assert len(families) == 4
    assert sum(family.cases for family in families.values()) == 14
    linear = families["gaussian-isotropic", "population"]
    own = [one for one in swept() if one.case["target"] == "gaussian-isotropic"]
    upper = [one.result["w1"]["upper"] for one in own if one.result]
    assert linear.least == min(upper)
    assert linear.most == max(upper)
    assert {min(upper), max(upper)} <= set(page(swept()).numbers)
    assert (linear.cases, linear.failed) == (8, 1)
    assert (linear.d, linear.steps, linear.seeds) == ("1 to 8", "64 to 512", "0")
    assert (linear.status, linear.verdicts, linear.schedule) == ("fail", "7 pass", "li_huang_wei")
    wrong = families["wrong", "population"]
    assert (wrong.status, wrong.seeds) == ("fail", "7")
    assert families["sharp-product", "population"].status == "pass"


@pytest.mark.parametrize(
    ("kept", "missing", "status"),
    [
        (slice(0, 5), 0, "pass"),
        (slice(0, 5), 1, "inconclusive"),
        (slice(0, 0), 1, "inconclusive"),
        (slice(-2, None), 1, "fail"),
    ],
)
def test_status(kept, missing, status):
    """Fail where a case has no result or a verdict that fails; else inconclusive where one is
    missing.
    """
    assert sweep_part(swept()[kept], missing).status == status


def test_no_cases_no_section():
    """Nothing is said of sweeps where there is none."""
    assert sweep_part([], 0) is None


def test_bad_cases_are_listed_up_to_20_of_a_kind():
    """Of 300 failed cases and of 21 with a verdict that fails 20 are named, the rest is counted;
    long errors are cut.
    """
    *_, failed, wrong = swept()
    long = f"too bad: {'x' * 10_000}"
    records = [replace(failed, hash=f"bad-{i}", error=long) for i in range(300)]
    records += [replace(wrong, hash=f"wrong-{i}") for i in range(21)]
    words = page(records).words
    assert words.count("too bad") == 20
    assert "And 280 more" in words
    assert "x" * 300 not in words
    assert words.count("f is finite") == 20
    assert "And 1 more" in words
    assert "321 cases: 21 done (21 fail), 300 failed." in words


def many_families(seeds):
    """Cases of 250 families."""
    records = []
    for T in (64, 128):
        for seed in range(seeds):
            one = record(proportional, T=T, seed=seed)
            for i in range(250):
                case = one.case | {"target": f"family-{i}"}
                records.append(replace(one, hash=f"{one.hash}-{i}", case=case))
    return records


def test_many_cases_are_counted_not_listed():
    """The page of 250 families is as long for 10 seeds as for 2: 200 families are listed, 60 drawn,
    the others counted.
    """
    short = html(Collection(records=tuple(many_families(2))))
    long = html(Collection(records=tuple(many_families(10))))
    words = Reader(long).words
    assert "5,000 cases" in words
    assert "And 50 families more" in words
    assert "Drawn are the first 60 of 250 fits." in words
    assert abs(len(long) - len(short)) < 5000


def test_notes_are_counted():
    """Fifty of the files that were passed over are named."""
    words = page(swept(), notes=[f"passed over: {i}" for i in range(52)]).words
    assert "passed over: 49" in words
    assert "passed over: 50" not in words
    assert "And 2 files more" in words


def test_exponents_are_those_of_the_fits():
    """The tables hold each fit's numbers to the last digit; what is refused says why."""
    records = swept()
    reader = page(records)
    numbers = set(reader.numbers)
    for fit in fits(records):
        ends = {fit.exponent, fit.low, fit.high, fit.w1_low, fit.w1_high}
        assert ends - {None} <= numbers
        if fit.axis != "L_f":  # which does not vary
            assert fit.regime in reader.words
    assert "90% of the error is the model's own" in reader.words
    assert "linear in r" in reader.words
    assert "Gaussian law" in reader.words
    assert "Theorem 1" in reader.words


def test_nothing_to_fit_is_no_error():
    """Failed cases alone, or one case: a section without figures."""
    for records in ([swept()[-2]], [record(proportional)]):
        assert "How the error grows" not in page(records).words
