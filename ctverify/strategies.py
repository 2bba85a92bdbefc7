"""Hypothesis strategies for targets, schedules and points: public names of laws/strategies.py."""

from .laws.strategies import (
    Points,
    dataset,
    datasets,
    gaussian,
    gaussians,
    mixture,
    mixtures,
    points,
    points_at,
    product,
    products,
    schedule,
    schedules,
    targets,
    time_pair,
    time_pairs,
)

__all__ = [
    "Points",
    "dataset",
    "datasets",
    "gaussian",
    "gaussians",
    "mixture",
    "mixtures",
    "points",
    "points_at",
    "product",
    "products",
    "schedule",
    "schedules",
    "targets",
    "time_pair",
    "time_pairs",
]
