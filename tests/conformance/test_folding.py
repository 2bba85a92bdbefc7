"""One failure a defect: what follows from another check's failure is folded under it, and nothing
else is.
"""

from dataclasses import replace

import pytest

from ctverify.conformance import check, search
from ctverify.conformance.checks import ALL
from ctverify.conformance.checks.check import GROUPS
from ctverify.conformance.results.folding import folded
from ctverify.conformance.results.result import Report, Result

from .hostile import Right, made
from .mutants import MUTANTS, subject

BY_ID = {one.id: one for one in ALL}
RESTS_ON = {one.id: one.rests_on for one in ALL}
BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
# a mutant that breaks two laws: training scales the output otherwise than sampling
TWICE = {"output not scaled by sigma_data": {"loss.stationary"}}
CHAIN = {"a": (), "b": ("a",), "c": ("b",), "d": ("a", "c"), "e": ()}


def results(**statuses):
    """A report's results, in the order of the chain."""
    return tuple(Result(id, "g", "a law", "a source", statuses.get(id, "pass")) for id in CHAIN)


def follows(*found):
    """What each follows from, where it does."""
    return {one.id: one.follows_from for one in folded(found, CHAIN) if one.follows_from}


def test_causes():
    """Under the first cause that failed, and what that one follows from; not under what passed."""
    assert follows(*results(a="fail", b="fail", c="fail", d="fail", e="fail")) == {
        "b": "a",
        "c": "a",
        "d": "a",
    }
    assert follows(*results(b="fail", c="fail", d="fail")) == {"c": "b", "d": "b"}
    assert follows(*results(a="fail", c="fail", d="fail")) == {"d": "a"}  # b passed: c is its own
    assert follows(*results(a="inconclusive", b="fail")) == {}
    assert follows(*results(a="not_applicable", b="fail")) == {}


def test_what_could_not_be_judged():
    """It follows from what it rests on, or from the check whose law the subject broke, if that
    failed.
    """
    refused = replace(results(e="inconclusive")[4], follows_from="a", detail="f raised")
    assert follows(*results(a="fail")[:4], refused) == {"e": "a"}
    (*_, last) = folded((*results(a="fail")[:4], refused), CHAIN)
    assert last.detail == "not judged: follows from a"
    (*_, last) = folded((*results()[:4], refused), CHAIN)
    assert last.follows_from is None
    assert last.detail == "f raised"


def test_folded_failures_do_not_count():
    """A report fails by its causes; one that is known takes nothing new with it."""
    report = Report("mine", "", 0, folded(results(a="fail", b="fail", c="inconclusive"), CHAIN))
    assert [one.id for one in report.failed] == ["a"]
    assert [one.id for one in report.following("a")] == ["b", "c"]
    assert report.exit_code == 1
    before = Report("mine", "", 0, folded(results(a="fail"), CHAIN))
    assert [one.id for one in report.since(before).failed] == ["b"]
    assert report.since(report).failed == []
    expected = report.expecting({"a": "on purpose"})
    assert expected.failed == []
    assert expected.exit_code == 3  # c could not be judged


def test_checks_rest_on_checks():
    """Each on others, which come first in their group, and never on itself through others."""
    place = {one.id: number for number, one in enumerate(ALL)}
    assert [one.group for one in ALL] == sorted((one.group for one in ALL), key=GROUPS.index)
    for one in ALL:
        assert set(one.rests_on) <= set(place), one.id
        inside = [place[id] for id in one.rests_on if id.startswith(f"{one.group}.")]
        assert all(earlier < place[one.id] for earlier in inside), one.id
        assert one.id not in _closure(one.id), one.id


def _closure(id):
    """Whatever a check rests on, through others."""
    seen, left = set(), list(RESTS_ON[id])
    while left:
        following = left.pop()
        if following not in seen:
            seen.add(following)
            left += RESTS_ON[following]
    return seen


@pytest.fixture
def _larger_failures(monkeypatch):
    """Failures are not shrunk for long, and their scripts are not written."""
    monkeypatch.setattr(search, "SHRINKS", 3)
    monkeypatch.setattr(search, "script", lambda *_: "")


@pytest.mark.parametrize(
    ("name", "checks", "follow"),
    [
        (
            "times rise",
            ["times.monotone", "times.ramp", "sampler.prior"],
            {"times.ramp", "sampler.prior"},
        ),
        (
            "clamp left on",
            ["scalings.affine", "loss.law", "sampler.last"],
            {"loss.law", "sampler.last"},
        ),
        ("t for t - e in c_skip", ["scalings.boundary", "scalings.output"], {"scalings.output"}),
        (
            "one step divides 0 by 0",
            ["interface.calls", "times.finite", "sampler.finite"],
            {"sampler.finite"},
        ),
    ],
)
@pytest.mark.usefixtures("_larger_failures")
def test_mutants_fail_once(name, checks, follow):
    """Some mutants, judged by few checks: that of the cause fails, the others follow from it."""
    report = check(subject(BY_NAME[name]), checks=checks, max_examples=20)
    killer = BY_NAME[name].killer
    assert [one.id for one in report.failed] == [killer]
    assert {one.id for one in report.following(killer)} == follow


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
@pytest.mark.usefixtures("_larger_failures")
def test_every_mutant_fails_once(mutant):
    """In its whole report the check of the cause is the one that fails; TWICE names those mutants
    that break two laws of which neither follows from the other.
    """
    report = check(subject(mutant), max_examples=15)
    failed = {one.id for one in report.failed}
    assert failed - TWICE.get(mutant.name, set()) == {mutant.killer}
    assert not [
        one.id for one in report.results if one.status == "inconclusive" and not one.follows_from
    ]


def test_refusals_are_counted():
    """A check that the subject let be judged in part passes, and says how often and why not."""

    def choosy(self, x, t, network):
        if t > 5:
            raise RuntimeError("too late")
        return Right.consistency(self, x, t, network)

    report = check(made(consistency=choosy), checks=["interface.calls", "scalings.input"])
    (result,) = (one for one in report.results if one.id == "scalings.input")
    assert result.status == "pass"
    assert result.judged > 0
    assert result.refused > 0
    assert result.judged + result.refused == BY_ID["scalings.input"].examples
    assert result.count.endswith("refused: consistency raised RuntimeError: too late")
    assert [one.id for one in report.failed] == ["interface.calls"]
