"""Scripts of failures: each runs by itself, from any folder, and tells wrong from right."""

import json

import pytest

from ctverify.conformance import search

from .__main__ import BY_ID
from .mutants import MUTANTS
from .scripted import python, run, written, wrong_and_right

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
QUICK = (
    "one time too many",
    "t for t - e in c_skip",
    "embedding rounded to eighths",
    "independent noise",
    "a sum for the mean",
    "noise t for sqrt(t^2 - e^2)",
    "one step raises",
)
EACH = """
import json, runpy, sys

said = []
for name in sys.argv[1:]:
    try:
        runpy.run_path(name)
        said.append(None)
    except AssertionError as error:
        said.append(str(error))
print(json.dumps(said))
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
    scripts end well. In two processes for all of them.
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    scripts, sentences, rights = [], [], {}
    for number, name in enumerate(QUICK):
        module = f"their_adapter_{number}"
        result, rights[module] = judged(BY_NAME[name], tmp_path, module)
        scripts.append(elsewhere / f"script_{number}.py")
        scripts[-1].write_text(result.reproduce)
        sentences.append(result.detail)
    done = python(elsewhere, "-c", EACH, *scripts)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == sentences
    for module, right in rights.items():
        (tmp_path / f"{module}.py").write_text(right)
    done = python(elsewhere, "-c", EACH, *scripts)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [None] * len(QUICK)


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


THEIRS = """
import math
import torch
from ctverify import Convention
from helper_of_theirs import half


class Settings:
    def __init__(self, top):
        self.top = top


class {name}:
    def __init__(self, sigma_data={default}, *, settings=None):
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
    return {name}(0.4, settings=Settings(20.0))
"""


@pytest.mark.parametrize("name", ["Plain", "Slotted"])
def test_of_an_adapter_in_a_folder(tmp_path, name):
    """A class of a user's with settings that hold objects, from a folder that is on the path of the
    judging process alone, with a module of their own beside it.
    """
    folder, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "helper_of_theirs.py").write_text("def half(x):\n    return x / 2\n")
    fill = {"name": name, "default": 0.5}
    source = THEIRS.format(factor="torch.nan", **fill)
    with written(folder, "adapter_of_theirs", source) as module:
        result = search.judge(BY_ID["scalings.finite"], module.factory(), 0, None)
    assert result.status == "fail"
    done = run(result.reproduce, elsewhere)
    assert done.returncode == 1, done
    assert done.stderr.strip().endswith(f"AssertionError: {result.detail}"), done.stderr
    (folder / "adapter_of_theirs.py").write_text(THEIRS.format(factor="2", **fill))
    done = run(result.reproduce, elsewhere)
    assert done.returncode == 0, done
