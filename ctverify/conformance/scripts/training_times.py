"""Plain scripts for training times on a grid."""

from __future__ import annotations

from collections.abc import Callable

from ..checks.deviation import RATE
from ..checks.drawn import NEAR, Grid, declared
from .write import ZERO, Shown


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
}
