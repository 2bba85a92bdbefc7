"""Exit codes: 1 where something fails, else 3 where something could not be judged, 2 for bad input,
130 for Ctrl-C.
"""

import dataclasses
import itertools
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ctverify import certify, ledger
from ctverify.cli import results
from ctverify.cli import sweep as sweep_command
from ctverify.cli.main import main
from ctverify.conformance.results.result import Report, Result
from ctverify.core.exit_codes import BAD_INPUT, FAILED, GOOD, INTERRUPTED, UNJUDGED
from ctverify.core.verdict import (
    CONSTANT,
    SINGLE_DRAWS,
    THRESHOLD,
    Verdict,
    at_most,
    exit_code,
    quality,
    spread_over_draws,
    threshold,
)
from ctverify.sweep.engine import Summary
from ctverify.sweep.store import Record

from ..certificate.conftest import FEW, gaussian_model
from .test_cli import COMMANDS


def call(*words):
    """Exit code, stdout and stderr of `ctverify WORDS`."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def verdict(status, kind="sanity", law="a law"):
    return Verdict(law=law, equation="", status=status, observed=0.0, limit=0.0, kind=kind)


KINDS = (("sanity", "a law"), ("quality", CONSTANT), ("quality", THRESHOLD))
STATUSES = ("pass", "inconclusive", "fail")


@pytest.mark.parametrize("statuses", list(itertools.product(STATUSES, repeat=3)))
def test_exit_code_of_verdicts(statuses):
    """Whatever fails is 1; an open verdict on the constant model alone is no reason for 3."""
    every = [
        verdict(status, kind, law) for status, (kind, law) in zip(statuses, KINDS, strict=True)
    ]
    expected = GOOD
    if "inconclusive" in (statuses[0], statuses[2]):
        expected = UNJUDGED
    if "fail" in statuses:
        expected = FAILED
    assert exit_code(every) == exit_code(reversed(every)) == expected
    assert exit_code([]) == GOOD


@pytest.mark.parametrize("judge", [quality, threshold])
@pytest.mark.parametrize(
    ("lower", "upper", "spread", "status"),
    [
        (0.2, 0.9, "pass", "pass"),
        (0.2, 1.0, "pass", "pass"),
        (0.2, 0.9, "inconclusive", "inconclusive"),
        (0.2, 1.1, "pass", "inconclusive"),
        (1.0, 1.1, "pass", "inconclusive"),
        (1.1, 1.2, "pass", "fail"),
        (1.1, 1.2, "inconclusive", "fail"),
    ],
)
def test_quality_and_threshold(judge, lower, upper, spread, status):
    """fail above the limit, pass below, and never pass on limits that hang on single draws."""
    limit = (1.0, 1.0) if judge is quality else 1.0
    found = judge(lower, upper, limit, spread)
    assert found.status == status and found.kind == "quality"
    assert found.observed == (lower if status == "fail" else upper)
    assert (found.detail == SINGLE_DRAWS) == (upper <= 1 and spread != "pass")


def test_the_scale_has_limits_of_its_own():
    """Whoever lies between them is inconclusive, whatever his own limits are."""
    scale = (1.0, 2.0)
    for lower, upper, status in (
        (2.1, 2.2, "fail"),
        (0.1, 1.0, "pass"),
        (1.2, 1.8, "inconclusive"),
    ):
        assert quality(lower, upper, scale).status == status


def test_other_verdicts_are_on_sanity():
    """The default kind, which files of older versions are read with."""
    assert at_most("a law", "", 0.0, 1.0).kind == "sanity"
    assert spread_over_draws(0.5).kind == "sanity"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A user's module as the current directory's."""
    (tmp_path / "exits.py").write_text(
        "import torch\n"
        "def good(x, t): return x if t == 1 else 0.9 * x\n"
        "def off(x, t): return x + 0.1\n"
        "def raising(x, t): return helper(x)\n"
        "def helper(x):\n    raise RuntimeError('two\\n lines')\n"
        "def stopped(x, t): raise KeyboardInterrupt\n"
    )
    (tmp_path / "broken.py").write_text("def f(x, t): return x\nassert 1 == 2, 'mine'\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("exits", "broken"):
        sys.modules.pop(name, None)


COMMON = ("--target", "mild", "--steps", 10, "--c1", 2, "--samples", 16, "--pairs", 200)


def test_certify(own):
    """A right model and one whose f_1 is not the identity; --confidence is the certificate's."""
    code, out, _ = call("certify", "exits:good", *COMMON, "--confidence", 0.5, "--json")
    (certificate,) = json.loads(out)
    assert code == GOOD and certificate["confidence"] == 0.5
    assert call("certify", "exits:off", *COMMON)[0] == FAILED


@pytest.mark.parametrize(
    ("status", "law", "code"),
    [
        ("inconclusive", THRESHOLD, UNJUDGED),
        ("inconclusive", CONSTANT, GOOD),
        ("fail", CONSTANT, FAILED),
        ("pass", THRESHOLD, GOOD),
    ],
)
def test_certificates(status, law, code, capsys):
    """`run` and `certify` end with the code of all their verdicts."""
    target, f = gaussian_model()
    right = certify(f, target, FEW, samples=16, pairs=64)
    last = verdict(status, "quality", law)
    sane = verdict("pass")
    certificates = [
        dataclasses.replace(right, verdicts=(sane,)),
        dataclasses.replace(right, verdicts=(last, sane)),
    ]
    with pytest.raises(SystemExit) as ended:
        results.finish(certificates, ["", ""], closing="", as_json=True, report=None)
    assert ended.value.code == code
    assert json.loads(capsys.readouterr().out)[1]["verdicts"][0]["kind"] == "quality"


def test_debug_shows_the_users_traceback(own):
    """Without it one sentence says how to see it."""
    command = ("certify", "exits:raising", *COMMON)
    code, out, err = call(*command)
    assert code == BAD_INPUT and out == "" and err.count("\n") == 1
    assert "RuntimeError: two lines (--debug shows the traceback)" in err
    code, _, err = call(*command, "--debug")
    assert code == BAD_INPUT and err.splitlines()[-1].startswith("Error: ")
    assert "exits.py" in err and "helper(x)" in err and "RuntimeError: two" in err
    code, _, err = call("certify", "broken:f", *COMMON, "--debug")
    assert code == BAD_INPUT and "broken.py" in err and "importlib" not in err


@pytest.mark.slow
def test_the_users_traceback_begins_with_his_code(own):
    """None of our frames (in this process the checks of shapes stand between)."""
    words = ["certify", "exits:raising", *map(str, COMMON), "--debug"]
    done = subprocess.run(
        [sys.executable, "-m", "ctverify", *words], capture_output=True, text=True
    )
    first, second, *_ = done.stderr.splitlines()
    assert done.returncode == BAD_INPUT
    assert first.startswith("Traceback") and "exits.py" in second


def test_check(monkeypatch):
    """A report without failures in which a check is open."""

    def report(*statuses):
        results = [Result(str(i), "g", "", "", status) for i, status in enumerate(statuses)]
        return Report("mine", "1", 0, tuple(results))

    for statuses, code in (
        (("pass", "not_applicable", "expected_failure"), GOOD),
        (("pass", "inconclusive"), UNJUDGED),
        (("fail", "inconclusive"), FAILED),
    ):
        made = report(*statuses)
        monkeypatch.setattr("ctverify.conformance.run.check", lambda *_, made=made, **__: made)
        assert call("check", "reference")[0] == code


def test_plan(monkeypatch):
    """1 where a claim under the plan comes out otherwise than the ledger expects."""

    def doubting(ids, *args, **kwargs):
        asked = [claim for claim in ledger.claims() if claim.id in set(ids)]
        return [ledger.Result(claim, "UNDECIDED", (), "", 0.0) for claim in asked]

    monkeypatch.setattr(ledger, "prove_all", doubting)
    assert call("plan", "--dim", 1, "--error", 0.1)[0] == FAILED


def test_sweep():
    """A case without a result is 1, an open sanity verdict 3, an open one on quality 0."""

    def record(status, verdicts):
        result = {"verdicts": [dataclasses.asdict(one) for one in verdicts]}
        return Record(
            hash="",
            case={},
            status=status,
            result=result if status == "done" else None,
            error=None if status == "done" else "why",
            seconds=0.0,
        )

    done = record("done", [verdict("pass"), verdict("inconclusive", "quality", CONSTANT)])
    open_one = record("done", [verdict("inconclusive")])
    failing = record("done", [verdict("fail")])
    lost = record("failed", [])
    for records, code in (
        ([done], GOOD),
        ([done, open_one], UNJUDGED),
        ([done, open_one, failing], FAILED),
        ([done, lost], FAILED),
    ):
        assert sweep_command._code(Summary(tuple(records), 0)) == code


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_tells_exit_codes(path):
    """Each command's help says what 0 and 130 are, and a command that judges what 1 and 3 are."""
    _, out, _ = call(*path, "--help")
    words = " ".join(out.split())
    if path != ("schedule",):
        assert "Exit code 0: " in words and "2: bad input" in words and "130: interrupted" in words
    judges = path[-1] in ("run", "certify", "check", "sweep")
    assert ("3: " in words) == judges
    assert (", 1: " in words) == (judges or path[-1] in ("prove", "plan"))


def test_ctrl_c_in_a_command(own):
    """One line, 130, whichever command it is and whoever is interrupted."""
    code, out, err = call("certify", "exits:stopped", *COMMON)
    assert (code, out) == (INTERRUPTED, "") and err.strip() == "interrupted"


STRUCK = """
import os, signal, sys, threading, time
from ctverify.cli.program import run
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
module, after, *words = sys.argv[1:]
def strike():
    while module not in sys.modules:
        time.sleep(0.001)
    time.sleep(float(after))
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=strike, daemon=True).start()
sys.argv[1:] = words
run()
"""


@pytest.mark.parametrize(
    ("module", "after"),
    [
        ("torch", 0.01),
        pytest.param("numpy", 0.0, marks=pytest.mark.slow),
        pytest.param("rich", 0.0, marks=pytest.mark.slow),
        pytest.param("ctverify.training.recursion", 0.5, marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_in_a_process(own, module, after):
    """While a package is being imported, and once a model is trained."""
    words = (module, str(after), "run", "--target", "gaussian-2d", "--out", "o")
    struck = subprocess.run(
        [sys.executable, "-c", STRUCK, *words],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert struck.returncode == INTERRUPTED
    assert struck.stdout == "" and struck.stderr.strip() == "interrupted"
