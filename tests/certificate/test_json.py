"""Certificates as JSON: every field, hostile readings, what is not finite, kept samples."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ctverify import Certificate, InputError, certify
from ctverify.targets import from_spec

from .conftest import FEW, SMALL, gaussian_model


def test_every_documented_field(certificate):
    """The JSON has no NaN and no infinity, and says what the certificate is of."""
    text = json.dumps(certificate.to_dict(), allow_nan=False)
    data = json.loads(text)
    setting = {"target", "dim", "schedule", "model", "steps", "seed", "device", "versions"}
    measured = {"budget", "w1", "w2_upper", "theorem", "verdicts"}
    assert set(data) == setting | measured | {"schema", "confidence", "counts"}
    assert data["schema"] == "ctverify/certificate/1"
    assert data["steps"] == 16
    assert data["w2_upper"] == certificate.w1.w2_upper
    assert "w2_upper" not in data["w1"]
    assert from_spec(data["target"]).dim == 2


def test_the_budget_adds_up(certificate):
    """An entry for each of t = 2..T in each list; the total is the sum of the parts."""
    budget = certificate.to_dict()["budget"]
    lists = [value for value in budget.values() if isinstance(value, list)]
    assert len(lists) == 8
    assert {len(column) for column in lists} == {15}
    assert budget["t"] == list(range(2, 17))
    defects = sum(budget["model_defect"]) + sum(budget["discretisation_defect"])
    assert budget["total"] == pytest.approx(budget["initial"] + budget["start"] + defects)
    assert budget["total_upper"] >= budget["total"]


def test_round_trip_and_unknown_fields(certificate):
    """from_dict undoes to_dict, ignores what it does not know, and refuses what lacks a field."""
    data = json.loads(json.dumps(certificate.to_dict()))
    assert Certificate.from_dict(data | {"novelty": 1}) == certificate
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
    (("schema",), "ctverify/certificate/2", "'ctverify/certificate/2' - at `$.schema`"),
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
    (("w1",), None, "must be all there or all null"),
    (("w2_upper",), None, "must be all there or all null"),
    (("theorem", "vacuous"), 1, "Expected `bool`, got `int` - at `$.theorem.vacuous`"),
]


@pytest.mark.parametrize(("path", "value", "words"), HOSTILE)
def test_hostile_readings(certificate, path, value, words):
    """One sentence that names the schema and where in the JSON something else stands."""
    data = certificate.to_dict()
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


@pytest.mark.parametrize("data", [[], None, 3, "ctverify/certificate/1"])
def test_no_object(data):
    """A list, null, a number or text is no certificate."""
    with pytest.raises(InputError, match="Expected `object`, got"):
        Certificate.from_dict(data)


def test_what_is_not_finite_is_spelled(certificate):
    """Infinity and NaN go through JSON and back; a reader that counts with all numbers says no."""
    budget = replace(certificate.budget, total_upper=math.inf, root_bias=math.nan)
    wild = replace(certificate, budget=budget)
    text = json.dumps(wild.to_dict(), allow_nan=False)
    assert '"total_upper": "Infinity"' in text
    assert '"root_bias": "NaN"' in text
    again = Certificate.from_dict(json.loads(text))
    assert again.budget.total_upper == math.inf
    assert math.isnan(again.budget.root_bias)
    assert json.dumps(again.to_dict(), allow_nan=False) == text
    with pytest.raises(
        InputError, match=r"finite `number`, got inf - at `\$\.budget\.total_upper`"
    ):
        Certificate.from_dict(json.loads(text), finite=True)


def test_a_model_that_explodes_is_saved(tmp_path):
    """Squares beyond float64: the limits are no numbers, and the file says so."""
    target, f = gaussian_model()

    def exploding(x, t):
        if t == 1:
            return f(x, t)
        return f(x, t) * 1e200

    wild = certify(exploding, target, FEW, **SMALL)
    wild.save(tmp_path / "c.json")
    again = Certificate.from_dict(json.loads((tmp_path / "c.json").read_text()))
    assert again.budget.start == math.inf
    assert math.isnan(again.budget.total_upper)


def test_printed_table(certificate):
    """A person sees the bracket, the budget, the theorem and each verdict."""
    text = str(certificate)
    for words in (
        "W_1 at least",
        "error budget, total",
        "Theorem 1: right-hand side",
        "f_1 is the identity",
        "not X_0",
        "T = 16",
    ):
        assert words in text
    assert max(map(len, text.splitlines())) <= 110


def test_save_keeps_samples(certificate, tmp_path):
    """JSON and, beside it, the kept pairs; model and exact are f_T(z) and draws of X_1."""
    certificate.save(tmp_path / "c.json")
    kept = np.load(tmp_path / "c.npz", allow_pickle=False)
    _, f = gaussian_model()
    assert kept["z"].shape == (30, 2)
    images = f(torch.from_numpy(kept["z"]), 16)
    assert np.allclose(images.numpy(), kept["model"], atol=1e-12)
    assert Certificate.from_dict(json.loads((tmp_path / "c.json").read_text())) == certificate
