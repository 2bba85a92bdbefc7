"""Scripts of failures: each runs by itself, from any folder, and tells wrong from right."""

import pytest

from ctverify.conformance import search

from .__main__ import BY_ID
from .mutants import MUTANTS
from .scripted import run, written, wrong_and_right

QUICK = {
    "one time too many",
    "t for t - e in c_skip",
    "independent noise",
    "embedding rounded to eighths",
    "a sum for the mean",
    "noise t for sqrt(t^2 - e^2)",
    "one step raises",
}


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(m, id=m.name, marks=[] if m.name in QUICK else [pytest.mark.slow])
        for m in MUTANTS
    ],
)
def test_tells_wrong_from_right(mutant, tmp_path, monkeypatch):
    """The script ends with an AssertionError that is the sentence of the failure; once the subject
    is right, the same script ends well.
    """
    monkeypatch.setattr(search, "SHRINKS", 10)
    wrong, right = wrong_and_right(mutant)
    adapters, elsewhere = tmp_path / "adapters", tmp_path / "elsewhere"
    adapters.mkdir()
    elsewhere.mkdir()
    with written(adapters, "their_adapter", wrong) as module:
        subject = getattr(module, mutant.edit.function.partition(".")[0])()
        result = search.judge(BY_ID[mutant.killer], subject, 0, None)
    assert result.status == "fail"
    done = run(result.reproduce, elsewhere)
    assert done.returncode == 1, (result.reproduce, done)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("AssertionError: "), (result.reproduce, done.stderr)
    assert last.removeprefix("AssertionError: ") == result.detail.splitlines()[-1]
    (adapters / "their_adapter.py").write_text(right)
    done = run(result.reproduce, elsewhere)
    assert done.returncode == 0, (result.reproduce, done)
