"""A data set as a law: sum_j N(p_j, h^2 I)/N. Given x = a X_0 + b Z, with v = a^2 h^2 + b^2 (theory
of Gaussian conditioning):

    P(x) = sum_j s_j p_j,   s = softmax_j (a (x.p_j - a |p_j|^2 / 2) / v),
    E[X_0 | x] = (a h^2 x + b^2 P)/v,   E[Z | x] = b (x - a P)/v :

attention with the data as keys and values. One extra coordinate carries -a |p_j|^2/2, so that a
fused attention kernel applies (it fuses for equal key and value widths only) and no array of
(points x batch) is held.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch.nn.functional import scaled_dot_product_attention

from ..core import limits
from ..core.arguments import InputError, choice, missing, real, tensor
from ..core.signatures import checked
from ..core.streams import normal
from ..flow.laws import Scale
from ..flow.one_dim import NormalMixture1D
from .base import Target, count, named_arguments
from .forms import MixtureForm

BLOCK = 2**21  # entries of a (rows x points) block where the softmax itself is needed: 16 MiB
COPIES = 3  # of the points: themselves, centred, and centred as keys
DIGITS_BANDWIDTH = 0.5


@checked
class Dataset(Target, kind="dataset"):
    """Points, each smoothed by N(0, bandwidth^2 I), drawn with equal probability.

    Arguments:
        points: (N, d), finite; in d = 1 also (N,).
        bandwidth: above 0, in the points' unit; None for Scott's rule, the points' root mean square
            deviation times N^(-1/(d + 4)).
        name: what reports call it.
        source: the name of a data set in SOURCES, which then stands in `spec` for the points.

    Raises:
        InputError: another shape, a bandwidth that is not above 0, numbers that are not finite.

    Example:
        >>> from ctverify import Dataset
        >>> Dataset([[0.0, 1.0], [2.0, 3.0]], 0.5).mean.tolist()
        [1.0, 2.0]
        >>> Dataset([[0.0, 1.0], [2.0, 3.0]]).bandwidth == 2 ** (-1 / 6)
        True
    """

    points: Float[torch.Tensor, "N d"]
    bandwidth: float
    source: str | None
    keys: Float[torch.Tensor, "N d+1"]  # centred p_j and -|p_j|^2/2

    def __init__(
        self,
        points: ArrayLike,
        bandwidth: float | None = None,
        *,
        name: str = "dataset",
        source: str | None = None,
    ) -> None:
        p = tensor("points", points)
        p = p[:, None] if p.ndim == 1 else p
        if p.ndim != 2:
            raise InputError(f"points must have shape (N, d), got {tuple(p.shape)}")
        size, dim = p.shape
        limits.memory("points", (COPIES * size + dim) * dim * limits.FLOAT)
        mean = p.mean(0)
        centred = p - mean
        bandwidth = _scott(centred) if bandwidth is None else real("bandwidth", bandwidth, 0)
        eye = torch.eye(p.shape[1], dtype=p.dtype)
        covariance = centred.T @ centred / len(p) + bandwidth**2 * eye
        if not bool(covariance.isfinite().all()):
            raise InputError(
                "points and bandwidth must have a finite covariance in float64, "
                "got numbers that overflow"
            )
        super().__init__(name=name, mean=mean, covariance=covariance)
        self.points = p
        self.bandwidth = bandwidth
        self.source = source
        self.keys = torch.cat([centred, -0.5 * (centred * centred).sum(1, keepdim=True)], 1)

    @property
    def spec(self) -> dict[str, Any]:
        """JSON that rebuilds the target."""
        data = {"points": self.points.tolist()} if self.source is None else {"source": self.source}
        return {"kind": "dataset", "name": self.name, **data, "bandwidth": self.bandwidth}

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> Dataset:
        """From the points, or from the data set in SOURCES that `source` names."""
        if "source" not in spec:
            return named_arguments(cls, spec)
        source = choice("the data set's source", spec["source"], SOURCES)
        return SOURCES[source](spec.get("bandwidth", DIGITS_BANDWIDTH))

    @property
    def gaussian_tails(self) -> bool:
        """Always: the bandwidth is above 0."""
        return True

    @property
    def cost(self) -> int:
        """1/32 of a unit a point and dimension."""
        return max(1, len(self.points) * self.dim // 32)

    def one_dimensional_form(self) -> NormalMixture1D | None:
        """A component a point in d = 1."""
        if self.dim != 1:
            return None
        n = len(self.points)
        centre = self.keys[:, 0].cpu().numpy().astype(float)
        return NormalMixture1D(np.full(n, 1 / n), centre, np.full(n, self.bandwidth))

    def mixture_form(self) -> MixtureForm:
        """A component a point."""
        n = len(self.points)
        eye = torch.eye(self.dim, dtype=self.points.dtype, device=self.points.device)
        covariances = (self.bandwidth**2 * eye).expand(n, -1, -1)
        return MixtureForm(torch.full_like(self.points[:, 0], 1 / n), self.points, covariances)

    def along(self, u: Float[torch.Tensor, "d"]) -> Dataset:
        """The points' projections with the same bandwidth."""
        return Dataset(self.points @ u, self.bandwidth)

    def sample(self, n: int, generator: torch.Generator) -> Float[torch.Tensor, "n d"]:
        """n independent draws of X_0, shape (n, d)."""
        j = torch.randint(
            len(self.points), (count(n, self.dim),), generator=generator, device=generator.device
        )
        j = j.to(self.mean.device)
        return self.points[j] + self.bandwidth * normal((len(j), self.dim), generator, self.mean)

    def conditional_mean(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> Float[torch.Tensor, "*n d"]:
        """E[alpha X_0 + beta Z | x] = ((alpha a h^2 + beta b) x + b (alpha b - beta a) P)/v, all
        centred.
        """
        alpha = self._column(x, alpha)
        beta = self._column(x, beta)
        a, b, v, query = self._query(x, a, b)
        keys = self.keys[None, None]
        attended = scaled_dot_product_attention(
            query.reshape(1, 1, -1, self.dim + 1), keys, keys, scale=1.0
        )
        p = attended[0, 0, :, :-1].reshape(x.shape)
        own = (alpha * a * self.bandwidth**2 + beta * b) * x
        from_points = b * (alpha * b - beta * a) * p
        return (own + from_points) / v

    def conditional_mean_slope(
        self,
        x: Float[torch.Tensor, "n d"],
        a: Float[torch.Tensor, "n"],
        b: Float[torch.Tensor, "n"],
        alpha: Float[torch.Tensor, "n"],
        beta: Float[torch.Tensor, "n"],
        dx: Float[torch.Tensor, "n d"],
        turn: Float[torch.Tensor, "n"],
    ) -> tuple[Float[torch.Tensor, "n d"], Float[torch.Tensor, "n d"]]:
        """The conditional mean and its derivative (Target.conditional_mean_slope)."""
        a, b, alpha, beta, turn = (scale[:, None] for scale in (a, b, alpha, beta, turn))
        da = turn * alpha
        db = turn * beta
        h2 = self.bandwidth**2
        v = a * a * h2 + b * b
        dv = 2 * (a * da * h2 + b * db)
        query = torch.cat([a / v * x, a * a / v], -1)
        rate = (da - a * dv / v) / v
        dquery = torch.cat([rate * x + a / v * dx, (2 * a * da - a * a * dv / v) / v], -1)
        p, dp = self._attended(query, dquery)
        own = alpha * a * h2 + beta * b
        down = turn * ((alpha * alpha - a * a) * h2 + beta * beta - b * b)
        mixed = alpha * b - beta * a  # does not change as the scales turn
        value = (own * x + b * mixed * p) / v
        moved = down * x + own * dx + db * mixed * p + b * mixed * dp
        return value, (moved - dv * value) / v

    def _attended(
        self, query: torch.Tensor, dquery: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """P and its derivative: sum_j s_j dl_j (p_j - P), l_j the logits."""
        points = self.keys[:, :-1]
        rows = max(1, BLOCK // len(self.points))
        values = []
        slopes = []
        for part, dpart in zip(query.split(rows), dquery.split(rows), strict=True):
            weight = torch.softmax(part @ self.keys.T, -1)
            tilted = weight * (dpart @ self.keys.T)
            value = weight @ points
            values.append(value)
            slopes.append(tilted @ points - tilted.sum(-1, keepdim=True) * value)
        return torch.cat(values), torch.cat(slopes)

    def conditional_draw(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale, generator: torch.Generator
    ) -> Float[torch.Tensor, "n d"]:
        """One draw of X_0 given x: a point by its softmax weight, then its Gaussian; centred."""
        a, b, v, query = self._query(x, a, b)
        uniform = torch.rand(
            (len(x), 1), generator=generator, device=generator.device, dtype=x.dtype
        ).to(x.device)
        rows = max(1, BLOCK // len(self.points))
        picked = [
            _inverse_cdf(q @ self.keys.T, u)
            for q, u in zip(query.split(rows), uniform.split(rows), strict=True)
        ]
        p = self.keys[torch.cat(picked), :-1]
        h = self.bandwidth
        noise = normal(tuple(x.shape), generator, x)
        mean = (a * h * h * x + b * b * p) / v
        return mean + b * h / v.sqrt() * noise

    def log_marginal(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale
    ) -> Float[torch.Tensor, "n"]:
        """log sum_j N(x; a p_j, v I)/N, centred, shape (n,)."""
        a, b, v, query = self._query(x, a, b)
        rows = max(1, BLOCK // len(self.points))
        parts = [torch.logsumexp(q @ self.keys.T, -1) for q in query.split(rows)]
        log_volume = 0.5 * self.dim * (math.log(2 * math.pi) + v.log())
        constant = math.log(len(self.points)) + log_volume
        exponent = 0.5 * (x * x).sum(-1, keepdim=True) / v
        return torch.cat(parts) - (exponent + constant)[..., 0]

    def _query(
        self, x: torch.Tensor, a: Scale, b: Scale
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """a, b and v as columns (..., 1), and the query (a x, a^2)/v whose products with the keys
        are the softmax's logits.
        """
        a = self._column(x, a)
        b = self._column(x, b)
        v = a * a * self.bandwidth**2 + b * b
        last = (a * a / v).expand(*x.shape[:-1], 1)
        return a, b, v, torch.cat([a / v * x, last], -1)

    @staticmethod
    def _column(x: torch.Tensor, scale: Scale) -> torch.Tensor:
        return torch.as_tensor(scale, dtype=x.dtype, device=x.device)[..., None]


def _scott(centred: torch.Tensor) -> float:
    """Scott's rule for points (N, d) less their mean; 1 for the deviation where all are equal."""
    n, d = centred.shape
    rms = float(centred.pow(2).mean().sqrt())
    return float((rms or 1.0) * n ** (-1 / (d + 4)))


def digits(bandwidth: float = DIGITS_BANDWIDTH) -> Dataset:
    """scikit-learn's digits (UCI, 1,797 images of 8 x 8): d = 64, pixels/16 in [0, 1].

    Arguments:
        bandwidth: above 0, in the pixels' unit.

    Raises:
        InputError: scikit-learn is not installed; a bandwidth that is not above 0.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise missing("the target digits", "scikit-learn", "ctverify[data]", error) from None
    return Dataset(load_digits().data / 16, bandwidth, name="digits", source="digits")


SOURCES: dict[str, Callable[[float], Dataset]] = {"digits": digits}


def _inverse_cdf(logits: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Per row the index at which the softmax's cumulated weights reach uniform (n, 1)."""
    cumulated = torch.softmax(logits, -1).cumsum(-1)
    index = torch.searchsorted(cumulated, uniform * cumulated[:, -1:])[:, 0]
    return index.clamp_max(logits.shape[1] - 1)
