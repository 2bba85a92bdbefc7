"""The ledger: every constant that the bound rests on, as a claim with hypotheses and a
machine-checked proof.

`claims()` lists them, `prove(id)` checks one. kernel/ makes theorems and is trusted; subjects/
holds the claims; rules/ and context.py find the arguments of the kernel's rules; witnesses.py finds
a point at which a claim's hypotheses hold; prover.py puts a claim together, or refutes it.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from ..core.arguments import InputError
from ..core.signatures import checked
from .claim import ASSUMED, PROVED, REFUTED, UNDECIDED, Claim, Result, Step
from .prover import prove_claim

SUBJECTS = (
    "calculus",
    "schedule",
    "log_alpha_bar",
    "far_end",
    "domain",
    "identities",
    "certificate",
    "trajectory",
    "shares",
    "few_steps",
    "gaussian_few_steps",
    "sampling",
    "gaussian",
    "gaussian_floor",
    "gaussian_distance",
    "excess",
    "constants",
    "profile",
    "angle_sum",
    "limit_K",
    "explicit",
    "explicit_2_4",
    "gaussian_theorem",
    "any_target",
    "theorem_a",
    "theorem_a_forms",
    "theorem_a_population",
    "theorem_a_m",
    "theorem_a2",
    "theorem_b_d",
    "theorem",
    "controls",
    "controls_any_target",
)
__all__ = [
    "ASSUMED",
    "PROVED",
    "REFUTED",
    "UNDECIDED",
    "Claim",
    "Result",
    "Step",
    "claims",
    "prove",
    "prove_all",
]


@cache
def claims() -> tuple[Claim, ...]:
    """All claims of the ledger, lemmas before what rests on them."""
    files = [importlib.import_module(f".subjects.{subject}", __name__) for subject in SUBJECTS]
    return tuple(claim for file in files for claim in file.CLAIMS)


@checked
def prove(id: str) -> Result:
    """Check the claim of that id, and those it uses."""
    return prove_all([id])[0]


@checked
def prove_all(
    ids: Sequence[str] = (),
    *,
    library: Sequence[Claim] | None = None,
    progress: Callable[..., Any] = lambda *_: None,
) -> list[Result]:
    """Check the claims of these ids (all without any) from the `library`, each claim that is used
    once.
    """
    known = {claim.id: claim for claim in (claims() if library is None else library)}
    for id in ids:
        if id not in known:
            near = difflib.get_close_matches(id, known, 3, 0.4)
            raise InputError(
                f"CLAIM must be an id of the ledger, got {id!r}"
                + (f": {', '.join(near)} are near" if near else "")
            )
    results: dict[str, Result] = {}

    def result(id: str) -> Result:
        if id not in results:
            # what a claim that uses itself finds
            results[id] = Result(known[id], UNDECIDED, (), "circular", 0.0)
            results[id] = prove_claim(known[id], result)
        return results[id]

    wanted = list(ids) or list(known)
    found = []
    for id in wanted:
        progress(id)
        found.append(result(id))
    return found
