"""The ledger: every claim comes out as expected, wrong claims are never PROVED, proofs agree with
the numeric code's ways.
"""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
import sympy as sp
from click.testing import CliRunner

from ctverify.cli.main import main
from ctverify.ledger import ASSUMED, PROVED, REFUTED, UNDECIDED, claims, prove, prove_all
from ctverify.ledger.axioms import NAMES
from ctverify.ledger.rules import Argued

from . import mutate
from .proofs import BY_ID, proof

SOME = (
    "schedule.27b.best",
    "schedule.27c.best",
    "gaussian.floor",
    "gaussian.K1.digits",
    "explicit.direction",
    "control.27b",
    "calculus.thousand",
)


def test_every_claim_comes_out_as_expected(results):
    """PROVED, ASSUMED, and the negative controls REFUTED: none is left UNDECIDED."""
    wrong = {}
    for id, result in results.items():
        if not result.expected:
            unchecked = [outcome for outcome in result.outcomes if not outcome.checked]
            wrong[id] = (result.status, unchecked)
    assert not wrong
    assert not [id for id, result in results.items() if result.status == UNDECIDED]
    assert all(claim.expects != UNDECIDED for claim in claims())


def test_controls_are_refuted(results):
    """Each wrong statement has a point where it fails; a prover that cannot is broken."""
    controls = [id for id in results if id.startswith("control.")]
    assert len(controls) >= 7
    for id in controls:
        assert results[id].status == REFUTED
        assert results[id].counterexample


def test_proofs_are_auditable(results):
    """Every PROVED claim has steps that all checked, names its axioms and a source, and none is
    argued by a person.
    """
    for r in results.values():
        assert r.claim.title
        assert r.claim.source
        if r.status == PROVED:
            assert r.outcomes
            assert all(o.checked for o in r.outcomes)
            assert "argued" not in r.method
            assert set(r.axioms) <= set(NAMES)


def test_an_argued_step_is_not_a_proof():
    """A true statement that rests on a person's argument is UNDECIDED, and shown as argued."""
    right = BY_ID["schedule.27a"]
    step = dataclasses.replace(right.steps[-1], rule=Argued("m_t is at most 1"))
    argued = dataclasses.replace(right, steps=(step,))
    result = prove_all([right.id], library=[argued])[0]
    assert result.status == UNDECIDED
    assert result.method == "argued"
    assert "a person" in result.outcomes[-1].reason


def _in_a_process(script, **environment):
    """What a script prints as JSON in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SCRIPT = """
import json, sympy.external.gmpy
from ctverify.ledger import prove_all
expected = [result.expected for result in prove_all({ids!r})]
print(json.dumps([sympy.external.gmpy.GROUND_TYPES, expected]))
"""


@pytest.mark.parametrize("ground", ["python", "flint"])
@pytest.mark.parametrize(
    "ids", [SOME, pytest.param((), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_ground_types(ground, ids):
    """The same statuses under both of sympy's ground types: python-flint, which is always there,
    would change them.
    """
    used, expected = _in_a_process(SCRIPT.format(ids=ids), SYMPY_GROUND_TYPES=ground)
    assert used == ground
    assert all(expected)


def test_latex_compiles(tmp_path, results):
    """Every claim and step in a document that pdflatex takes, where there is one; without it,
    braces and environments match.
    """
    from ctverify.ledger.latex import document

    text = document(list(results.values()))
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin{enumerate}") == text.count(r"\end{enumerate}")
    assert all(id.replace("_", r"\_") in text for id in results)
    if shutil.which("pdflatex"):
        (tmp_path / "ledger.tex").write_text(text)
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "ledger.tex"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:]


def test_latex_shows_what_a_theorem_rests_on():
    """The main theorems first with the claims below them, contents, notation, axioms in words,
    links that lead somewhere, hypotheses at every index apart from definitions.
    """
    from ctverify.ledger.latex import document

    text = document([proof(id) for id in ("any.split", "any.defects", "resolution.best")])
    headline = document([proof("certificate.sum")])
    assert r"\hyperref[claim:certificate.sum]" in headline.partition(r"\tableofcontents")[0]
    assert text.index(r"\section*{Notation}") < text.index(r"\section*{Axioms}")
    assert all(rf"\label{{axiom:{re.sub('[^A-Za-z0-9.]', '-', name)}}}" in text for name in NAMES)
    for link in re.findall(r"\\hyperref\[([^]]*)\]", text):
        assert rf"\label{{{link}}}" in text
    assert "Hypotheses, at every index" in text
    assert "A definition: it only says how something is written." in text
    assert r"\mathbb{E}\left[" in text


def test_what_a_claim_rests_on():
    """What defines a function, and what is assumed at every index; a tautology is not counted."""
    entry = proof("any.split").to_dict()
    assert set(entry["everywhere"]) == {"X_t known"}
    assert {"Err_1", "Err", "eps", "V", "A", "B"} <= set(entry["definitions"])
    assert entry["witness"] and not entry["tautology"]
    assert BY_ID["resolution.best"].tautology
    assert not BY_ID["theorem_A"].tautology


def test_cli_prove(tmp_path):
    """A named claim in full, JSON by its schema, and exit codes."""
    runner = CliRunner()
    done = runner.invoke(
        main, ["prove", "schedule.27a", "theorem1.24", "--json", str(tmp_path / "l.json")]
    )
    assert done.exit_code == 0
    assert "schedule.27a" in done.output
    assert "1 PROVED, 1 ASSUMED" in done.output
    ledger = json.loads((tmp_path / "l.json").read_text())
    assert ledger["schema"] == "ctverify/ledger/2"
    assert {"id", "status", "axioms", "method", "seconds"} <= set(ledger["claims"][0])
    assert [c["status"] for c in ledger["claims"]] == [PROVED, ASSUMED]
    step = ledger["claims"][0]["steps"][-1]
    assert step["states"] == "r*m(t + 1) <= r"
    assert step["by"].startswith("inequality: gap = (r) [m <= 1]")
    assert step["given"] == []


def test_cli_fails_where_a_claim_is_not_what_is_expected(monkeypatch):
    """A claim that comes out otherwise is named with its failed steps, exit code 1."""
    mutant = mutate.replaced(BY_ID["schedule.27b.best"], sp.Rational(9, 4), 2)
    wrong = dataclasses.replace(mutant, trials=())
    library = (wrong, BY_ID["schedule.growth"], BY_ID["schedule.range"])
    monkeypatch.setattr("ctverify.ledger.claims", lambda: library)
    done = CliRunner().invoke(main, ["prove"])
    assert done.exit_code == 1
    assert "otherwise than expected: schedule.27b.best" in done.output
    assert "NO " in done.output


def test_cli_summary(monkeypatch):
    """Without claims: counts by subject and headlines; with --all every claim."""
    names = ("schedule.27a", "schedule.growth", "theorem1.24")
    library = tuple(BY_ID[name] for name in names)
    monkeypatch.setattr("ctverify.ledger.claims", lambda: library)
    short = CliRunner().invoke(main, ["prove"]).output
    whole = CliRunner().invoke(main, ["prove", "--all"]).output
    rows = [line.split() for line in short.splitlines()]
    assert ["subject", "PROVED", "ASSUMED"] in rows
    assert ["schedule", "2"] in rows and ["theorem1", "1"] in rows
    assert "theorem1.24" in short and "schedule.27a" not in short
    assert all(name in whole for name in names)


def test_cli_refuses_unknown_claims():
    """An unknown id is refused with ids that are near it, exit code 2."""
    done = CliRunner().invoke(main, ["prove", "shedule.27b"])
    assert done.exit_code == 2
    assert "schedule.27b" in done.output


def test_prove_by_id():
    """prove(id) proves one claim by its id."""
    assert prove("schedule.27b").status == PROVED
