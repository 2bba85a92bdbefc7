"""Plain scripts for training times on a grid."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..checks.deviation import RATE
from ..checks.drawn import NEAR, Grid, declared
from .write import ZERO, Shown, uniform


def ends(shown: Shown) -> list[str] | None:
    """The largest time is the grid's last level."""
    law = declared(shown.probe)
    if not isinstance(law, Grid):
        return None
    top = float(law.levels[-1])
    return [
        *_drawn(shown),
        'print("seen:  the largest training time", float(t.max()))',
        f'print("right:", {top!r})',
        shown.asserted(f"abs(float(t.max()) / {top!r} - 1) <= {NEAR}"),
    ]


def atoms(shown: Shown) -> list[str] | None:
    """Each level comes as often as the binomial law of its probability allows."""
    law = declared(shown.probe)
    if not isinstance(law, Grid):
        return None
    return [
        "from scipy.stats import binom",
        *_drawn(shown),
        f"levels = {law.levels.tolist()}",
        f"probabilities = {law.probabilities.tolist()}",
        f"seen = [int(((t / level - 1).abs() <= {NEAR}).sum()) for level in levels]",
        'print("seen: ", seen)',
        'print("right: about", [len(t) * p for p in probabilities])',
        "tails = [",
        "    min(binom.cdf(k, len(t), p), binom.sf(k - 1, len(t), p))",
        "    for k, p in zip(seen, probabilities)",
        "]",
        shown.asserted(f"min(tails) >= {RATE!r} / (2 * len(levels))"),
    ]


def law(shown: Shown) -> list[str] | None:
    """Ranks are uniform."""
    ranks = _ranks(shown)
    if ranks is None:
        return None
    count = len(shown.given("x0"))
    return [*ranks, *uniform("ranks", count, shown.found.limit), shown.asserted("close")]


def tails(shown: Shown) -> list[str] | None:
    """Beyond each quantile 2^-j of the law there are as many times as the binomial law allows."""
    ranks = _ranks(shown)
    if ranks is None:
        return None
    count = len(shown.given("x0"))
    depth = int(math.log2(count)) - 2
    return [
        "from scipy.stats import binom",
        *ranks,
        f"tails = [0.5**j for j in range(1, {depth + 1})]",
        "seen = [[int((r < tail).sum()) for tail in tails] for r in (ranks, 1 - ranks)]",
        'print("seen:  in the low tails", seen[0], "in the high ones", seen[1])',
        'print("right: about", [len(t) * tail for tail in tails])',
        "chances = [",
        "    min(binom.cdf(k, len(t), tail), binom.sf(k - 1, len(t), tail))",
        "    for counts in seen",
        "    for k, tail in zip(counts, tails)",
        "]",
        shown.asserted(f"min(chances) >= {RATE!r} / {4 * depth}"),
    ]


def _ranks(shown: Shown) -> list[str] | None:
    """The ranks of times in a discrete law, split at random within levels."""
    law = declared(shown.probe)
    if not isinstance(law, Grid):
        return None
    return [
        "import numpy",
        *_drawn(shown),
        f"levels = torch.tensor({law.levels.tolist()}, dtype=torch.float64)",
        f"probabilities = torch.tensor({law.probabilities.tolist()}, dtype=torch.float64)",
        "at = torch.bucketize(t, (levels[1:] + levels[:-1]) / 2)  # the nearest level",
        "below = probabilities.cumsum(0) - probabilities",
        f"split = numpy.random.default_rng({shown.case['seed']!r}).uniform(size=len(t))",
        "ranks = below[at] + torch.from_numpy(split) * probabilities[at]",
    ]


def _drawn(shown: Shown) -> list[str]:
    return [
        f"x0 = {shown.written('x0')}",
        *ZERO,
        f"t = torch.as_tensor(training_pair(x0, network, {shown.given('seed')!r})[1]).double()",
        "t = t.reshape(-1)",
    ]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "times.grid": ends,
    "times.atoms": atoms,
    "times.law": law,
    "times.tails": tails,
}
