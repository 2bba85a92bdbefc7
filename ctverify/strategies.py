"""Hypothesis strategies for targets, schedules, points and times: public names of
laws/strategies.py and laws/time_pairs.py.
"""

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
)
from .laws.time_pairs import time_lists, time_pair, time_pairs

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
    "time_lists",
    "time_pair",
    "time_pairs",
]
