"""The property suite as its users run it: other people's trainers, expected failures, grouping,
inconclusive examples.
"""

from __future__ import annotations

import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstwo

from properties import decide
from properties.law import RATE, Inconclusive, Law

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
SUITE = (
    ["--pyargs", "ctverify.properties"]
    if find_spec("ctverify.properties")
    else [str(ROOT / "properties")]
)
TRAINERS = """
import torch
from ctverify.training import Trainer

def train(sample, schedule, seed):
    return Trainer("affine", 512, torch.device("cpu"))(sample, schedule, seed)

def careless(sample, schedule, seed):
    f = train(sample, schedule, seed)
    return lambda x, t: f(x, t) if t > 1 else 1.001 * x
"""
OPEN = """
from hypothesis import given, strategies as st
from {package}.law import Inconclusive, law

@law("oracle.open", "cannot be decided", "none", tolerance="none", examples=4)
@given(x=st.integers())
def test_open(x):
    raise Inconclusive("no decision within the budget")
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """pytest in this process, away from the repository: its exit code and what it printed."""

    def run(*words, suite=SUITE):
        for name in list(sys.modules):  # a law takes a profile once: the suite is imported anew
            if name.removeprefix("ctverify.").partition(".")[0] == "properties":
                monkeypatch.delitem(sys.modules, name)
        pytester.makepyfile(mine=TRAINERS)
        pytester.makeini("[pytest]")
        pytester.syspathinsert()
        options = ["-c", "tox.ini", "-q", "-p", "no:cacheprovider", "--ctverify-profile=quick"]
        done = pytester.runpytest_inprocess(*options, *suite, *words)
        return done.ret, done.stdout.str() + done.stderr.str()

    return run


def test_a_foreign_trainer_runs_through_the_laws(run):
    """One option; the header names it; laws about our own classes are not applicable to it."""
    code, out = run("--ctverify-trainer=mine:train", "-k", "identity or reproducible or saved")
    assert code == 0 and "trainer mine:train" in out and "2 passed, 1 skipped" in out


def test_a_foreign_trainer_is_judged_by_what_is_about_it(run):
    """Of ctverify's own laws two examples, those about the certificate alone not at all; with
    --ctverify-all everything.
    """
    words = ["--ctverify-trainer=mine:train", "-k", "identity or definition or potential"]
    code, out = run(*words)
    assert code == 0 and "2 examples" in out and "--ctverify-all: every law in full" in out
    assert "deselected" in out and "bound" not in out.partition("by cause")[2]
    assert "the trainer declares: nothing declared" in out
    code, out = run(*words, "--ctverify-all", "--collect-only")
    assert code == 0 and "test_potential" in out


def test_a_wrong_trainer_fails_by_its_cause_and_blocks_what_rests_on_it(run):
    """f_1 is not the identity: training.identity fails with a shrunk example, and the bound is not
    judged.
    """
    code, out = run("--ctverify-trainer=mine:careless", "-k", "identity or trained")
    assert code == 1 and "FAILED: training.identity" in out and "first cause: training" in out
    assert "target=gaussian(" in out and "1 failed, 1 skipped" in out


def test_expected_failures(run, pytester):
    """A listed failure is expected and blocks nothing; one that passes is an error; ids and reasons
    are checked.
    """
    known = "# ours\ntraining.identity  issue 7: scales by 1.001\n"
    (pytester.path / "known.txt").write_text(known)
    words = ["--ctverify-trainer=mine:careless", "--ctverify-xfails=known.txt", "-k", "identity"]
    assert run(*words)[0] == 0
    code, out = run(*[word.replace("careless", "train") for word in words])
    assert code == 1 and "[XPASS(strict)] training.identity: issue 7" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--ctverify-trainer=absent:train"],
            "--ctverify-trainer must name an importable callable, got 'absent:train'",
        ),
        (
            ["--ctverify-trainer=mine:TRAINERS"],
            "--ctverify-trainer must name an importable callable",
        ),
        (
            ["--ctverify-device=tpu", "-k", "identity"],
            "device must be auto, cpu, cuda or cuda:N, got 'tpu'",
        ),
        (["--ctverify-xfails=absent.txt"], "--ctverify-xfails must name a readable text file"),
        (["--ctverify-xfails=unknown.txt"], "'oracle.nonsense' is no law's id"),
        (["--ctverify-xfails=bare.txt"], "'oracle.shift' needs a reason after its id"),
        (["--ctverify-profile=hourly"], "--ctverify-profile: invalid choice: 'hourly'"),
        (["--ctverify-quality=2"], "must be a number between 0 and 1, got '2'"),
    ],
)
def test_bad_options_are_one_sentence(run, pytester, words, message):
    """Exit code 4, the sentence, no traceback."""
    (pytester.path / "unknown.txt").write_text("oracle.nonsense because\n")
    (pytester.path / "bare.txt").write_text("oracle.shift\n")
    code, out = run(*words)
    assert code == 4 and message in out and "Traceback" not in out


def test_an_inconclusive_law_is_shown(run, pytester):
    """It is no silent pass: its own category, its count and its reason."""
    package = SUITE[-1] if len(SUITE) == 2 else "properties"
    pytester.makepyfile(test_open=OPEN.format(package=package))
    code, out = run(suite=["test_open.py"])
    assert (
        code == 0
        and "1 inconclusive" in out
        and "inconclusive: oracle.open: no decision within the budget" in out
    )


def test_without_laws_the_plugin_is_silent_and_light(run, pytester):
    """No header, no summary; the plugin imports neither torch nor Hypothesis nor NumPy."""
    pytester.makepyfile(test_plain="def test_plain():\n    pass\n")
    code, out = run(suite=["test_plain.py"])
    assert code == 0 and "ctverify" not in out
    heavy = "{'torch', 'numpy', 'hypothesis'} & set(sys.modules)"
    script = f"import sys, ctverify.laws.pytest_plugin; print({heavy})"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_law_is_stated():
    """Each has an id of a cause, a statement, an equation and where its tolerance comes from."""
    laws = Law.catalogue()
    assert len(laws) >= 35 and {law.cause for law in laws.values()} == {
        "schedule",
        "oracle",
        "population",
        "training",
        "bound",
    }
    assert all(law.statement and law.equation and law.tolerance for law in laws.values())


def test_decisions_on_uniform_numbers():
    """Uniform numbers pass on 100 seeds; numbers on (0, 0.96), and what is not finite, fail."""
    for seed in range(100):
        decide.uniform(
            lambda n, stage, seed=seed: np.random.default_rng([seed, stage]).uniform(size=n)
        )
    with pytest.raises(AssertionError, match="Kolmogorov distance"):
        decide.uniform(lambda n, stage: 0.96 * np.random.default_rng(stage).uniform(size=n))
    with pytest.raises(AssertionError, match="not finite"):
        decide.uniform(lambda n, stage: np.full(n, np.nan))


def test_an_undecided_sample_is_inconclusive(monkeypatch):
    """2,000 numbers show no distance from uniform and cannot exclude one of the margin; the stages
    as they are always decide.
    """
    with (
        monkeypatch.context() as patch,
        pytest.raises(Inconclusive, match="neither 0 nor certainly below"),
    ):
        patch.setattr(decide, "STAGES", (2_000,))
        decide.uniform(lambda n, stage: (np.arange(n) + 0.5) / n)
    n = decide.STAGES[-1]
    largest = float(kstwo.isf(RATE / len(decide.STAGES), n))
    assert largest + math.sqrt(math.log(2 / RATE) / (2 * n)) <= decide.MARGIN
