"""Wrong claims are never PROVED: a coefficient, an exponent or a sign changed, a hypothesis
dropped.
"""

import pytest
import sympy as sp

from ctverify.ledger import PROVED, REFUTED, UNDECIDED, claims

from . import mutate
from .proofs import BY_ID, status

R_ = sp.Symbol("r", positive=True)
B_ = sp.Symbol("b", positive=True)
X_ = sp.Symbol("x", positive=True)
D_ = sp.Symbol("t", integer=True, positive=True)
V_T = sp.Symbol("v_T", positive=True)


def without_last_term(part):
    """The relation with one term of its greater side left out."""
    return part.func(part.lhs, sp.Add(*part.rhs.args[:-1]), evaluate=False)


def halved(part):
    """The relation with half its right side."""
    return part.func(part.lhs, part.rhs / 2, evaluate=False)


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
    "trajectory: half the sum": lambda: mutate.restated(BY_ID["trajectory.sum"], halved),
    "trajectory: no d_t": lambda: mutate.restated(BY_ID["trajectory.step"], without_last_term),
    "trajectory: no start": lambda: mutate.restated(
        BY_ID["trajectory.distance"], without_last_term
    ),
    "trajectory: W_2 of the single draws' half": lambda: mutate.restated(
        BY_ID["trajectory.W2"], halved
    ),
    "trajectory: the solver's error is forgotten": lambda: mutate.restated(
        BY_ID["trajectory.telescope"],
        lambda p: sp.Eq(p.lhs, p.rhs.xreplace({sp.Symbol("X_1", real=True): 0}), evaluate=False),
    ),
    "shares: no start": lambda: mutate.restated(BY_ID["shares.identity"], without_last_term),
    "shares: Y_t from the shared noise": lambda: mutate.without(
        BY_ID["shares.model"], "Y_t independent of (X_0, Z) given X_t"
    ),
    "shares: Y_t of another law": lambda: mutate.without(
        BY_ID["shares.exact"], "Y_t ~ X_{t-1} given X_t"
    ),
    "shares: any model": lambda: mutate.without(BY_ID["shares.exact"], "f_t = g_t"),
    "few steps: the sampler is its own twin": lambda: mutate.without(
        BY_ID["few_steps.coupled"], "few_steps.twin"
    ),
    "few steps: no carry": lambda: mutate.restated(BY_ID["few_steps.carry"], without_last_term),
    "few steps: re-noised at the next noise": lambda: mutate.without(
        BY_ID["few_steps.renoised"], "X_1 and Z_k apart"
    ),
    "re-pairing: nearest row": lambda: mutate.without(
        BY_ID["repairing.bound"], "s reaches every row"
    ),
    "re-pairing: halved": lambda: mutate.restated(BY_ID["repairing.bound"], halved),
    "re-pairing: by the next noise": lambda: mutate.without(
        BY_ID["repairing.renoised"], "s has not seen Z_k"
    ),
    "re-pairing: any pairing is cheaper": lambda: mutate.without(
        BY_ID["repairing.last"], "s is cheapest"
    ),
    "resolution: rarer events": lambda: mutate.without(BY_ID["resolution.excluded"], "p > p*"),
    "resolution: alpha/2": lambda: mutate.restated(BY_ID["resolution.excluded"], halved),
    "strata: half the variance": lambda: mutate.restated(
        BY_ID["strata.neighbours"], lambda p: p.func(2 * p.lhs, p.rhs, evaluate=False)
    ),
    "to data: no noise": lambda: mutate.restated(BY_ID["data.extra"], without_last_term),
    "E|Z|: of d + 1": lambda: mutate.restated(
        BY_ID["data.norm"],
        lambda p: sp.Eq(p.lhs, p.rhs.xreplace({D_: D_ + 1}), evaluate=False),
    ),
    "few steps, Gaussian: the error before is forgotten": lambda: mutate.restated(
        BY_ID["gaussian.few_steps"], without_last_term
    ),
    "few steps, Gaussian: start at N(0, I)": lambda: mutate.restated(
        BY_ID["gaussian.few_steps.start"],
        lambda p: sp.Eq(p.lhs, p.rhs.xreplace({V_T: sp.Integer(1)}), evaluate=False),
    ),
    "few steps, Gaussian: W_2 halved": lambda: mutate.restated(
        BY_ID["gaussian.few_steps.W2"], halved
    ),
    "any eps": lambda: mutate.without(BY_ID["gaussian.necessary"], "eps < s m"),
}


LONG_MUTANTS = ("K(1): 8 is 4", "e/(e-1) is 3/2")  # 3 to 6 seconds each


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in LONG_MUTANTS else ())
        for name in MUTANTS
    ],
)
def test_wrong_claims_are_not_proved(name):
    """A coefficient, an exponent, a hypothesis dropped: carried through the proof, never PROVED."""
    assert status(MUTANTS[name]()) in (UNDECIDED, REFUTED)


@pytest.mark.parametrize("name", ["9/4 is 2", "9/4 is 3/2", "4 is 2", "(27c): (1+r)^2 is 1 + r"])
def test_wrong_schedule_claims_are_refuted(name):
    """Where a schedule (23) contradicts the statement, that schedule is named."""
    assert status(MUTANTS[name]()) == REFUTED


LONGEST = (  # 3 to 17 seconds each
    "gaussian.K.below",
    "gaussian.K.limit",
    "gaussian.step.below",
)


def some(cases):
    """Every tenth always, the others and those about LONGEST marked slow."""
    return [
        case
        if i % 10 == 0 and case[0] not in LONGEST
        else pytest.param(*case, marks=pytest.mark.slow)
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
