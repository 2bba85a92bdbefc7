"""Certificates as JSON: every field, hostile readings, what is not finite, kept samples."""

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ctverify import Certificate, InputError
from ctverify.targets import from_spec

from .conftest import gaussian_model

FILES = Path(__file__).parent / "files"


def test_every_documented_field(certificate):
    """The JSON has no NaN and no infinity, and says what the certificate is of."""
    text = json.dumps(certificate.to_dict(), allow_nan=False)
    data = json.loads(text)
    setting = {"target", "dim", "schedule", "model", "steps", "seed", "device", "versions"}
    measured = {"budget", "shares", "w1", "w2_upper", "theorem", "verdicts"}
    beside = {"resolution", "to_data", "sampler", "explicit", "flow_map"}
    beside |= {"model_sha256", "samples_sha256"}
    assert set(data) == setting | measured | beside | {"schema", "confidence", "counts"}
    assert data["schema"] == "ctverify/certificate/2"
    assert data["steps"] == 16
    assert data["w2_upper"] == certificate.w1.w2_upper
    assert "w2_upper" not in data["w1"]
    assert {"scale", "draws", "relative"} <= set(data["w1"])
    assert {verdict["kind"] for verdict in data["verdicts"]} == {"sanity", "quality"}
    assert from_spec(data["target"]).dim == 2


def test_the_budget_adds_up(certificate):
    """An entry for each of t = 2..T in each list; the total is the sum of the parts."""
    budget = certificate.to_dict()["budget"]
    lists = [value for value in budget.values() if isinstance(value, list)]
    assert len(lists) == 7
    assert {len(column) for column in lists} == {15}
    assert budget["t"] == list(range(2, 17))
    parts = budget["initial"] + budget["start"] + sum(budget["step"])
    assert budget["total"] == pytest.approx(parts)
    assert budget["total_upper"] >= budget["total"]


def test_round_trip_and_unknown_fields(full):
    """from_dict undoes to_dict, ignores what it does not know, and refuses what lacks a field."""
    data = json.loads(json.dumps(full.to_dict()))
    assert Certificate.from_dict(data | {"novelty": 1}) == full
    del data["budget"]["initial"]
    with pytest.raises(InputError, match=r"missing required field `initial` - at `\$\.budget`"):
        Certificate.from_dict(data)


ABSENT = object()
HOSTILE = [
    (("dim",), "two", "Expected `int`, got `str` - at `$.dim`"),
    (("steps",), -3, "Expected `int` >= 2 - at `$.steps`"),
    (("steps",), True, "Expected `int`, got `bool` - at `$.steps`"),
    (("steps",), 17, "its budget must have the levels 2..17 as t"),
    (("steps",), ABSENT, "Object missing required field `steps`"),
    (("schema",), ABSENT, "Object missing required field `schema`"),
    (("schema",), "ctverify/certificate/3", "'ctverify/certificate/3' - at `$.schema`"),
    (("schema",), "ctverify/certificate/1", "missing required field `discretisation_defect`"),
    (("schema",), "\ud800", "a name in it is no Unicode text"),
    (("seed",), -1, "Expected `int` >= 0 - at `$.seed`"),
    (("confidence",), 1.0, "Expected `float` < 1.0 - at `$.confidence`"),
    (("confidence",), "NaN", "Expected `float`, got `str` - at `$.confidence`"),
    (("target",), [], "Expected `object`, got `array` - at `$.target`"),
    (("schedule",), {}, "its schedule must have a kind"),
    (("counts", "pairs"), None, "Expected `int`, got `null` - at `$.counts.pairs`"),
    (("verdicts", 0, "status"), "maybe", "'maybe' - at `$.verdicts[0].status`"),
    (("verdicts", 1, "observed"), "0", "Expected `number`, got `str`"),
    (("budget", "total"), None, "Expected `number`, got `null` - at `$.budget.total`"),
    (("budget", "start"), -1, "Expected `number` >= 0 - at `$.budget.start`"),
    (("budget", "sigma", 2), "Infinity", "`$.budget.sigma[2]`"),
    (("budget", "sigma", 3), 1e9, "sigma must increase"),
    (("budget", "model_defect"), [], "an entry for each of t = 2..16"),
    (("w1", "upper"), 10**400, "Number out of range - at `$.w1.upper`"),
    (("w1", "upper"), "infinity", "Expected `number`, got `str` - at `$.w1.upper`"),
    (("budget", "step"), [0.1], "an entry for each of t = 2..16"),
    (("budget", "step_l2", 0), -0.1, "Expected `number` >= 0 - at `$.budget.step_l2[0]`"),
    (("budget",), None, "shares must be null where budget is"),
    (("shares", "t", 0), 3, "its shares must have the levels 2..16 as t"),
    (("shares", "model"), [], "each list of its shares must have an entry"),
    (("shares", "schedule_error", 1), -1.0, "Expected `number` >= 0"),
    (("w1",), None, "w1 and w2_upper must be both there or both null"),
    (("w2_upper",), None, "w1 and w2_upper must be both there or both null"),
    (("w1", "scale"), -1.0, "Expected `number` >= 0 - at `$.w1.scale`"),
    (("w1", "draws"), 0, "Expected `int` >= 1 - at `$.w1.draws`"),
    (("w1", "relative"), 1.0, "Expected `object | null`, got `float` - at `$.w1.relative`"),
    (("resolution",), 1.0, "Expected `float` < 1.0 - at `$.resolution`"),
    (("to_data", "extra"), None, "Expected `number`, got `null` - at `$.to_data.extra`"),
    (("sampler", "levels"), [], "Expected `array` of length >= 1 - at `$.sampler.levels`"),
    (("sampler", "levels"), [16, 16], "its sampler's levels must fall - at `$.sampler`"),
    (("sampler", "levels"), [15, 8], "its sampler's levels must begin at T = 16"),
    (("sampler", "w1"), [], "its sampler must have limits for each of its levels"),
    (("verdicts", 0, "kind"), "mood", "'mood' - at `$.verdicts[0].kind`"),
    (("theorem", "vacuous"), 1, "Expected `bool`, got `int` - at `$.theorem.vacuous`"),
]


@pytest.mark.parametrize(("path", "value", "words"), HOSTILE)
def test_hostile_readings(full, path, value, words):
    """One sentence that names the schema and where in the JSON something else stands."""
    data = full.to_dict()
    *way, last = path
    part = data
    for key in way:
        part = part[key]
    if value is ABSENT:
        del part[last]
    else:
        part[last] = value
    with pytest.raises(InputError) as refusal:
        Certificate.from_dict(data, name="the certificate 'x.json'")
    sentence = str(refusal.value)
    assert sentence.startswith("the certificate 'x.json' is not of the schema ctverify/cert")
    assert words in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("data", [[], None, 3, "ctverify/certificate/2"])
def test_no_object(data):
    """A list, null, a number or text is no certificate."""
    with pytest.raises(InputError, match="Expected `object`, got"):
        Certificate.from_dict(data)


def test_what_is_not_finite_is_spelled(certificate):
    """Infinity and NaN go through JSON and back; a reader that counts with all numbers says no."""
    budget = replace(certificate.budget, total_upper=math.inf, total=math.nan)
    wild = replace(certificate, budget=budget)
    text = json.dumps(wild.to_dict(), allow_nan=False)
    assert '"total_upper": "Infinity"' in text
    assert '"total": "NaN"' in text
    again = Certificate.from_dict(json.loads(text))
    assert again.budget.total_upper == math.inf
    assert math.isnan(again.budget.total)
    assert json.dumps(again.to_dict(), allow_nan=False) == text
    with pytest.raises(InputError, match=r"finite `number`, got nan - at `\$\.budget\.total`"):
        Certificate.from_dict(json.loads(text), finite=True)


def test_printed_table(certificate):
    """A person sees the sentence, the bracket, the profile, the theorem and each verdict."""
    text = str(certificate)
    for words in (
        "Samples are",
        "W_1 at least",
        "sum along the trajectory",
        "Theorem 1: right-hand side",
        "f_1 is the identity",
        "The law reached for is that of X_1",
        "T = 16",
    ):
        assert words in text
    assert max(map(len, text.splitlines())) <= 110


def test_certificates_of_0_1_0_are_read():
    """eps_t + D_t are the step; W_2's limit is W_1's; what they did not have is None."""
    path = FILES / "certificate-1.json"
    old = json.loads(path.read_text())
    certificate = Certificate.load(path)
    budget = certificate.budget
    pairs = zip(old["budget"]["model_defect"], old["budget"]["discretisation_defect"], strict=True)
    assert budget.step == budget.step_l2 == [model + steps for model, steps in pairs]
    assert budget.w2_total_upper == budget.total_upper == old["budget"]["total_upper"]
    assert budget.eps_sum == certificate.theorem.eps_sum
    assert certificate.w1.upper == old["w1"]["upper"]
    assert certificate.w1.w2_upper == old["w2_upper"]
    absent = (certificate.shares, certificate.resolution, certificate.w1.relative)
    assert absent == (None, None, None)
    kinds = {verdict.law: verdict.kind for verdict in certificate.verdicts}
    assert kinds.pop("W_1 at most max_w1") == "quality"
    assert set(kinds.values()) == {"sanity"}
    assert certificate.to_dict()["schema"] == "ctverify/certificate/2"
    assert Certificate.from_dict(certificate.to_dict()) == certificate


def test_hostile_readings_of_0_1_0():
    """The same sentences, under the old schema's name."""
    old = json.loads((FILES / "certificate-1.json").read_text())
    with pytest.raises(InputError, match=r"schema ctverify/certificate/1: .* all null"):
        Certificate.from_dict(old | {"w1": None})
    with pytest.raises(InputError, match=r"certificate/1: its budget must have the levels 2\.\.7"):
        Certificate.from_dict(old | {"steps": 7})


def test_relative_limits(full):
    """Limits over the best constant model's W_1, in the object and in the JSON."""
    relative = full.to_dict()["w1"]["relative"]
    assert relative == {"lower": full.w1.lower / 2.0, "upper": full.w1.upper / 2.0}
    assert vars(full.w1.relative) == relative


def test_short_repr(certificate):
    """One line that names the case and the bracket."""
    words = repr(certificate)
    assert words.startswith("<Certificate gaussian-2d, d=2, T=16, W_1 in [")
    assert len(words) < 100


def npz(folder):
    """The one file of samples in a folder."""
    (file,) = folder.glob("*.npz")
    return file


def test_load(certificate, tmp_path):
    """Numbers and samples come back; without their file there are none."""
    certificate.save(tmp_path / "c.json")
    again = Certificate.load(tmp_path / "c.json")
    assert again == certificate
    assert set(again.samples) == set(certificate.samples)
    assert np.array_equal(again.samples["z"], certificate.samples["z"])
    npz(tmp_path).unlink()
    assert Certificate.load(tmp_path / "c.json").samples == {}
    with pytest.raises(InputError, match=r"the certificate '.*' cannot be read"):
        Certificate.load(tmp_path / "none.json")


def test_what_unpickles_is_refused(certificate, tmp_path):
    """Though its hash is the one that the JSON names."""
    certificate.save(tmp_path / "c.json")
    npz(tmp_path).unlink()
    np.savez(tmp_path / "new.npz", z=np.array([object()]), allow_pickle=True)
    digest = hashlib.sha256((tmp_path / "new.npz").read_bytes()).hexdigest()
    (tmp_path / "new.npz").rename(tmp_path / f"c.{digest[:16]}.npz")
    data = json.loads((tmp_path / "c.json").read_text())
    (tmp_path / "c.json").write_text(json.dumps(data | {"samples_sha256": digest}))
    with pytest.raises(InputError, match=r"samples '.*c\..*\.npz' cannot be read"):
        Certificate.load(tmp_path / "c.json")


def test_samples_of_another_certificate(certificate, tmp_path):
    """They are refused, whatever they are called."""
    certificate.save(tmp_path / "c.json")
    file = npz(tmp_path)
    np.savez(file, **{name: 2 * array for name, array in certificate.samples.items()})
    with pytest.raises(InputError, match="its SHA-256 is not the one in c"):
        Certificate.load(tmp_path / "c.json")


def test_saved_over_another(certificate, full, tmp_path):
    """The samples of the old one are gone, and only those; without samples none are left."""
    certificate.save(tmp_path / "c.json")
    (tmp_path / "c.npz").write_bytes(b"the user's")
    certificate.save(tmp_path / "c.d.json")
    first = sorted(tmp_path.glob("c.*.npz"))
    assert len(first) == 2
    full.save(tmp_path / "c.json")
    assert Certificate.load(tmp_path / "c.json").samples.keys() == full.samples.keys()
    replace(full, samples={}).save(tmp_path / "c.json")
    assert Certificate.load(tmp_path / "c.json").samples == {}
    left = {file.name for file in tmp_path.glob("*.npz")}
    assert left == {"c.npz", *(file.name for file in first if file.name.startswith("c.d."))}


def test_samples_of_versions_without_a_hash(certificate, tmp_path):
    """They are in the .npz of the same name, and go with the certificate."""
    certificate.save(tmp_path / "c.json")
    npz(tmp_path).rename(tmp_path / "c.npz")
    data = json.loads((tmp_path / "c.json").read_text())
    del data["samples_sha256"]
    (tmp_path / "c.json").write_text(json.dumps(data))
    assert set(Certificate.load(tmp_path / "c.json").samples) == set(certificate.samples)
    certificate.save(tmp_path / "c.json")
    assert not (tmp_path / "c.npz").exists()
    assert set(Certificate.load(tmp_path / "c.json").samples) == set(certificate.samples)


@pytest.mark.parametrize("digest", ["../../x", "a" * 63, "A" * 64, 3])
def test_a_hash_is_no_path(certificate, digest):
    """What a stranger's file says of its samples."""
    with pytest.raises(InputError, match="samples_sha256"):
        Certificate.from_dict(certificate.to_dict() | {"samples_sha256": digest})


def test_save_keeps_samples(certificate, tmp_path):
    """JSON and, beside it, the kept pairs; model and exact are f_T(z) and draws of X_1."""
    certificate.save(tmp_path / "c.json")
    kept = np.load(npz(tmp_path), allow_pickle=False)
    _, f = gaussian_model()
    assert kept["z"].shape == (30, 2)
    images = f(torch.from_numpy(kept["z"]), 16)
    assert np.allclose(images.numpy(), kept["model"], atol=1e-12)
    assert Certificate.from_dict(json.loads((tmp_path / "c.json").read_text())) == certificate
