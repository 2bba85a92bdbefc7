"""No false alarm: our references, textbook implementations in all four conventions, many seeds."""

from dataclasses import replace
from functools import cache

import pytest

from ctverify.conformance import check
from ctverify.conformance.checks import ALL
from ctverify.conformance.references.reference import Reference
from ctverify.conformance.references.reference_flowmap import FlowMap
from ctverify.conformance.references.reference_meanflow import MeanFlow
from ctverify.conformance.references.reference_trigflow import TrigFlow
from ctverify.conformance.search import judge

from .textbook import KINDS, Textbook

REFERENCES = (Reference(), TrigFlow(), MeanFlow(), FlowMap())
SUBJECTS = (*REFERENCES, *map(Textbook, KINDS))


@cache
def judged(subject):
    """The report of a subject, made once, of few examples: test_forty_runs has all of them."""
    return check(subject, max_examples=1)


@pytest.mark.parametrize("subject", SUBJECTS, ids=repr)
def test_conforms(subject):
    """Every check passes or is about what the subject does not have; nothing is inconclusive."""
    report = judged(subject)
    assert report.conforms
    assert {result.status for result in report.results} <= {"pass", "not_applicable"}
    assert sum(result.status == "pass" for result in report.results) >= 30


def test_references_leave_no_check_unused():
    """Together the references are judged by every check."""
    passed = set()
    for subject in REFERENCES:
        passed |= {result.id for result in judged(subject).results if result.status == "pass"}
    assert passed == {one.id for one in ALL}


def test_same_seed_same_report():
    """A report is a function of the seed."""
    some = ["pair", "sampler.renoise"]
    one = check("reference", checks=some, max_examples=2, seed=4, in_process=True)
    same = check("reference", checks=some, max_examples=2, seed=4, in_process=True)
    assert one == same


@pytest.mark.slow
@pytest.mark.parametrize("subject", REFERENCES, ids=repr)
@pytest.mark.parametrize("one", [one for one in ALL if one.statistical], ids=lambda one: one.id)
def test_thousand_seeds(one, subject):
    """1,000 examples of each statistical check; their false-alarm rate is 1e-9 each."""
    result = judge(replace(one, examples=1000), subject, 0, None)
    assert result.status in ("pass", "not_applicable"), result


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("subject", SUBJECTS, ids=repr)
def test_forty_runs(seed, subject):
    """No check fails or is inconclusive in reports of 40 seeds, all examples in the first two."""
    report = check(subject, seed=seed, max_examples=None if seed < 2 else 5)
    assert report.conforms
    assert not any(result.status == "inconclusive" for result in report.results)
