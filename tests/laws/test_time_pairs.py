"""Pairs of times: in order, within the convention's, every region reached, simple when shrunk."""

import math
from itertools import pairwise

import pytest
from hypothesis import find, given, settings

from ctverify import Convention, InputError
from ctverify.strategies import time_lists, time_pair, time_pairs
from tests.laws.test_strategies import FIXED, reached

CONVENTIONS = (
    Convention.linear(),
    Convention.linear(data_at=1),
    Convention.ve(),
    Convention.trigflow(0.5),
    Convention.vp(lambda t: math.exp(-t), boundary=0.0, t_max=5.0),
)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=repr)
def test_pairs_reach_their_regions(convention):
    """Of 300 draws 20 and more have s = t, s near t, the data's end and the noise's, and what lies
    between; all are in order, within the ends. A branch of four that 300 draws reach fewer than 20
    times has probability 1e-17.
    """
    start = convention.t_max
    end = convention.boundary

    def share(pair):
        return abs(pair[0] - pair[1]) / abs(start - end)

    def in_order(pair):
        return abs(start - pair[0]) + abs(pair[0] - pair[1]) + abs(pair[1] - end)

    least = reached(
        time_pairs(convention),
        {
            "equal": lambda pair: pair[0] == pair[1],
            "near": lambda pair: 0 < share(pair) < 1e-2,
            "data": lambda pair: pair[1] == end,
            "noise": lambda pair: pair[0] == start,
            "between": lambda pair: end not in pair and start not in pair,
            "ordered": lambda pair: math.isclose(in_order(pair), abs(start - end), rel_tol=1e-12),
        },
        300,
    )
    assert least.pop("ordered") == 300
    assert min(least.values()) >= 20, least


def test_pairs_shrink_to_one_step():
    """From noise to data, exactly."""
    for convention in CONVENTIONS:
        simplest = find(time_pairs(convention), lambda pair: True, settings=FIXED)
        assert simplest == (convention.t_max, convention.boundary)


def test_other_conventions_are_refused():
    """vp without alpha_bar has no times, and log 0 is no end."""
    with pytest.raises(InputError, match="convention must know its times and scales"):
        time_pairs(Convention.vp())
    with pytest.raises(InputError, match="boundary above 0 for ve, got 0"):
        time_pair(Convention.ve(0.0))
    with pytest.raises(InputError, match="steps"):
        time_lists(Convention.linear(), steps=0)


def noise(convention, t):
    """The angle of a time, which grows with the noise."""
    return math.atan2(convention.b(t), convention.a(t))


@pytest.mark.parametrize("convention", CONVENTIONS, ids=repr)
def test_lists_fall(convention):
    """From the noise end, towards the data, above the boundary."""

    @settings(database=None, max_examples=30)
    @given(times=time_lists(convention, steps=4))
    def law(times):
        assert times[0] == convention.t_max
        assert 1 <= len(times) <= 4
        levels = [noise(convention, t) for t in (*times, convention.boundary)]
        assert all(one > other for one, other in pairwise(levels))

    law()
