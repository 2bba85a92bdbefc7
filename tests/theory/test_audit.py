"""Audits of schedules: the lemma's lines, the excess over the floor, files and bad input."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from ctverify import Schedule
from ctverify.cli.main import main
from ctverify.model.schedule_file import read_schedule
from ctverify.theory.audit import audit


@pytest.mark.parametrize(
    "T, c0, c1", [(27, 2.0, 4.0), (256, 2.0, 4.0), (4096, 0.3, 9.0), (100, 5.0, 3.0)]
)
def test_schedule_23_meets_its_lemma(T, c0, c1):
    """Every proved line holds for r <= 1/2; only c2 >= 1000 does not."""
    result = audit(Schedule.li_huang_wei(T, c0, c1))
    assert result.r == pytest.approx(c1 * math.log(T) / T)
    violated = [line.law for line in result.lines if line.status != "holds"]
    assert violated == ["(27d) c2 >= 1000"]
    assert sum("proved" in line.law for line in result.lines) == 3


def test_other_schedules_are_measured_by_their_largest_beta():
    """Cosine breaks (27b) at t = 2, and no proof is claimed for it."""
    schedule = Schedule.cosine(64)
    result = audit(schedule)
    lines = {line.law[:5]: line for line in result.lines}
    assert lines["(27b)"].status == "violated"
    assert lines["(27b)"].t == 2
    assert not lines["(27a)"].claim
    assert not lines["(27b)"].claim
    before = schedule.one_minus_alpha_bar[1:-1]
    assert lines["(27b)"].observed == pytest.approx(max(schedule.beta[2:] / before))


def test_cosine_is_optimal_at_one():
    """Excess ratio 1 at eigenvalue 1, above elsewhere; never below for any schedule."""
    cosine = audit(Schedule.cosine(64))
    ratios = {excess.eigenvalue: excess.ratio for excess in cosine.excess}
    assert ratios[1.0] == pytest.approx(1, abs=1e-9)
    assert min(ratios.values()) >= 1 - 1e-9
    assert all(excess.ratio >= 1 for excess in audit(Schedule.karras(64)).excess)


def test_schedules_from_files(tmp_path):
    """A schedule is read from a list of alpha_bar, and from an object that has one."""
    values = np.linspace(0.99, 0.01, 16).tolist()
    for content in (values, {"alpha_bar": values, "sigma": None}):
        path = tmp_path / "s.json"
        path.write_text(json.dumps(content))
        assert read_schedule(str(path), None, None, None).T == 16


def call(*arguments):
    """Exit code and output of `ctverify schedule audit ARGUMENTS`."""
    words = ["schedule", "audit", *map(str, arguments)]
    done = CliRunner().invoke(main, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_cli():
    """The command prints a table of every line of the lemma, or JSON by its schema."""
    code, out = call("li_huang_wei", "--steps", 64)
    assert code == 0
    assert all(word in out for word in ("(27a)", "(27d)", "schedule.27b.best", "floor"))
    code, out = call("karras", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["schema"] == "ctverify/audit/1"
    assert data["T"] == 64
    assert len(data["excess"]) == 5


@pytest.mark.parametrize(
    "arguments, word",
    [
        (("nosuch",), "schedule"),
        (("nosuch.json",), "nosuch.json"),
        (("cosine", "--steps", 1), "steps"),
        (("cosine", "--c1", 3), "c1"),
        (("li_huang_wei", "--steps", 5), "r ="),
    ],
)
def test_cli_refuses(arguments, word):
    """Bad input is one sentence that names the argument, and exit code 2."""
    code, out = call(*arguments)
    assert code == 2
    assert word in out
    assert "Traceback" not in out


@pytest.mark.parametrize("content", ["{", "[0.5]", '{"beta": [0.1]}', "[0.1, 0.9]", '"x"'])
def test_cli_refuses_files(tmp_path, content):
    """A file that holds no schedule is refused with exit code 2 and without a traceback."""
    (tmp_path / "s.json").write_text(content)
    code, out = call(tmp_path / "s.json")
    assert code == 2
    assert "Traceback" not in out
