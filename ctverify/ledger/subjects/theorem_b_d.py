"""Theorems B and D: the certificate's sum, given what one step costs (theory, section 12).

    |f_T - Phi_T| <= |f_1 - id| + sum eps_t + sum D_t      certificate.sum, PROVED
    D_t <= what B or D say of one step                     ASSUMED, a hypothesis of the claim

B: X_0 = U + s Z', |U - c| <= R, rho_t^2 = s^2 + sigma_t^2, and with e_t an integral over one step

    sqrt(abar_1) [Lam_{t-1} e_t + M_{t-1} h_t^2 tau_t/2]

D: any target, L and M bounds of each flow map's first and second derivative; steps telescope to

    kappa [L gamma (asinh sigma_T - asinh sigma_1)/(1 - h) + (M/2) c log(abar_1/abar_T)/(1 - r)],
    c = sqrt(d (d + 2)),  gamma = (3 sqrt(3)/4) sqrt(d (d + 2) (d + 4)).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..claim import ASSUMED, Claim, Step
from ..rules import Combine, Induction, Instance
from ..sign import at, eq, le
from .certificate import RECURSION, defect, drift, total, xi
from .schedule import OURS, t
from .theorem_a import abar, kappa, s

smooth, radius = sp.Symbol("s", positive=True), sp.Symbol("R", nonnegative=True)
L, M = (sp.Symbol(name, nonnegative=True) for name in ("L", "M"))
h, r = (sp.Symbol(name, nonnegative=True) for name in ("h", "r"))
d = sp.Symbol("d", integer=True, positive=True)
defects, cost = sp.Function("defects", real=True), sp.Function("cost", real=True)
within = sp.Function("e", nonnegative=True)  # e_t


def rho(k: Any) -> Any:
    """sqrt(s^2 + sigma_k^2)."""
    return sp.sqrt(smooth**2 + s(k) ** 2)


def _step_of_B() -> Any:
    ratio, fall = rho(1) / rho(t), 1 / rho(1) ** 2 - 1 / rho(t) ** 2
    first = ratio * sp.exp(radius**2 * fall / 2)
    second = 4 * radius**3 / (9 * sp.sqrt(3)) / (rho(1) ** 2 * rho(t) ** 2)
    second *= sp.exp(radius**2 * fall) * (1 - ratio**3)
    level, wide = s(t + 1), rho(t + 1)
    tau = d * smooth**2 * level**2 / wide**2 + radius**2 * level**4 / wide**4
    move = 1 - s(t) / level
    return sp.sqrt(abar(1)) * (first * within(t + 1) + second * move**2 * tau / 2)


def asinh(x: Any) -> Any:
    """asinh x."""
    return sp.log(x + sp.sqrt(1 + x**2))


gamma = 3 * sp.sqrt(3) / 4 * sp.sqrt(d * (d + 2) * (d + 4))


def _potential(k: Any) -> Any:
    """What D's steps telescope in."""
    flow = L * gamma * asinh(s(k)) / (1 - h)
    return kappa * (flow - M / 2 * sp.sqrt(d * (d + 2)) * sp.log(abar(k)) / (1 - r))


STEP_B, STEP_D = _step_of_B(), _potential(t + 1) - _potential(t)
DEFECTS = RECURSION | {
    "defects_1": eq(defects(1), 0),
    "defects": eq(defects(t + 1), defects(t) + defect(t + 1)),
}
COST_B = {
    "B, one step": le(drift(t + 1), STEP_B),
    "cost_1": eq(cost(1), 0),
    "cost": eq(cost(t + 1), cost(t) + STEP_B),
}
COST_D = {"D, one step": le(drift(t + 1), STEP_D)}


def _summed(id: str, title: str, most: Any, one: str, facts: Any, using: Any) -> Claim:
    """sum D_t <= most, put into certificate.sum."""
    drifts = le(total(t), defects(t) + most)
    states = le(xi(t), xi(1) + defects(t) + most)
    steps = (
        Step("at 1", at(drifts, {t: 1}), Combine(using=("total_1", "defects_1", *using[:1]))),
        Step(
            "goes on",
            at(drifts, {t: t + 1}),
            Combine(((1, "@0"), (1, one)), using=("total", "defects", *using[1:])),
            (drifts,),
        ),
        Step("steps", drifts, Induction(t, "at 1", "goes on")),
        Step("certificate", le(xi(t), xi(1) + total(t)), Instance("certificate.sum")),
        Step("sum", states, Combine(((1, "certificate"), (1, "steps")))),
    )
    return Claim(id, title, (states,), OURS, {}, DEFECTS | facts, steps)


def _assumed(id: str, title: str, statement: Any, why: str) -> Claim:
    return Claim(id, title, (statement,), "theory, section 12", expects=ASSUMED, assumed=why)


CLAIMS = (
    _assumed(
        "theorem_B.step",
        "B, one step, X_0 = U + s Z', |U - c| <= R: D_t <= sqrt(abar_1) [Lam_{t-1} e_t + M_{t-1}"
        " h_t^2 tau_t/2]",
        COST_B["B, one step"],
        "Groenwall along the flow and a third central moment, which the ledger has no words for",
    ),
    _summed(
        "theorem_B",
        "B, every smoothed data set (given theorem_B.step): |f_T - Phi_T| <= |f_1 - id| + sum"
        " eps_t + sqrt(abar_1) sum [Lam_{t-1} e_t + M_{t-1} h_t^2 tau_t/2]",
        cost(t),
        "B, one step",
        COST_B,
        ("cost_1", "cost"),
    ),
    _assumed(
        "theorem_D.step",
        "D, one step, any target: D_t <= kappa [L gamma (asinh sigma_t - asinh sigma_{t-1})/(1 -"
        " h) + (M/2) sqrt(d (d + 2)) log(abar_{t-1}/abar_t)/(1 - r)]",
        COST_D["D, one step"],
        "moments of the noise given y along the flow, which the ledger has no words for",
    ),
    _summed(
        "theorem_D",
        "D, any target (given theorem_D.step): |f_T - Phi_T| <= |f_1 - id| + sum eps_t + kappa [L"
        " gamma (asinh sigma_T - asinh sigma_1)/(1 - h) + (M/2) sqrt(d (d + 2))"
        " log(abar_1/abar_T)/(1 - r)]",
        _potential(t) - _potential(1),
        "D, one step",
        COST_D,
        (),
    ),
)
