"""The command line as a user meets it: help, exit codes, files, one sentence for bad input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ctverify import Certificate, ConsistencyModel, InputError
from ctverify.cli import options
from ctverify.cli.main import main
from ctverify.model import convention, schedule_file
from ctverify.targets import catalogue
from ctverify.training import recursion

QUICK = ["--steps", "12", "--samples", "32", "--train-samples", "200", "--c0", "1", "--c1", "2"]


def call(*arguments):
    """Exit code, stdout and stderr of `ctverify ARGUMENTS`."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_run_writes_certificates_and_models(tmp_path):
    """Two equal names get a suffix; certificates and models can be read back; a table compares
    them.
    """
    code, out, err = call(
        "run",
        "--target",
        "mild",
        "--target",
        "mild",
        "--model",
        "affine",
        *QUICK,
        "--out",
        tmp_path / "o",
    )
    assert code == 0 and err == ""
    names = {"certificate-mild.json", "certificate-mild-2.json", "model-mild", "model-mild-2"}
    assert {p.name for p in (tmp_path / "o").iterdir()} == names
    assert (
        Certificate.from_dict(
            json.loads((tmp_path / "o" / "certificate-mild-2.json").read_text())
        ).dim
        == 1
    )
    assert ConsistencyModel.load(tmp_path / "o" / "model-mild").target.name == "mild"
    assert "Theorem" in out and out.count("affine") == 2 and "pass" in out


def test_json_is_one_array(tmp_path):
    """--json prints nothing but one array of certificates."""
    code, out, _ = call(
        "run", "--target", "gaussian-2d", "--model", "fourier", *QUICK, "--out", tmp_path, "--json"
    )
    assert code == 0 and [c["schema"] for c in json.loads(out)] == ["ctverify/certificate/1"]


def test_files_as_targets(tmp_path):
    """A mixture in JSON and points in .npy and .csv."""
    (tmp_path / "two.json").write_text(
        '{"weights": [0.5, 0.5], "means": [-1, 1], "covariances": [0.5, 0.5]}'
    )
    np.save(tmp_path / "points.npy", np.random.default_rng(0).normal(size=(20, 2)))
    (tmp_path / "line.csv").write_text("1\n2\n2\n")
    targets = [
        v for name in ("two.json", "points.npy", "line.csv") for v in ("--target", tmp_path / name)
    ]
    code, _, _ = call(
        "run", *targets, "--model", "affine", "--bandwidth", "0.4", *QUICK, "--out", tmp_path / "o"
    )
    assert code == 0
    spec = json.loads((tmp_path / "o" / "certificate-points.json").read_text())["target"]
    assert spec["bandwidth"] == 0.4 and len(spec["points"]) == 20


def test_threshold_sets_the_exit_code(tmp_path):
    """1 where a verdict fails, 0 where it passes."""
    common = ["run", "--target", "mild", "--model", "affine", *QUICK, "--out", tmp_path]
    assert call(*common, "--max-w1", "1e-6")[0] == 1
    assert call(*common, "--max-w1", "10")[0] == 0


def test_certify_a_saved_model(tmp_path):
    """A saved model brings target and schedule; what contradicts it is refused."""
    call("run", "--target", "mild", "--model", "affine", *QUICK, "--out", tmp_path)
    directory = tmp_path / "model-mild"
    code, out, _ = call("certify", directory, "--samples", "32", "--out", tmp_path / "again")
    assert (
        code == 0
        and "error budget, total" in out
        and (tmp_path / "again" / "certificate-mild.json").exists()
    )
    assert call("certify", directory, "--samples", "32", "--target", "separated")[0] == 0
    code, _, err = call("certify", directory, "--steps", "9")
    assert code == 2 and "--steps cannot be given with a saved model" in err


def test_a_schedule_from_a_file(tmp_path, monkeypatch):
    """--schedule FILE takes the file's levels and T; another --steps is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "levels.json").write_text(json.dumps({"alpha_bar": [0.99, 0.8, 0.3, 0.01]}))
    common = [
        "--target",
        "mild",
        "--schedule",
        "levels.json",
        "--model",
        "affine",
        "--samples",
        "16",
        "--out",
        "found",
    ]
    code, out, _ = call("run", *common, "--json")
    (certificate,) = json.loads(out)
    assert (
        code == 0
        and certificate["steps"] == 4
        and certificate["schedule"]["values"] == [0.99, 0.8, 0.3, 0.01]
    )
    code, _, err = call("run", *common, "--steps", "9")
    assert code == 2 and "steps must be the file's 4" in err


OWN = """
import torch
MU, S = torch.tensor([3.0, -1.0], dtype=torch.float64), 0.7
def edm(x, t):
    return MU + ((S * S + 0.002 ** 2) / (S * S + t * t)) ** 0.5 * (x - MU)
def off(x, t):
    return edm(x, t) + 0.01
not_callable = 3
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A directory with the user's module and target, as the current one."""
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "g.json").write_text(
        '{"weights": [1], "means": [[3, -1]], "covariances": [[[0.49, 0], [0, 0.49]]]}'
    )
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("mine", None)


def test_certify_your_own_edm_model(own):
    """An EDM function in VE passes; the same with an offset fails the identity, exit code 1."""
    common = [
        "--convention",
        "ve",
        "--target",
        "g.json",
        "--steps",
        "12",
        "--samples",
        "32",
        "--pairs",
        "400",
    ]
    assert call("certify", "mine:edm", *common)[0] == 0
    code, out, _ = call("certify", "mine:off", *common, "--json")
    (certificate,) = json.loads(out)
    assert code == 1 and certificate["model"] == "mine:off"
    assert [v["law"] for v in certificate["verdicts"] if v["status"] == "fail"] == [
        "f_1 is the identity"
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--target", "nowhere"], "target must be one of gaussian-2d"),
        (["run", "--target", "absent.npy"], "must be a readable file"),
        (["run", "--steps", "1"], "Invalid value for '--steps': 1 is not in the range x>=2"),
        (["run", "--steps", "8"], "take c1 <"),
        (
            ["run", "--schedule", "linear"],
            "schedule must be one of li_huang_wei, cosine, karras, ddpm or a .json file",
        ),
        (["run", "--schedule", "karras", "--c0", "3"], "c0 belong to the schedule li_huang_wei"),
        (["run", "--model", "unet"], "'unet' is not one of 'affine', 'fourier', 'mlp'"),
        (["run", "--samples", "0"], "'--samples': 0 is not in the range x>=16"),
        (["run", "--train-samples", "-1"], "'--train-samples': -1 is not in the range x>=1"),
        (["run", "--max-w1", "nan"], "max-w1 must be a finite number"),
        (["run", "--bandwidth", "0"], "'--bandwidth': 0.0 is not in the range x>0"),
        (["run", "--target", "mild", "--bandwidth", "1"], "bandwidth is for data sets"),
        (["run", "--device", "cuda:5"], "CUDA devices"),
        (["run", "--steps", "many"], "is not a valid integer"),
        (["run", "--target", "mild", "--out", "g.json/sub"], "cannot write into"),
        (["certify", "nothing"], "readable manifest.json"),
        (["certify", "mine:edm"], "target must be given"),
        (
            ["certify", "mine:absent", "--target", "g.json"],
            "must name an importable callable, got 'mine:absent': AttributeError",
        ),
        (
            ["certify", "absent:f", "--target", "g.json"],
            "must name an importable callable, got 'absent:f': ModuleNotFoundError",
        ),
        (["certify", "mine:not_callable", "--target", "g.json"], "must name a callable, got"),
        (
            ["certify", "mine:edm", "--target", "mild", "--convention", "ve"],
            "must return a float tensor of shape",
        ),
        (
            ["certify", "mine:edm", "--target", "g.json", "--convention", "edm"],
            "'edm' is not one of 'vp', 've', 'trigflow', 'linear'",
        ),
        (
            ["certify", "mine:edm", "--target", "g.json", "--sigma-data", "1"],
            "sigma_data is for the trigflow",
        ),
    ],
)
def test_bad_input_exits_2_with_one_sentence(own, arguments, words):
    """No traceback, nothing half-written, exit code 2."""
    before = sorted(own.rglob("*"))
    code, out, err = call(*arguments)
    assert code == 2 and out == "" and words in err and "Traceback" not in err
    assert err.startswith("Error: ") and err.count("\n") == 1, err
    assert [p for p in sorted(own.rglob("*")) if "__pycache__" not in str(p)] == before


def test_unwritable_directory(own):
    """A directory that refuses writing is told before training (root ignores modes, so a file
    stands in the way instead).
    """
    (own / "blocked").write_text("")
    code, _, err = call("run", "--target", "mild", "--out", "blocked")
    assert code == 2 and "cannot write into 'blocked'" in err


def test_help_imports_nothing_heavy():
    """`import ctverify` and every command's --help import neither torch, NumPy, SciPy nor rich."""
    heavy = {"torch", "numpy", "scipy", "sympy", "rich", "jinja2", "hypothesis", "ot"}
    code = f"""
import sys, ctverify
from click.testing import CliRunner
from ctverify.cli.main import main
for arguments in [], *([name] for name in main.commands):
    assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0
print(sorted({heavy} & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_help_takes_less_than_0_3_seconds():
    """CPU time of `ctverify --help` above that of an empty Python, the best of three."""
    used = []
    for code in ("pass", "from ctverify.cli.main import main; main(['--help'])"):
        trials = []
        for _ in range(3):
            before = os.times()
            subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
            after = os.times()
            user = after.children_user - before.children_user
            trials.append(user + after.children_system - before.children_system)
        used.append(min(trials))
    assert used[1] - used[0] < 0.3


COMMANDS = [
    *((name,) for name in main.commands),
    *(("schedule", name) for name in main.commands["schedule"].commands),
]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_begins_with_a_sentence(path):
    """Of at most 60 characters, listed uncut."""
    command = main
    for name in path:
        command = command.commands[name]
    first = command.help.splitlines()[0]
    assert len(first) <= 60 and first.index(".") == len(first) - 1
    _, listing, _ = call(*path[:-1], "--help")
    assert first in listing


def test_help_names_what_the_library_knows():
    """The names that are written out in options.py are the library's."""
    assert options.SCHEDULES == schedule_file.SCHEDULES
    assert options.CONVENTIONS == convention.KINDS
    assert options.MODELS == recursion.CLASSES
    assert tuple(catalogue.NAMED) == options.TARGETS
    for words in (*options.SCHEDULES, *options.TARGETS, "[vp|ve|trigflow|linear]", "x>=32"):
        assert words in call("certify", "--help")[1]


def test_certify_help_says_one_default_of_the_schedule():
    """It depends on the convention."""
    _, out, _ = call("certify", "-h")
    words = " ".join(out.split())
    assert words.count("li_huang_wei for vp, else karras") == 1
    assert "default: (li_huang_wei)" not in words


def test_check_only(monkeypatch):
    """--only, repeatable, reaches `check` as `checks`; without it nothing does."""
    asked = []

    def judge(subject, **keywords):
        asked.append((subject, keywords.get("checks")))
        raise InputError("enough")

    monkeypatch.setattr("ctverify.conformance.run.check", judge)
    for arguments in ([], ["--only", "sampler"], ["--only", "sampler", "--only", "loss.law"]):
        code, _, err = call("check", "reference", *arguments)
        assert code == 2 and err == "Error: enough\n"
    assert asked == [
        ("reference", None),
        ("reference", ("sampler",)),
        ("reference", ("sampler", "loss.law")),
    ]


def test_module_runs_as_a_program(tmp_path):
    """The console script's entry point works in a fresh process, and prints no progress bar where
    stderr is no terminal.
    """
    command = [
        sys.executable,
        "-c",
        "from ctverify.cli.main import main; main()",
        "run",
        "--target",
        "mild",
        "--model",
        "affine",
        *QUICK,
    ]
    environment = os.environ | {"PYTHONWARNINGS": "error"}
    result = subprocess.run(
        [*command, "--out", str(tmp_path / "o")], capture_output=True, text=True, env=environment
    )
    assert (
        result.returncode == 0
        and result.stderr == ""
        and (Path(tmp_path) / "o" / "certificate-mild.json").exists()
    )
