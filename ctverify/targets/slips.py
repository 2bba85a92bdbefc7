"""Misspelt methods of a law of one's own: nobody would ever ask for them."""

from __future__ import annotations

import difflib

from ..core.arguments import InputError

ALIKE = 0.85  # similarity of two names (difflib) above which one is taken for a slip of the other
# what is asked of a law by name, and may therefore be misspelt in a subclass
ASKED = (
    "sample",
    "conditional_mean",
    "conditional_mean_slope",
    "conditional_draw",
    "spec",
    "from_spec",
    "log_marginal",
    "singular",
    "gaussian_tails",
    "cost",
    "block_rows",
    "to",
    "centred_flow",
    "one_dimensional_form",
    "normal_form",
    "mixture_form",
    "along",
    "has_exact_defects",
    "defects",
    "lipschitz",
    "population_levels",
)


def refuse_slips(cls: type, base: type) -> None:
    """InputError for a public method or property that nobody asks for and that is nearly one that
    is asked for.
    """
    for name, value in vars(cls).items():
        if name.startswith("_") or hasattr(base, name):
            continue
        if not callable(value) and not isinstance(value, property | classmethod | staticmethod):
            continue
        close = difflib.get_close_matches(name, ASKED, n=1, cutoff=ALIKE)
        if close:
            raise InputError(
                f"{cls.__name__}.{name} is asked for by nobody: did you mean {close[0]}?"
            )
