"""The path of the flow between its nodes, against the flow map to each level."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from ctverify import Mixture, Schedule
from ctverify.flow.path import GAP, TURN, flow_path, lagrange, spread_nodes
from ctverify.targets import load

LHW = Schedule.li_huang_wei(64)
EYE = torch.eye(2, dtype=torch.float64)
SHARP = Mixture([0.5, 0.5], [[-2.0, 0.0], [1.0, 1.0]], torch.stack([0.05 * EYE, 0.1 * EYE]))


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        (load("mixture-2d"), 1e-8),
        (load("mixture-8d"), 1e-7),
        (load("gaussian-2d"), 1e-8),
        (SHARP, 1e-4),
    ],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.parametrize("start", [64, 20, 2, 1])
def test_path(target, allowed, start):
    """Each level in the mean; the ends exactly."""
    generator = torch.Generator().manual_seed(1)
    a, b = LHW.scales(start)
    x0 = target.sample(40, generator) - target.mean
    noise = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    x = a * x0 + b * noise
    path = flow_path(target, LHW, x, start, 1e-10)
    assert path.shape == (start, *x.shape)
    assert torch.equal(path[-1], x)
    for t in {1, 3, 15, 19, 40, 63} & set(range(1, start)):
        exact = target.centred_flow(LHW, x[None], [start], t, 1e-10)[0]
        assert float((path[t - 1] - exact).norm(dim=1).mean()) < allowed


@pytest.mark.parametrize("steps", [2, 3, 16, 256])
def test_nodes(steps):
    """Ends included, in increasing order, no gap wider than allowed but between neighbours."""
    schedule = Schedule.karras(steps, 0.01, 80.0)
    nodes = spread_nodes(schedule, steps, 1.0, GAP)
    assert nodes[0] == 1
    assert nodes[-1] == steps
    theta = np.arctan(schedule.sigma)
    for low, high in pairwise(nodes):
        widest = min(GAP, TURN * theta[high])
        assert high == low + 1 or theta[high] - theta[low] <= widest * (1 + 1e-9)


def test_lagrange():
    """Cubics are met exactly, from the nearest nodes."""
    nodes = [0.0, 1.0, 1.5, 2.5, 4.0, 5.0]
    for at in (0.3, 1.2, 3.0, 4.9, 5.0):
        first, weights, _ = lagrange(nodes, at)
        used = nodes[first : first + 4]
        value = sum(w * node**3 for w, node in zip(weights, used, strict=True))
        assert value == pytest.approx(at**3)
