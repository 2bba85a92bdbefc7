"""ctverify report, and --report of run, certify and check."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from ctverify.cli.main import main
from ctverify.report.certificate_part import NO_SAMPLES

from .reader import Reader

QUICK = ["--steps", "12", "--samples", "32", "--c0", "1", "--c1", "2"]
RUN = ["run", "--target", "gaussian-2d", "--model", "affine", "--train-samples", "200", *QUICK]
A_DIRECTORY = "report must be a file to write, got the directory"


def call(*arguments):
    """Exit code, stdout and stderr of `ctverify ARGUMENTS`."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def words_of(file):
    """All text of a page."""
    return Reader(file.read_text()).words


def test_report_of_a_directory_and_files(directory, tmp_path):
    """One page, its path and size on stdout, what was passed over on stderr."""
    file = tmp_path / "new" / "r.html"
    code, out, err = call("report", directory, directory / "check.json", "-o", file)
    assert code == 0
    assert out.startswith(f"report: {file} (")
    assert out.endswith(" kB)\n")
    assert err.count("\n") == 1
    assert "passed over" in err
    assert "other.json" in err
    assert "5 certificates, 1 conformance report, 1 ledger" in words_of(file)


def test_default_output(directory, tmp_path, monkeypatch):
    """report.html in the current directory."""
    monkeypatch.chdir(tmp_path)
    code, _, _ = call("report", directory / "bare.json")
    assert code == 0
    assert (tmp_path / "report.html").exists()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with a page: its folder, and what it said."""
    home = tmp_path_factory.mktemp("run")
    said = call(*RUN, "--out", home / "o", "--report", home / "r.html")
    return home, said


def test_run_with_report(run):
    """run keeps samples for its page, beside the certificate too."""
    home, (code, out, err) = run
    words = words_of(home / "r.html")
    assert code == 0
    assert re.fullmatch(r"gaussian-2d: W_1 at least .*; pass \(\d+\)\n", err)
    assert f"report: {home / 'r.html'}" in out
    assert "How a grid is carried" in words
    assert str(home / "o" / "certificate-gaussian-2d.json") in words
    (file,) = (home / "o").glob("certificate-gaussian-2d.*.npz")
    with np.load(file, allow_pickle=False) as kept:
        assert kept["z"].shape == (2000, 2)


def test_report_of_a_run(run, tmp_path):
    """The page again, from what the run wrote, but for the line that says when."""
    home, _ = run
    assert call("report", home / "o", "-o", tmp_path / "again.html")[0] == 0
    _, _, again = words_of(tmp_path / "again.html").partition("Written by")
    _, _, before = words_of(home / "r.html").partition("Written by")
    assert again.partition("Verdicts")[2] == before.partition("Verdicts")[2]


def test_run_with_report_and_json(tmp_path):
    """--json stays one array on stdout; its certificates have a page without samples."""
    arguments = ["--out", tmp_path / "o", "--report", tmp_path / "r.html", "--json"]
    code, out, err = call(*RUN, *arguments)
    assert code == 0
    assert len(json.loads(out)) == 1
    assert err.splitlines()[-1].startswith("report: ")
    (tmp_path / "list.json").write_text(out)
    assert call("report", tmp_path / "list.json", "-o", tmp_path / "l.html")[0] == 0
    assert NO_SAMPLES in words_of(tmp_path / "l.html")


def identity(x, t):
    """A model that does nothing."""
    return x


def test_certify_with_report(tmp_path):
    """The same for one's own model, with a failing verdict and its exit code."""
    file = tmp_path / "r.html"
    model = ["certify", "tests.report.test_report_cli:identity", "--target", "mild"]
    code, out, _ = call(*model, *QUICK, "--max-w1", "1e-9", "--report", file)
    assert code == 1
    assert "report: " in out
    words = words_of(file)
    assert "✗ fail mild" in words
    assert "How starts are carried" in words
    assert "W_1 at most max_w1" in words


def test_check_with_report(tmp_path):
    """The page of a conformance report, whatever else is written; with --json - it is said on
    stderr.
    """
    file = tmp_path / "r.html"
    check = ["check", "reference", "--in-process", "--only", "scalings", "--max-examples", 1]
    code, out, err = call(*check, "--json", "-", "--report", file)
    assert code == 0
    assert json.loads(out)["subject"] == "reference"
    assert err.startswith("report: ")
    words = words_of(file)
    assert "✓ pass reference" in words
    assert "scalings.boundary" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report"], "Missing argument"),
        (["report", "absent.json"], "'absent.json' cannot be read"),
        (["report", "."], "needs at least one JSON"),
        (["report", "text.txt"], "'text.txt' must hold JSON"),
        (["report", "other.json"], "'other.json' must be JSON of ctverify/certificate/2"),
        (["report", "other.json", "-o", "."], A_DIRECTORY),
        (["report", "other.json", "-o", "text.txt/r.html"], "cannot write into 'text.txt'"),
        (["run", "--target", "mild", "--report", "."], A_DIRECTORY),
        (["check", "reference", "--report", "."], A_DIRECTORY),
    ],
)
def test_bad_input_exits_2_with_one_sentence(tmp_path, monkeypatch, arguments, words):
    """No traceback, no page, exit code 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("no JSON")
    (tmp_path / "other.json").write_text('{"schema": "other"}')
    code, out, err = call(*arguments)
    assert code == 2
    assert out == ""
    assert words in " ".join(err.split())
    assert "Traceback" not in err
    assert not list(tmp_path.rglob("*.html"))


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("ctverify.cli.report", ["torch", "numpy", "jinja2", "ot"]),
        ("ctverify.report.page", ["hypothesis", "sympy"]),
    ],
)
def test_nothing_heavy_is_imported(module, heavy):
    """`ctverify report --help` needs neither torch, NumPy nor jinja2; the page of files needs no
    Hypothesis.
    """
    code = f"import sys, {module}; print(sorted(set({heavy}) & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"
