"""Few-step samplers, and re-pairing.

Levels T = tau_1 > ... > tau_n: U_1 = Z, Y_k = f_{tau_k}(U_k), U_{k+1} = r_k Y_k + q_k Z_k, with
r_k^2 = abar_{tau_{k+1}}/abar_1 and q_k^2 = 1 - r_k^2. The exact twin has the SAME noises, the flow
in place of f and starts at X_T: every Y*_k has exactly the law of X_1, hence

    W_1(Y_n, X_1) <= E|Y_n - Y*_n|,
    W_1(Y_n, X_1) <= E|f_tau(U_n) - f_tau(U*_n)| + |f_1 - id| + sum_{t <= tau} |d_t|,  tau = tau_n.

Re-pairing: in a batch of m pairs Y*_i is replaced by Y*_s(i), s a bijection that has seen nothing
of the noises to come. At a slot drawn uniformly both sides keep their laws (axiom exchangeability).

Gaussians: with u_k = 1 - Var(Y_k)/v_1 and b_k the error of the mean, u_{k+1} = (1 - R^2) + R^2
rho^2 u_k and b_{k+1} = R rho b_k, R = prod cos d_t up to tau, rho^2 = r^2 v_1/v_tau < 1.
"""

from __future__ import annotations

import sympy as sp

from ..axioms import (
    IDENTITY,
    W1,
    Normal,
    Random,
    batch_mean,
    dependence,
    law,
    mean,
    reached,
    slot,
)
from ..claim import Claim, Step
from ..rules import Axiom, Combine, Congruence, Identity, Induction
from ..sign import at, eq, le, lt
from .schedule import OURS, t

X_0, X_1, Y, twin = (Random(name, real=True) for name in ("X_0", "X_1", "Y", "Y_twin"))
Z, Z_new = (Normal(name, real=True) for name in ("Z", "Z_k"))
abar_1, abar_tau = sp.symbols("abar_1 abar_tau", positive=True)
r = sp.sqrt(abar_tau / abar_1)
q = sp.sqrt(1 - abar_tau / abar_1)
ORDER = {"tau > 1": lt(abar_tau, abar_1), "abar_1 < 1": lt(abar_1, 1)}
pairing = sp.Symbol("s")
rows = sp.Symbol("m", integer=True, positive=True)
BIJECTION = {"s reaches every row": eq(reached(pairing), rows)}


def _renoised() -> Claim:
    """r X_1 + q Z_k has the law of X_tau."""
    X_first = sp.sqrt(abar_1) * X_0 + sp.sqrt(1 - abar_1) * Z
    X_tau = sp.sqrt(abar_tau) * X_0 + sp.sqrt(1 - abar_tau) * Z
    signal = r * sp.sqrt(abar_1)
    noise = r * sp.sqrt(1 - abar_1)
    together = sp.sqrt(noise**2 + q**2)
    drawn = {
        "X_0 and Z apart": eq(dependence(X_0, Z), 0),
        "X_1 and Z_k apart": eq(dependence(signal * X_0 + noise * Z, Z_new), 0),
    }
    states = eq(law(r * X_first + q * Z_new), law(X_tau))
    opened = law(signal * X_0 + noise * Z + q * Z_new)
    merged = law(signal * X_0 + together * Z)
    real = ("noise left", "noise added")
    steps = (
        Step("opened", eq(law(r * X_first + q * Z_new), opened), Congruence()),
        Step("noise left", le(0, noise**2), Combine(((abar_tau / abar_1, "abar_1 < 1"),))),
        Step("noise added", le(0, q**2), Combine(((1 / abar_1, "tau > 1"),))),
        Step(
            "noise together",
            le(0, noise**2 + q**2),
            Combine(((1, "tau > 1"), (1, "abar_1 < 1"))),
        ),
        Step(
            "normal",
            eq(opened, merged),
            Axiom(
                "sum of independent normals",
                (signal, X_0, noise, Z, q, Z_new),
                (*drawn, *real),
            ),
        ),
        Step("noise at tau", le(0, 1 - abar_tau), Combine(((1, "tau > 1"), (1, "abar_1 < 1")))),
        Step("signal", eq(signal, sp.sqrt(abar_tau)), Identity()),
        Step("noise", eq(noise**2 + q**2, 1 - abar_tau), Identity()),
        Step("level tau", eq(merged, law(X_tau)), Congruence()),
        Step("law", states, Combine(((1, "opened"), (1, "normal"), (1, "level tau")))),
    )
    title = "r X_1 + q Z_k has the law of X_tau: r^2 = abar_tau/abar_1, q^2 = 1 - r^2"
    return Claim(
        id="few_steps.renoised",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=ORDER | drawn,
        steps=steps,
    )


def _twin() -> Claim:
    """The law of Y*_k is that of X_1, by induction over the steps."""
    draw = Random("omega", real=True)
    exact = sp.Function("Y_twin", real=True)
    noise = sp.Function("Z", real=True)
    flow = sp.Function("Phi", real=True)
    r_k = sp.Function("r", positive=True)
    q_k = sp.Function("q", positive=True)
    now = exact(t, draw)
    fresh = noise(t, draw)
    level = r_k(t) * X_1 + q_k(t) * fresh
    own = r_k(t) * now + q_k(t) * fresh
    definitions = {
        "Y*_1": eq(law(exact(1, draw)), law(X_1)),
        "step": eq(exact(t + 1, draw), flow(t + 1, own)),
        "the flow reaches X_1": eq(law(flow(t + 1, level)), law(X_1)),
        "Z_k and Y*_k apart": eq(dependence(now, fresh), 0),
        "Z_k and X_1 apart": eq(dependence(X_1, fresh), 0),
    }
    states = eq(law(now), law(X_1))
    image = law(flow(t + 1, own))
    apart = ("Z_k and Y*_k apart", "Z_k and X_1 apart")
    steps = (
        Step("at 1", at(states, {t: 1}), Combine(((1, "Y*_1"),))),
        Step("same noise", eq(law(fresh), law(fresh)), Identity()),
        Step(
            "re-noised",
            eq(law(own), law(level)),
            Axiom(
                "sum of independent vectors",
                (r_k(t), now, X_1, q_k(t), fresh, fresh),
                ("@0", "same noise", *apart),
            ),
            (states,),
        ),
        Step(
            "flow",
            eq(image, law(flow(t + 1, level))),
            Axiom("image of a law", (flow, t + 1, own, level), ("re-noised",)),
            (states,),
        ),
        Step("named", eq(law(exact(t + 1, draw)), image), Congruence(("step",))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "named"), (1, "flow"), (1, "the flow reaches X_1"))),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = "the twin with the same noises has exactly the law of X_1 after every step"
    return Claim(
        id="few_steps.twin",
        title=title,
        statement=(states,),
        source=OURS,
        definitions=definitions,
        steps=steps,
    )


def _coupled() -> Claim:
    hypotheses = {"few_steps.twin": eq(law(twin), law(X_1))}
    states = le(W1(Y, X_1), mean(sp.Abs(Y - twin)))
    steps = (
        Step(
            "coupling",
            le(W1(Y, twin), mean(sp.Abs(Y - twin))),
            Axiom("coupling bound in L^1", (Y, twin)),
        ),
        Step(
            "its law",
            eq(W1(Y, twin), W1(Y, X_1)),
            Axiom("a distance of laws", (Y, twin, X_1), ("few_steps.twin",)),
        ),
        Step("distance", states, Combine(((1, "coupling"), (1, "its law")))),
    )
    return Claim(
        id="few_steps.coupled",
        title="W_1(Y_n, X_1) <= E|Y_n - Y*_n|, any sampler beside its exact twin",
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _carry() -> Claim:
    """f_tau(U*) as a point between: U* ~ p_tau starts an exact path of its own."""
    own = Random("f_tau_twin", real=True)
    path_end = Random("X_end", real=True)
    profile = sp.Symbol("profile", nonnegative=True)
    hypotheses = {
        "trajectory.sum below tau": le(mean(sp.Abs(own - path_end)), profile),
        "the path ends in X_1's law": eq(law(path_end), law(X_1)),
    }
    states = le(W1(Y, X_1), mean(sp.Abs(Y - own)) + profile)
    split = mean(sp.Abs((Y - own) + (own - path_end)))
    steps = (
        Step(
            "coupling",
            le(W1(Y, path_end), mean(sp.Abs(Y - path_end))),
            Axiom("coupling bound in L^1", (Y, path_end)),
        ),
        Step("split", eq(mean(sp.Abs(Y - path_end)), split), Congruence()),
        Step(
            "Minkowski",
            le(split, mean(sp.Abs(Y - own)) + mean(sp.Abs(own - path_end))),
            Axiom("Minkowski in L^1", (Y - own, own - path_end)),
        ),
        Step(
            "its law",
            eq(W1(Y, path_end), W1(Y, X_1)),
            Axiom("a distance of laws", (Y, path_end, X_1), ("the path ends in X_1's law",)),
        ),
        Step(
            "carry",
            states,
            Combine(
                (
                    (1, "coupling"),
                    (-1, "split"),
                    (1, "Minkowski"),
                    (1, "trajectory.sum below tau"),
                    (1, "its law"),
                )
            ),
        ),
    )
    title = (
        "W_1(Y_n, X_1) <= E|f_tau(U_n) - f_tau(U*_n)| + |f_1 - id| + sum_{t <= tau_n} |d_t|: carry,"
        " and the profile below tau_n"
    )
    return Claim(
        id="few_steps.carry",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _paired() -> Claim:
    at_slot = slot(Y, IDENTITY)
    exact_at_slot = slot(twin, pairing)
    hypotheses = BIJECTION | {"exact rows": eq(law(twin), law(X_1))}
    distance = mean(sp.Abs(at_slot - exact_at_slot))
    expected = mean(batch_mean(Y, twin, pairing))
    states = le(W1(Y, X_1), expected)
    steps = (
        Step(
            "model's law", eq(law(at_slot), law(Y)), Axiom("exchangeability", (Y, IDENTITY, rows))
        ),
        Step(
            "twin's law",
            eq(law(exact_at_slot), law(twin)),
            Axiom("exchangeability", (twin, pairing, rows), tuple(BIJECTION)),
        ),
        Step(
            "target's law",
            eq(law(exact_at_slot), law(X_1)),
            Combine(((1, "twin's law"), (1, "exact rows"))),
        ),
        Step(
            "coupling",
            le(W1(at_slot, exact_at_slot), distance),
            Axiom("coupling bound in L^1", (at_slot, exact_at_slot)),
        ),
        Step(
            "right",
            eq(W1(at_slot, exact_at_slot), W1(at_slot, X_1)),
            Axiom("a distance of laws", (at_slot, exact_at_slot, X_1), ("target's law",)),
        ),
        Step(
            "left",
            eq(W1(at_slot, X_1), W1(Y, X_1)),
            Axiom("a distance of laws, on the left", (at_slot, Y, X_1), ("model's law",)),
        ),
        Step("batch", eq(distance, expected), Axiom("uniform slot", (Y, twin, pairing))),
        Step(
            "bound",
            states,
            Combine(((1, "coupling"), (1, "right"), (1, "left"), (-1, "batch"))),
        ),
    )
    title = (
        "re-pairing by a bijection s of a batch: the batch mean's expectation is at least"
        " W_1(Y, X_1)"
    )
    return Claim(
        id="repairing.bound",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _last() -> Claim:
    """Of the batch's pairings the cheapest is at most the one that changes nothing."""
    paired = batch_mean(Y, twin, pairing)
    unpaired = batch_mean(Y, twin, IDENTITY)
    hypotheses = {"s is cheapest": le(paired, unpaired)}
    states = le(mean(paired), mean(sp.Abs(Y - twin)))
    steps = (
        Step(
            "monotone",
            le(mean(paired), mean(unpaired)),
            Axiom("the mean is monotone", (paired, unpaired), ("s is cheapest",)),
        ),
        Step(
            "unpaired",
            eq(mean(unpaired), mean(sp.Abs(Y - twin))),
            Axiom("unpaired batch", (Y, twin)),
        ),
        Step("last", states, Combine(((1, "monotone"), (-1, "unpaired")))),
    )
    title = "re-paired optimally at the LAST step alone it is at most the coupled distance"
    return Claim(
        id="repairing.last",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _goes_on() -> Claim:
    """A re-pairing that has not seen the next noise leaves the re-noised row as exact."""
    a, b = sp.symbols("r q", positive=True)
    at_slot = slot(twin, pairing)
    noise = slot(Z_new, IDENTITY)
    hypotheses = BIJECTION | {
        "s has not seen Z_k": eq(dependence(at_slot, noise), 0),
        "Z_k and Y*_k apart": eq(dependence(twin, Z_new), 0),
    }
    states = eq(law(a * at_slot + b * noise), law(a * twin + b * Z_new))
    steps = (
        Step(
            "row's law",
            eq(law(at_slot), law(twin)),
            Axiom("exchangeability", (twin, pairing, rows), tuple(BIJECTION)),
        ),
        Step(
            "noise's law",
            eq(law(noise), law(Z_new)),
            Axiom("exchangeability", (Z_new, IDENTITY, rows)),
        ),
        Step(
            "law",
            states,
            Axiom(
                "sum of independent vectors",
                (a, at_slot, twin, b, noise, Z_new),
                ("row's law", "noise's law", *list(hypotheses)[1:]),
            ),
        ),
    )
    title = "re-pairing by a bijection that has not seen the next noise keeps the twin exact"
    return Claim(
        id="repairing.renoised",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


CLAIMS = (_renoised(), _twin(), _coupled(), _carry(), _paired(), _last(), _goes_on())
