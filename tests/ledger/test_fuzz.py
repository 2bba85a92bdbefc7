"""The kernel under random rule applications: no theorem fails at a point."""

import pytest

from .fuzz import RULES, Fuzz


@pytest.mark.parametrize(
    ("seed", "count"), [(0, 1_000), pytest.param(1, 100_000, marks=pytest.mark.slow)]
)
def test_no_theorem_fails_at_a_point(seed, count):
    """Each is evaluated at three points by balls; what it is given must certainly hold there."""
    fuzz = Fuzz(seed)
    fuzz.run(count)
    assert not fuzz.violations, fuzz.violations[:3]
    assert fuzz.decided > count / 4
    assert set(fuzz.counts) >= set(RULES) - {"cut"}
