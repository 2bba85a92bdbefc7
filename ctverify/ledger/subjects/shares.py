"""The exact shares of the coupled distance, and what the mean of a model's share is.

xi = f_T(Z) - X_1, u = xi/|xi| (0 where xi = 0), both functions of (X_0, Z); Y_t ONE draw of X_{t-1}
given X_t, independent of (X_0, Z) given X_t. At each draw

    |xi| = <f_T(Z) - f_T(X_T), u>                           start
         + sum_t <f_t(X_t) - f_{t-1}(Y_t), u> + c_t         model
         + sum_t <f_{t-1}(Y_t) - f_{t-1}(X_{t-1}), u> - c_t schedule
         + <f_1(X_1) - X_1, u>                              initial

for any numbers c_t (the control variate); and as Y_t is drawn apart, a model term's mean is E<f_t -
g_t, u>, g_t = E[f_{t-1}(X_{t-1}) | X_t]: at most eps_t, and 0 where f_t = g_t.
"""

from __future__ import annotations

import sympy as sp

from ..axioms import E, E_path, Path, Random, direction, dot, mean, norm
from ..claim import Claim, Step
from ..rules import Axiom, Combine, Congruence, Identity, Induction, Instance
from ..sign import at, eq, le
from .schedule import OURS, t

f, f_before, f_first, f_noise, X_1, u = (
    Path(name, real=True) for name in ("f", "f_before", "f_1", "f_T_Z", "X_1", "u")
)
f_Y = Random("f_Y", real=True)  # f_{t-1}(Y_t)
shared = Random("f_shared", real=True)  # f_{t-1}(X_{t-1}) under the shared noise, given X_t
g = E(shared)
along = sp.Function("along", real=True)  # <f_t(X_t) - X_1, u> at one draw
m, s, c = (sp.Function(name, real=True) for name in ("m", "s", "c"))  # terms, control variate
model = sp.Function("model", real=True)  # sum of the model's terms
schedule = sp.Function("schedule", real=True)  # sum of the schedule's
SUMS = {
    "step": eq(along(t + 1), along(t) + m(t + 1) + s(t + 1)),
    "model_1": eq(model(1), 0),
    "schedule_1": eq(schedule(1), 0),
    "model": eq(model(t + 1), model(t) + m(t + 1) + c(t + 1)),
    "schedule": eq(schedule(t + 1), schedule(t) + s(t + 1) - c(t + 1)),
}
DRAWN = {
    "Y_t independent of (X_0, Z) given X_t": eq(E_path(f_Y), E(f_Y)),
    "Y_t ~ X_{t-1} given X_t": eq(E(f_Y), g),
}


def _step() -> Claim:
    parts = (f_before - X_1, f - f_Y, f_Y - f_before)
    states = eq(dot(f - X_1, u), sp.Add(*(dot(part, u) for part in parts)))
    whole = dot(sp.Add(*parts), u)
    steps = (
        Step("split", eq(dot(f - X_1, u), whole), Congruence()),
        Step(
            "linear",
            eq(whole, states.rhs),
            Axiom("linearity of the inner product", (u, *((1, part) for part in parts))),
        ),
        Step("step", states, Identity(("split", "linear"))),
    )
    title = (
        "<f_t - X_1, u> = <f_{t-1} - X_1, u> + <f_t - f_{t-1}(Y_t), u> + <f_{t-1}(Y_t) -"
        " f_{t-1}, u>"
    )
    return Claim("shares.step", title, (states,), OURS, steps=steps)


def _sum() -> Claim:
    states = eq(along(t), along(1) + model(t) + schedule(t))
    steps = (
        Step("at 1", at(states, {t: 1}), Identity(("model_1", "schedule_1"))),
        Step(
            "goes on",
            at(states, {t: t + 1}),
            Combine(((1, "@0"), (1, "step")), using=("model", "schedule")),
            (states,),
        ),
        Step("always", states, Induction(t, "at 1", "goes on")),
    )
    title = (
        "the levels' terms sum exactly at each draw, for every control variate c_t that one takes"
        " and the other gives (shares.step at every t)"
    )
    return Claim(
        id="shares.sum",
        title=title,
        statement=(states,),
        source=OURS,
        definitions=SUMS,
        steps=steps,
    )


def _identity() -> Claim:
    xi = f_noise - X_1
    own = direction(xi)
    M_T, S_T = sp.symbols("M_T S_T", real=True)
    hypotheses = {"shares.sum": eq(dot(f - X_1, own), dot(f_first - X_1, own) + M_T + S_T)}
    states = eq(sp.Abs(xi), dot(f_noise - f, own) + M_T + S_T + dot(f_first - X_1, own))
    parts = dot(f_noise - f, own) + dot(f - X_1, own)
    whole = dot((f_noise - f) + (f - X_1), own)
    steps = (
        Step(
            "length", eq(dot(xi, own), sp.Abs(xi)), Axiom("length along its own direction", (xi,))
        ),
        Step("split", eq(dot(xi, own), whole), Congruence()),
        Step(
            "linear",
            eq(whole, parts),
            Axiom("linearity of the inner product", (own, (1, f_noise - f), (1, f - X_1))),
        ),
        Step(
            "sum",
            states,
            Combine(((-1, "length"), (1, "split"), (1, "linear"), (1, "shares.sum"))),
        ),
    )
    title = "|xi| = start + sum of model terms + sum of schedule terms + initial, draw by draw"
    return Claim(
        id="shares.identity",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=hypotheses,
        steps=steps,
    )


def _model() -> Claim:
    term = dot(f - f_Y, u)
    states = eq(mean(term), mean(dot(f - g, u)))
    steps = (
        Step(
            "tower",
            eq(mean(E_path(term)), mean(term)),
            Axiom("tower rule, given the path", (term,)),
        ),
        Step(
            "u is known",
            eq(E_path(term), dot(E_path(f - f_Y), u)),
            Axiom("taking out what is known", (f - f_Y, u)),
        ),
        Step(
            "f_t is known",
            eq(E_path(f - f_Y), f - E_path(f_Y)),
            Axiom("linearity of E, given the path", (f, (-1, f_Y))),
        ),
        Step(
            "given the path",
            eq(dot(E_path(f - f_Y), u), dot(f - g, u)),
            Congruence(("f_t is known", *DRAWN)),
        ),
        Step(
            "term",
            eq(E_path(term), dot(f - g, u)),
            Combine(((1, "u is known"), (1, "given the path"))),
        ),
        Step("means", eq(mean(E_path(term)), mean(dot(f - g, u))), Congruence(("term",))),
        Step("mean", states, Combine(((1, "means"), (-1, "tower")))),
    )
    title = "the mean of a model term is E<f_t - g_t, u>: Y_t is drawn apart from the path"
    return Claim(
        id="shares.model",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=DRAWN,
        steps=steps,
    )


def _bound() -> Claim:
    xi = f_noise - X_1
    own = direction(xi)
    states = le(mean(dot(f - g, own)), norm(f - g))
    steps = (
        Step(
            "Cauchy-Schwarz",
            le(mean(dot(f - g, own)), norm(f - g) * norm(own)),
            Axiom("Cauchy-Schwarz in the mean", (f - g, own)),
        ),
        Step("|u| <= 1", le(norm(own), 1), Axiom("norm of a direction", (xi,))),
        Step("bound", states, Combine(((1, "Cauchy-Schwarz"), (norm(f - g), "|u| <= 1")))),
    )
    title = (
        "a model term's mean is at most eps_t = |f_t - g_t|, of either sign (f_t and g_t exchanged)"
    )
    return Claim("shares.bound", title, (states,), OURS, steps=steps)


def _exact() -> Claim:
    term = dot(f - f_Y, u)
    trained = {"f_t = g_t": eq(f, g)}
    states = eq(mean(term), 0)
    steps = (
        Step("mean", eq(mean(term), mean(dot(f - g, u))), Instance("shares.model")),
        Step("no defect", eq(dot(f - g, u), dot(sp.Integer(0), u)), Congruence(("f_t = g_t",))),
        Step(
            "empty sum",
            eq(dot(sp.Integer(0), u), 0),
            Axiom("linearity of the inner product", (u,)),
        ),
        Step("zero", eq(dot(f - g, u), 0), Combine(((1, "no defect"), (1, "empty sum")))),
        Step("its mean", eq(mean(dot(f - g, u)), mean(0)), Congruence(("zero",))),
        Step("mean of 0", eq(mean(0), 0), Axiom("mean of a number", (sp.Integer(0),))),
        Step("exact", states, Combine(((1, "mean"), (1, "its mean"), (1, "mean of 0")))),
    )
    title = "exact training, f_t = g_t: the model's share at t has mean 0, whatever the start"
    return Claim(
        id="shares.exact",
        title=title,
        statement=(states,),
        source=OURS,
        hypotheses=DRAWN | trained,
        steps=steps,
    )


CLAIMS = (_step(), _sum(), _identity(), _model(), _bound(), _exact())
