"""The ledger proved once for all tests."""

import pytest

from ctverify.ledger import prove_all


@pytest.fixture(scope="session")
def results():
    """Result by claim id."""
    return {result.claim.id: result for result in prove_all()}
