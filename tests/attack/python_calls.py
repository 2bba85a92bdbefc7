"""Calls of the public Python interface with one argument that is of a wrong kind.

Each public function, constructor and method is given right arguments, all but one. What comes back
must be an InputError that names the argument, or a result: where a value happens to be allowed.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ctverify import Convention, InputError, Schedule, certify, population_model, train
from ctverify.conformance import Doubling, Report
from ctverify.ledger import claims
from ctverify.sweep import spec_of
from ctverify.targets import load

MODULES = ("ctverify", "ctverify.conformance", "ctverify.sweep", "ctverify.ledger")
STRATEGIES = "ctverify.strategies"

WRONG: tuple[Any, ...] = (
    None,
    "seventeen",
    b"\x00\xff",
    -7,
    0,
    2.5,
    math.nan,
    10**5000,
    1j,
    True,
    [],
    ["a", None],
    {},
    {"kind": []},
    object(),
    type,
    int,
    lambda: None,
    np.zeros((2, 3, 4)),
    np.array(["x"]),
    torch.zeros(3, 2, dtype=torch.int64),
    torch.full((2, 2), math.nan),
)
HUGE = 7  # no repr: it has too many digits
ARRAYS = range(18, len(WRONG))
SKIPPED = {"Adapter", "Implementation", "InputError"}  # what users override
# what a target answers to the library: kinds are checked, shapes are the library's to get right
INNER = {"conditional_mean", "conditional_draw", "log_marginal"}
# the values that are allowed, or whose meaning is the user's own
ALLOWED = {
    ("ledger.prove_all", "ids"): (10, 12),
    ("certify", "progress"): (17,),
    ("conformance.check", "progress"): (17,),
    ("conformance.check", "so_far"): (17,),
    ("sweep.run_sweep", "progress"): (17,),
    ("ledger.prove_all", "progress"): (17,),
}


class Here(Executor):
    """Runs nothing: cases are refused before."""

    def submit(self, *_: Any, **__: Any) -> Any:
        raise InputError("nothing is computed")


class World:
    """Right arguments, by the name of the parameter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = load("mild")
        self.schedule = Schedule.li_huang_wei(10, 1, 2)

    @cached_property
    def model(self) -> Any:
        return train(self.target, self.schedule, "affine", samples=64)

    @cached_property
    def f(self) -> Any:
        return population_model(self.target, self.schedule)

    @cached_property
    def certificate(self) -> Any:
        return certify(self.f, self.target, self.schedule, samples=16, pairs=64)

    @cached_property
    def spec(self) -> Any:
        return spec_of({"target": "mild", "steps": 10, "model": "population"})

    @cached_property
    def report(self) -> Report:
        return Report("mine", "1", 0, ())

    def instance(self, name: str) -> Any:
        """An instance of a public class."""
        from ctverify import Dataset, Gaussian, Product, conformance, sweep
        from ctverify.conformance import LogNormalTimes

        made: dict[str, Callable[[], Any]] = {
            "Certificate": lambda: self.certificate,
            "ConsistencyModel": lambda: self.model,
            "FlowMapModel": lambda: None,
            "Convention": lambda: Convention.ve(),
            "Dataset": lambda: Dataset([[0.0], [1.0]], 0.5),
            "Gaussian": lambda: Gaussian(0.0, 1.0),
            "Mixture": lambda: self.target,
            "Product": lambda: Product([Gaussian(0.0, 1.0)]),
            "Schedule": lambda: self.schedule,
            "Report": lambda: self.report,
            "Case": lambda: self.spec.cases[0],
            "Spec": lambda: self.spec,
            "Record": lambda: sweep.Record("a", {}, "failed", None, "why", 0.0),
            "Doubling": lambda: Doubling(2, 8, 100),
            "SquareRoot": lambda: conformance.SquareRoot(2, 8, 100),
            "LogNormalTimes": lambda: LogNormalTimes(-1.0, 1.0),
            "Function": lambda: conformance.Function(lambda x, t: x, Convention.ve()),
            "Karras": lambda: None,
            "conformance.Result": lambda: None,
            "ledger.Result": lambda: None,
            "Claim": lambda: claims()[0],
            "Step": lambda: None,
            "Metric": lambda: None,
        }
        if name in made:
            return made[name]()
        try:
            return getattr(conformance, name)()
        except (AttributeError, TypeError):  # of another module, or with arguments of its own
            return None

    def argument(self, owner: str, parameter: inspect.Parameter) -> Any:
        """A right argument; the default where there is none known."""
        x = torch.zeros(3, 1, dtype=torch.float64)
        key = (owner, parameter.name)
        own = {
            ("Certificate", "dim"): 1,
            ("Certificate", "steps"): 10,
            ("Certificate", "seed"): 0,
            ("Certificate", "versions"): {},
            ("Certificate", "confidence"): 0.9,
            ("Certificate", "counts"): {"samples": 16, "pairs": 64},
            ("Certificate", "budget"): None,
            ("Certificate", "w1"): None,
            ("Certificate", "theorem"): None,
            ("Certificate", "verdicts"): (),
            ("Report", "results"): (),
            ("conformance.Result", "statement"): "x",
            ("conformance.Result", "status"): "pass",
            ("Case", "target"): "mild",
            ("Case", "schedule"): "ddpm",
            ("Case", "dim"): None,
            ("Case", "contrast"): None,
            ("Case", "bandwidth"): None,
            ("Case", "steps"): 30,
            ("Case", "c0"): None,
            ("Case", "c1"): None,
            ("Case", "model"): "population",
            ("Case", "train_samples"): None,
            ("Case", "paths"): None,
            ("Case", "pairs"): None,
            ("Record", "case"): {},
            ("Record", "result"): None,
            ("Record", "error"): "why",
            ("Record", "seconds"): 0.0,
            ("Spec", "content"): {},
            ("Step", "rule"): claims()[0].steps[0].rule,
            ("ledger.Result", "axioms"): (),
            ("ledger.Result", "seconds"): 0.0,
            ("Claim", "id"): "x",
            ("Step", "name"): "x",
            ("conformance.check", "subject_or_name"): "reference",
            ("conformance.check", "checks"): ["times.finite"],
            ("conformance.check", "max_examples"): 1,
            ("conformance.check", "in_process"): True,
            ("strategies.schedule", "kind"): "ddpm",
            ("ledger.prove", "id"): claims()[0].id,
            ("ledger.prove_all", "ids"): [claims()[0].id],
            ("conformance.subject", "name"): "reference",
            ("Convention.linear", "t_max"): 1.0,
            ("Convention.trigflow", "t_max"): 1.5,
            ("Convention.time_at", "clock"): 0.1,
            ("Convention.schedule", "T"): 10,
            ("train", "model"): "affine",
            ("train", "samples"): 64,
            ("train_many", "model"): "affine",
            ("train_many", "samples"): 64,
            ("certify", "pairs"): 64,
            ("certify", "samples"): 16,
            ("certify_sampler", "pairs"): 600,
            ("Points", "x"): x,
            ("Points", "t"): 2,
            ("LogNormalTimes", "mean"): -1.0,
            ("sweep.merge", "directories"): [],
            ("sweep.run_sweep", "executor"): Here(),
            ("Product.along", "u"): torch.ones(1, dtype=torch.float64),
            ("Schedule.from_spec", "spec"): self.schedule.spec,
            ("Certificate.from_dict", "data"): self.certificate.to_dict(),
            ("Certificate.load", "path"): self.folder / "certificate.json",
            ("ConsistencyModel.load", "directory"): self.folder / "model",
            ("Report.from_dict", "data"): self.report.to_dict(),
            ("Record.from_dict", "data"): self.instance("Record").to_dict(),
            ("sweep.read_spec", "path"): self.folder / "SPEC.toml",
            ("ConsistencyModel", "levels"): self.model.levels,
            ("ConsistencyModel", "spec"): self.model.spec,
            ("Certificate", "target"): self.target.spec,
            ("Certificate", "schedule"): self.schedule.spec,
            ("Spec", "cases"): self.spec.cases,
            ("ledger.Result", "claim"): claims()[0],
            ("Mixture", "weights"): [0.5, 0.5],
            ("Mixture", "means"): [[0.0], [1.0]],
            ("Mixture", "covariances"): [[[1.0]], [[1.0]]],
            ("Gaussian", "mean"): [0.0],
            ("Gaussian", "covariance"): [[1.0]],
            ("Mixture.from_spec", "spec"): _arguments(load("mixture-2d")),
            ("Gaussian.from_spec", "spec"): _arguments(load("gaussian-2d")),
            ("Dataset.from_spec", "spec"): _arguments(self.instance("Dataset")),
            ("Product.from_spec", "spec"): _arguments(self.instance("Product")),
            ("Schedule", "beta"): self.schedule.beta,
            ("Schedule", "log_alpha_bar"): self.schedule.log_alpha_bar,
            ("optimal_schedule", "target"): self.instance("Gaussian"),
        }
        if key in own:
            return own[key]
        if parameter.default is not inspect.Parameter.empty:
            return parameter.default
        common = {
            "target": self.target,
            "targets": [self.target],
            "factors": [self.target],
            "schedule": self.schedule,
            "f": self.f,
            "sample": lambda z, seed: z,
            "x": x,
            "y": x,
            "u": torch.ones(1, dtype=torch.float64),
            "start": 5,
            "stop": 1,
            "points": [[0.0], [1.0]],
            "values": [0.9, 0.5],
            "T": 30,
            "t": 1,
            "n": 4,
            "k": 3,
            "K": 100,
            "s0": 2,
            "s1": 8,
            "a": 0.8,
            "b": 0.6,
            "alpha": 0.9,
            "beta": 0.1,
            "sigma": 1.0,
            "generator": torch.Generator().manual_seed(0),
            "clock": 0.5,
            "path": self.folder / "written.json",
            "directory": self.folder / "written",
            "output": self.folder / "out.csv",
            "out": self.folder / "sweep",
            "convention": Convention.ve(),
            "share": 0.5,
            "low": 0.1,
            "high": 1.0,
            "levels": [0.1, 1.0, 2.0],
            "difference": x,
            "tangent": x,
            "network": lambda x, e: x,
            "distance": lambda d: d,
            "weight": lambda t, s: 1.0,
            "denoiser": lambda x, s: x,
            "mean": 0.0,
            "std": 1.0,
            "reasons": {},
            "baseline": self.report,
            "id": "times.finite",
            "content": {"target": "mild", "model": "population"},
            "spec": self.spec if "run_sweep" in owner else {},
            "index": 1,
            "count": 1,
            "rows": 3,
            "stretch": 1.0,
            "seed": 0,
            "data": {},
            "self": None,
            "name": "x",
            "title": "x",
            "states": None,
            "rule": lambda *_: None,
            "statement": (),
            "source": "x",
        }
        return common.get(parameter.name, "x")


@dataclass(frozen=True)
class Call:
    """One call: what is called, its arguments, and the one that is wrong."""

    owner: str
    function: Callable[..., Any]
    arguments: dict[str, Any]
    wrong: str
    number: int

    @property
    def id(self) -> str:
        return f"{self.owner}({self.wrong}={self.number})"

    def right(self) -> bool:
        """Whether the call is taken with the right arguments alone."""
        try:
            self.function(**self.arguments)
        except InputError:
            return False
        return True

    def outcome(self) -> str:
        """ "refused" or "taken"; else what is wrong with it."""
        arguments = {**self.arguments, self.wrong: WRONG[self.number]}
        try:
            self.function(**arguments)
        except InputError as error:
            quoted = repr(arguments[self.wrong]) if self.number != HUGE else ""
            if named(self.wrong, str(error)) or (quoted and quoted in str(error)):
                return "refused"
            return f"not named: {error}" if self.right() else "refused"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "taken"


def _arguments(target: Any) -> dict[str, Any]:
    """A target's spec without its kind."""
    return {key: value for key, value in target.spec.items() if key != "kind"}


def named(parameter: str, sentence: str) -> bool:
    """Whether a refusal speaks of an argument by its name, or by the command line's."""
    aliases = {
        "subject_or_name": ("SUBJECT",),
        "alpha_bar": ("t_max",),
        "name": ("seventeen",),
        "directory": ("seventeen",),
        "library": ("CLAIM",),
        "index": ("shard",),
        "count": ("shard",),
        "resume": ("nothing is computed",),
        "ids": ("CLAIM",),
        "id": ("CLAIM",),
        "values": ("alpha_bar",),
        "spec": ("spec", "target", "schedule"),
        "content": ("SPEC", "target", "grid"),
        "path": ("SPEC",),
        "directories": ("folder",),
        "data": ("certificate", "report", "case"),
    }
    return any(word in sentence for word in (parameter, *aliases.get(parameter, ())))


def calls(world: World) -> Iterator[Call]:
    """Every call."""
    for owner, function, signature in functions(world):
        arguments = {
            name: world.argument(owner, parameter)
            for name, parameter in signature.items()
            if repr(parameter.default) != "<factory>"
        }
        for name, parameter in signature.items():
            for number, value in enumerate(WRONG):
                inner = number in ARRAYS and owner.rpartition(".")[2] in INNER
                allowed = number in ALLOWED.get((owner, name), ())
                if inner or allowed or value is parameter.default:
                    continue
                yield Call(owner, function, arguments, name, number)


Parameters = dict[str, inspect.Parameter]


def functions(world: World) -> Iterator[tuple[str, Callable[..., Any], Parameters]]:
    """Public functions, constructors and methods, each with its parameters."""
    for module in (*MODULES, STRATEGIES):
        home = import_module(module)
        for name in home.__all__:
            thing = getattr(home, name)
            if name in SKIPPED or not callable(thing):
                continue
            if inspect.isclass(thing):
                prefix = module.rpartition(".")[2] + "." if name == "Result" else ""
                yield from _of_class(world, prefix + name, thing)
            else:
                prefix = module.removeprefix("ctverify").removeprefix(".")
                yield (f"{prefix}.{name}" if prefix else name), thing, _parameters(thing)


def _of_class(
    world: World, name: str, kind: type
) -> Iterator[tuple[str, Callable[..., Any], Parameters]]:
    if not inspect.isabstract(kind):
        yield name, kind, _parameters(kind)
    for method, value in inspect.getmembers(kind, callable):
        if method.startswith("_") or method == "centred_flow":
            continue
        raw = inspect.getattr_static(kind, method)
        if isinstance(raw, classmethod | staticmethod):
            yield f"{name}.{method}", value, _parameters(value)
            continue
        instance = (
            None if inspect.isabstract(kind) and name != "Convention" else world.instance(name)
        )
        if instance is not None:
            bound = getattr(instance, method)
            yield f"{name}.{method}", bound, _parameters(bound)


def _parameters(function: Callable[..., Any]) -> Parameters:
    return dict(inspect.signature(function).parameters)
