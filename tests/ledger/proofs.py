"""The ledger's claims, proved once for all tests, and wrong claims in the place of right ones."""

from __future__ import annotations

from functools import cache

from ctverify.ledger import UNDECIDED, Claim, Result, claims
from ctverify.ledger.prover import prove_claim

BY_ID = {claim.id: claim for claim in claims()}
LONG = (  # a third of the time of all proofs; `ctverify prove` of .ci/run has them too
    "gaussian.K.limit",
    "gaussian.K.below",
    "gaussian.theorem",
    "theorem_A.start",
    "theorem_A.steps",
)


@cache
def proof(id: str) -> Result:
    """The result of a claim of the ledger; those that it uses are looked up, not proved again."""
    return prove_claim(BY_ID[id], proof)


@cache
def used(id: str) -> set[str]:
    """The claims that the claim rests on, near and far."""
    near = {name for outcome in proof(id).outcomes for name in outcome.claims}
    return near.union(*map(used, near))


def status(claim: Claim) -> str:
    """What the ledger makes of a claim put in the place of its own: as prove_all would, whose other
    claims come out as ever, for none that this one uses may rest on it.
    """

    def result(id: str) -> Result:
        if id == claim.id:
            return Result(claim, UNDECIDED, (), "circular", 0.0)
        assert claim.id not in used(id)
        return proof(id)

    return prove_claim(claim, result).status
