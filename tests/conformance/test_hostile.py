"""No subject, however wrong, ends in a traceback, in a silent pass or in exit code 0."""

import json
import re

import pytest
import torch
from rich.console import Console

from ctverify import InputError
from ctverify.conformance import check, search
from ctverify.conformance.admission import notes
from ctverify.conformance.formats.junit import junit
from ctverify.conformance.results import view
from ctverify.conformance.results.result import Report

from .hostile import ODD, REFUSED, WRONG, Right, made

names = pytest.mark.parametrize("name", WRONG, ids=ascii)


@pytest.fixture(scope="module", autouse=True)
def _larger_failures():
    """No failure is shrunk for long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SHRINKS", 3)
        yield


def printed(report):
    """The report as people see it."""
    console = Console(width=150)
    with console.capture() as kept:
        console.print(view.view(report))
    return kept.get()


@pytest.mark.parametrize(
    "all_checks", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["group", "all"]
)
@names
def test_wrong_subjects(name, all_checks):
    """The check of the cause fails and says why; the report can be printed and kept. By the checks
    of the cause's group, and by all.
    """
    subject, cause, words = WRONG[name]
    group = cause.partition(".")[0]
    report = check(subject, checks=None if all_checks else [group], max_examples=1)
    failed = {result.id: result.detail for result in report.failed}
    assert report.exit_code == 1
    assert cause in failed, failed
    assert re.search(words, failed[cause]), failed[cause]
    text = json.dumps(report.to_dict(), allow_nan=False)
    assert Report.from_dict(json.loads(text)) == report
    assert cause in printed(report).encode("utf-8").decode()
    assert b"testsuite" in junit(report)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_subjects(name):
    """One sentence."""
    subject, words = REFUSED[name]
    with pytest.raises(InputError, match=words) as caught:
        check(subject, max_examples=1)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ODD)
def test_odd_subjects(name):
    """What is unusual and right conforms, and everything that it offers was judged."""
    report = check(ODD[name], max_examples=1)
    assert report.conforms, report.failed
    assert not report.unjudged, [r for r in report.results if r.status == "inconclusive"]
    assert all(not result.refused for result in report.results)
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_device() == torch.device("cpu")
    assert torch.is_grad_enabled()


def test_near_names():
    """A public name that nothing asks for and that resembles a missing one is told, others not."""
    subject = made(curiculum=lambda self, k, K: k, time=1.0, rho=7.0, max_step=3, _times=2)
    assert notes(subject) == (
        "Hostile.curiculum is never asked for: is curriculum meant?",
        "Hostile.max_step is never asked for: is max_steps meant?",
    )
    assert notes(Right()) == ()
    report = check(subject, checks=["times.count"], max_examples=1)
    assert report.notes == notes(subject)
    assert "is curriculum meant?" in printed(report)
