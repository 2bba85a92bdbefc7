"""Types reach users: a type checker sees the real signatures of the INSTALLED package.

The package must be installed (a wheel or -e): a checker reads site-packages, not the checkout.
mypy takes twenty seconds to read torch and its like, and pyright (the extra types) brings a
Node.js: on every change mypy reads ctverify alone, nightly both read everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

USER = """\
from typing_extensions import assert_type

from ctverify import Certificate, ConsistencyModel, Convention, Mixture, Schedule, certify, train

schedule = Schedule.li_huang_wei(16)
target = Mixture([0.5, 0.5], [-1.0, 1.0], [0.5, 0.5], name="two modes")
model = train(target, schedule, "affine", samples=256)
assert_type(model, ConsistencyModel)
assert_type(certify(model, target, schedule, samples=64, max_w1=0.5), Certificate)
assert isinstance(Convention.ve(0.002, t_max=80.0), Convention)
"""
WRONG = {
    "certify(model, target, schedule, sample=64)": "sample",
    "train(target, 3)": "train",  # of one time or two: no overload takes it
    "Mixture([1.0], [0.0])": "covariances",
    "Convention.ve(boundry=0.1)": "boundry",
}


OTHERS = "jaxtyping numpy safetensors scipy sympy torch"
UNREAD = "".join(f"[mypy-{name}.*]\nfollow_imports = skip\n" for name in OTHERS.split())


def _installed() -> bool:
    try:
        return distribution("ctverify") is not None
    except PackageNotFoundError:
        return False


pytestmark = pytest.mark.skipif(
    not _installed(), reason="ctverify is not installed here: pip install '.[test]'"
)


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A user's file: ten right lines, and then one wrong call a line."""
    file = tmp_path / "user.py"
    file.write_text(USER + "\n".join(WRONG) + "\n")
    return file


def _expected() -> dict[int, str]:
    """The word that the error of each wrong line must hold, by line number."""
    first = USER.count("\n") + 1
    return {first + offset: word for offset, word in enumerate(WRONG.values())}


def _judge(errors: dict[int, str]) -> None:
    expected = _expected()
    assert sorted(errors) == sorted(expected), errors
    for number, word in expected.items():
        assert word in errors[number], errors


@pytest.mark.parametrize(
    "others", [UNREAD, pytest.param("", marks=pytest.mark.slow)], ids=["alone", "all"]
)
def test_mypy_sees_the_signatures(user, others):
    """mypy --strict: the right lines pass, each wrong one is an error that names the argument."""
    (user.parent / "mypy.ini").write_text(f"[mypy]\nstrict = true\n{others}")
    command = [sys.executable, "-m", "mypy", "--config-file=mypy.ini", "--output=json", "user.py"]
    done = subprocess.run(command, cwd=user.parent, capture_output=True, text=True)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    _judge({report["line"]: report["message"] for report in reports})


@pytest.mark.slow
def test_pyright_sees_the_signatures(user):
    """The same by pyright."""
    pytest.importorskip("pyright", reason="the extra types is not installed")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run([*command, "user.py"], cwd=user.parent, capture_output=True, text=True)
    reports = json.loads(done.stdout)["generalDiagnostics"]
    errors = [report for report in reports if report["severity"] == "error"]
    _judge({report["range"]["start"]["line"] + 1: report["message"] for report in errors})
