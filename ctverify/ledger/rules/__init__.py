"""The rules by which a step follows, each checked by the machine. A rule that does not apply raises
Unproved with the reason.

    Identity      a = b: sympy reduces a - b to 0
    Congruence    F(u) = F(v) for a formal function F where u = v
    Combine       scale * gap = sum_k coefficient_k * product of gaps of facts + rest,
                  coefficients and rest >= 0, scale > 0
    Enclosure     gap >= 0 over the whole stated box, by intervals and bisection
    Monotone      g(at) >= 0 and g' of one sign between at and x, hence g(x) >= 0
    Concave       g'' <= 0 and g >= 0 at both ends, hence g >= 0 between them
    Increasing    u <= v, hence F(u) <= F(v), F one of exp, log, sqrt, atan
    Power         u > 0, hence u^n > 0
    Extremum      the order of Min and Max; Between: u <= v and v <= u, hence u = v
    Induction     P(1), and P(n) gives P(n + 1), hence P(n) for every positive integer n
    Cases         the same under a condition and under its opposite
    Instance      a proved claim, or an earlier step, at other arguments that meet its assumptions
    Definition    a definition at an index
    EachInteger   every integer of a range, by intervals
    Limiting      sympy's limit (Gruntz); Squeeze: between two bounds that share a limit
    Antiderivative  a definite integral by an antiderivative that differentiates back
    Axiom         an instance of a named textbook fact (axioms.py)
    Argued        a person's argument: such a claim is never PROVED

The gap of a relation is what it says to be >= 0. Facts are named hypotheses, definitions, earlier
steps, or @0, @1, ...: what the step itself is given.
"""

from ..context import Unproved
from .algebra import Combine, Congruence, Identity
from .analysis import (
    Antiderivative,
    Concave,
    Enclosure,
    Increasing,
    Limiting,
    Monotone,
    Power,
    Squeeze,
)
from .base import Rule
from .order import Between, Cases, EachInteger, Extremum, Induction
from .quoting import Argued, Axiom, Definition, Instance

__all__ = [
    "Antiderivative",
    "Argued",
    "Axiom",
    "Between",
    "Cases",
    "Combine",
    "Concave",
    "Congruence",
    "Definition",
    "EachInteger",
    "Enclosure",
    "Extremum",
    "Identity",
    "Increasing",
    "Induction",
    "Instance",
    "Limiting",
    "Monotone",
    "Power",
    "Rule",
    "Squeeze",
    "Unproved",
]
