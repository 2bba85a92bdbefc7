"""Lines of Python for the scripts of the loss's failures: gradients, and the exact network as
polynomials.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.streams import derive
from ..oracle.exact import Exact
from ..oracle.probe import Probe
from .deviation import RATE

GRADIENTS = '''
def gradients(x0, seed, answer):
    """The student's gradient row by row, and what it was shown."""
    calls = []

    def network(x_in, t):
        try:
            leaf = torch.zeros_like(x_in).requires_grad_()
        except RuntimeError:  # inside a forward derivative
            return answer(x_in, t)
        calls.append((leaf, x_in.detach(), t.detach()))
        return answer(x_in, t) + leaf

    with torch.enable_grad():
        (loss(x0, network, seed).mean() * len(x0)).backward()
    found = ((leaf.grad, x, t) for leaf, x, t in calls if leaf.grad is not None and leaf.grad.any())
    return next(found, (torch.zeros_like(x0), None, None))
'''


def rows_alone(point: float, dtype: torch.dtype) -> tuple[str, ...]:
    """A row's gradient in a batch of one and in a batch of many."""
    return (
        "from scipy.stats import ks_2samp",
        GRADIENTS,
        "zero = lambda x_in, t: torch.zeros_like(x_in) + 0 * x_in",
        f"point = torch.tensor([[{point!r}]], dtype={dtype})",
        "alone = torch.cat([gradients(point, seed, zero)[0] for seed in range(300)]).abs()",
        "many = gradients(point.expand(1024, 1).clone(), 0, zero)[0].abs()",
        "tenths = torch.arange(1, 10, dtype=torch.float64) / 10",
        'print("deciles of a row\'s |gradient|")',
        'print("seen:  in a batch of 1,024", torch.quantile(many.double(), tenths).tolist())',
        'print("right: as alone,          ", torch.quantile(alone.double(), tenths).tolist())',
        "p = ks_2samp(alone.flatten().numpy(), many.flatten().numpy(), method='exact').pvalue",
        f"holds = p >= {RATE}  # the exact two-sample test of Kolmogorov and Smirnov",
    )


def stationarity(probe: Probe, exact: Exact, seed: int) -> tuple[str, ...]:
    """E[g h] at the exact network for a Gaussian in d = 1, which is slope(t) x + shift(t)."""
    low, high, curves = _curves(probe, exact)
    mean, spread = float(exact.target.mean[0]), exact.target.spread
    return (
        GRADIENTS,
        *(f"{name} = {[float(f'{c:.7g}') for c in curve]}" for name, curve in curves.items()),
        "polynomial = lambda c, u: sum(v * u**k for k, v in enumerate(c))",
        (
            f"unit = lambda t: (2 * t.reshape(-1, 1) - {low + high!r}) / {high - low!r}  #"
            " embeddings, to [-1, 1]"
        ),
        "exact = lambda x_in, t: polynomial(slope, unit(t)) * x_in + polynomial(shift, unit(t))",
        f"draws = torch.Generator().manual_seed({derive('conformance/script', seed)})",
        (
            f"x0 = {mean!r} + {spread!r} * torch.randn(8192, 1, generator=draws,"
            f" dtype={probe.dtype})"
        ),
        f"g, x_in, t = gradients(x0, {seed}, exact)",
        (
            "side, late = torch.sign(x_in - polynomial(centre, unit(t))), torch.sign(t.reshape(-1,"
            " 1) - t.median())"
        ),
        (
            'tests = {"1": 1 + 0 * g, "sign(x - mean)": side, "sign(t - median)": late, "their'
            ' product": side * late}'
        ),
        "holds = True",
        "for name, h in tests.items():",
        "    mean, error = float((g * h).mean()), float((g * h).square().mean() / 8192) ** 0.5",
        '    print(f"E[g h] for h = {name}: seen {mean:.4g} +- {error:.2g}, right 0")',
        f"    holds = holds and abs(mean) <= {math.sqrt(2 * math.log(2 / RATE)):.4g} * error",
    )


def _curves(probe: Probe, exact: Exact) -> tuple[float, float, dict[str, NDArray[np.float64]]]:
    """The range of embeddings, and slope, shift and centre as power series in it mapped to [-1,
    1].
    """
    times = [
        probe.pick(float(share)) for share in (1 + np.cos(np.pi * (np.arange(65) + 0.5) / 65)) / 2
    ]
    scales, t = [probe.scales(time) for time in times], torch.tensor(times, dtype=torch.float64)
    e = np.array([s.embedding for s in scales])
    at_0, at_1 = (
        probe.injected(exact, torch.full((65, 1), v, dtype=torch.float64), t)[:, 0].numpy()
        for v in (0.0, 1.0)
    )
    centre = np.array(
        [s.scale_in * probe.convention.a(time) for s, time in zip(scales, times, strict=True)]
    )
    u = (2 * e - e.min() - e.max()) / (e.max() - e.min())
    curves = {"slope": at_1 - at_0, "shift": at_0, "centre": centre * float(exact.target.mean[0])}
    fitted = {
        name: np.polynomial.polynomial.polyfit(u, curve, 14) for name, curve in curves.items()
    }
    return float(e.min()), float(e.max()), fitted
