"""The residuals of consistency training, LHW (14), and how far the normal equations are from zero.

At level t a trained f_t leaves r = f_t(X_t) - f_{t-1}(X_{t-1}) on fresh shared-noise draws. Where F
may be left in the directions h = (1, u), u the whitened X_t, the minimiser has E[r h] = 0 (theory:
E |f + delta h - f_{t-1}|^2 is least at delta = 0). Two statistics:

    z_jk = mean(r_j h_k) / (sd(r_j h_k) sqrt(1/n + 1/N))
        for least squares over N pairs, judged on n: N(0, 1) in the limit of large N

    rho  = |(E[r r'] + ETA^2 Cov f_{t-1}(X_{t-1}))^{-1/2} E[r h']|_op
        between 0 and 1: the correlation of r with the direction that explains it best, in any basis
        of r; levels so close that r is small beside f itself are judged beside ETA f instead, as an
        error of a trained f is a share of f

    tolerance of rho: QUALITY/sqrt(N), at most LARGEST (seen: right ones to 0.56 at N = 1,024, 0.24
    at 8,192, 0.05 at 32,768 in an MLP by Adam; independent noise, the chain (5) in place of it: 0.7
    to 0.97 at any T)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ctverify import Schedule
from ctverify.core.streams import normal, stream
from ctverify.targets import Target

from .law import RATE
from .trainer_claims import Claims

DRAWS = 16_384  # pairs a level that a model is judged on
ETA = 0.25
QUALITY = 20.0
LARGEST = 0.6
FAR = 7.5  # standard errors: as in test_bound.py

Model = Callable[[torch.Tensor, int], torch.Tensor]


@dataclass(frozen=True)
class Draws:
    """What pairs of one level are made of, each (n, d) float64 on the CPU.

    Arguments:
        x0: draws of X_0.
        z: the noise of both levels.
        other_x0, other_z: as many more of each, independent.
    """

    x0: torch.Tensor
    z: torch.Tensor
    other_x0: torch.Tensor
    other_z: torch.Tensor

    @classmethod
    def of(cls, target: Target, seed: int, t: int, n: int = DRAWS) -> Draws:
        """Fresh ones for a level.

        Arguments:
            target: the law of X_0.
            seed: of the draws.
            t: the level, whose draws are independent of other levels'.
            n: how many, at least 1.

        Returns:
            The same bits for the same arguments.
        """
        x0, other_x0 = (
            target.sample(n, stream(f"properties/residual data {i}", seed, t)) for i in (0, 1)
        )
        z, other_z = (
            normal(tuple(x0.shape), stream(f"properties/residual noise {i}", seed, t), x0)
            for i in (0, 1)
        )
        return cls(x0, z, other_x0, other_z)


@dataclass(frozen=True)
class Residuals:
    """Residuals of one level beside the directions that they must not depend on.

    Arguments:
        r: (n, d), weighted where the loss weights them.
        h: (n, k), (1, u) or 1 alone.
        size: (d, d), the covariance of the values to be met, in the units of r.
    """

    r: torch.Tensor
    h: torch.Tensor
    size: torch.Tensor

    @property
    def moments(self) -> torch.Tensor:
        """mean(r h'), (d, k)."""
        return self.r.T @ self.h / len(self.r)

    @property
    def squares(self) -> torch.Tensor:
        """mean(r r') + ETA^2 size, (d, d)."""
        return self.r.T @ self.r / len(self.r) + ETA**2 * self.size


def residuals(
    target: Target,
    scales: tuple[float, float],
    x: torch.Tensor,
    fitted: torch.Tensor,
    values: torch.Tensor,
    claims: Claims,
) -> Residuals:
    """Those of one level.

    Arguments:
        target: the law of X_0.
        scales: a and b of x = a X_0 + b Z.
        x: (n, d).
        fitted: f_t(x), (n, d).
        values: what it was to meet, (n, d).
        claims: which directions, and which weights, are owed.

    Returns:
        r, h and size; a pseudo-Huber loss weights r by w = 1/sqrt(|r|^2 + c^2), and size by the
        mean w squared.
    """
    r = fitted.to("cpu", torch.float64) - values.to("cpu", torch.float64)
    size = torch.cov(values.to("cpu", torch.float64).T).reshape(r.shape[1], r.shape[1])
    if claims.huber_c is not None:
        weight = (r.square().sum(1, keepdim=True) + claims.huber_c**2).rsqrt()
        r = weight * r
        size = size * weight.mean() ** 2
    constant = torch.ones_like(x[:, :1])
    if claims.function_class == "constant":
        return Residuals(r, constant, size)
    return Residuals(r, torch.cat([constant, whitened(target, scales, x)], 1), size)


def whitened(target: Target, scales: tuple[float, float], x: torch.Tensor) -> torch.Tensor:
    """u = V^{-1/2} (x - E x) of x = a X_0 + b Z, (n, d).

    Arguments:
        target: the law of X_0.
        scales: a and b.
        x: (n, d).

    Returns:
        Points of mean 0 and covariance I.
    """
    a, b = scales
    eigenvalues, basis = torch.linalg.eigh(target.covariance)
    deviation = (a * a * eigenvalues + b * b).sqrt()
    return (x - a * target.mean) @ basis / deviation


def rho(parts: list[Residuals]) -> float:
    """The head's rho, of one level or pooled over several.

    Arguments:
        parts: the residuals of each level; moments and squares are added up.

    Returns:
        A number in 0..1; inf where a residual is no number.
    """
    moments = torch.stack([part.moments for part in parts]).sum(0)
    squares = torch.stack([part.squares for part in parts]).sum(0)
    if not bool(moments.isfinite().all() and squares.isfinite().all()):
        return math.inf
    eigenvalues, basis = torch.linalg.eigh(squares)
    floor = 1e-12 * float(eigenvalues.max()) + 1e-300
    root = eigenvalues.clamp_min(floor).sqrt()
    scaled = (basis.T @ moments) / root[:, None]
    return float(torch.linalg.svdvals(scaled)[0])


def sampling(parts: list[Residuals]) -> float:
    """How far rho may be off for the draws that it is judged on.

    Arguments:
        parts: as in `rho`.

    Returns:
        The root mean square of the moments' error, in the norm of `rho`, and FAR times the largest
        of its entries' standard errors.
    """
    squares = torch.stack([part.squares for part in parts]).sum(0)
    eigenvalues, basis = torch.linalg.eigh(squares)
    root = eigenvalues.clamp_min(1e-12 * float(eigenvalues.max()) + 1e-300).sqrt()
    variances = []
    for part in parts:
        scaled = (part.r @ basis) / root
        products = scaled[:, :, None] * part.h[:, None, :]
        variances.append(products.var(0) / len(products))
    total = torch.stack(variances).sum(0)
    return float(total.sum().sqrt() + FAR * total.max().sqrt())


def scores(part: Residuals, samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The head's z for least squares over `samples` pairs, and their limits.

    Arguments:
        part: the residuals of a level.
        samples: N.

    Returns:
        z (d, k), and limits (d, k): by Bernstein's inequality with the largest product seen, each
        of them is passed with probability RATE/(d k) at most.
    """
    products = part.r[:, :, None] * part.h[:, None, :]
    deviation = products.std(0).clamp_min(1e-300)
    error = math.sqrt(1 / len(products) + 1 / samples)
    z = products.mean(0) / (deviation * error)
    log_rate = math.log(2 * z.numel() / RATE)
    # (1 + b z error/3) 2 log = z^2, b the largest product in standard deviations
    largest = (products - products.mean(0)).abs().amax(0) / deviation
    linear = log_rate * largest * error / 3
    return z, linear + (linear.square() + 2 * log_rate).sqrt()


def tolerance(samples: int) -> float:
    """What rho is allowed to be for SGD on so many pairs a level.

    Example:
        >>> round(tolerance(8192), 3), tolerance(100)
        (0.221, 0.6)
    """
    return min(LARGEST, QUALITY / math.sqrt(samples))


def level_residuals(
    f: Model, target: Target, schedule: Schedule, t: int, draws: Draws, claims: Claims, device: str
) -> Residuals:
    """Those of f_t against f_{t-1} under the shared noise.

    Arguments:
        f: the trained model.
        target, schedule: what it was trained on.
        t: the level, 2..T.
        draws: what the pairs are made of.
        claims: as in `residuals`.
        device: where f is called.

    Returns:
        The residuals of the level.
    """
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    x = a * draws.x0 + b * draws.z
    previous = a1 * draws.x0 + b1 * draws.z
    fitted = f(x.to(device), t)
    values = f(previous.to(device), t - 1)
    return residuals(target, (a, b), x, fitted, values, claims)
