"""No false alarm: correct maps of two times in styles that are not ours conform."""

import pytest

from ctverify.conformance import check
from ctverify.conformance.checks import ALL

from .correct_maps import FACTORIES
from .test_styles import assert_conforms

# what fails or passes of a map; and, of the rest, what a map's adapter runs
OF_MAPS = [one.id for one in ALL if "flow_map" in one.needs]
SOME = [*OF_MAPS, "loss.finite", "sampler.finite", "sampler.seed", "interface.kept"]
each = pytest.mark.parametrize("make", FACTORIES, ids=lambda make: make.__name__)

# torch.func.jvp compiles its decompositions with torch.jit, which is deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")


def _every_other(number, make):
    """Half of them always, the others nightly."""
    slow = (pytest.mark.slow,) if number % 2 else ()
    return pytest.param(make, id=make.__name__, marks=slow)


@pytest.mark.parametrize("make", [_every_other(*pair) for pair in enumerate(FACTORIES)])
def test_conforms(make):
    """One example of each: test_forty_seeds has more."""
    report = check(make(), checks=SOME, max_examples=1)
    assert_conforms(report)
    assert sum(result.status == "pass" for result in report.results) >= 8


def test_there_are_enough():
    """Of names of their own, and every check of maps judges one of them or a reference."""
    assert len({make.name for make in FACTORIES}) == len(FACTORIES) >= 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
@each
def test_forty_seeds(make, seed):
    """All checks, a few examples each."""
    assert_conforms(check(make(), max_examples=None if seed < 1 else 3, seed=seed))
