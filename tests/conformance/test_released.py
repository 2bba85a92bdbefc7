"""Released implementations: what is wrong in them is found, by laws that know nothing of them.
Slow: they need their packages.

bayesflow 2.0.12 must fail in its stable model's sampler, tangent and loss; 2.1.0, where these were
repaired, must pass the same checks. Whatever else fails is in an xfails file, with its reason.
CTVERIFY_BAYESFLOW_OLD and _NEW, CTVERIFY_SBIJAX_OLD and _NEW name folders that the versions were
unpacked into (pip download, then unzip: the newer ones' metadata ask for Python 3.12, their code
runs on 3.11).
"""

import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from ctverify import conformance

XFAILS = Path(__file__).parent / "xfails"
VERSIONS = {"OLD": "2.0.12", "NEW": "2.1.0"}
REPAIRED = {"sampler.renoise", "sampler.pushforward", "loss.stationary", "loss.rows"}

DIFFUSERS = [
    f"diffusers-{name}" for name in ("cm", "lcm", "scm", "fm-euler", "fm-lcm", "tcd", "flowmap")
]
SBIJAX = {"OLD": "0.3.4", "NEW": "0.4.2.post1"}

pytestmark = pytest.mark.slow


def python(folder, *arguments):
    """A finished Python process that finds its packages in the folder first, where one is named."""
    environment = dict(os.environ)
    if folder:
        environment["PYTHONPATH"] = str(folder)
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def run(subject, folder=None, *options):
    """`ctverify check SUBJECT`: exit code and report."""
    done = python(folder, "-m", "ctverify", "check", subject, "--json", "-", *options)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def statuses(report):
    """id -> status."""
    return {check["id"]: check["status"] for check in report["checks"]}


def failed(report):
    """The ids that fail."""
    return {id for id, status in statuses(report).items() if status == "fail"}


def reproduced(check, folder=None):
    """What the script of a failure prints: without ctverify, what is seen, what is right, and the
    sentence, as the AssertionError it ends with.
    """
    assert "import ctverify" not in check["reproduce"]
    assert "from ctverify" not in check["reproduce"]
    done = python(folder, "-c", check["reproduce"])
    assert done.returncode == 1, done
    assert f"AssertionError: {check['detail']}" in done.stderr, done
    assert "right" in done.stdout, done
    return done.stdout


@pytest.mark.parametrize("name", DIFFUSERS)
def test_diffusers(name):
    """Exactly the failures that were read in the code fail, and their scripts show them."""
    pytest.importorskip("diffusers")
    file = XFAILS / f"{name}.txt"
    code, report = run(name, None, *(["--xfails", file] if file.exists() else []))
    assert code == 0, failed(report)
    assert "inconclusive" not in statuses(report).values()
    for check in report["checks"]:
        if check["status"] == "expected_failure":
            reproduced(check)


def test_meanflow():
    """rectified-flow-pytorch's sampler fails as was read in its code; its loss is right."""
    if find_spec("rectified_flow_pytorch") is None:
        pytest.skip("rectified-flow-pytorch is not installed")
    code, report = run("rfp-meanflow", None, "--xfails", XFAILS / "rfp-meanflow.txt")
    assert code == 0, failed(report)
    assert statuses(report)["loss.residual"] == "pass"
    assert statuses(report)["loss.orthogonal"] == "pass"


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")  # theirs, with the NaN
@pytest.mark.parametrize(
    "kind, more",
    [("FlowMatchEuler", set()), ("FlowMatchLCM", {"sampler.calls", "sampler.pushforward"})],
)
def test_upright(kind, more):
    """Beside inverted sigmas, which spoil f itself, no more than the other known failures."""
    pytest.importorskip("diffusers")
    report = conformance.check(upright(kind))
    wrong = {result.id for result in report.results if result.status in ("fail", "inconclusive")}
    assert wrong == {"times.finite", "times.ramp", *more}


def upright(kind):
    """A subject whose sigmas are not inverted."""
    base = getattr(import_module("ctverify.conformance.adapters.diffusers_fm"), kind)

    class Upright(base):
        def configurations(self):
            return super().configurations().filter(lambda drawn: not drawn.invert_sigmas)

    return Upright()


@pytest.mark.parametrize("which", list(SBIJAX))
def test_sbijax(which):
    """Exactly the failures that were read in the code fail, and their scripts show them."""
    folder = unpacked("sbijax", which, SBIJAX)
    file = XFAILS / f"sbijax-cmpe-{SBIJAX[which]}.txt"
    given = ["--xfails", file] if file.exists() else []
    code, report = run("sbijax-cmpe", folder, "--call-timeout", "600", *given)
    assert code == 0, failed(report)
    assert report["version"] == SBIJAX[which]
    for check in report["checks"]:
        if check["status"] == "expected_failure":
            reproduced(check, folder)


def bayesflow(which):
    """The folder of a version, or "" where it is installed."""
    return unpacked("bayesflow", which, VERSIONS)


def unpacked(package, which, versions):
    """The folder of a version, or "" where it is installed."""
    folder = os.environ.get(f"CTVERIFY_{package.upper()}_{which}")
    if folder is None and find_spec(package) and version(package) == versions[which]:
        return ""
    return folder or pytest.skip(
        f"{package} {versions[which]} is not installed, CTVERIFY_{package.upper()}_{which} names no"
        " folder"
    )


def test_bayesflow_before():
    """2.0.12 fails in the sampler, the tangent and the loss; scripts show it."""
    folder = bayesflow("OLD")
    code, report = run("bayesflow-scm", folder)
    assert code == 1
    assert report["version"] == "2.0.12"
    assert failed(report) == REPAIRED | {"interface.calls"}
    for check in report["checks"]:
        if check["id"] in REPAIRED:
            reproduced(check, folder)


def test_bayesflow_after():
    """2.1.0 passes all checks, among them the repaired ones."""
    code, report = run("bayesflow-scm", bayesflow("NEW"))
    assert code == 0
    assert report["version"] == "2.1.0"
    assert all(statuses(report)[id] == "pass" for id in REPAIRED)


@pytest.mark.parametrize("which", list(VERSIONS))
def test_bayesflow_discrete(which):
    """Both versions' ConsistencyModel returns NaN for steps=1, and is right otherwise."""
    folder = bayesflow(which)
    code, report = run("bayesflow-cm", folder, "--xfails", XFAILS / "bayesflow-cm.txt")
    assert code == 0
    assert "inconclusive" not in statuses(report).values()
    checks = {check["id"]: check for check in report["checks"]}
    assert "nan" in reproduced(checks["sampler.finite"], folder)
