"""Failures by cause, told between workers, and those of an earlier run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import properties.law
from ctverify.laws.grouping import Failures, fold

pytest_plugins = ["pytester"]
# imported here: what a run of pytester's imports it forgets, and NumPy cannot be imported twice
SUITE = properties.law.__package__
LAWS = """
from hypothesis import given, strategies as st
from {package}.law import law

def case(id, wrong):
    @law(id, "a statement", "none", tolerance="none", examples=2)
    @given(x=st.integers())
    def test(x):
        assert not wrong
    return test

test_first = case("oracle.first", {oracle})
test_second = case("training.second", {training})
"""


def report(law, text="assert"):
    """A failed law's report."""
    return SimpleNamespace(
        user_properties=[("law", law)], longrepr=text, outcome="failed", location=("f.py", 3, law)
    )


def test_failures_are_told_between_workers(tmp_path):
    """Through their folder; what is later does not block what is earlier."""
    one = Failures(tmp_path)
    other = Failures(tmp_path)
    one.add("oracle.flow")
    assert other.before("training") == "not judged: rests on oracle, where oracle.flow failed"
    assert other.before("oracle") == other.before("schedule") == ""
    assert Failures(None).before("bound") == ""


def test_what_was_under_way_is_folded():
    """A failure that rests on an earlier cause counts as not judged; an unexpected pass stays."""
    oracle = report("oracle.flow")
    bound = report("bound.inequality")
    passed = report("training.identity", "[XPASS(strict)] mended")
    unrelated = SimpleNamespace(user_properties=[], longrepr="assert")
    stats = {"failed": [bound, oracle, unrelated, passed]}
    fold(stats)
    assert stats["failed"][:2] == [oracle, unrelated]
    assert bound in stats["skipped"]
    assert "rests on oracle, where oracle.flow failed" in bound.longrepr[2]


@pytest.fixture
def run(pytester):
    """Two laws of our own in a file, run in this process: the exit code and what was printed."""

    def run(oracle, training, *words):
        text = LAWS.format(package=SUITE, oracle=oracle, training=training)
        name = f"test_{len(list(pytester.path.iterdir()))}"
        pytester.makeini("[pytest]")
        pytester.makepyfile(**{name: text})
        done = pytester.runpytest_inprocess(
            "-q", "-p", "no:cacheprovider", "--ctverify-profile=quick", *words, f"{name}.py"
        )
        return done.ret, done.stdout.str() + done.stderr.str()

    return run


def test_a_baseline_knows_failures(run, pytester):
    """Of an earlier run's JUnit file: the same failure is no error and blocks nothing, another is;
    known ones stay known in the file of the next run. No base64 in it.
    """
    code, _ = run(True, False, "--junitxml=before.xml")
    assert code == 1
    text = (pytester.path / "before.xml").read_text()
    assert "oracle.first" in text
    assert "hypothesis-statistics" not in text
    code, out = run(True, False, "--ctverify-baseline=before.xml", "--junitxml=again.xml")
    assert code == 0
    assert "1 passed, 1 xfailed" in out
    code, out = run(True, True, "--ctverify-baseline=again.xml")
    assert code == 1
    assert "FAILED: training.second" in out
    assert "1 failed, 1 xfailed" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "--ctverify-baseline must name a readable text file"),
        ("not xml", "--ctverify-baseline must hold what --junitxml wrote in an earlier run"),
        ("<testsuites/>", "has no law in it"),
    ],
)
def test_a_baseline_that_is_none(run, pytester, content, message):
    """Is refused in one sentence."""
    if content is not None:
        (pytester.path / "base.xml").write_text(content)
    code, out = run(False, False, "--ctverify-baseline=base.xml")
    assert code == 4
    assert message in out
    assert "Traceback" not in out
