"""What a case finds: the same as certify finds, for every kind of model."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from ctverify import certify, population_model, train
from ctverify.sweep import run_sweep, spec_of
from ctverify.sweep.measure import described, measure, run_case, summary
from ctverify.sweep.schema import check
from tests.certificate.made import made, shares

SMALL = {"steps": 32, "paths": 32, "pairs": 64, "device": "cpu"}


@pytest.fixture(autouse=True)
def threads():
    """run_case sets torch to one thread: put back what was."""
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(count)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("mild", "population"),
        ("gaussian-2d", "affine"),
        ("gaussian-2d", "fourier"),
        ("gaussian-2d", "mlp"),
    ],
)
def test_a_case_is_a_certificate(name, model):
    """Training and certificate by hand give the case's numbers, bit for bit."""
    (case,) = spec_of(
        {"target": name, "model": model, "train_samples": 200, "seed": 3, **SMALL}
    ).cases
    target, schedule = case.law(), case.levels()
    if model == "population":
        f = population_model(target, schedule)
    else:
        f = train(target, schedule, model, samples=200, device="cpu", seed=3)
    c = certify(f, target, schedule, samples=32, pairs=64, device="cpu", seed=3).to_dict()
    found = measure(case)
    for part in ("w1", "w2_upper", "resolution", "theorem", "verdicts"):
        assert found[part] == c[part]
    if model == "population":
        assert found["budget"]["eps_sum"] == 0.0
        assert found["budget"]["defect_sum"] > 0
    else:
        assert found["budget"]["eps_sum"] == sum(c["budget"]["model_defect"])
        assert found["budget"]["defect_sum"] is None
    assert found["budget"]["total_upper"] == c["budget"]["total_upper"]
    assert found["r"] == pytest.approx(0.4332, abs=1e-4)


def test_shares_without_their_levels():
    """A case keeps a certificate's sums, which the schema knows."""
    certificate = made(shares(0.2, 0.8))
    kept = summary(certificate)
    sums = vars(certificate.shares)
    assert kept["shares"] == {key: value for key, value in sums.items() if key in kept["shares"]}
    assert not any(isinstance(value, list) for value in kept["shares"].values())
    check(kept | {"dim": 2, "T": 6, "r": 0.3})


def test_population_by_chains():
    """Where no closed form is known the population model is sampled: an ordered bracket, and eps_t
    = 0.
    """
    (case,) = spec_of({"target": "mixture-2d", "model": "population", **SMALL}).cases
    found = run_case(case)["result"]
    assert 0 <= found["w1"]["lower"] <= found["w1"]["upper"] and found["budget"]["eps_sum"] == 0.0
    assert found["budget"]["defect_sum"] > 0 and "chains" in found["w1"]["method"]
    assert [verdict["law"] for verdict in found["verdicts"]] == [
        "bracket is ordered",
        "limits rest on many draws",
    ]


def test_what_is_not_finite_is_a_failure(monkeypatch):
    """A number that JSON cannot hold makes a failed case, not the end of the sweep."""
    (case,) = spec_of({"target": "gaussian-2d", "model": "population", **SMALL}).cases
    whole = measure(case)
    monkeypatch.setattr("ctverify.sweep.measure.measure", lambda _: whole | {"r": float("inf")})
    outcome = run_case(case)
    assert outcome["status"] == "failed" and "must have finite numbers" in outcome["error"]
    assert "`$.r`" in outcome["error"]


def test_failures_say_why():
    """A case that cannot be is failed with one sentence; an error that nobody foresaw with its kind
    and place.
    """
    (case,) = spec_of({"target": "mild", "steps": 8}).cases
    outcome = run_case(case)
    assert (
        outcome["status"] == "failed"
        and outcome["result"] is None
        and outcome["error"].startswith("r = c1 log T / T")
    )
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        assert (
            "ZeroDivisionError: division by zero (test_failures_say_why, test_measure.py:"
            in described(error)
        )


def test_any_executor(tmp_path):
    """A pool of threads serves as well as one of processes, and progress is told of each case."""
    told = []
    with ThreadPoolExecutor(2) as pool:
        spec = spec_of(
            {"target": "mild", "model": "affine", "train_samples": 50, "seed": [0, 1], **SMALL}
        )
        summary = run_sweep(
            spec, tmp_path, executor=pool, progress=lambda start=None: told.append(start)
        )
    assert summary.good and len(summary.records) == 2 and told == [0, None, None]
