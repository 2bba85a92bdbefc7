"""The ledger proved once for all tests."""

import pytest

from ctverify.ledger import Result

from .proofs import BY_ID, LONG, proof


@pytest.fixture(scope="session", params=["quick", pytest.param("all", marks=pytest.mark.slow)])
def results(request: pytest.FixtureRequest) -> dict[str, Result]:
    """Result by claim id: of all claims but the long ones, and of all."""
    ids = set(BY_ID)
    if request.param == "quick":
        ids -= set(LONG)
    return {id: proof(id) for id in BY_ID if id in ids}
