"""Hostile command lines: every option of every command with what it does not take, and every file
that a command reads with something wrong in it.

`attacks(seed)` yields them without end, the same for the same seed; a kind comes round again and
again. Each stands in a folder of its own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import click

from ctverify.cli.main import main

from . import contents
from .contents import json_of

FIFO = object()
Content = bytes | object
Maker = Callable[[random.Random], bytes]


@dataclass(frozen=True)
class Attack:
    """A command line, and the files that lie where it runs."""

    kind: str
    words: tuple[str, ...]
    files: dict[str, Content] = field(default_factory=dict)


BASES: dict[str, tuple[str, ...]] = {
    "certify": ("math:floor", "--target", "mild", "--samples", "16", "--pairs", "64"),
    "check": ("reference", "--only", "times.finite", "--max-examples", "1"),
    "exponents": ("swept",),
    "merge": ("swept", "-o", "out.csv"),
    "plan": ("--dim", "1", "--error", "0.1"),
    "prove": ("calculus.cos.above",),
    "report": ("certificate.json",),
    "run": ("--target", "mild", "--model", "affine", "--train-samples", "64", "--out", "out"),
    "schedule audit": ("ddpm", "--steps", "30"),
    "schedule optimal": ("--target", "mild", "--steps", "10"),
    "sweep": ("SPEC.toml", "--out", "out"),
    "targets": (),
}
NUMBERS = (
    "",
    "x",
    "-1",
    "0",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "1e400",
    "1,5",
    "0x10",
    "1_000",
    " 7",
    "١٢",
    "9" * 5000,
    "1000000000000",
    "1e12",
    "1" + "0" * 18,
    "2.5",
    "--",
    "-0.0",
)
TEXTS = (
    "",
    " ",
    "nope",
    "\x00",
    "x" * 5000,
    "../../x",
    "/",
    ".",
    "mild,mild",
    "mild ",
    "MILD",
    "%s%n",
    "cuda:99",
    "cuda:-1",
    "dask:nowhere",
    "local:0",
    "local:999999999999",
    "local:" + "9" * 5000,
    "1/0",
    "2/1",
    "0/1",
    "1/2/3",
    "1,2,3",
    "a:b",
    ":",
    "os:",
    ":path",
    "os:path.nope",
    "no.such.module:f",
    "ctverify:__version__",
    "loss.*,nope",
    "5,4,4",
    "-3",
    "é:é",
    "‮",
)
PLACES = (
    "",
    ".",
    "/proc/no/such",
    "/dev/null/x",
    "absent/../../../../proc/x",
    "x" * 300 + ".json",
    "a\x00b",
    "fifo.json",
    "folder.json",
    "loop.json",
    "absent.json",
    "absent.npy",
    "/dev/zero",
    "/dev/full",
)
FILES: dict[str, tuple[str, Maker, tuple[str, ...]]] = {
    # kind: (the file, what makes it, a command line that reads it)
    "certificate": ("c.json", json_of("certificate-2"), ("report", "c.json")),
    "certificate 1": ("c.json", json_of("certificate-1"), ("report", "c.json")),
    "conformance": ("r.json", json_of("conformance-2"), ("report", "r.json")),
    "conformance 1": ("r.json", json_of("conformance-1"), ("report", "r.json")),
    "ledger": ("l.json", json_of("ledger-2"), ("report", "l.json")),
    "baseline": (
        "r.json",
        json_of("conformance-2"),
        ("check", "reference", "--only", "times", "--baseline", "r.json"),
    ),
    "xfails": (
        "x.txt",
        contents.xfails,
        ("check", "reference", "--only", "times", "--xfails", "x.txt"),
    ),
    "schedule": ("s.json", json_of("schedule-1"), ("schedule", "audit", "s.json")),
    "manifest": ("m/manifest.json", json_of("model-1"), ("certify", "m")),
    "mixture": ("t.json", contents.mixture, ("run", "--target", "t.json", "--out", "out")),
    "csv": ("t.csv", contents.csv, ("schedule", "optimal", "--target", "t.csv")),
    "npy": ("t.npy", contents.npy, ("run", "--target", "t.npy", "--out", "out")),
    "toml": ("SPEC.toml", contents.toml, ("sweep", "SPEC.toml", "--out", "out")),
    "sweep": ("d/sweep.json", json_of("sweep-1"), ("merge", "d", "-o", "out.csv")),
    "case": ("d/cases/0.json", json_of("sweep-case-1"), ("exponents", "d")),
    "npz": ("c.npz", contents.npz, ("report", "c.json")),
    "safetensors": ("m/model.safetensors", contents.safetensors, ("certify", "m")),
}
SWEEP = {"schema": "ctverify/sweep/1", "cases": ["0", "1"]}
MANIFEST = {
    "schema": "ctverify/model/1",
    "model": {"kind": "affine", "samples": 64, "seed": 0},
    "target": {"kind": "gaussian", "name": "g", "mean": [0.0], "covariance": [[1.0]]},
    "schedule": {"kind": "ddpm", "T": 30},
}


def attacks(seed: int) -> Iterator[Attack]:
    """Hostile command lines without end."""
    draw = random.Random(seed)
    options = [(path, parameter) for path in BASES for parameter in _command(path).params]
    while True:
        for kind in FILES:
            yield _file(kind, draw)
        for path, parameter in draw.sample(options, len(FILES)):
            yield _option(path, parameter, draw)
        yield _words(draw)


def _command(path: str) -> click.Command:
    command: click.Command = main
    for name in path.split():
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


def _file(kind: str, draw: random.Random) -> Attack:
    name, make, words = FILES[kind]
    files: dict[str, Content] = {name: FIFO if draw.random() < 0.03 else make(draw)}
    if name.startswith("d/cases"):
        files["d/sweep.json"] = json.dumps(SWEEP).encode()
    if kind == "npz":
        right = contents.valid(
            contents.schema("certificate-2"), contents.schema("certificate-2"), draw
        )
        files["c.json"] = json.dumps(right).encode()
    if kind == "safetensors":
        files["m/manifest.json"] = json.dumps(MANIFEST).encode()
    return Attack(kind, words, files)


def _option(path: str, parameter: click.Parameter, draw: random.Random) -> Attack:
    """A command with one of its options (or arguments) wrong."""
    words = [*path.split(), *BASES[path]]
    if isinstance(parameter.type, click.IntRange | click.FloatRange):
        values = NUMBERS
    elif isinstance(parameter.type, click.Path):
        values = PLACES
    else:
        values = (*TEXTS, *PLACES, *NUMBERS)
    value = draw.choice(values)
    if isinstance(parameter, click.Argument):
        return Attack(f"argument of {path}", (*path.split(), value, *BASES[path][1:]), _about())
    name = draw.choice(parameter.opts)
    if isinstance(parameter, click.Option) and parameter.is_flag:
        words += draw.choice(([f"{name}=1"], [name, "extra"], [name, name], [f"{name}x"]))
    else:
        words += [name, value]
    return Attack(f"option of {path}", tuple(words), _about())


def _words(draw: random.Random) -> Attack:
    """A command line that is none."""
    path = draw.choice(list(BASES))
    words = [*path.split(), *BASES[path]]
    at = draw.randrange(len(words) + 1)
    wrong = draw.choice(
        (["--nope"], ["-x"], ["--steps"], ["--", "--"], ["\x00"], ["--seed", "1", "2"])
    )
    return Attack("words", (*words[:at], *wrong, *words[at:]), _about())


def _about() -> dict[str, Content]:
    """What PLACES names, and the files of BASES."""
    return {
        "fifo.json": FIFO,
        "folder.json/in.txt": b"",
        "SPEC.toml": b'target = "mild"\nsteps = 10\nmodel = "population"\n',
        "swept/sweep.json": json.dumps(SWEEP).encode(),
    }
