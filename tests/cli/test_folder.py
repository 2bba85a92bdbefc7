"""What lies together belongs together: run into a used folder, run --resume, certify --out."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest

from ctverify import Certificate, ConsistencyModel, Mixture, Schedule, train
from ctverify.certificate.folder import Place
from ctverify.core.files import locked

from ..whole import check_whole, visible
from .test_exit_codes import call

SETTING = "--model affine --steps 8 --c0 1 --c1 2 --samples 16 --train-samples 100"
RUN = ("run", "--target", "mild", *SETTING.split())
QUICK = ("--samples", 16, "--pairs", 64)


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """All happens in this process."""
    monkeypatch.setattr("ctverify.core.processes.cores", lambda: 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run with samples for its page."""
    home = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("ctverify.core.processes.cores", lambda: 1)
        assert call(*RUN, "--out", home / "o", "--report", home / "r.html")[0] in (0, 3)
    return home


@pytest.fixture
def used(made, tmp_path):
    """The folder of that run, anew."""
    shutil.copytree(made / "o", tmp_path / "o")
    return tmp_path / "o"


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in visible(folder)}


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in visible(folder)}


@pytest.fixture
def trainings(monkeypatch):
    """How often something is trained."""
    done = []

    def counted(*arguments, **options):
        done.append(options["seed"])
        return train(*arguments, **options)

    monkeypatch.setattr("ctverify.certificate.demonstration.train", counted)
    return done


def test_a_run_into_a_used_folder(used):
    """Nothing of the old one is left beside the new: neither samples nor numbers."""
    assert call(*RUN, "--seed", 5, "--out", used)[0] in (0, 3)
    check_whole(used)
    names = sorted(path.name for path in visible(used))
    assert len(names) == 3 and names[0] == "certificate-mild.json"
    assert Certificate.load(used / "certificate-mild.json").seed == 5


def test_resume_keeps_what_is_finished(used, trainings):
    """Untouched; without the samples that a page asks for it is certified anew, not trained."""
    before = times(used)
    page = used.parent / "r.html"
    assert call(*RUN, "--resume", "--out", used, "--report", page)[0] in (0, 3)
    assert times(used) == before and page.exists() and not trainings
    (samples,) = used.glob("*.npz")
    kept = contents(used)
    samples.unlink()
    assert call(*RUN, "--resume", "--out", used, "--report", page)[0] in (0, 3)
    assert contents(used) == kept and not trainings


@pytest.mark.parametrize(
    ("option", "value", "trained"),
    [
        ("--seed", 1, True),
        ("--model", "fourier", True),
        pytest.param("--train-samples", 101, True, marks=pytest.mark.slow),
        pytest.param("--steps", 9, True, marks=pytest.mark.slow),
        ("--samples", 17, False),
        ("--max-w1", 5.0, False),
    ],
)
def test_resume_with_other_settings(used, trainings, option, value, trained):
    """What is not as asked is computed and replaced; the same as without what lay there."""
    assert call(*RUN, option, value, "--resume", "--out", used)[0] in (0, 1, 3)
    check_whole(used)
    assert bool(trainings) == trained
    alone = used.parent / "alone"
    assert call(*RUN, option, value, "--out", alone)[0] in (0, 1, 3)
    assert contents(alone) == contents(used)


@pytest.mark.parametrize("damage", ["certificate", "model", "samples", "manifest"])
def test_resume_mends_what_is_damaged(used, made, damage):
    """A file that is not what it was is as good as none."""
    patterns = {
        "certificate": "certificate-*.json",
        "model": "model-*/*.safetensors",
        "samples": "*.npz",
        "manifest": "model-*/manifest.json",
    }
    (file,) = used.glob(patterns[damage])
    file.write_bytes(file.read_bytes()[:-20])
    said = call(*RUN, "--resume", "--out", used, "--report", used.parent / "r.html")
    assert said[0] in (0, 3)
    assert contents(used) == contents(made / "o")


def test_resume_after_the_training(tmp_path, made, trainings, monkeypatch):
    """A model that was not certified yet is not trained again."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ctverify.certificate.demonstration.certify", interrupted)
        code, _, err = call(*RUN, "--out", tmp_path)
    assert (
        code == 130 and err == f"stopped: what is finished is in {tmp_path}, --resume continues\n"
    )
    assert visible(tmp_path) == [] and trainings == [0]
    assert call(*RUN, "--resume", "--out", tmp_path, "--report", os.devnull)[0] in (0, 3)
    assert contents(tmp_path) == contents(made / "o") and trainings == [0]
    assert os.listdir(tmp_path) == [path.name for path in tmp_path.iterdir() if path.name[0] != "."]


def test_two_of_one_name(used):
    """One at a time computes a certificate of one name; the other is refused at once."""
    with Place(used, "mild").locked("run"):
        for words in (RUN, ("certify", used / "model-mild", *QUICK)):
            code, _, err = call(*words, "--out", used)
            assert code == 2 and "of mild is running in it" in err
    with locked(used, "sweep"):
        assert call("certify", used / "model-mild", *QUICK, "--out", used)[0] in (0, 3)


def test_certify_again(used):
    """The same model's certificate is replaced, with its samples."""
    words = ("certify", used / "model-mild", *QUICK, "--seed", 3, "--out", used)
    assert call(*words)[0] in (0, 3)
    check_whole(used)
    certificate = Certificate.load(used / "certificate-mild.json")
    assert certificate.seed == 3 and not certificate.samples
    assert list(used.glob("*.npz")) == []


def test_certify_keeps_another_models(used, monkeypatch):
    """Before any work, whether the certificate or the model there is another's."""
    module = sys.modules["ctverify.certificate.certify"]  # the package's attribute is the function
    monkeypatch.setattr(module, "_measure", lambda *_: pytest.fail("measured"))
    before = contents(used)
    other = used.parent / "other"
    target = Mixture([0.5, 0.5], [-1.0, 1.0], [0.5, 0.5], name="mild")
    train(target, Schedule.li_huang_wei(8, 1, 2), "affine", samples=99).save(other)
    function = ("math:sqrt", "--target", "mild", "--steps", 8, "--c0", 1, "--c1", 2)
    for subject in ((other,), function):
        code, out, err = call("certify", *subject, *QUICK, "--out", used)
        assert code == 2 and out == ""
        assert "certificate-mild.json, which is not known to be of this model" in err
    (used / "certificate-mild.json").unlink()
    for subject in ((other,), function):
        code, _, err = call("certify", *subject, *QUICK, "--out", used)
        assert code == 2 and "holds model-mild, which is another model" in err
    del before["certificate-mild.json"]
    assert contents(used) == before


@pytest.mark.parametrize("name", ["../../x", "a\0b", "x" * 300, "nul", ".", "a/b", "\u202e"])
def test_a_strangers_name(tmp_path, name):
    """A target's name in a manifest becomes no path."""
    target = Mixture([0.5, 0.5], [-1.0, 1.0], [0.5, 0.5], name=name)
    model = tmp_path / "deep" / "model"
    train(target, Schedule.li_huang_wei(8, 1, 2), "affine", samples=99).save(model)
    assert ConsistencyModel.load(model).target.name == name
    out = tmp_path / "deep" / "o"
    code, _, err = call("certify", model, *QUICK, "--out", out, "--report", out / "r.html")
    assert code in (0, 3), err
    assert sorted(os.listdir(tmp_path)) == ["deep"]
    assert sorted(os.listdir(tmp_path / "deep")) == ["model", "o"]
    (file,) = out.glob("certificate-*.json")
    assert json.loads(file.read_text())["target"]["name"] == name
    check_whole(out)
