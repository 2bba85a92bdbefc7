"""The command line as a user meets it: help, exit codes, files, one sentence for bad input."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from ctverify import Certificate, ConsistencyModel, InputError, Schedule, train
from ctverify.certificate import precision
from ctverify.cli import certify as certify_command
from ctverify.cli import options
from ctverify.cli.main import main
from ctverify.core.confidence import FEWEST_DRAWS
from ctverify.model import convention, schedule_file
from ctverify.targets import catalogue, load
from ctverify.training import recursion

QUICK = "--steps 12 --samples 32 --train-samples 200 --c0 1 --c1 2"


def call(words, *more):
    """Exit code, stdout and stderr of `ctverify WORDS MORE`; the words stand between spaces."""
    arguments = [*words.split(), *map(str, more)]
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """Targets one after the other: tests/certificate/test_demonstration.py has them side by side,
    for which each process imports torch.
    """
    monkeypatch.setattr("ctverify.core.processes.cores", lambda: 1)


def test_run_writes_certificates_and_models(tmp_path):
    """Two equal names get a suffix; certificates and models can be read back; a line tells of each,
    and a table compares them.
    """
    out = tmp_path / "o"
    targets = "run --target mild --target mild --model affine"
    code, printed, err = call(f"{targets} {QUICK}", "--out", out)
    assert code == 0
    first, second = err.splitlines()
    assert first.startswith("mild: W_1 at least ") and first.endswith("; pass (8)")
    assert second.startswith("mild-2: W_1 at least ")
    names = {"certificate-mild.json", "certificate-mild-2.json", "model-mild", "model-mild-2"}
    assert {path.name for path in out.iterdir()} == names
    data = json.loads((out / "certificate-mild-2.json").read_text())
    assert Certificate.from_dict(data).dim == 1
    assert ConsistencyModel.load(out / "model-mild").target.name == "mild"
    assert "share:" in printed and printed.count("affine") == 2 and "pass" in printed


def test_json_is_one_array(tmp_path):
    """--json prints nothing but one array of certificates."""
    command = f"run --target mild --model fourier --json {QUICK}"
    code, out, _ = call(command, "--out", tmp_path)
    assert code in (0, 3)  # so few draws may leave a verdict open
    assert [data["schema"] for data in json.loads(out)] == ["ctverify/certificate/2"]


def test_files_as_targets(tmp_path):
    """A mixture in JSON and points in .npy and .csv."""
    mixture = {"weights": [0.5, 0.5], "means": [-1, 1], "covariances": [0.5, 0.5]}
    (tmp_path / "two.json").write_text(json.dumps(mixture))
    points = np.random.default_rng(0).normal(size=(20, 2))
    np.save(tmp_path / "points.npy", points)
    (tmp_path / "line.csv").write_text("1\n2\n2\n")
    files = [tmp_path / name for name in ("two.json", "points.npy", "line.csv")]
    targets = [word for file in files for word in ("--target", file)]
    out = tmp_path / "o"
    command = f"run --model affine --bandwidth 0.4 {QUICK}"
    code, _, _ = call(command, *targets, "--out", out)
    assert code == 0
    certificate = json.loads((out / "certificate-points.json").read_text())
    target = certificate["target"]
    assert target["bandwidth"] == 0.4 and len(target["points"]) == 20


def test_threshold_sets_the_exit_code(tmp_path):
    """1 where a verdict fails, 0 where it passes."""
    common = [f"run --target mild --model affine {QUICK}", "--out", tmp_path]
    assert call(*common, "--max-w1", "1e-6")[0] == 1
    assert call(*common, "--max-w1", "10")[0] == 0


def test_certify_a_saved_model(tmp_path):
    """A saved model brings target and schedule; what contradicts it is refused."""
    call(f"run --target mild --model affine {QUICK}", "--out", tmp_path)
    common = ["certify", tmp_path / "model-mild", "--samples", 32]
    again = tmp_path / "again"
    code, out, _ = call(*common, "--out", again)
    assert code == 0 and "sum along the trajectory" in out
    assert (again / "certificate-mild.json").exists()
    assert call(*common, "--target", "separated")[0] == 0
    code, _, err = call(*common, "--steps", "9")
    assert code == 2 and "--steps cannot be given with a saved model" in err


def test_certify_a_saved_flow_map(tmp_path):
    """A saved map of two times is told by its manifest; its sampler is the deterministic one."""
    schedule = Schedule.li_huang_wei(12, 1, 2)
    train(load("gaussian-2d"), schedule, times=2, samples=256).save(tmp_path / "map")
    common = ["certify", tmp_path / "map", "--samples", 32, "--pairs", 300, "--json"]
    code, out, _ = call(*common, "--sampler-steps", "2", "--out", tmp_path / "again")
    (certificate,) = json.loads(out)
    assert code in (0, 3) and certificate["model"]["times"] == 2
    assert len(certificate["flow_map"]["levels"]) == 2 and certificate["sampler"] is None
    assert (tmp_path / "again" / "certificate-gaussian-2d.json").exists()


def test_a_schedule_from_a_file(tmp_path, monkeypatch):
    """--schedule FILE takes the file's levels and T; another --steps is refused."""
    monkeypatch.chdir(tmp_path)
    levels = [0.99, 0.8, 0.3, 0.01]
    (tmp_path / "levels.json").write_text(json.dumps({"alpha_bar": levels}))
    common = "run --target mild --schedule levels.json --model affine --samples 16 --out o"
    code, out, _ = call(common, "--json")
    (certificate,) = json.loads(out)
    assert code == 0 and certificate["steps"] == 4
    assert certificate["schedule"]["values"] == levels
    code, _, err = call(common, "--steps", "9")
    assert code == 2 and "steps must be the file's 4" in err


OWN = """
import torch
MU, S = torch.tensor([3.0, -1.0], dtype=torch.float64), 0.7
def edm(x, t):
    return MU + ((S * S + 0.002 ** 2) / (S * S + t * t)) ** 0.5 * (x - MU)
def off(x, t):
    return edm(x, t) + 0.01
def edm_map(x, t, s):
    return MU + ((S * S + s * s) / (S * S + t * t)) ** 0.5 * (x - MU)
not_callable = 3
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A directory with the user's module and target, as the current one."""
    (tmp_path / "mine.py").write_text(OWN)
    gaussian = {"weights": [1], "means": [[3, -1]], "covariances": [[[0.49, 0], [0, 0.49]]]}
    (tmp_path / "g.json").write_text(json.dumps(gaussian))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("mine", None)


def test_certify_your_own_edm_model(own):
    """An EDM function in VE passes; the same with an offset fails the identity, exit code 1."""
    common = "--convention ve --target g.json --steps 12 --samples 32 --pairs 400"
    assert call(f"certify mine:edm {common}")[0] == 0
    code, out, _ = call(f"certify mine:off {common} --json")
    (certificate,) = json.loads(out)
    assert code == 1 and certificate["model"] == "mine:off"
    failed = [v["law"] for v in certificate["verdicts"] if v["status"] == "fail"]
    assert failed == ["f_1 is the identity"]


def test_certify_your_own_flow_map(own):
    """With --times 2 a map of two times in its own convention, with gamma; --gamma alone is refused
    in a sentence.
    """
    common = "--convention ve --target g.json --steps 12 --samples 32 --pairs 400 --json"
    code, out, _ = call(f"certify mine:edm_map --times 2 --sampler-steps 3 --gamma 0.5 {common}")
    (certificate,) = json.loads(out)
    assert code == 0 and certificate["flow_map"]["gamma"] == 0.5
    assert certificate["model"] == "mine:edm_map"
    code, _, err = call(f"certify mine:edm --gamma 0.5 {common}")
    assert code == 2 and "gamma is for maps of two times" in err


ASKED = {
    **dict.fromkeys(certify_command.CertifyOptions.__dataclass_fields__),
    "subject": "mine:edm",
    "target": "g.json",
}


@pytest.mark.parametrize(
    ("given", "spec", "start"),
    [
        ({"steps": 12}, Schedule.li_huang_wei(12).spec, 1.0),
        ({"convention": "ve"}, Schedule.karras(64).spec, 80 / 6401**0.5),
        (
            {"convention": "ve", "steps": 5, "sigma_min": 0.1, "sigma_max": 10.0},
            Schedule.karras(5, 0.1, 10.0).spec,
            10 / 101**0.5,
        ),
        (
            {"convention": "linear", "schedule": "karras", "sigma_max": 10.0},
            Schedule.karras(64, 0.002, 10.0, pure_noise=True).spec,
            1.0,
        ),
        (
            {"convention": "trigflow", "sigma_data": 0.6},
            Schedule.karras(64).spec,
            ((0.36 + 6400) / 6401) ** 0.5,
        ),
        ({"schedule": "karras", "sigma_max": 3.0}, Schedule.karras(64, 0.002, 3.0).spec, 1.0),
    ],
)
def test_own_models_start_where_users_sample(own, given, spec, start):
    """The schedule that is certified on, and how wide the noise is that f is started from."""
    asked = certify_command.CertifyOptions(**ASKED | given)
    model, target, schedule = certify_command._own_function(asked)
    assert target.dim == 2 and schedule.spec == spec
    assert getattr(model, "start_std", 1.0) == pytest.approx(start, rel=1e-12)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("run --target nowhere", "target must be one of gaussian-2d"),
        ("run --target absent.npy", "cannot be read"),
        ("run --steps 1", "Invalid value for '--steps': 1 is not in the range x>=2"),
        ("run --steps 8", "take c1 <"),
        (
            "run --schedule linear",
            "schedule must be one of li_huang_wei, cosine, karras, ddpm or a .json file",
        ),
        ("run --schedule karras --c0 3", "c0 belong to the schedule li_huang_wei"),
        ("run --model unet", "'unet' is not one of 'affine', 'fourier', 'mlp'"),
        ("run --samples 0", "'--samples': 0 is not in the range x>=16"),
        ("run --train-samples -1", "'--train-samples': -1 is not in the range x>=1"),
        ("run --max-w1 nan", "max-w1 must be a finite number"),
        ("run --bandwidth 0", "'--bandwidth': 0.0 is not in the range x>0"),
        ("run --target mild --bandwidth 1", "bandwidth is for data sets"),
        ("run --device cuda:5", "CUDA devices"),
        ("run --steps many", "is not a valid integer"),
        ("run --target mild --out g.json/sub", "cannot write into"),
        ("certify nothing", "readable manifest.json"),
        ("certify mine:edm", "target must be given"),
        (
            "certify mine:absent --target g.json",
            "must name an importable callable, got 'mine:absent': AttributeError",
        ),
        (
            "certify absent:f --target g.json",
            "must name an importable callable, got 'absent:f': ModuleNotFoundError",
        ),
        ("certify mine:not_callable --target g.json", "must name a callable, got"),
        ("certify mine:edm --target mild --convention ve", "must return a float tensor of shape"),
        (
            "certify mine:edm --target g.json --convention edm",
            "'edm' is not one of 'vp', 've', 'trigflow', 'linear'",
        ),
        ("certify mine:edm --target g.json --sigma-data 1", "sigma_data is for the trigflow"),
        (
            "certify mine:edm --target g.json --sigma-max 5",
            "sigma_max belong to the schedule karras, got the schedule li_huang_wei",
        ),
        (
            "certify mine:edm --target g.json --convention ve --sigma-min 3 --sigma-max 2",
            "sigma_max must be a finite number above 3, got 2.0",
        ),
        (
            "certify mine:edm --target g.json --convention linear --sigma-min 3 --sigma-max 2",
            "sigma_max must be a finite number between 3",
        ),
        (
            "certify mine:edm --target g.json --convention ve --schedule karras --c0 3",
            "c0 belong to the schedule li_huang_wei",
        ),
        (
            "certify mine:edm --target g.json --sampler-steps 64;30",
            "sampler-steps must be a number of steps, or levels T,T2,..., got '64;30'",
        ),
        ("certify mine:edm --target g.json --dtype int8", "'int8' is not one of 'auto'"),
        ("certify mine:edm --target g.json --confidence 1", "is not in the range 0<x<1"),
    ],
)
def test_bad_input_exits_2_with_one_sentence(own, command, words):
    """No traceback, nothing half-written, exit code 2."""
    before = sorted(own.rglob("*"))
    code, out, err = call(command)
    assert code == 2 and out == "" and words in err and "Traceback" not in err
    assert err.startswith("Error: ") and err.count("\n") == 1, err
    after = sorted(own.rglob("*"))
    assert [path for path in after if "__pycache__" not in str(path)] == before


def test_unwritable_directory(own):
    """A directory that refuses writing is told before training (root ignores modes, so a file
    stands in the way instead).
    """
    (own / "blocked").write_text("")
    code, _, err = call("run --target mild --out blocked")
    assert code == 2 and "cannot write into 'blocked'" in err


def test_help_imports_nothing_heavy():
    """`import ctverify` and every command's --help import neither torch, NumPy, SciPy nor rich."""
    heavy = {"torch", "numpy", "scipy", "sympy", "rich", "jinja2", "msgspec", "hypothesis", "ot"}
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
    parents = " ".join(path[:-1])
    _, listing, _ = call(parents, "--help")
    assert first in listing


def test_help_names_what_the_library_knows():
    """The names and bounds that are written out for --help are the library's."""
    assert options.SCHEDULES == schedule_file.SCHEDULES
    assert options.CONVENTIONS == convention.KINDS
    assert options.MODELS == recursion.CLASSES
    assert (precision.AUTO, *precision.NAMES) == options.DTYPES
    assert tuple(catalogue.NAMED) == options.TARGETS
    _, help_of_certify, _ = call("certify --help")
    for words in (*options.SCHEDULES, *options.TARGETS, "[vp|ve|trigflow|linear]"):
        assert words in help_of_certify
    for fewest in (FEWEST_DRAWS, 2 * FEWEST_DRAWS):
        assert f"x>={fewest}]" in help_of_certify


def test_certify_help_says_one_default_of_the_schedule():
    """It depends on the convention."""
    _, out, _ = call("certify -h")
    words = " ".join(out.split())
    assert words.count("li_huang_wei for vp, else karras") == 1
    assert "default: (li_huang_wei)" not in words


def test_check_only(monkeypatch):
    """--only, repeatable, reaches `check` as `checks`; without it all checks are asked for."""
    asked = []

    def judge(subject, *, checks, **_):
        asked.append((subject, checks))
        raise InputError("enough")

    monkeypatch.setattr("ctverify.conformance.run.check", judge)
    for only in ("", "--only sampler", "--only sampler --only loss.law"):
        code, _, err = call(f"check reference {only}")
        assert code == 2 and err == "Error: enough\n"
    assert asked == [
        ("reference", None),
        ("reference", ("sampler",)),
        ("reference", ("sampler", "loss.law")),
    ]


def test_check_only_judges_what_it_names():
    """A group and an id; a name that is neither is refused."""
    only = "--only times --only interface.calls"
    code, out, _ = call(f"check reference --in-process --max-examples 1 {only} --json -")
    ids = [result["id"] for result in json.loads(out)["checks"]]
    assert code == 0
    assert "interface.calls" in ids and len(ids) > 2
    assert all(id.startswith("times.") or id == "interface.calls" for id in ids)
    code, _, err = call("check reference --only sample")
    assert code == 2 and err.startswith("Error: ") and "'sample'" in err


def test_module_runs_as_a_program(tmp_path):
    """The console script's entry point works in a fresh process, and prints a line for its target,
    no progress bar, where stderr is no terminal.
    """
    code = "from ctverify.cli.main import main; main()"
    out = tmp_path / "o"
    words = f"run --target mild --model affine {QUICK}"
    result = subprocess.run(
        [sys.executable, "-c", code, *words.split(), "--out", str(out)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    assert result.returncode == 0
    assert result.stderr.startswith("mild: W_1 at least ") and result.stderr.count("\n") == 1
    assert (out / "certificate-mild.json").exists()
