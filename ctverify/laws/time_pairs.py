"""Hypothesis strategies for the times of maps of two times: pairs (t, s), and lists that a sampler
goes through. Times are the convention's own, drawn on the clock along which it is smooth.
"""

from __future__ import annotations

import math

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..core.arguments import InputError, whole
from ..core.signatures import checked
from ..model.convention import Convention


@checked
def time_pair(
    convention: Convention, *, past: float = 0.0, left: float = 0.0
) -> tuple[float, float]:
    """A time t and a time s on the way from it to the data, for maps of two times.

    Arguments:
        convention: whose times they are; its ends are its boundary and its t_max.
        past: the share of the way from the noise end that lies before t, in [0, 1], on the
            convention's clock (VE's log t).
        left: the share of the way from t to the boundary that s leaves, in [0, 1]: 0 is the
            boundary, 1 is t itself.

    Returns:
        (t, s); the ends exactly.

    Raises:
        InputError: vp without alpha_bar, whose times are a schedule's; ve with the boundary 0,
            whose clock begins at minus infinity.

    Example:
        >>> time_pair(Convention.linear()), time_pair(Convention.linear(), past=0.5, left=0.5)
        ((1.0, 0.0), (0.5, 0.25))
    """
    if not (math.isfinite(convention.t_max) and convention.knows_scales):
        raise InputError(f"convention must know its times and scales, got {convention!r}")
    if convention.kind == "ve" and convention.boundary == 0:
        raise InputError("convention must have a boundary above 0 for ve, got 0")
    t = _between(convention, convention.t_max, past)
    return t, _between(convention, t, 1 - left)


@checked
def time_pairs(convention: Convention) -> SearchStrategy[tuple[float, float]]:
    """Times (t, s) of a two-time map F(x, t, s), s toward the data, for users' own tests: both
    ends, s = t, and s within 1e-9 of t among them.

    Arguments:
        convention: whose times they are (linear, ve with a boundary above 0, trigflow, or vp with
            alpha_bar).

    Returns:
        A strategy that draws `time_pair(...)` and shrinks to one step from noise to data.

    Raises:
        InputError: a convention that does not know its times and scales, or ve with boundary 0.

    Example:
        >>> from hypothesis import find
        >>> find(time_pairs(Convention.linear()), lambda pair: pair[0] - pair[1] < 0.5)[1] >= 0
        True
    """
    time_pair(convention)  # refuses here what no draw could do
    near = st.integers(1, 9).map(lambda digits: 1 - 10.0**-digits)
    return st.builds(
        time_pair,
        st.just(convention),
        past=st.just(0.0) | st.floats(0, 1),
        left=st.just(0.0) | st.floats(0, 1) | near | st.just(1.0),
    )


@checked
def time_lists(convention: Convention, *, steps: int = 8) -> SearchStrategy[tuple[float, ...]]:
    """Lists of times from the noise end that a sampler may be handed: distinct, each nearer to the
    data, above the boundary.

    Arguments:
        convention: whose times they are, as for `time_pairs`.
        steps: the most times of a list, at least 1.

    Returns:
        A strategy that draws tuples of floats and shrinks to the noise end alone.

    Raises:
        InputError: steps is outside its range; the convention is refused.

    Example:
        >>> from hypothesis import find
        >>> find(time_lists(Convention.ve()), lambda times: True)
        (80.0,)
    """
    most = whole("steps", steps)
    time_pair(convention)  # refuses here what no draw could do
    inner = st.lists(st.integers(1, 999), max_size=most - 1, unique=True)
    return inner.map(
        lambda parts: tuple(
            _between(convention, convention.t_max, part / 1000) for part in (0, *sorted(parts))
        )
    )


def _between(convention: Convention, start: float, share: float) -> float:
    """The time that share of the clock's way after `start` on the way to the boundary."""
    if share <= 0:
        return start
    if share >= 1:
        return convention.boundary
    first = convention.clock(start)
    last = convention.clock(convention.boundary)
    time = float(convention.time_at(first + share * (last - first)))
    low, high = sorted((start, convention.boundary))
    return min(max(time, low), high)  # the clock and back is rounded
