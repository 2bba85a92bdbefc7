"""Theorem A: W_2 for EVERY target with a second moment, every schedule, every model whose
f_1..f_{T-1} are L-Lipschitz (theory, section 12).

    W_2(f_T(X_T), X_1) <= Err_T + L sqrt(kappa (abar_1 - abar_T) S),   S = sum_i max(1, lam_i),
    kappa >= (sigma_t - sigma_{t-1})/(sigma_t + sigma_{t-1}) for t >= 2,

lam_i the eigenvalues of Cov X_0. Beside any_target, step by step:

    |f - E_k f| <= |f(X) - f(E_k X)| <= L |X - E_k X|              the best guess is E_k f
    X_{t-1} - E_t X_{t-1} = c_t (X_0 - E_t X_0)                    shared noise
    |u - E_t u|^2 <= lam sigma^2/(lam + sigma^2)                  the best linear guess, direction u
    c_t^2 lam s^2/(lam + s^2) <= max(1, lam) (s - s')/(s + s') (abar_{t-1} - abar_t)

with s = sigma_t, s' = sigma_{t-1}; the last telescopes.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..axioms import W2, E_from, dot, mean, norm
from ..claim import Claim, Step, Witness
from ..rules import (
    Axiom,
    Combine,
    Congruence,
    Definition,
    Extremum,
    Identity,
    Increasing,
    Induction,
    Instance,
)
from ..sign import at, eq, le
from .any_target import MODEL, SUMS, Err, F, V, X, chain, draw, f, k, residual, value
from .schedule import OURS, t

i, d = (sp.Symbol(name, integer=True, positive=True) for name in ("i", "d"))
L, kappa = sp.Symbol("L", positive=True), sp.Symbol("kappa", nonnegative=True)
sigma, before = sp.symbols("sigma sigma_before", positive=True)
eigenvalue = sp.Symbol("lam", nonnegative=True)
s, lam = sp.Function("sigma", positive=True), sp.Function("lam", nonnegative=True)
S, D = sp.Function("S", positive=True), sp.Function("mmse", nonnegative=True)
i_real = sp.Symbol("i", real=True)
start, noise = sp.Function("X_0", real=True), sp.Function("Z", real=True)
coordinate, own_noise = sp.Function("u", real=True), sp.Function("z", real=True)


DRAWN = tuple(map(sp.Integer, (-4, -3, -2, -1, 1, 2, 3, 4)))
size = sp.Abs(value) - sp.Rational(5, 2)
data, seen_noise, hidden = value / sp.Abs(value), size / sp.Abs(size), 2 * sp.Abs(size) - 2
level = s(2)
lost = 1 / sp.sqrt(1 + level**2)  # what X_2 does not tell of X_0, in units of sigma_2


def signs(levels: Any) -> Witness:
    """X_0 and Z two signs in d = 1, sigma_t by the levels; what X_2, X_3, .. tell is both; that
    X_1 is another than X_2 tells is a third sign; f_t(x) = x/t.
    """
    known_noise = data * (level + hidden) * lost
    return Witness(
        {
            draw: DRAWN,
            s: levels,
            chain: ((k, value), (data + s(k) * seen_noise) / sp.sqrt(1 + s(k) ** 2)),
            f: ((k, value), value / k),
            start: ((k, value), data),
            noise: ((k, value), seen_noise),
            coordinate: ((i_real, k, value), data),
            own_noise: ((i_real, k, value), seen_noise),
            lam: 1,
            L: 1,
            kappa: 1,
            d: 1,
        },
        points=8,
        known=(
            tuple((w,) for w in range(8)),
            ((0, 1), (2, 3), (4, 5), (6, 7)),
        ),
        first={
            (chain, 0, 1): (
                (k, value),
                (data + s(1) * seen_noise + (level - s(1)) * lost * hidden)
                / sp.sqrt(1 + s(1) ** 2),
            ),
            (start, 0, 2): ((k, value), data + level * lost * hidden),
            (noise, 0, 2): ((k, value), seen_noise - lost * hidden),
            (coordinate, 1, 2): ((i_real, k, value), data / lost - level * known_noise),
            (own_noise, 1, 2): ((i_real, k, value), known_noise),
        },
    )


def abar(k: Any) -> Any:
    """alpha_bar_k."""
    return 1 / (1 + s(k) ** 2)


def shrunk(k: Any) -> Any:
    """sqrt(alpha_bar_k)."""
    return 1 / sp.sqrt(1 + s(k) ** 2)


X0 = start(t + 1, draw)  # drawn like X_0 given X_{t+1}
Z0 = noise(t + 1, draw)
guess = E_from(X(t), t + 1)
u, z = coordinate(i, t + 1, draw), own_noise(i, t + 1, draw)
seen = u + s(t + 1) * z
factor = shrunk(t) * (1 - s(t) / s(t + 1))  # c_{t+1}
WORLD = signs(((k,), k))  # sigma_t = t
SHARED = {  # X_t and X_{t+1} from one X_0 and one Z
    "X_t": eq(X(t), shrunk(t) * (X0 + s(t) * Z0)),
    "X_{t+1}": eq(X(t + 1), shrunk(t + 1) * (X0 + s(t + 1) * Z0)),
}
DIRECTION = {  # u = <X_0 - E X_0, e_i>, z = <Z, e_i>, e_i an eigenvector of Cov X_0
    "|u|^2": eq(norm(u) ** 2, lam(i)),
    "|z|^2": eq(norm(z) ** 2, 1),
    "u and z": eq(mean(dot(u, z)), 0),
    "u + sigma z known": eq(E_from(seen, t + 1), seen),
}
LEVELS = {
    "sigma rises": le(s(t), s(t + 1)),
    "kappa": le(s(t + 1) - s(t), kappa * (s(t + 1) + s(t))),
}
DIMENSION = {
    "mmse_1": eq(D(t + 1, 1), at(norm(u - E_from(u, t + 1)) ** 2, {i: 1})),
    "mmse": eq(D(t + 1, i + 1), D(t + 1, i) + at(norm(u - E_from(u, t + 1)) ** 2, {i: i + 1})),
    "S_1": eq(S(1), sp.Max(1, lam(1))),
    "S": eq(S(i + 1), S(i) + sp.Max(1, lam(i + 1))),
}
LIPSCHITZ = {"L": le(norm(F(t) - f(t, guess)), L * norm(X(t) - guess))}
IN_R_D = {"d directions": eq(norm(X0 - E_from(X0, t + 1)) ** 2, D(t + 1, d))}
M = sp.Symbol("M", positive=True)
c_squared = (1 - before / sigma) ** 2 / (1 + before**2)
drop = 1 / (1 + before**2) - 1 / (1 + sigma**2)


def _scalar() -> Claim:
    """c^2 lam s^2/(lam + s^2) <= M (s - s')/(s + s') (abar' - abar)."""
    states = le(
        c_squared * eigenvalue * sigma**2 / (eigenvalue + sigma**2),
        M * (sigma - before) / (sigma + before) * drop,
    )
    scale = (sigma - before) ** 2 / ((1 + before**2) * (1 + sigma**2) * (eigenvalue + sigma**2))
    steps = (
        Step(
            "order",
            states,
            Combine(
                ((scale * eigenvalue, "M >= 1"), (scale * sigma**2, "M >= lam")),
            ),
        ),
    )
    title = "c_t^2 lam s^2/(lam + s^2) <= M (s - s')/(s + s') (abar_{t-1} - abar_t), M >= 1, lam"
    within = {"M >= 1": le(1, M), "M >= lam": le(eigenvalue, M)}
    return Claim("theorem_A.scalar", title, (states,), OURS, within, steps=steps)


def lipschitz(
    id: str, f: Any, facts: dict[str, Any], L: Any = L, witness: Witness = WORLD
) -> Claim:
    """The variance of a Lipschitz image, of the model or the population model."""
    Fg = f(t, guess)
    y, g = f(t, X(t)) - Fg, E_from(f(t, X(t)), t + 1)
    residual = f(t, X(t)) - g
    states = le(norm(residual) ** 2, L**2 * norm(X(t) - guess) ** 2)
    steps = (
        Step(
            "guess known",
            eq(E_from(guess, t + 1), guess),
            Axiom("an expectation is known", (X(t), t + 1)),
        ),
        Step(
            "f(guess) known",
            eq(E_from(Fg, t + 1), Fg),
            Axiom("a function of what is known", (f, t, guess, t + 1)),
        ),
        Step(
            "linear",
            eq(E_from(y, t + 1), g - E_from(Fg, t + 1)),
            Axiom("linearity of E_k", (t + 1, (1, f(t, X(t))), (-1, Fg))),
        ),
        Step(
            "Pythagoras",
            eq(norm(y) ** 2, norm(y - E_from(y, t + 1)) ** 2 + norm(E_from(y, t + 1)) ** 2),
            Axiom("Pythagoras for E_k", (y, t + 1)),
        ),
        Step(
            "part",
            eq(norm(y - E_from(y, t + 1)), norm(residual)),
            Congruence(("linear", "f(guess) known")),
        ),
        Step(
            "best guess",
            states,
            Combine(
                (
                    (1, "Pythagoras"),
                    (norm(y) + L * norm(X(t) - guess), "L"),
                    (norm(E_from(y, t + 1)) ** 2,),
                ),
                using=("part",),
            ),
        ),
    )
    title = "E tr Cov(f_{t-1}(X_{t-1})|X_t) <= L^2 E tr Cov(X_{t-1}|X_t): no guess beats the mean"
    return Claim(id, title, (states,), OURS, {}, facts, steps, witness=witness)


def _shared() -> Claim:
    states = eq(norm(X(t) - guess) ** 2, factor**2 * norm(X0 - E_from(X0, t + 1)) ** 2)
    ratio = shrunk(t) * s(t) / (shrunk(t + 1) * s(t + 1))
    inside = ratio * X(t + 1) + factor * X0
    steps = (
        Step("from X_{t+1}", eq(X(t), inside), Identity(("X_t", "X_{t+1}"))),
        Step(
            "X_{t+1} known",
            eq(E_from(X(t + 1), t + 1), X(t + 1)),
            Definition("X_t known", {t: t + 1}),
        ),
        Step(
            "linear",
            eq(E_from(inside, t + 1), ratio * E_from(X(t + 1), t + 1) + factor * E_from(X0, t + 1)),
            Axiom("linearity of E_k", (t + 1, (ratio, X(t + 1)), (factor, X0))),
        ),
        Step("rewritten", eq(guess, E_from(inside, t + 1)), Congruence(("from X_{t+1}",))),
        Step(
            "difference",
            eq(X(t) - guess, factor * (X0 - E_from(X0, t + 1))),
            Identity(("rewritten", "linear", "X_{t+1} known", "from X_{t+1}")),
        ),
        Step(
            "norm",
            eq(norm(X(t) - guess), norm(factor * (X0 - E_from(X0, t + 1)))),
            Congruence(("difference",)),
        ),
        Step(
            "scaled",
            eq(norm(factor * (X0 - E_from(X0, t + 1))) ** 2, states.rhs),
            Axiom("square of a sum's norm", (factor, X0 - E_from(X0, t + 1), 0, draw)),
        ),
        Step("states", states, Identity(("norm", "scaled"))),
    )
    title = "E tr Cov(X_{t-1}|X_t) = c_t^2 mmse_t, c_t = sqrt(abar_{t-1})(1 - sigma_{t-1}/sigma_t)"
    return Claim(
        "theorem_A.shared", title, (states,), OURS, {}, KNOWN_X | SHARED, steps, witness=WORLD
    )


KNOWN_X = {"X_t known": MODEL["X_t known"]}


def _linear() -> Claim:
    """The best linear guess of one direction."""
    b = lam(i) / (lam(i) + s(t + 1) ** 2)
    y = u - b * seen
    states = le(norm(u - E_from(u, t + 1)) ** 2, lam(i) * s(t + 1) ** 2 / (lam(i) + s(t + 1) ** 2))
    steps = (
        Step(
            "linear",
            eq(E_from(y, t + 1), E_from(u, t + 1) - b * E_from(seen, t + 1)),
            Axiom("linearity of E_k", (t + 1, (1, u), (-b, seen))),
        ),
        Step(
            "Pythagoras",
            eq(norm(y) ** 2, norm(y - E_from(y, t + 1)) ** 2 + norm(E_from(y, t + 1)) ** 2),
            Axiom("Pythagoras for E_k", (y, t + 1)),
        ),
        Step(
            "part",
            eq(norm(y - E_from(y, t + 1)), norm(u - E_from(u, t + 1))),
            Congruence(("linear", "u + sigma z known")),
        ),
        Step(
            "its norm",
            eq(
                norm((1 - b) * u + (-b * s(t + 1)) * z) ** 2,
                (1 - b) ** 2 * norm(u) ** 2
                - 2 * (1 - b) * b * s(t + 1) * mean(dot(u, z))
                + b**2 * s(t + 1) ** 2 * norm(z) ** 2,
            ),
            Axiom("square of a sum's norm", (1 - b, u, -b * s(t + 1), z)),
        ),
        Step("apart", eq(norm(y), norm((1 - b) * u + (-b * s(t + 1)) * z)), Congruence()),
        Step(
            "value",
            eq(norm(y) ** 2, states.rhs),
            Identity(("apart", "its norm", "|u|^2", "|z|^2", "u and z")),
        ),
        Step(
            "best linear guess",
            states,
            Combine(
                ((1, "Pythagoras"), (-1, "value"), (norm(E_from(y, t + 1)) ** 2,)), using=("part",)
            ),
        ),
    )
    title = (
        "E Var(u|X_t) <= lam sigma^2/(lam + sigma^2): no guess beats the mean; this is a linear"
        " one's"
    )
    return Claim("theorem_A.linear", title, (states,), OURS, {}, DIRECTION, steps, witness=WORLD)


def _step_i(k: Any, label: str) -> tuple[Step, ...]:
    """One direction's share of a step."""
    top = sp.Max(1, lam(k))
    part = at(norm(u - E_from(u, t + 1)) ** 2, {i: k})
    bound = lam(k) * s(t + 1) ** 2 / (lam(k) + s(t + 1) ** 2)
    ratio = (s(t + 1) - s(t)) / (s(t + 1) + s(t))
    values = {M: top, eigenvalue: lam(k), sigma: s(t + 1), before: s(t)}
    return (
        Step(f"linear, {label}", le(part, bound), Instance("theorem_A.linear", {i: k})),
        Step(f"1 <= top, {label}", le(1, top), Extremum()),
        Step(f"lam <= top, {label}", le(lam(k), top), Extremum()),
        Step(
            f"scalar, {label}",
            le(factor**2 * bound, top * ratio * (abar(t) - abar(t + 1))),
            Instance("theorem_A.scalar", values),
        ),
        Step(
            label,
            le(factor**2 * part, kappa * (abar(t) - abar(t + 1)) * top),
            Combine(
                (
                    (factor**2, f"linear, {label}"),
                    (1, f"scalar, {label}"),
                    (top, "abar falls", "ratio <= kappa"),
                )
            ),
        ),
    )


def _directions() -> Claim:
    ratio = (s(t + 1) - s(t)) / (s(t + 1) + s(t))
    states = le(factor**2 * D(t + 1, i), kappa * (abar(t) - abar(t + 1)) * S(i))
    steps = (
        Step(
            "abar falls",
            le(abar(t + 1), abar(t)),
            Combine((((s(t + 1) + s(t)) * abar(t) * abar(t + 1), "sigma rises"),)),
        ),
        Step("ratio <= kappa", le(ratio, kappa), Combine(((1 / (s(t + 1) + s(t)), "kappa"),))),
        *_step_i(sp.Integer(1), "first"),
        *_step_i(i + 1, "next"),
        Step("at 1", at(states, {i: 1}), Combine(((1, "first"),), using=("mmse_1", "S_1"))),
        Step(
            "goes on",
            at(states, {i: i + 1}),
            Combine(((1, "@0"), (1, "next")), using=("mmse", "S")),
            (states,),
        ),
        Step("every dimension", states, Induction(i, "at 1", "goes on")),
    )
    title = (
        "c_t^2 mmse_t <= kappa (abar_{t-1} - abar_t) sum_i max(1, lam_i), mmse_t summed over"
        " directions"
    )
    return Claim(
        "theorem_A.directions",
        title,
        (states,),
        OURS,
        {},
        DIRECTION | DIMENSION | LEVELS,
        steps,
        witness=WORLD,
    )


EVERYTHING = SUMS | SHARED | DIRECTION | DIMENSION | LEVELS | LIPSCHITZ | IN_R_D


def step(id: str, lemma: str, f: Any, facts: dict[str, Any], witness: Witness = WORLD) -> Claim:
    """What one step loses, f the model or the population model."""
    residual = f(t, X(t)) - E_from(f(t, X(t)), t + 1)
    states = le(norm(residual) ** 2, L**2 * kappa * (abar(t) - abar(t + 1)) * S(d))
    steps = (
        Step("Lipschitz", le(norm(residual) ** 2, L**2 * norm(X(t) - guess) ** 2), Instance(lemma)),
        Step(
            "shared noise",
            eq(norm(X(t) - guess) ** 2, factor**2 * norm(X0 - E_from(X0, t + 1)) ** 2),
            Instance("theorem_A.shared"),
        ),
        Step(
            "directions",
            le(factor**2 * D(t + 1, d), kappa * (abar(t) - abar(t + 1)) * S(d)),
            Instance("theorem_A.directions", {i: d}),
        ),
        Step(
            "step",
            states,
            Combine(
                (
                    (1, "Lipschitz"),
                    (-(L**2), "shared noise"),
                    (-(L**2) * factor**2, "d directions"),
                    (L**2, "directions"),
                ),
            ),
        ),
    )
    title = "E tr Cov(f_{t-1}(X_{t-1})|X_t) <= L^2 kappa (abar_{t-1} - abar_t) S"
    return Claim(id, title, (states,), OURS, {}, facts, steps, fixed=(d,), witness=witness)


SPACE = SHARED | DIRECTION | DIMENSION | LEVELS | IN_R_D | KNOWN_X
EVERYTHING = SUMS | SPACE | LIPSCHITZ


def _theorem() -> Claim:
    bound = L**2 * kappa * (abar(1) - abar(t)) * S(d)
    sums = le(V(t), bound)
    states = le(W2(F(t), X(1)), Err(t) + L * sp.sqrt(kappa * (abar(1) - abar(t)) * S(d)))
    steps = (
        Step(
            "step",
            le(norm(residual) ** 2, L**2 * kappa * (abar(t) - abar(t + 1)) * S(d)),
            Instance("theorem_A.step"),
        ),
        Step("at 1", at(sums, {t: 1}), Combine(using=("V_1",))),
        Step(
            "goes on",
            at(sums, {t: t + 1}),
            Combine(((1, "@0"), (1, "step")), using=("V",)),
            (sums,),
        ),
        Step("V below", sums, Induction(t, "at 1", "goes on")),
        Step("root", le(sp.sqrt(V(t)), states.rhs - Err(t)), Increasing(sp.sqrt, "V below")),
        Step(
            "distance",
            le(W2(F(t), X(1)), Err(t) + sp.sqrt(V(t))),
            Instance("any.distance", part=1),
        ),
        Step("Theorem A", states, Combine(((1, "distance"), (1, "root")))),
    )
    title = (
        "THEOREM A, every target, every schedule: W_2(f_T(X_T), X_1) <= Err_T + L sqrt(kappa"
        " (abar_1 - abar_T) S), S = sum_i max(1, lam_i), kappa >= (sigma_t -"
        " sigma_{t-1})/(sigma_t + sigma_{t-1})"
    )
    return Claim(
        "theorem_A", title, (states,), OURS, {}, EVERYTHING, steps, fixed=(d,), witness=WORLD
    )


CLAIMS = (
    _scalar(),
    lipschitz("theorem_A.lipschitz", f, LIPSCHITZ),
    _shared(),
    _linear(),
    _directions(),
    step("theorem_A.step", "theorem_A.lipschitz", f, SPACE | LIPSCHITZ),
    _theorem(),
)
