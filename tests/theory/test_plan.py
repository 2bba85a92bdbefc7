"""Plans: the answers against the laws that they come from, and the command line."""

import json
import math
from functools import partial

import numpy as np
import pytest
from click.testing import CliRunner

from ctverify import Dataset, Gaussian, Schedule
from ctverify.certificate import explicit_bounds, explicit_laws
from ctverify.cli.main import main
from ctverify.core.arguments import InputError
from ctverify.ledger import claims
from ctverify.ledger.view import HEADLINES
from ctverify.targets import load
from ctverify.theory import explicit_plan, gaussian_law
from ctverify.theory.explicit_plan import CLAIMS_A, CLAIMS_A2, CLAIMS_B
from ctverify.theory.optimal_schedule import defects
from ctverify.theory.plan import plan
from ctverify.theory.problem import least, problem

from ..ledger.proofs import proof


def answers(*arguments, **keywords):
    """Answer by method."""
    question = problem(*arguments, Schedule.li_huang_wei, **keywords)
    return {answer.method: answer for answer in plan(question)}


def test_least():
    """The least number that is enough, also the first, and none beyond the most."""
    enough_from = (1, 2, 3, 17, 999, 1000, 1001)
    numbers = [least(lambda T, n=n: n <= T, 1000) for n in enough_from]
    assert numbers == [2, 2, 3, 17, 999, 1000, None]


def test_answers_are_least():
    """The exact law holds at its T and not one step earlier; necessary <= exact <= explicit."""
    answer_of = answers(3, 0.05, eigenvalues=(1.0, 1.0))
    T = answer_of["exact"].steps
    before = gaussian_law.start_distance(Schedule.li_huang_wei(T - 1), 1.0)
    reached = gaussian_law.start_distance(Schedule.li_huang_wei(T), 1.0)
    assert math.sqrt(3) * before > 0.05
    assert math.sqrt(3) * reached <= 0.05
    assert answer_of["necessary"].steps <= answer_of["exact"].steps <= answer_of["explicit"].steps


def test_anisotropic_targets_use_their_own_eigenvalues():
    """A Gaussian target: exact law by its directions and mean, certificate in closed form, L_f
    exact.
    """
    target = Gaussian([1.0, 0.0], [[4.0, 0.0], [0.0, 0.01]])
    answer_of = answers(2, 0.1, target=target)
    T = answer_of["exact"].steps
    schedule = Schedule.li_huang_wei(T)
    pairs = ((0.01, 0.0), (4.0, 1.0))
    distances = [gaussian_law.start_distance(schedule, lam, mu) for lam, mu in pairs]
    assert math.hypot(*distances) <= 0.1
    assert answer_of["certificate"].steps == least(
        lambda n: n >= 9 and defects(target, Schedule.li_huang_wei(n), 0).total <= 0.1,
        2**20,
    )
    assert "exact" in answer_of["Theorem 1, C_1 = 1"].hypotheses


def test_theorem_1_is_a_function_of_its_constant():
    """T/log^5 T reaches C_1 L_f^3 d^{5/2}/error; a small C_1 asks for nothing."""
    answer_of = answers(4, 0.5, lipschitz=2.0)
    T = answer_of["Theorem 1, C_1 = 1"].steps
    need = 8 * 4**2.5 / 0.5
    assert T / math.log(T) ** 5 >= need > (T - 1) / math.log(T - 1) ** 5
    assert answer_of["Theorem 1, C_1 = 1e-06"].steps == 2


def test_a_large_c1_asks_for_more_steps():
    """c1 = 20 has no schedule at T = 64 (r >= 1): the plan begins where it has."""
    steep = partial(Schedule.li_huang_wei, c1=20.0)
    answer_of = {
        answer.method: answer for answer in plan(problem(1, 0.5, steep, target=load("mild")))
    }
    assert answer_of["certificate"].steps > 64
    assert "T = 64" not in answer_of["Theorem 1, C_1 = 1"].hypotheses


def test_bad_input():
    """Bad input is one sentence that names the argument."""
    for keywords, word in (
        ({"eigenvalues": (2.0, 1.0)}, "eigenvalues"),
        ({"lipschitz": 0.5}, "lipschitz"),
        ({"target": Gaussian([0.0], [[1.0]])}, "dim"),
        ({"target": Gaussian([0.0, 0.0], np.eye(2)), "eigenvalues": (1.0, 1.0)}, "eigenvalues"),
    ):
        with pytest.raises(InputError, match=word):
            answers(2, 0.1, **keywords)
    for error in (0.0, -1.0, math.nan):
        with pytest.raises(InputError, match="error"):
            answers(2, error)


def call(*arguments):
    """Exit code and output of `ctverify ARGUMENTS`."""
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_cli_plan(monkeypatch):
    """A table with every answer, and JSON with the ledger's status of each claim, which is proved
    once for both; tests/cli/test_exit_codes.py has a plan that proves its own.
    """
    monkeypatch.setattr("ctverify.ledger.prove_all", lambda ids: [proof(id) for id in ids])
    code, out = call("plan", "--dim", 2, "--error", 0.2, "--eigenvalues", "0.5,2")
    assert code == 0
    assert all(
        word in out for word in ("necessary", "exact", "explicit", "Theorem 1, C_1 = 1", "PROVED")
    )
    code, out = call("plan", "--dim", 1, "--error", 0.3, "--target", "mild", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["schema"] == "ctverify/plan/1"
    rows = {row["method"]: row for row in data["answers"]}
    claims = ("certificate.distance", "certificate.sum", "certificate.step")
    assert rows["certificate"]["claims"] == dict.fromkeys(claims, "PROVED")
    assert rows["Theorem 1, C_1 = 1"]["claims"]["theorem1.24"] == "ASSUMED"
    assert 9 <= rows["certificate"]["steps"] <= 512


@pytest.mark.parametrize(
    "wrong, word",
    [
        (("--eigenvalues", "1"), "eigenvalues"),
        (("--eigenvalues", "2,1"), "eigenvalues"),
        (("--error", "0"), "error"),
        (("--schedule", "linear"), "schedule"),
        (("--target", "nowhere.json"), "nowhere"),
        (("--lipschitz", "0.1"), "lipschitz"),
        (("--c1", "-1"), "c1"),
    ],
)
def test_cli_plan_refuses(wrong, word):
    """Bad input is one sentence that names the argument, and exit code 2."""
    code, out = call("plan", "--dim", 2, "--error", 0.2, *wrong)
    assert code == 2
    assert word in out
    assert "Traceback" not in out


def test_theorem_a():
    """Least T: the bound, with its start, holds there and not one step earlier; A2 asks for no more
    on a Gaussian whose L is its own, and neither for less than the exact law.
    """
    answer_of = answers(3, 0.5, eigenvalues=(0.5, 4.0))
    T = answer_of["Theorem A"].steps

    def bound(steps):
        schedule = Schedule.li_huang_wei(steps)
        begin = explicit_bounds.start(schedule, 2.0, 12.0, 3)
        return begin + explicit_bounds.theorem_a(schedule, 2.0, [4.0] * 3, "m")

    assert bound(T) <= 0.5 < bound(T - 1)
    assert answer_of["exact"].steps <= answer_of["Theorem A2"].steps <= T
    assert "Theorem A2, any schedule" in answer_of["Theorem A"].hypotheses


def test_theorem_a_beyond_built_schedules(monkeypatch):
    """A larger T is by 0.6 r, and enough by the formula."""
    monkeypatch.setattr(explicit_plan, "LONGEST", 2**10)
    answer_of = answers(100, 0.01, lipschitz=4.0)
    T = answer_of["Theorem A"].steps
    assert T > 2**20
    r = 4 * math.log(T) / T
    assert 0.99 * 0.01 <= 4 * math.sqrt(0.6 * r * 100) <= 0.01
    assert "as given" in answer_of["Theorem A"].hypotheses


def test_theorem_b():
    """Smoothed points only; its T is enough, with R about a centre of the points."""
    points = Dataset([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 1.0)
    question = problem(2, 0.1, Schedule.li_huang_wei, target=points)
    T = explicit_plan.smoothed_data(question).steps
    bound = [
        explicit_laws.smoothed_data(Schedule.li_huang_wei(n), math.sqrt(0.5), 1.0, 2)
        for n in (T, T - 1)
    ]
    assert bound[0] <= 0.1 < bound[1]
    assert explicit_plan.is_smoothed(question)
    other = problem(1, 0.5, Schedule.li_huang_wei, target=load("mild"))
    assert not explicit_plan.is_smoothed(other)
    assert "estimate, no certificate" in explicit_plan.theorem_a(other).hypotheses


def test_claims_are_the_ledger_s():
    """What answers rest on, and what `prove` shows first, by the ids that the ledger has."""
    known = {claim.id for claim in claims()}
    named = {*CLAIMS_A, *CLAIMS_A2, *CLAIMS_B}
    for answer in plan(problem(1, 0.5, Schedule.li_huang_wei)):
        named |= set(answer.claims)
    assert named | set(HEADLINES) <= known
