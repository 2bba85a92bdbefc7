"""What a run of the laws tells of its draws and of its bounds."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ctverify.laws import coverage
from ctverify.laws.strategies import gaussians, mixtures, schedules

FIXED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=30,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.target),
)


@pytest.fixture(autouse=True)
def nothing_recorded():
    """Before and after each test."""
    coverage.taken()
    yield
    coverage.taken()


@pytest.mark.parametrize(
    ("quantity", "value", "words"),
    [
        ("d", 1, "1"),
        ("d", 3, "3..4"),
        ("d", 17, "above 16"),
        ("condition", 10**2.0, "to 100"),
        ("condition", 1.0, "1"),
        ("separation", 0.0, "to 0.001"),
        ("separation", 4.5, "above 4"),
        ("T", 2, "2"),
        ("T", 64, "17..64"),
        ("T", 65, "65..1,024"),
        ("bandwidth", 0.3, "to 0.5"),
        ("target", "mixture", "mixture"),
    ],
)
def test_a_draw_falls_into_its_range(quantity, value, words):
    """Upper edges are within."""

    @given(st.none())
    @settings(FIXED, max_examples=1)
    def draw(_):
        coverage.drew(quantity, value)

    draw()
    assert json.loads(coverage.taken())["drawn"] == {quantity: {words: 1}}


def test_strategies_tell_what_they_draw():
    """Every draw has a family and a dimension; what a family does not have it does not tell."""

    @given(gaussians(dims=(2, 4)) | mixtures(components=(2, 3)), schedules(steps=(2, 40)))
    @settings(FIXED)
    def draw(target, schedule):
        pass

    draw()
    drawn = json.loads(coverage.taken())["drawn"]
    assert set(drawn) == {"target", "schedule", "d", "condition", "separation", "T"}
    count = sum(drawn["target"].values())
    assert count == sum(drawn["d"].values()) == sum(drawn["T"].values()) >= 30
    assert sum(drawn["separation"].values()) == drawn["target"]["mixture"] < count


def test_the_largest_ratio_is_kept_and_sought():
    """Hypothesis raises what it is told; 0/0 is passed over."""

    @given(st.integers(0, 10**6))
    @settings(FIXED, max_examples=200)
    def draw(n):
        coverage.approached("n", n / 10**6)
        coverage.approached("nothing", math.nan)

    draw()
    nearest = json.loads(coverage.taken())["nearest"]
    assert set(nearest) == {"n"} and nearest["n"] > 0.99


def test_summary_joins_the_records_of_all_laws():
    """Counts are added, ratios are the largest of a law; ranges stand in their order."""
    one = '{"drawn": {"T": {"17..64": 2, "2": 1}}, "nearest": {"A": 0.25}}'
    two = '{"drawn": {"T": {"2": 1200}}, "nearest": {"A": 0.5}}'
    lines = coverage.summary([("bound.x", one), ("bound.x", two), ("bound.y", one)])
    assert "  0.5000  bound.x: A" in lines and "  0.2500  bound.y: A" in lines
    assert lines[-1].split() == ["T", "2:", "1,202", "17..64:", "4"]
    assert coverage.summary([]) == []
