"""Ratios of times, and the exponent by which a time grows."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

REPEATS = 7


def seconds(call: Callable[[], Any]) -> float:
    """The time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def ratio(ours: Callable[[], Any], peer: Callable[[], Any], repeats: int = REPEATS) -> float:
    """The median over interleaved pairs of our time over the peer's, after a warm-up of both."""
    ours(), peer()
    return statistics.median(seconds(ours) / seconds(peer) for _ in range(repeats))


def exponent(
    call: Callable[[int], Callable[[], Any]], sizes: Sequence[int], repeats: int = 5
) -> float:
    """The slope of log time against log size by least squares; call(size) prepares what is
    timed.
    """
    times = []
    for size in sizes:
        timed = call(size)
        timed()
        times.append(math.log(min(seconds(timed) for _ in range(repeats))))
    logs = [math.log(size) for size in sizes]
    middle = statistics.fmean(logs)
    return sum((x - middle) * y for x, y in zip(logs, times, strict=True)) / sum(
        (x - middle) ** 2 for x in logs
    )
