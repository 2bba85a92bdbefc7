"""What the nightly profile finds is saved, and what it has saved is replayed."""

from __future__ import annotations

import pytest

import properties.trainers  # noqa: F401  heavy packages can be imported only once a process

pytest_plugins = ["pytester"]
FOUND = """
from hypothesis import given, strategies as st
from properties.law import law

@law("oracle.found", "no number is large", "none", tolerance="none", examples=40)
@given(x=st.integers(0, 2**40))
def test_found(x):
    with open("seen.txt", "a") as file:
        print(x, file=file)
    assert x < 10**6, "large"
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """pytest in this process on one law: its exit code, what it printed, and the draws."""
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(pytester.path / "saved"))
    pytester.makepyfile(test_law=FOUND)
    pytester.makeini("[pytest]")

    seen = pytester.path / "seen.txt"

    def run(profile):
        seen.write_text("")
        options = ["-c", "tox.ini", "-q", "-p", "no:cacheprovider", "test_law.py"]
        done = pytester.runpytest_inprocess(*options, f"--ctverify-profile={profile}")
        return done.ret, done.stdout.str(), [int(x) for x in seen.read_text().split()]

    return run


def test_a_find_is_replayed_and_nothing_else(run):
    """The replay draws what was saved, shrunk already, and nothing new."""
    code, out, seen = run("nightly")
    assert code == 1 and len(seen) > 1 and "FAILED: oracle.found" in out
    code, out, seen = run("replay")
    assert code == 1 and "FAILED: oracle.found" in out
    assert set(seen) == {10**6}
