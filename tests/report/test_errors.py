"""The figure of errors against r."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctverify.report.figure_errors import APART, chosen, error_rows, errors_figure, spread
from ctverify.sweep.exponents import fits
from tests.sweep.records import record

from .drawn import paths, slope

STEPS = (64, 128, 256)


def families(count, base):
    """Cases of families whose errors are proportional to r, each `base` times the last one's."""
    return [
        record(lambda r, d, L, k=k: r * base**k, T=T, target=f"family-{k:02}")
        for k in range(count)
        for T in STEPS
    ]


def test_every_point_is_in_the_table():
    """Of all families, drawn or not."""
    records = families(12, base=3)
    rows = errors_figure(fits(records)).table.rows
    table = {}
    for family, T, _, _, error, *_ in rows:
        table[family, T] = error
    errors = {}
    for one in records:
        error = one.result["w1"]["upper_estimate"]
        errors[one.case["target"], one.result["T"]] = error
    assert len(table) == 36
    assert table == pytest.approx(errors)


def test_an_error_proportional_to_r_is_parallel_to_the_guides():
    """The lines of at most eight families."""
    figure = errors_figure(fits(families(12, base=3)))
    lines = paths(figure.svg, "line model")
    guide = paths(figure.svg, "line exact dashed thin")[0]
    assert len(lines) == 8
    assert "8 of 12 lines" in figure.caption
    for line in lines:
        assert slope(line) == pytest.approx(slope(guide), rel=0.02)


def test_lines_are_chosen_evenly():
    """Among them the one with the largest error and the one with the smallest."""
    rows = chosen(error_rows(fits(families(20, base=2))))
    names = [row.target for row in rows]
    assert len(names) == 8
    assert names[0] == "family-19"
    assert names[-1] == "family-00"
    assert names == sorted(names, reverse=True)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8).map(sorted))
def test_names_keep_apart(heights):
    """In their order, inside, and APART."""
    moved = spread(heights, 0, 200)
    assert all(b - a >= APART - 1e-9 for a, b in itertools.pairwise(moved))
    assert moved[0] >= 0
    assert moved[-1] <= 200


@given(st.lists(st.floats(0, 5), min_size=1, max_size=8))
def test_names_that_have_room_stay(gaps):
    """Where they are."""
    steps = [gap + APART for gap in gaps]
    heights = list(itertools.accumulate(steps, initial=0.0))[:-1]
    assert spread(heights, 0, 200) == pytest.approx(heights, abs=1e-9)
