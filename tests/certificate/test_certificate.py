"""Certificates: verdicts and what kills them, JSON, kept samples, reproducibility, bad input."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ctverify import (
    Certificate,
    Dataset,
    Gaussian,
    InputError,
    Mixture,
    Schedule,
    certify,
    flow_map,
    population_model,
)
from ctverify.targets import from_spec, load

FEW = Schedule.li_huang_wei(16, 1, 2)
SMALL = {"samples": 64, "pairs": 400}


def gaussian_model():
    """A Gaussian and its population model."""
    target = load("gaussian-2d")
    population = population_model(target, FEW)

    def f(x, t):
        if t == 1:
            return x
        return population(x, t)

    return target, f


def statuses(certificate):
    """Status by law."""
    return {verdict.law: verdict.status for verdict in certificate.verdicts}


@pytest.fixture(scope="module")
def certificate():
    """A certificate of a population model with all options on."""
    target, f = gaussian_model()
    return certify(f, target, FEW, samples=64, pairs=400, max_w1=5.0, keep_samples=30, seed=9)


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


def test_same_seed_same_certificate():
    """Equal seeds give equal certificates, another seed another one."""
    target, f = gaussian_model()
    one = certify(f, target, FEW, **SMALL, seed=1)
    same = certify(f, target, FEW, **SMALL, seed=1)
    other = certify(f, target, FEW, **SMALL, seed=2)
    assert one.to_dict() == same.to_dict()
    assert one.to_dict()["w1"] != other.to_dict()["w1"]


@pytest.mark.parametrize(
    ("level", "changed", "dtype", "law"),
    [
        (16, lambda y: y * torch.nan, torch.float64, "f is finite"),
        (1, lambda y: y + 1e-9, torch.float64, "f_1 is the identity"),
        (1, lambda y: y * (1 + 1e-13), torch.float64, "f_1 is the identity"),
        (1, lambda y: y * (1 + 1e-5), torch.float32, "f_1 is the identity"),
    ],
)
def test_mutants_are_named(level, changed, dtype, law):
    """Each wrong model, changed at one level, fails by the law that names its cause."""
    target, f = gaussian_model()

    def mutant(x, t):
        y = f(x, t)
        if t == level:
            y = changed(y)
        return y.to(dtype)

    certificate = certify(mutant, target, FEW, **SMALL)
    assert statuses(certificate)[law] == "fail"


def test_a_limit_that_hangs_on_one_pair_is_inconclusive():
    """Mutant: errors of a heavy-tailed (lognormal, sigma = 6) size cannot be judged by Student's
    limits: inconclusive.
    """
    target, f = gaussian_model()

    def rare(x, t):
        if t < 16:
            return f(x, t)
        return f(x, t) + torch.exp(6 * x[:, :1])

    certificate = certify(rare, target, FEW, samples=64, pairs=2000, seed=3)
    assert statuses(certificate)["limits rest on many draws"] == "inconclusive"
    assert not certificate.failed


def test_not_finite_gives_a_certificate():
    """A NaN is a finding with its input, in JSON too."""
    target, f = gaussian_model()

    def divided(x, t):
        if t < 9:
            return f(x, t)
        return f(x, t) / 0

    certificate = certify(divided, target, FEW, **SMALL)
    assert certificate.failed
    assert certificate.budget is None
    assert "not finite at x" in certificate.verdicts[0].detail
    text = json.dumps(certificate.to_dict(), allow_nan=False)
    assert Certificate.from_dict(json.loads(text)) == certificate
    assert "not finite" in str(certificate)


@pytest.mark.parametrize(
    ("factor", "status"), [(0.5, "fail"), (1.0, "inconclusive"), (2.0, "pass")]
)
def test_threshold(factor, status):
    """max_w1 below the bracket fails, above it passes, inside it is inconclusive."""
    target, f = gaussian_model()
    bracket = certify(f, target, FEW, **SMALL).w1
    limits = {
        0.5: 0.5 * bracket.lower,
        1.0: 0.5 * (bracket.lower + bracket.upper),
        2.0: 2 * bracket.upper,
    }
    certificate = certify(f, target, FEW, **SMALL, max_w1=limits[factor])
    assert statuses(certificate)["W_1 at most max_w1"] == status


@pytest.mark.parametrize(
    ("target", "pairs"),
    [
        (load("gaussian-2d"), 100),
        (Dataset(np.random.default_rng(0).normal(size=(40, 2)), 0.3), 100),
        # more points than quadrature takes: sampled in d = 1
        (Dataset(np.linspace(-1, 1, 100), 0.2), 64),
    ],
    ids=["gaussian", "dataset", "one-dimensional"],
)
def test_many_seeds_no_alarm(target, pairs):
    """Correct models on a Gaussian and data sets: 30 certificates without a failed verdict."""

    def exact(x, t):
        return flow_map(target, FEW, x, t, 1)

    for seed in range(10):
        assert not certify(exact, target, FEW, samples=16, pairs=pairs, seed=seed).failed


@pytest.mark.parametrize(
    "target",
    [Dataset([1.0, 1.0, 5.0], 0.01), Mixture([0.5, 0.5], [-1.0, 1.0], [0.0, 0.0])],
    ids=str,
)
def test_gaps_without_mass_in_one_dimension(target):
    """Modes so narrow that float64 sees no mass between them: the flow jumps, and its certificate
    stays finite and ordered.
    """
    for schedule in (Schedule.karras(5), FEW):
        certificate = certify(
            population_model(target, schedule), target, schedule, samples=128, pairs=2000
        )
        assert not certificate.failed
        assert np.isfinite(certificate.budget.total_upper)
        assert certificate.w1.upper <= certificate.budget.total_upper


def test_constant_dataset_in_one_dimension():
    """All points equal: N(p, h^2), certified without a special case."""
    target = Dataset([2.0, 2.0, 2.0], 0.5)
    certificate = certify(population_model(target, FEW), target, FEW, samples=128)
    assert not certificate.failed
    assert certificate.budget.method == "quadrature"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 0}, "samples must be a whole number of at least 16, got 0"),
        ({"pairs": 1}, "pairs must be a whole number of at least 32"),
        ({"confidence": 1.0}, "confidence must be a finite number between 0 and 1"),
        ({"max_w1": -1}, "max_w1 must be a finite number above 0"),
        ({"device": "cuda:7"}, "CUDA devices"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"keep_samples": 0.5}, "keep_samples must be a whole number"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    """Each refusal names the argument, what was given and what is allowed."""
    target, f = gaussian_model()
    with pytest.raises(InputError, match=words):
        certify(f, target, FEW, **options)


def test_schedule_beyond_float64_is_refused_first():
    """sigma_T over float64 is one sentence before any work, not a NaN after it."""
    target = Gaussian(0.0, 1.0)
    with pytest.raises(InputError, match="exceeds float64"):
        certify(lambda x, t: x, target, Schedule.li_huang_wei(65_536, 2.0, 200.0))


def test_enormous_sigma_still_certifies():
    """sigma_T about 1e108, alpha_bar_T about 1e-217: finite limits."""
    schedule = Schedule.li_huang_wei(2048, 2.0, 60.0)
    target = load("gaussian-2d")
    certificate = certify(
        population_model(target, schedule), target, schedule, samples=16, pairs=64
    )
    assert not certificate.failed
    assert np.isfinite(certificate.budget.total_upper)
