"""What a trainer declares of itself, and hence which laws it owes.

Attributes of the trainer, each optional; the suite's laws follow from LHW (14),

    f_t = argmin_{f in F} E |f(X_t) - f_{t-1}(X_{t-1})|^2,   shared noise, f_{t-1} fixed,

whose minimiser has E[(f_t(X_t) - f_{t-1}(X_{t-1})) h(X_t)] = 0 for every direction h in which F can
be left: 1 where a constant is trained, X_t where a linear part is.

    loss            square, or pseudo-huber: it owes E[w(r) r (1, X_t)] = 0, w = 1/sqrt(|r|^2 + c^2)
                    instead; other: nothing of this kind
    huber_c         c, with loss = "pseudo-huber"
    function_class  affine: F + {affine maps} is within F. network: rich enough to come near that.
                    constant: F + {constants} is within F, nothing linear. shared: one network for
                    all t owes only the sum over t. other: nothing of this kind
    solver          least-squares: the exact minimiser over `samples` fresh pairs, which obeys an
                    exact null law; sgd: anything near it, within a stated tolerance
    samples         pairs a level; without it the draws that the trainer asked for are counted
    accuracy        E_0, claimed of E = |f_1 - id| + sum_t |f_t(X_t) - g_t(X_t)| in units of
                    X_1's root mean square distance from its mean
    equivariant     of translation, rotation: under which of them the trained map moves along
    rate            how the error falls with samples, as samples^-rate; judged where the trainer
                    takes a keyword `samples`
"""

from __future__ import annotations

import types
from dataclasses import dataclass, fields
from typing import Any

from ctverify.core import arguments

LOSSES = ("square", "pseudo-huber", "other")
FUNCTION_CLASSES = ("affine", "network", "constant", "shared", "other")
SOLVERS = ("least-squares", "sgd")
MOTIONS = ("translation", "rotation")


@dataclass(frozen=True, kw_only=True)
class Claims:
    """A trainer's declarations, as in this file's head.

    Arguments:
        loss: one of LOSSES.
        huber_c: c of the pseudo-Huber loss, above 0; None for other losses.
        function_class: one of FUNCTION_CLASSES.
        solver: one of SOLVERS.
        samples: pairs a level, at least 1; None where they are to be counted.
        accuracy: E_0 in units of X_1's root mean square distance from its mean, above 0; None where
            none is claimed.
        equivariant: some of MOTIONS.
        rate: the power of 1/samples with which the error falls, above 0.

    Raises:
        InputError: a declaration is none of these, or huber_c is missing.

    Example:
        >>> Claims(loss="pseudo-huber", huber_c=0.03).function_class
        'network'
    """

    loss: str = "square"
    huber_c: float | None = None
    function_class: str = "network"
    solver: str = "sgd"
    samples: int | None = None
    accuracy: float | None = None
    equivariant: tuple[str, ...] = ()
    rate: float = 0.5

    def __post_init__(self) -> None:
        arguments.choice("loss", self.loss, LOSSES)
        arguments.choice("function_class", self.function_class, FUNCTION_CLASSES)
        arguments.choice("solver", self.solver, SOLVERS)
        if isinstance(self.equivariant, str):
            raise arguments.InputError(
                f"equivariant must be a tuple of {', '.join(MOTIONS)}, got {self.equivariant!r}"
            )
        for motion in self.equivariant:
            arguments.choice("equivariant", motion, MOTIONS)
        if self.samples is not None:
            arguments.whole("samples", self.samples)
        if self.accuracy is not None:
            arguments.real("accuracy", self.accuracy, 0)
        arguments.real("rate", self.rate, 0)
        if (self.huber_c is None) == (self.loss == "pseudo-huber"):
            raise arguments.InputError(
                "huber_c must be declared with loss = 'pseudo-huber' and with no other loss, "
                f"got loss = {self.loss!r} and huber_c = {self.huber_c!r}"
            )
        if self.huber_c is not None:
            arguments.real("huber_c", self.huber_c, 0)

    def __str__(self) -> str:
        """What differs from the defaults, on one line."""
        stated = [
            f"{field.name} {getattr(self, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        return ", ".join(stated) or "nothing declared"


def claims_of(train: Any) -> Claims:
    """A trainer's declarations.

    Arguments:
        train: the trainer; on a plain function every attribute must be a declaration, so that a
            misspelt one is no silent default.

    Returns:
        Its attributes, or the defaults.

    Raises:
        InputError: a declaration is out of range, or an attribute is none.

    Example:
        >>> def train(sample, schedule, seed): ...
        >>> train.loss = "other"
        >>> claims_of(train).loss
        'other'
    """
    names = [field.name for field in fields(Claims)]
    if isinstance(train, types.FunctionType):
        for name in vars(train):
            if not name.startswith("_"):
                arguments.choice("a trainer's attribute", name, names)
    stated = {name: getattr(train, name) for name in names if hasattr(train, name)}
    try:
        return Claims(**stated)
    except arguments.InputError as error:
        raise arguments.InputError(f"the trainer's {error}") from None
