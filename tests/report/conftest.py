"""What the tests of the page share: certificates of every kind of figure, a conformance report, a
ledger, a sweep, and hostile copies.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from ctverify import Certificate, Schedule, certify, flow_map, ledger
from ctverify.certificate.certificate import SamplerPart, StepLimits, ToData
from ctverify.certificate.shares import Shares
from ctverify.conformance.results.result import Report, Result
from ctverify.ledger.view import to_dict
from ctverify.report.collect import Certified, Collection
from ctverify.report.page import html
from ctverify.sweep.store import Record, Store
from ctverify.targets import Target, load
from tests.sweep.records import record

HOSTILE = (
    "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>"
    "\"'&<svg/onload=alert(3)>\ud800\x07\u202e"
)
SCRIPT = "x = 1\nif x < 2 and x > 0:\n    print('<b>seen</b> & so on')\n"
ERROR = "r = c1 log T / T must be below 1, got <b>1.04</b>"
FAILED = {
    "law": "f is finite",
    "equation": "(14)",
    "status": "fail",
    "observed": None,
    "limit": None,
    "detail": "",
}
STEPS = (64, 128, 256, 512)
Model = Callable[[torch.Tensor, int], torch.Tensor]


def stretched_flow(target: Target, schedule: Schedule) -> Model:
    """1.05 times the exact flow; in d = 1 interpolated between 2,001 starts, since quadrature asks
    for it at hundreds of thousands.
    """

    def exact(x: torch.Tensor, t: int) -> torch.Tensor:
        return 1.05 * flow_map(target, schedule, x, t, 1)

    starts = torch.linspace(-20, 20, 2001, dtype=torch.float64)[:, None]

    @cache
    def tabulated(t: int) -> torch.Tensor:
        return exact(starts, t)

    def f(x: torch.Tensor, t: int) -> torch.Tensor:
        if t == 1:
            return x
        if target.dim > 1:
            return exact(x, t)
        carried = np.interp(x.flatten(), starts.flatten(), tabulated(t).flatten())
        return torch.from_numpy(carried)[:, None]

    return f


@cache
def certificate(name: str, steps: int, keep: int = 80) -> Certificate:
    """A small certificate of the exact flow, stretched."""
    target = load(name)
    schedule = Schedule.li_huang_wei(steps, 1, 2)
    f = stretched_flow(target, schedule)
    return certify(f, target, schedule, samples=32, pairs=400, keep_samples=keep)


def shared(base: Certificate) -> Certificate:
    """`base` with shares of both signs that sum to the whole, and what else can stand beside them;
    nothing measured it.
    """
    count = base.steps - 1
    share = base.w1.upper_estimate / count
    schedule = [share * (1.4 if t % 2 else 0.9) for t in base.budget.t]
    model = [share * (-0.3 if t % 2 else 0.1) for t in base.budget.t]
    total = sum(schedule) + sum(model) + 0.01 * share
    shares = Shares(
        t=base.budget.t,
        model=model,
        schedule=schedule,
        model_error=[0.05 * share] * count,
        schedule_error=[0.06 * share] * count,
        initial=0.0,
        start=0.01 * share,
        model_total=sum(model),
        schedule_total=sum(schedule),
        model_total_error=0.2 * share,
        schedule_total_error=0.21 * share,
        total=total,
    )
    w1 = replace(base.w1, scale=1.5, draws=400)
    data = ToData(lower=0.0, upper=w1.upper + 0.1, extra=0.1)
    return replace(base, shares=shares, w1=w1, resolution=0.04, to_data=data)


def stepped(base: Certificate) -> Certificate:
    """`base` as of a sampler whose second step makes it worse."""
    steps = []
    for factor in (1.0, 1.2):
        step = StepLimits(
            lower=factor * base.w1.lower,
            upper=factor * base.w1.upper,
            lower_estimate=factor * base.w1.lower_estimate,
            upper_estimate=factor * base.w1.upper_estimate,
        )
        steps.append(step)
    levels = [base.steps, base.steps // 2]
    return replace(base, sampler=SamplerPart(levels=levels, w1=tuple(steps)))


def at_steps(base: Certificate, steps: int, name: str) -> Certificate:
    """`base` as if for another T and target, with limits that fall as T^(-1/2) does, and a little
    else.
    """
    noise = 1 + 0.1 * math.sin(steps)
    factor = noise * (12 / steps) ** 0.5
    lower = 0.9 * factor * base.w1.lower
    upper = factor * base.w1.upper
    return replace(
        base,
        steps=steps,
        schedule=base.schedule | {"T": steps},
        target=base.target | {"name": name},
        w1=replace(base.w1, lower=lower, upper=upper),
    )


def conformance() -> dict:
    """A report with every status."""
    scripts = {
        "pass": None,
        "fail": SCRIPT,
        "inconclusive": None,
        "not_applicable": None,
        "expected_failure": SCRIPT,
    }
    results = [_result(status, script) for status, script in scripts.items()]
    results[1] = replace(results[1], judged=3, refused=2, why="f raised")
    results.append(replace(results[1], id="times.folded", follows_from=results[1].id))
    notes = ("Mine.curiculum is never asked for: is curriculum meant?",)
    return Report("mine", "1.0", 0, tuple(results), notes=notes).to_dict()


def _result(status: str, script: str | None) -> Result:
    return Result(
        id=f"times.{status}",
        group="times",
        statement=f"law of {status}",
        reference="Eq. (1)",
        status=status,
        detail="seen",
        observed=2.0,
        limit=1.0,
        configuration="Mine(n=1)",
        reproduce=script,
    )


def proportional(r: float, d: float, L: float) -> float:
    """An error proportional to r."""
    return r


def constant(r: float, d: float, L: float) -> float:
    """An error that nothing changes."""
    return 0.3


def growing_with_d(r: float, d: float, L: float) -> float:
    """An error proportional to r and to d^0.7."""
    return r * d**0.7


def swept() -> list[Record]:
    """A linear family with brackets, one that its own error hides, one that is not swept; a failed
    case and a fail.
    """
    linear = {"target": "gaussian-isotropic"}
    records = [record(proportional, T=T, d=2, width=0.1, **linear) for T in STEPS]
    records += [record(growing_with_d, T=256, d=d, **linear) for d in (1, 4, 8)]
    records += [record(constant, T=T, d=2, own=0.9, model="fourier") for T in STEPS]
    records.append(record(constant, target="sharp-product"))
    failed = Record(
        hash="bad",
        case=records[0].case | {"steps": 8},
        status="failed",
        result=None,
        error=ERROR,
        seconds=0.1,
    )
    wrong = record(constant, target="wrong", seed=7)
    wrong = replace(wrong, result=wrong.result | {"verdicts": [FAILED]})
    return [*records, failed, wrong]


def crowd() -> list[Record]:
    """Thirty families with long names, two models and two schedules, each at two d, with brackets
    of several widths.
    """
    records = []
    for k, T, d in itertools.product(range(30), STEPS, (2, 4)):
        exponent = 0.3 + 0.05 * k
        prefix = "a-rather-long-name-" * (k % 2)
        one = record(
            lambda r, d, L, exponent=exponent: r**exponent,
            T=T,
            d=d,
            width=0.1 * (k % 5),
            target=f"{prefix}family-{k}",
            model="population" if k % 3 else "fourier",
            schedule="li_huang_wei" if k % 4 else "karras",
        )
        records.append(one)
    return [replace(one, hash=f"{i:016x}") for i, one in enumerate(records)]


def keep_sweep(home: Path, records: list[Record]) -> None:
    """A sweep's folder, which asks for one case more."""
    asked = [*(one.hash for one in records), "never-done"]
    for one in records:
        Store(home).keep(one)
    (home / "sweep.json").write_text(json.dumps({"schema": "ctverify/sweep/1", "cases": asked}))


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """d = 1 at two T, d = 2, d = 8, one without samples, a conformance report, a ledger, a sweep,
    and what is passed over.
    """
    home = tmp_path_factory.mktemp("found")
    for name, steps in (("mild", 12), ("mild", 24), ("gaussian-2d", 12)):
        file = home / f"T-{steps}" / f"certificate-{name}.json"
        shared(certificate(name, steps)).save(file)
    several = stepped(shared(certificate("mixture-8d", 12)))
    several.save(home / "T-12" / "certificate-mixture-8d.json")
    certificate("separated", 12, keep=0).save(home / "bare.json")
    claims = ledger.prove_all(("calculus.exp", "control.27b"))
    (home / "check.json").write_text(json.dumps(conformance()))
    (home / "prove.json").write_text(json.dumps(to_dict(claims)))
    keep_sweep(home / "sweep", swept())
    (home / "other.json").write_text('{"schema": "other/1"}')
    (home / "model").mkdir()
    (home / "model" / "manifest.json").write_text('{"schema": "ctverify/model/1"}')
    return home


def _spoilt(value: object, key: str = "") -> object:
    """Every text replaced by a hostile one, but for what decides how the file is read."""
    if isinstance(value, dict):
        return {name: _spoilt(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_spoilt(part, key) for part in value]
    if isinstance(value, str) and key not in ("schema", "status", "kind", "samples_sha256"):
        return value + HOSTILE
    return value


@pytest.fixture(scope="session")
def hostile(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with HTML, controls and a lone surrogate in every text, also in names of files."""
    home = tmp_path_factory.mktemp("hostile")
    for i, file in enumerate(sorted(directory.rglob("*.json"))):
        copy = home / f"{i}<b onclick=alert(5)>.json"
        data = json.loads(file.read_text())
        copy.write_text(json.dumps(_spoilt(data)))
        for samples in file.parent.glob(f"{file.stem}.*.npz"):
            name = samples.name.removeprefix(file.stem)
            copy.with_name(copy.stem + name).write_bytes(samples.read_bytes())
    return home


@pytest.fixture(scope="session")
def far_off() -> str:
    """The page of a model whose samples lie outside every figure, and of one that is not finite."""
    whole = certificate("gaussian-2d", 12)
    samples = {name: np.asarray(array) for name, array in whole.samples.items()}
    samples["model"] = samples["model"] + 1e6
    schedule = Schedule.li_huang_wei(12, 1, 2)
    broken = certify(lambda x, t: x / 0, load("mild"), schedule, samples=32, pairs=400)
    return html(Collection((Certified(whole, samples), Certified(broken))))
