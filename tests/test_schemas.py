"""The published JSON Schemas are those of the types, and the types are those of the files."""

import importlib.util
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from ctverify import ConsistencyModel, Schedule, certify, ledger, population_model, train
from ctverify.certificate.certificate import CertificateFile
from ctverify.certificate.schema_1 import CertificateFile1
from ctverify.conformance.results.result import Report, ReportFile, Result
from ctverify.core.schemas import builtins, read, read_schema
from ctverify.ledger.schema import LedgerFile
from ctverify.ledger.view import to_dict
from ctverify.model.schedule_spec import ScheduleFile, ScheduleSpec
from ctverify.sweep import run_sweep, spec_of
from ctverify.sweep.schema import CaseFile, SweepFile
from ctverify.targets import load
from ctverify.training.model_files import Manifest

HOME = Path(__file__).parents[1] / "docs" / "schemas"
FEW = Schedule.li_huang_wei(16, 1, 2)


def generator():
    """docs/schemas/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate", HOME / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unordered(value):
    """A JSON Schema with its alternatives in one order: versions of msgspec differ in it."""
    if isinstance(value, dict):
        return {key: unordered(part) for key, part in value.items()}
    if isinstance(value, list):
        return sorted((unordered(part) for part in value), key=repr)
    return value


def test_published_schemas_are_current():
    """Each file is what `python docs/schemas/generate.py` writes, and there is no other."""
    found = {path.name: unordered(json.loads(path.read_text())) for path in HOME.glob("*.json")}
    wanted = {name: unordered(schema) for name, schema in generator().schemas().items()}
    assert found == wanted


def kept(kind, data, schema):
    """What the type knows of a real file: all of it, if the type is whole."""
    return {"schema": schema, **builtins(read_schema(kind, data, "the file", schema))}


def test_certificates():
    """A sampled one, one by quadrature and one that is not finite."""
    for name in ("gaussian-2d", "mild"):
        target = load(name)
        for scale in (1.0, torch.nan):
            f = population_model(target, FEW)
            model = lambda x, t, f=f, scale=scale: x if t == 1 else scale * f(x, t)  # noqa: E731
            data = certify(model, target, FEW, samples=16, pairs=64, max_w1=1.0).to_dict()
            again = kept(CertificateFile, data, "ctverify/certificate/2")
            assert json.loads(json.dumps(data)) == again


def test_certificates_of_0_1_0():
    """The type of the old schema knows all of an old file."""
    path = Path(__file__).parent / "certificate" / "files" / "certificate-1.json"
    data = json.loads(path.read_text())
    assert kept(CertificateFile1, data, "ctverify/certificate/1") == data


def test_manifests(tmp_path):
    """Of each schedule's kind, as models are saved."""
    values = {"values": [0.9, 0.5, 0.1]}
    assert read(ScheduleSpec, values | {"kind": "from_alpha_bar"}, "it").values == values["values"]
    for schedule in (
        FEW,
        Schedule.karras(3),
        Schedule.cosine(9),
        Schedule.from_alpha_bar([0.9, 0.1]),
    ):
        train(load("mild"), schedule, "affine", samples=32).save(tmp_path)
        data = json.loads((tmp_path / "manifest.json").read_text())
        assert kept(Manifest, data, "ctverify/model/1") == data
        assert ConsistencyModel.load(tmp_path).schedule.spec == schedule.spec


@pytest.mark.parametrize(
    "content", [[0.9, 0.1], {"alpha_bar": [0.9, 0.1]}, {"schema": "x", "alpha_bar": [0.9, 0.1]}]
)
def test_levels(content):
    """A list, and an object with more than is read."""
    levels = read(ScheduleFile, content, "it")
    assert getattr(levels, "alpha_bar", levels) == [0.9, 0.1]


def test_conformance_reports():
    """Results with and without a failure's fields."""
    failure = Result(
        id="times.first",
        group="times",
        statement="a law",
        reference="Eq. (1)",
        status="fail",
        detail="seen",
        observed=float("inf"),
        limit=1.0,
        configuration="Mine(n=1)",
        reproduce="x = 1\n",
        judged=3,
        refused=2,
        why="f raised",
        follows_from="times.last",
    )
    passed = Result("times.last", "times", "a law", "Eq. (2)", "pass")
    data = Report("mine", "1.0", 0, (failure, passed), known=("times.first",)).to_dict()
    assert kept(ReportFile, data, "ctverify/conformance/2") == data


def test_ledgers():
    """A claim with steps, and one with a counterexample."""
    data = to_dict(ledger.prove_all(("calculus.exp", "control.27b")))
    assert kept(LedgerFile, data, "ctverify/ledger/2") == json.loads(json.dumps(data))


def test_sweeps(tmp_path):
    """A trained case, a population model by chains, and one that fails."""
    grids = [{"target": "mild", "model": "affine"}, {"target": "mixture-2d", "steps": [32, 8]}]
    common = {"steps": 32, "train_samples": 50, "paths": 32, "pairs": 64, "model": "population"}
    count = torch.get_num_threads()
    with ThreadPoolExecutor(1) as pool:
        run_sweep(spec_of({**common, "grid": grids}), tmp_path, executor=pool)
    torch.set_num_threads(count)  # cases set it to one
    sweep = json.loads((tmp_path / "sweep.json").read_text())
    assert kept(SweepFile, sweep, "ctverify/sweep/1") == sweep
    cases = [json.loads(path.read_text()) for path in (tmp_path / "cases").glob("*.json")]
    assert sorted(case["status"] for case in cases) == ["done", "done", "failed"]
    for case in cases:
        assert kept(CaseFile, case, "ctverify/sweep/1") == case
