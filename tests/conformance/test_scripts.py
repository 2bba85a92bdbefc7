"""Scripts of failures: each runs by itself, from any folder, and tells wrong from right."""

import json

import pytest

from ctverify import Convention
from ctverify.conformance import check, search

from .judging import BY_ID
from .mutants import MUTANTS
from .scripted import python, run, written, wrong_and_right

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
QUICK = (
    "t for t - e in c_skip",
    "a sum for the mean",
    "one step raises",
)
THEIRS = """
import math
import torch
from ctverify import Convention
from helper_of_theirs import half


class Settings:
    def __init__(self, top):
        self.top = top


class Theirs:
    def __init__(self, sigma_data=0.5, *, settings=None):
        self.sigma_data = sigma_data
        self.settings = settings or Settings(10.0)

    @property
    def convention(self):
        return Convention.ve(0.01, t_max=self.settings.top, sigma_data=self.sigma_data)

    def consistency(self, noisy, level, net):
        above, root = level - 0.01, math.hypot(level, self.sigma_data)
        skip = self.sigma_data**2 / (above**2 + self.sigma_data**2)
        return skip * noisy + {factor} * above * half(self.sigma_data) * net(noisy / root, level)


def factory():
    return Theirs(0.4, settings=Settings(20.0))
"""

CLOSED = """
import torch
from ctverify import Convention


def factory():
    class Within:
        convention = Convention.vp(lambda t: 0.5**t, boundary=0.0, t_max=4.0)

        def times(self, n):
            return [{start} * (1 - i / n) for i in range(n)]

    return Within()
"""
BEFORE_AND_AFTER = """
import importlib, json, pathlib, runpy, sys

right, scripts = json.loads(sys.argv[1]), sys.argv[2:]


def said(name):
    try:
        runpy.run_path(name)
    except AssertionError as error:
        return str(error)


before = [said(name) for name in scripts]
for name, source in right.items():
    pathlib.Path(sys.modules.pop(name).__file__).write_text(source)
importlib.invalidate_caches()
print(json.dumps([before, [said(name) for name in scripts]]))
"""


@pytest.fixture(autouse=True)
def _larger_failures(monkeypatch):
    """No failure is shrunk for long."""
    monkeypatch.setattr(search, "SHRINKS", 10)


def judged(mutant, folder, name):
    """The expected check's verdict on the mutant as a module of its own in the folder, and that
    module's right source.
    """
    wrong, right = wrong_and_right(mutant)
    with written(folder, name, wrong) as module:
        subject = getattr(module, mutant.edit.function.partition(".")[0])()
        result = search.judge(BY_ID[mutant.killer], subject, 0, None)
    assert result.status == "fail"
    return result, right


def test_each_tells_wrong_from_right(tmp_path):
    """Scripts end with their sentence as an AssertionError; once the subjects are right, the same
    scripts end well. Of mutants; of a user's class whose settings hold objects, with a module of
    its own beside it; of a class within a function, which its factory alone can make. All in one
    process: test_reproduction_runs has a script by itself.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    results, rights = [], {}
    for number, name in enumerate(QUICK):
        module = f"their_adapter_{number}"
        result, rights[module] = judged(BY_NAME[name], tmp_path, module)
        results.append(result)
    (tmp_path / "helper_of_theirs.py").write_text("def half(x):\n    return x / 2\n")
    with written(tmp_path, "theirs", THEIRS.format(factor="torch.nan")) as module:
        results.append(search.judge(BY_ID["scalings.finite"], module.factory(), 0, None))
    rights["theirs"] = THEIRS.format(factor="2")
    with written(tmp_path, "closed", CLOSED.format(start=3.0)):
        results += check("closed:factory", checks=["times.ends"], in_process=True).failed
    assert "from closed import factory" in results[-1].reproduce
    rights["closed"] = CLOSED.format(start=4.0)

    scripts = [elsewhere / f"script_{number}.py" for number in range(len(results))]
    for result, file in zip(results, scripts, strict=True):
        file.write_text(result.reproduce)
    # -B: a wrong and a right source of one second and size have one bytecode file
    done = python(elsewhere, "-B", "-c", BEFORE_AND_AFTER, json.dumps(rights), *scripts)
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout.splitlines()[-1])
    assert before == [result.detail for result in results]
    assert after == [None] * len(results)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_tells_wrong_from_right(mutant, tmp_path):
    """Each mutant's, in processes of their own: exit code 1 with the sentence, then 0."""
    adapters, elsewhere = tmp_path / "adapters", tmp_path / "elsewhere"
    adapters.mkdir()
    elsewhere.mkdir()
    result, right = judged(mutant, adapters, "their_adapter")
    done = run(result.reproduce, elsewhere)
    assert done.returncode == 1, (result.reproduce, done)
    said = f"AssertionError: {result.detail}".strip()
    assert done.stderr.strip().endswith(said), (result.reproduce, done.stderr)
    (adapters / "their_adapter.py").write_text(right)
    done = run(result.reproduce, elsewhere)
    assert done.returncode == 0, (result.reproduce, done)


def test_of_what_nobody_can_build():
    """A subject that was handed in as an object, of a class within a function: the script says so,
    and ends with exit code 1.
    """

    class Within:
        convention = Convention.vp(lambda t: 0.5**t, boundary=0.0, t_max=4.0)

        def times(self, n):
            return [3.0 * (1 - i / n) for i in range(n)]

    (result,) = check(Within(), checks=["times.ends"]).failed
    with pytest.raises(SystemExit, match="cannot be built by a script"):
        exec(result.reproduce, {})
