"""The ledger: every claim comes out as expected, wrong claims are never PROVED, proofs agree with
the numeric code's ways.
"""

import dataclasses
import json
import os
import shutil
import subprocess
import sys

import pytest
import sympy as sp
from click.testing import CliRunner

from ctverify.cli.main import main
from ctverify.ledger import ASSUMED, PROVED, REFUTED, UNDECIDED, claims, prove, prove_all
from ctverify.ledger.axioms import SCHEMAS
from ctverify.ledger.rules import Argued

from . import mutate

BY_ID = {claim.id: claim for claim in claims()}
SOME = (
    "schedule.27b.best",
    "schedule.27c.best",
    "gaussian.floor",
    "gaussian.K1.digits",
    "explicit.direction",
    "control.27b",
    "calculus.thousand",
)


def status(claim):
    """What the ledger makes of a claim put in the place of its own."""
    return prove_all([claim.id], library=[claim if c.id == claim.id else c for c in claims()])[
        0
    ].status


def test_every_claim_comes_out_as_expected(results):
    """PROVED, ASSUMED, and the negative controls REFUTED: none is left UNDECIDED."""
    wrong = {
        id: (r.status, [o for o in r.outcomes if not o.checked])
        for id, r in results.items()
        if not r.expected
    }
    assert not wrong
    assert not [id for id, r in results.items() if r.status == UNDECIDED]


def test_controls_are_refuted(results):
    """Each wrong statement has a point where it fails; a prover that cannot is broken."""
    controls = [r for id, r in results.items() if id.startswith("control.")]
    assert len(controls) >= 7
    assert all(r.status == REFUTED and r.counterexample for r in controls)


def test_proofs_are_auditable(results):
    """Every PROVED claim has steps that all checked, names its axioms and a source, and none is
    argued by a person.
    """
    for r in results.values():
        assert r.claim.title and r.claim.source
        if r.status == PROVED:
            assert r.outcomes and all(o.checked for o in r.outcomes) and "argued" not in r.method
            assert set(r.axioms) <= set(SCHEMAS)


def test_an_argued_step_is_not_a_proof():
    """A true statement that rests on a person's argument is UNDECIDED, and shown as argued."""
    right = BY_ID["schedule.27a"]
    argued = dataclasses.replace(
        right, steps=(dataclasses.replace(right.steps[-1], rule=Argued("m_t is at most 1")),)
    )
    found = prove_all([right.id], library=[argued])[0]
    assert (
        found.status == UNDECIDED
        and found.method == "argued"
        and "a person" in found.outcomes[-1].reason
    )


MUTANTS = {
    "9/4 is 2": lambda: mutate.replaced(BY_ID["schedule.27b.best"], sp.Rational(9, 4), 2),
    "9/4 is 3/2": lambda: mutate.replaced(
        BY_ID["schedule.27b.best"], sp.Rational(9, 4), sp.Rational(3, 2)
    ),
    "4 is 2": lambda: mutate.replaced(BY_ID["schedule.27b"], 4 * R_, 2 * R_, True),
    "(27c): (1+r)^2 is 1 + r": lambda: mutate.replaced(
        BY_ID["schedule.27c.best"], (1 + R_) ** 2, 1 + R_
    ),
    "(27c): 4 is 2": lambda: mutate.replaced(BY_ID["schedule.27c"], 4 * R_, 2 * R_, True),
    "attained: (1+r)^3": lambda: mutate.replaced(
        BY_ID["schedule.27b.attained"], (1 + R_) ** 2, (1 + R_) ** 3, True
    ),
    "s below: b^2": lambda: mutate.replaced(BY_ID["schedule.s.below"], B_**2 / 2, B_**2),
    "s above: no 1 - r": lambda: mutate.replaced(BY_ID["schedule.s.above"], 1 / (1 - R_), 1),
    "sharp: e^2": lambda: mutate.replaced(BY_ID["schedule.27b.sharp"], sp.exp(-1), sp.exp(-2)),
    "regime: e^2": lambda: mutate.replaced(BY_ID["schedule.regime.ends"], sp.exp(-1), sp.exp(-2)),
    "(27d): r/2 is r/4": lambda: mutate.replaced(BY_ID["schedule.27d"], 1 - R_ / 2, 1 - R_ / 4),
    "(27d): h is 2 h": lambda: mutate.replaced(
        BY_ID["schedule.27d.floor"], sp.log(1 - R_), 2 * sp.log(1 - R_)
    ),
    "c2 -> 2 (c1 - c0)": lambda: mutate.restated(
        BY_ID["schedule.27d.limit"], lambda p: sp.Eq(p.lhs, 2 * p.rhs, evaluate=False)
    ),
    "e/(e-1) is 3/2": lambda: mutate.restated(
        BY_ID["schedule.27b.limit"], lambda p: sp.Eq(p.lhs, sp.Rational(3, 2), evaluate=False)
    ),
    "c2 >= 1000 earlier": lambda: mutate.replaced(BY_ID["schedule.c2_1000.least"], 13747, 13746),
    "c2 >= 1000 later": lambda: mutate.replaced(BY_ID["calculus.thousand"], 13746, 13747),
    "excess: 8 is 16": lambda: mutate.restated(
        BY_ID["gaussian.excess"], lambda p: p.func(p.lhs, p.rhs / 2, evaluate=False)
    ),
    "excess: 0.3 is 0.2": lambda: mutate.replaced(
        BY_ID["calculus.excess"], sp.Rational(3, 10), sp.Rational(1, 5)
    ),
    "cos: x^2": lambda: mutate.replaced(BY_ID["calculus.cos.below"], X_**2, 2 * X_**2),
    "1 - cos: x^2/3": lambda: mutate.replaced(BY_ID["calculus.cos.above"], X_**2 / 2, X_**2 / 3),
    "log: x^2": lambda: mutate.replaced(BY_ID["calculus.h.2"], X_**2 / 2, X_**2),
    "floor limit: Delta^2/4": lambda: mutate.restated(
        BY_ID["gaussian.floor.limit"], lambda p: sp.Eq(p.lhs, p.rhs / 2, evaluate=False)
    ),
    "K(1): 8 is 4": lambda: mutate.restated(
        BY_ID["gaussian.K1"], lambda p: sp.Eq(p.lhs, 2 * p.rhs, evaluate=False)
    ),
    "Cov: c_t": lambda: mutate.restated(
        BY_ID["identity.covariance"], lambda p: sp.Eq(p.lhs, sp.sqrt(p.rhs), evaluate=False)
    ),
    "certificate: sum halved": lambda: mutate.restated(
        BY_ID["certificate.sum"], lambda p: p.func(p.lhs, p.rhs / 2, evaluate=False)
    ),
    "certificate: no D_t": lambda: mutate.restated(
        BY_ID["certificate.step"], lambda p: p.func(p.lhs, sp.Add(*p.rhs.args[:-1]), evaluate=False)
    ),
    "necessary: 2 is 1": lambda: mutate.restated(
        BY_ID["gaussian.necessary"], lambda p: p.func(p.lhs, p.rhs / 2, evaluate=False)
    ),
    "explicit: 2 Lam is Lam": lambda: mutate.restated(
        BY_ID["explicit.theorem"], lambda p: p.func(p.lhs, p.rhs / 2, evaluate=False)
    ),
    "powers: log^4": lambda: mutate.replaced(
        BY_ID["theorem1.exponents"],
        sp.Symbol("log_T", positive=True) ** 3,
        sp.Symbol("log_T", positive=True) ** 2,
    ),
    "no r <= 1/2": lambda: mutate.without(BY_ID["schedule.27b.best"], "r <= 1/2"),
    "no bound on r": lambda: mutate.without(BY_ID["schedule.regime.ends"], "r <= 1 - 2/e"),
    "no pi/2": lambda: mutate.without(BY_ID["calculus.cos.below"], "x < pi/2"),
    "no b < 1": lambda: mutate.without(BY_ID["schedule.range"], "b < 1"),
    "no A <= 1/2": lambda: mutate.without(BY_ID["explicit.start"], "A <= 1/2"),
    "every beta": lambda: mutate.without(BY_ID["schedule.27b.chain"], "beta <= 1/2"),
    "any eps": lambda: mutate.without(BY_ID["gaussian.necessary"], "eps < s m"),
}
R_, B_, X_ = (
    sp.Symbol("r", positive=True),
    sp.Symbol("b", positive=True),
    sp.Symbol("x", positive=True),
)


@pytest.mark.parametrize("name", MUTANTS)
def test_wrong_claims_are_not_proved(name):
    """A coefficient, an exponent, a hypothesis dropped: carried through the proof, never PROVED."""
    assert status(MUTANTS[name]()) in (UNDECIDED, REFUTED)


@pytest.mark.parametrize("name", ["9/4 is 2", "9/4 is 3/2", "4 is 2", "(27c): (1+r)^2 is 1 + r"])
def test_wrong_schedule_claims_are_refuted(name):
    """Where a schedule (23) contradicts the statement, that schedule is named."""
    assert status(MUTANTS[name]()) == REFUTED


LONG = ("gaussian.K.below", "b <= 1/2")  # 17 seconds


def some(cases):
    """Every fifth always, the others marked slow, and so is LONG."""
    return [
        case if i % 5 == 0 and case != LONG else pytest.param(*case, marks=pytest.mark.slow)
        for i, case in enumerate(cases)
    ]


@pytest.mark.parametrize(("id",), some([(c.id,) for c in claims() if c.expects == PROVED]))
def test_reversed_claims_are_not_proved(id):
    """Every inequality the other way round, every equation off by one."""
    turned = mutate.reversed_(BY_ID[id])
    assert status(turned) != PROVED


DEFINED = {  # what only keeps a logarithm or a quotient of the statement defined
    (id, name)
    for id in ("schedule.log", "schedule.odds", "schedule.odds.log")
    for name in ("r <= 1/2", "b < 1")
} | {("schedule.s.above", "b < 1")}
NEEDED = [
    (c.id, name)
    for c in claims()
    if c.expects == PROVED
    for name in c.hypotheses
    if (c.id, name) not in DEFINED
]


@pytest.mark.parametrize("id, hypothesis", some(NEEDED))
def test_every_hypothesis_is_needed(id, hypothesis):
    """The proof fails without it, so that no claim is narrower than what was proved."""
    assert status(mutate.without(BY_ID[id], hypothesis)) != PROVED


def _in_a_process(script, **environment):
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
results = prove_all({ids!r}, rigorous={rigorous})
print(json.dumps([sympy.external.gmpy.GROUND_TYPES, [r.expected for r in results]]))
"""


@pytest.mark.parametrize("ground", ["python", "flint"])
@pytest.mark.parametrize("rigorous", [False, True])
@pytest.mark.parametrize(
    "ids", [SOME, pytest.param((), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_both_arithmetics_and_ground_types(ground, rigorous, ids):
    """The same statuses with mpmath and arb, and under both of sympy's ground types."""
    found, expected = _in_a_process(
        SCRIPT.format(ids=ids, rigorous=rigorous), SYMPY_GROUND_TYPES=ground
    )
    assert found == ground and all(expected)


def test_latex_compiles(tmp_path, results):
    """Every claim and step in a document that pdflatex takes, where there is one; without it,
    braces and environments match.
    """
    from ctverify.ledger.latex import document

    text = document(list(results.values()))
    assert text.count("{") == text.count("}") and text.count(r"\begin{enumerate}") == text.count(
        r"\end{enumerate}"
    )
    assert all(id.replace("_", r"\_") in text for id in results)
    if shutil.which("pdflatex"):
        (tmp_path / "ledger.tex").write_text(text)
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "ledger.tex"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:]


def test_cli_prove(tmp_path):
    """A named claim in full, JSON by its schema, and exit codes."""
    runner = CliRunner()
    done = runner.invoke(
        main, ["prove", "schedule.27a", "theorem1.24", "--json", str(tmp_path / "l.json")]
    )
    assert (
        done.exit_code == 0
        and "schedule.27a" in done.output
        and "1 PROVED, 1 ASSUMED" in done.output
    )
    ledger = json.loads((tmp_path / "l.json").read_text())
    assert ledger["schema"] == "ctverify/ledger/1"
    assert {"id", "status", "axioms", "method", "seconds"} <= set(ledger["claims"][0])
    assert [c["status"] for c in ledger["claims"]] == [PROVED, ASSUMED]
    step = ledger["claims"][0]["steps"][-1]
    assert (
        step["states"] == "r*m(t + 1) <= r"
        and step["by"].startswith("inequality: gap = (r) [m <= 1]")
        and step["given"] == []
    )


def test_cli_fails_where_a_claim_is_not_what_is_expected(monkeypatch):
    """Exit code 1, the claim named, its failed steps shown."""
    wrong = dataclasses.replace(MUTANTS["9/4 is 2"](), trials=())
    monkeypatch.setattr(
        "ctverify.ledger.claims", lambda: (wrong, BY_ID["schedule.growth"], BY_ID["schedule.range"])
    )
    done = CliRunner().invoke(main, ["prove"])
    assert (
        done.exit_code == 1
        and "otherwise than expected: schedule.27b.best" in done.output
        and "NO " in done.output
    )


def test_cli_refuses_unknown_claims():
    """One sentence with near ids, exit code 2."""
    done = CliRunner().invoke(main, ["prove", "shedule.27b"])
    assert done.exit_code == 2 and "schedule.27b" in done.output


def test_prove_by_id():
    """The public function."""
    assert prove("schedule.27b").status == PROVED
