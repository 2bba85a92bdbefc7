"""Whatever a subject does to its process ends in a verdict, and changes nothing here."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from ctverify.conformance import check

from .ruthless import Default

HOSTILE = f"{__package__}.ruthless"
LIMIT = 5.0  # seconds of a call: most of a test's, on a machine that has nothing else to do


def by_id(report):
    """id -> result."""
    return {result.id: result for result in report.results}


def running():
    """The processes of this user that sleep for the subjects."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if "time.sleep(1000)" in line]


def test_traces_stay_in_the_process():
    """A subject that is loud and leaves settings, children and closed descriptors is judged like
    any other.
    """
    here = (os.getcwd(), torch.get_default_dtype(), torch.is_grad_enabled(), dict(os.environ))
    chosen = ["times.count", "pair.add_noise", "loss.gradient"]
    report = check(f"{HOSTILE}:Rude", checks=chosen, max_examples=2)
    assert {result.status for result in report.results} == {"pass"}, report.results
    assert report.complete and report.exit_code == 0
    assert here == (os.getcwd(), torch.get_default_dtype(), torch.is_grad_enabled(), os.environ)
    assert not running()


def test_a_death_is_a_verdict():
    """Each end of a process fails the check, or leaves it open where the system may have done it;
    the others are judged.
    """
    chosen = "times.count,times.curriculum,scalings.declared,pair.add_noise,loss.ema"
    report = check(f"{HOSTILE}:Deadly", checks=[chosen, "sampler.finite"], max_examples=2)
    found = by_id(report)
    words = {
        "times.curriculum": ("fail", "in curriculum its process ended with exit code 0"),
        "scalings.declared": (
            "fail",
            r"in scalings its process was killed \(signal 11\); it was at .*ruthless.py",
        ),
        "pair.add_noise": (
            "inconclusive",
            r"in add_noise .* killed \(signal 9\), as happens where memory",
        ),
        "loss.ema": ("inconclusive", "ema raised SystemExit"),
        "sampler.finite": ("fail", "what it speaks through was closed"),
        "times.count": ("pass", ""),
    }
    assert set(found) == set(words)
    for id, (status, detail) in words.items():
        assert found[id].status == status, found[id]
        assert re.search(detail, found[id].detail), found[id]
    assert "Deadly(" in found["times.curriculum"].configuration
    assert report.complete and report.exit_code == 1


def test_a_call_without_end_is_open():
    """It is ended with what it printed last and where it was; what needs it is left out, the others
    are judged.
    """
    chosen = ["times.curriculum", "times.count", "pair.add_noise"]
    report = check(f"{HOSTILE}:Endless", checks=chosen, max_examples=2, call_timeout=LIMIT)
    found = by_id(report)
    assert found["times.count"].status == "pass"
    for id, method in (("times.curriculum", "curriculum"), ("pair.add_noise", "add_noise")):
        assert found[id].status == "inconclusive"
        assert f"{method} had not ended after {LIMIT:g} s" in found[id].detail
    assert "the last word" in found["times.curriculum"].detail
    assert re.search(
        r"it was at File .*ruthless.py.*line \d+ in curr", found["times.curriculum"].detail
    )
    assert report.complete and report.exit_code == 3


@pytest.mark.slow
def test_without_forks():
    """Where a thread runs, checks are judged one after another; a death costs the process, and
    another goes on.
    """
    chosen = ["times.count", "times.curriculum", "times.monotone"]
    report = check(f"{HOSTILE}:threaded", checks=chosen, max_examples=2)
    statuses = {id: result.status for id, result in by_id(report).items()}
    assert statuses == {"times.count": "pass", "times.curriculum": "fail", "times.monotone": "pass"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(
            f"{HOSTILE}:exits", "making the subject raised SystemExit: 0", marks=pytest.mark.slow
        ),
        pytest.param(
            f"{HOSTILE}:dies",
            "its process ended with exit code 0; it printed last: farewell",
            marks=pytest.mark.slow,
        ),
        (f"{HOSTILE}:sleeps", "making the subject had not ended after 2 s"),
        pytest.param(
            f"{__package__}.importing:any", "raised SystemExit: 0", marks=pytest.mark.slow
        ),
    ],
)
def test_a_subject_that_cannot_be_made(name, words):
    """Nothing is judged, and nothing passes."""
    report = check(name, checks=["times"], call_timeout=2)
    assert {result.status for result in report.results} == {"inconclusive"}
    assert all(words in result.detail for result in report.results), report.results
    assert report.exit_code == 3 and not report.failed


def test_the_limit_of_all():
    """What was not reached is open, and the report says that it is incomplete."""
    told = []
    report = check("reference", timeout=1e-3, so_far=told.append)
    assert not report.complete and not report.conforms and report.exit_code == 3
    assert all("the limit of 0.001 s" in result.detail for result in report.results)
    assert told and not any(one.complete for one in told)


@pytest.mark.slow
def test_same_verdicts_here_and_apart():
    """Which process judges a check does not matter, nor what was judged before."""
    chosen = ["times", "loss.law", "sampler.seed"]
    apart = check("reference", checks=chosen, max_examples=3)
    here = check("reference", checks=chosen, max_examples=3, in_process=True)
    assert apart == here


class Careless(Default):
    """Changes what is everybody's."""

    def times(self, n):
        """And draws from generators that are everybody's."""
        torch.set_default_dtype(torch.float16)
        torch.set_num_threads(3)
        np.seterr(all="raise")
        torch.rand(3), np.random.rand(3)  # noqa: NPY002
        os.environ["CARELESS"] = "1"
        os.chdir("/")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("hello")
        return super().times(n)


def test_settings_are_put_back(capsys):
    """An adapter itself is judged in this process, and leaves it as it was."""

    def settings():
        state = torch.get_rng_state().sum(), np.random.get_state()[1].sum()  # noqa: NPY002
        kept = torch.get_default_dtype(), torch.get_num_threads(), np.geterr()
        return state, kept, dict(os.environ), os.getcwd(), signal.getsignal(signal.SIGTERM)

    before = settings()
    check(Careless(), checks=["times.count"], max_examples=2)
    assert settings() == before
    captured = capsys.readouterr()
    assert captured.out == "" and "hello" in captured.err


def test_exits_in_this_process():
    """sys.exit in a subject is no exit of ours."""
    report = check(f"{HOSTILE}:exits", checks=["times"], in_process=True)
    assert {result.status for result in report.results} == {"inconclusive"}
    assert report.exit_code == 3 and "SystemExit: 0" in report.results[0].detail


def test_limits_in_this_process():
    """--timeout is looked at between checks."""

    class Slow(Default):
        def times(self, n):
            time.sleep(0.01)
            return super().times(n)

    report = check(Slow(), checks=["times"], max_examples=1, timeout=0.005)
    assert not report.complete and report.exit_code == 3
    assert report.results[-1].status == "inconclusive"


def ctverify(*arguments):
    """The command line in a process of its own, begun, which does not ignore Ctrl-C as a shell's
    background job does.
    """
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [
        sys.executable,
        "-c",
        f"{hears}; from ctverify.cli.program import run; run()",
        "check",
    ]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, *map(str, arguments)], **streams)


def test_interrupted(tmp_path):
    """Ctrl-C leaves the report of what was judged, marked as incomplete, and no process; 130."""
    file = tmp_path / "report.json"
    name = f"{HOSTILE}:Endless"
    only = "times.count,times.curriculum"
    begun = ctverify(name, "--only", only, "--max-examples", 1, "--json", file)
    statuses = []
    while "pass" not in statuses:
        assert begun.poll() is None
        time.sleep(0.1)
        if file.exists():
            statuses = [check["status"] for check in json.loads(file.read_text())["checks"]]
    begun.send_signal(signal.SIGINT)
    out, err = begun.communicate()
    report = json.loads(file.read_text())
    assert begun.returncode == 130 and err.endswith("interrupted\n")
    assert not report["complete"] and not report["conforms"]
    assert "incomplete: 1 pass, 1 inconclusive" in out
    assert not running()


@pytest.mark.slow
def test_no_exit_0_by_a_subject():
    """What it prints and how it exits is not what the command does; SARIF alone is printed."""
    name = f"{HOSTILE}:Deadly"
    done = ctverify(name, "--only", "times.c*", "--max-examples", 1, "--format", "sarif")
    out, err = done.communicate()
    assert done.returncode == 1 and err == ""
    assert json.loads(out)["runs"][0]["results"][0]["ruleId"] == "times.curriculum"
