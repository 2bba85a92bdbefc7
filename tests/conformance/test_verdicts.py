"""What becomes of checks whose subject did not let them end."""

from dataclasses import replace

import pytest

from ctverify.conformance.processes.verdicts import HANGS, Head, Last, Verdicts
from ctverify.conformance.results.result import Report


@pytest.fixture
def verdicts():
    """Five checks, of which four need `sample`."""
    heads = [
        Head(id=f"g.{name}", group="g", statement="", reference="", needs=needs, rests_on=())
        for name, needs in zip("abcde", [("sample",)] * 4 + [("loss",)], strict=True)
    ]
    return Verdicts({head.id: head for head in heads})


def report(verdicts, **more):
    """The report of these."""
    return Report("mine", "", 0, verdicts.in_order(), **more)


def test_one_failure_a_death(verdicts):
    """In whatever order they die: the first in the order of causes fails, the others follow; a kill
    by the system is no proof.
    """
    last = Last("sample", "Mine(n=1)", "it printed last: help")
    for id in ("g.c", "g.a"):
        verdicts.died(id, last, "in sample its process was killed (signal 11)", definite=True)
    verdicts.died("g.b", last, "in sample its process was killed (signal 9)", definite=False)
    made = report(verdicts)
    assert [one.id for one in made.failed] == ["g.a"] and made.exit_code == 1
    assert [one.id for one in made.following("g.a")] == ["g.c"]
    assert made.results[0].configuration == "Mine(n=1)" and "help" in made.results[0].detail
    assert made.results[1].status == "inconclusive"
    assert not verdicts.complete


def test_what_hung_is_left_out(verdicts):
    """Checks that need the same call are not begun; others are, until HANGS calls have hung."""
    verdicts.hung("g.b", Last("sample"), 60.0)
    assert verdicts.left_out("g.a") and not verdicts.left_out("g.e") and not verdicts.spent
    assert verdicts.results["g.a"].detail == "not judged: sample had not ended in g.b"
    for id in ("g.c", "g.d")[: HANGS - 1]:
        verdicts.hung(id, Last("sample"), 60.0)
    assert verdicts.spent
    assert report(verdicts).exit_code == 3


def test_a_subject_that_hangs_everywhere(verdicts):
    """Outside of its methods it would hang again."""
    verdicts.hung("g.a", Last(""), 60.0)
    assert verdicts.spent == "the subject had not ended in g.a"


def test_the_first_verdict_stands(verdicts):
    """A copy of the subject's process may come back and say another."""
    passed = verdicts.heads["g.a"].result("pass", "")
    assert verdicts.add(passed)
    assert not verdicts.add(replace(passed, status="fail"))
    assert not verdicts.add(replace(passed, id="g.unknown"))
    assert verdicts.in_order()[0] == passed


def test_incomplete_is_no_pass(verdicts):
    """All that was judged passed: 3, and no conformance."""
    for head in verdicts.heads.values():
        verdicts.add(head.result("pass", ""))
    assert report(verdicts).exit_code == 0 and verdicts.complete
    cut = report(verdicts, complete=False)
    assert cut.exit_code == 3 and not cut.conforms
