"""ctverify report, and --report of run, certify and check."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from ctverify.cli.main import main
from ctverify.report.certificate_part import NO_SAMPLES

from .reader import Reader

QUICK = ["--steps", "12", "--samples", "32", "--c0", "1", "--c1", "2"]


def call(*arguments):
    """Exit code, stdout and stderr of `ctverify ARGUMENTS`."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_report_of_a_directory_and_files(directory, tmp_path):
    """One page, its path and size on stdout, what was passed over on stderr."""
    code, out, err = call(
        "report", directory, directory / "check.json", "-o", tmp_path / "new" / "r.html"
    )
    assert (
        code == 0
        and out.startswith(f"report: {tmp_path / 'new' / 'r.html'} (")
        and out.endswith(" kB)\n")
    )
    assert err.count("\n") == 1 and "passed over" in err and "other.json" in err
    assert (
        "5 certificates, 1 conformance report, 1 ledger"
        in Reader((tmp_path / "new" / "r.html").read_text()).words
    )


def test_default_output(directory, tmp_path, monkeypatch):
    """report.html in the current directory."""
    monkeypatch.chdir(tmp_path)
    assert call("report", directory / "bare.json")[0] == 0 and (tmp_path / "report.html").exists()


def test_run_with_report(tmp_path):
    """run keeps samples for its page, beside the certificate too; --json stays one array on stdout."""
    common = [
        "run",
        "--target",
        "gaussian-2d",
        "--model",
        "affine",
        "--train-samples",
        "200",
        *QUICK,
        "--out",
        tmp_path / "o",
    ]
    code, out, err = call(*common, "--report", tmp_path / "r.html")
    page = Reader((tmp_path / "r.html").read_text()).words
    assert (
        code == 0
        and err == ""
        and f"report: {tmp_path / 'r.html'}" in out
        and "How a grid is carried" in page
    )
    assert str(tmp_path / "o" / "certificate-gaussian-2d.json") in page
    with np.load(tmp_path / "o" / "certificate-gaussian-2d.npz", allow_pickle=False) as kept:
        assert kept["z"].shape == (2000, 2)
    code, out, err = call(*common, "--report", tmp_path / "r.html", "--json")
    assert code == 0 and len(json.loads(out)) == 1 and err.startswith("report: ")
    (tmp_path / "list.json").write_text(out)
    assert call("report", tmp_path / "list.json", "-o", tmp_path / "l.html")[0] == 0
    assert NO_SAMPLES in Reader((tmp_path / "l.html").read_text()).words
    assert call("report", tmp_path / "o", "-o", tmp_path / "again.html")[0] == 0
    assert Reader((tmp_path / "again.html").read_text()).words == page


def test_certify_with_report(tmp_path):
    """The same for one's own model, with a failing verdict and its exit code."""
    common = [
        "certify",
        "tests.report.test_report_cli:identity",
        "--target",
        "mild",
        *QUICK,
        "--max-w1",
        "1e-9",
    ]
    code, out, _ = call(*common, "--report", tmp_path / "r.html")
    assert code == 1 and "report: " in out
    words = Reader((tmp_path / "r.html").read_text()).words
    assert (
        "✗ fail mild" in words
        and "How starts are carried" in words
        and "W_1 at most max_w1" in words
    )


def identity(x, t):
    """A model that does nothing."""
    return x


def test_check_with_report(tmp_path):
    """The page of a conformance report, whatever else is written; with --json - it is said on
    stderr.
    """
    code, out, err = call(
        "check", "reference", "--max-examples", 1, "--json", "-", "--report", tmp_path / "r.html"
    )
    assert code == 0 and json.loads(out)["subject"] == "reference" and err.startswith("report: ")
    words = Reader((tmp_path / "r.html").read_text()).words
    assert "✓ pass reference" in words and "scalings.boundary" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report"], "Missing argument"),
        (["report", "absent.json"], "'absent.json' must be a readable file"),
        (["report", "."], "needs at least one JSON"),
        (["report", "text.txt"], "'text.txt' must hold JSON"),
        (["report", "other.json"], "'other.json' must be JSON of ctverify/certificate/1"),
        (["report", "other.json", "-o", "."], "report must be a file to write, got the directory"),
        (["report", "other.json", "-o", "text.txt/r.html"], "cannot write into 'text.txt'"),
        (
            ["run", "--target", "mild", "--report", "."],
            "report must be a file to write, got the directory",
        ),
        (
            ["check", "reference", "--report", "."],
            "report must be a file to write, got the directory",
        ),
    ],
)
def test_bad_input_exits_2_with_one_sentence(tmp_path, monkeypatch, arguments, words):
    """No traceback, no page, exit code 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("no JSON")
    (tmp_path / "other.json").write_text('{"schema": "other"}')
    code, out, err = call(*arguments)
    assert code == 2 and out == "" and words in " ".join(err.split()) and "Traceback" not in err
    assert not list(tmp_path.rglob("*.html"))


def test_help_imports_nothing_heavy():
    """`ctverify report --help` needs neither torch, NumPy nor jinja2; the page of files needs no
    Hypothesis.
    """
    code = "import sys, ctverify.cli, ctverify.cli.report; print(sorted({'torch', 'numpy', 'jinja2', 'ot'} & set(sys.modules)))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )
    code = "import sys, ctverify.report.page; print('hypothesis' in sys.modules, 'sympy' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "False False"
    )
