"""What the tests of the page share: certificates of every kind of figure,
a conformance report, a ledger, a sweep, and hostile copies.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ctverify import Certificate, Schedule, certify, flow_map, ledger
from ctverify.conformance.result import Report, Result
from ctverify.ledger.view import to_dict
from ctverify.report.collect import Certified, Collection
from ctverify.report.page import html
from ctverify.sweep.store import Record, Store
from ctverify.targets import load
from tests.sweep.records import record

HOSTILE = "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&<svg/onload=alert(3)>\ud800\x07\u202e"
SCRIPT = "x = 1\nif x < 2 and x > 0:\n    print('<b>seen</b> & so on')\n"


def certificate(name: str, steps: int, keep: int = 80) -> Certificate:
    """A small certificate of the exact flow, stretched."""
    target, schedule = load(name), Schedule.li_huang_wei(steps, 1, 2)

    def f(x, t):
        return x if t == 1 else 1.05 * flow_map(target, schedule, x, t, 1)

    return certify(f, target, schedule, samples=32, pairs=400, keep_samples=keep)


def at_steps(base: Certificate, steps: int, name: str) -> Certificate:
    """`base` as if for another T and target, with limits that fall as T^(-1/2) does, and a little
    else.
    """
    factor = (12 / steps) ** 0.5 * (1 + 0.1 * math.sin(steps))
    w1 = replace(base.w1, lower=0.9 * factor * base.w1.lower, upper=factor * base.w1.upper)
    return replace(
        base,
        steps=steps,
        schedule=base.schedule | {"T": steps},
        target=base.target | {"name": name},
        w1=w1,
    )


def conformance() -> dict:
    """A report with every status."""
    names = {
        "pass": None,
        "fail": SCRIPT,
        "inconclusive": None,
        "not_applicable": None,
        "expected_failure": SCRIPT,
    }
    results = tuple(
        Result(
            f"times.{status}",
            "times",
            f"law of {status}",
            "Eq. (1)",
            status,
            "seen",
            2.0,
            1.0,
            "Mine(n=1)",
            script,
        )
        for status, script in names.items()
    )
    return Report("mine", "1.0", 0, results).to_dict()


def swept() -> list[Record]:
    """A linear family with brackets, one that its own error hides, one that is not swept; a failed
    case and a fail.
    """
    steps = (64, 128, 256, 512)
    found = [
        record(lambda r, d, L: r, T=T, d=2, width=0.1, target="gaussian-isotropic") for T in steps
    ]
    found += [
        record(lambda r, d, L: r * d**0.7, T=256, d=d, target="gaussian-isotropic")
        for d in (1, 4, 8)
    ]
    found += [record(lambda r, d, L: 0.1, T=T, d=2, own=0.9, model="fourier") for T in steps]
    found.append(record(lambda r, d, L: 0.3, target="sharp-product"))
    settings = found[0].case | {"steps": 8}
    found.append(
        Record(
            "bad",
            settings,
            "failed",
            None,
            "r = c1 log T / T must be below 1, got <b>1.04</b>",
            0.1,
        )
    )
    wrong = record(lambda r, d, L: 0.3, target="wrong", seed=7)
    verdicts = [
        {
            "law": "f is finite",
            "equation": "(14)",
            "status": "fail",
            "observed": None,
            "limit": None,
            "detail": "",
        }
    ]
    return [*found, replace(wrong, result=wrong.result | {"verdicts": verdicts})]


def crowd() -> list[Record]:
    """Thirty families with long names, two models and two schedules, each at two d, with brackets
    of several widths.
    """
    found = []
    for k, T, d in itertools.product(range(30), (64, 128, 256, 512), (2, 4)):
        name = f"{'a-rather-long-name-' * (k % 2)}family-{k}"
        kind = {
            "model": "population" if k % 3 else "fourier",
            "schedule": "li_huang_wei" if k % 4 else "karras",
        }
        found.append(
            record(
                lambda r, d, L, k=k: r ** (0.3 + 0.05 * k),
                T=T,
                d=d,
                width=0.1 * (k % 5),
                target=name,
                **kind,
            )
        )
    return [replace(one, hash=f"{i:016x}") for i, one in enumerate(found)]


def keep_sweep(home: Path, records: list[Record]) -> None:
    """A sweep's folder, which asks for one case more."""
    about = {"schema": "ctverify/sweep/1", "cases": [*(r.hash for r in records), "never-done"]}
    for one in records:
        Store(home).keep(one)
    (home / "sweep.json").write_text(json.dumps(about))


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """d = 1 at two T, d = 2, d = 8, one without samples, a conformance report, a ledger, a sweep,
    and what is passed over.
    """
    home = tmp_path_factory.mktemp("found")
    for name, steps in (("mild", 12), ("mild", 24), ("gaussian-2d", 12), ("mixture-8d", 12)):
        certificate(name, steps).save(home / f"T-{steps}" / f"certificate-{name}.json")
    certificate("separated", 12, keep=0).save(home / "bare.json")
    (home / "check.json").write_text(json.dumps(conformance()))
    (home / "prove.json").write_text(
        json.dumps(to_dict(ledger.prove_all(("calculus.exp", "control.27b")), "mpmath"))
    )
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
    return (
        value + HOSTILE
        if isinstance(value, str) and key not in ("schema", "status", "kind")
        else value
    )


@pytest.fixture(scope="session")
def hostile(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with HTML, controls and a lone surrogate in every text, also in names of files."""
    home = tmp_path_factory.mktemp("hostile")
    for i, file in enumerate(sorted(directory.rglob("*.json"))):
        data = json.loads(file.read_text())
        (home / f"{i}<b onclick=alert(5)>.json").write_text(json.dumps(_spoilt(data)))
        if file.with_suffix(".npz").exists():
            (home / f"{i}<b onclick=alert(5)>.npz").write_bytes(
                file.with_suffix(".npz").read_bytes()
            )
    return home


@pytest.fixture(scope="session")
def far_off(directory: Path) -> str:
    """The page of a model whose samples lie outside every figure, and of one that was not finite."""
    found = certificate("gaussian-2d", 12)
    moved = {
        name: array + 1e6 if name == "model" else array for name, array in found.samples.items()
    }
    broken = certify(
        lambda x, t: x / 0, load("mild"), Schedule.li_huang_wei(12, 1, 2), samples=32, pairs=400
    )
    return html(
        Collection(
            (Certified(found, {k: np.asarray(v) for k, v in moved.items()}), Certified(broken))
        )
    )
