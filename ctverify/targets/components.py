"""The centred mixture sum_j w_j N(m_j, C_j), conditioned on x = a X_0 + b Z. Per component j, with
C_j = Q_j diag(lam_j) Q_j^T:

    V_j = a^2 C_j + b^2 I,   r_j ~ w_j N(x; a m_j, V_j),   u_j = V_j^{-1} (x - a m_j),
    E[X_0 | x, j] = m_j + a C_j u_j,   E[Z | x, j] = b u_j,   Cov[X_0 | x, j] = b^2 C_j V_j^{-1}.

All is done in the eigenbases Q_j, so that no matrix is solved at any noise level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..core.arguments import InputError
from ..core.streams import normal
from ..flow.laws import Scale


@dataclass(frozen=True, eq=False)
class Components:
    """K components in d dimensions, centred: sum_j w_j m_j = 0."""

    log_weights: Float[torch.Tensor, "K"]
    means: Float[torch.Tensor, "K d"]
    eigenvalues: Float[torch.Tensor, "K d"]  # lam_j >= 0
    basis: Float[torch.Tensor, "d K*d"]  # x @ basis is x in every component's eigenbasis at once
    rotated: Float[torch.Tensor, "K d"]  # m_j in its own eigenbasis

    def to(self, device: str | torch.device | None, dtype: torch.dtype | None) -> Components:
        """The same components on `device` in `dtype`."""
        return Components(
            log_weights=self.log_weights.to(device=device, dtype=dtype),
            means=self.means.to(device=device, dtype=dtype),
            eigenvalues=self.eigenvalues.to(device=device, dtype=dtype),
            basis=self.basis.to(device=device, dtype=dtype),
            rotated=self.rotated.to(device=device, dtype=dtype),
        )

    def conditional_mean(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> Float[torch.Tensor, "*n d"]:
        """E[alpha X_0 + beta Z | x] = sum_j r_j (alpha m_j + (alpha a C_j + beta b) u_j), shape of
        x.
        """
        residual, precision, r = self._condition(x, a, b)
        gain = (alpha * a * self._lift(self.eigenvalues, x) + beta * b) * precision
        weighted = residual.mul_(gain).mul_(r[:, None])
        own = self.basis @ weighted.flatten(0, 1).flatten(1)
        shared = alpha * (self.means.T @ r.flatten(1)).unflatten(1, x.shape[:-1])
        return (own.unflatten(1, x.shape[:-1]) + shared).movedim(0, -1)

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
        """The conditional mean and its derivative along dx while the scales turn, by the product
        rule: with l_j the logarithm of w_j N(x; a m_j, V_j), dr_j = r_j (dl_j - sum_k r_k dl_k).
        """
        lam = self._lift(self.eigenvalues, x)
        means = self._lift(self.rotated, x)
        residual, precision, r = self._condition(x, a, b)
        moved = (self.basis.T @ dx.T).reshape(*self.means.shape, len(x)) - turn * alpha * means
        dprecision = -2 * turn * (a * alpha * lam + b * beta) * precision**2
        gain = (alpha * a * lam + beta * b) * precision
        speed = turn * ((alpha**2 - a**2) * lam + beta**2 - b**2)
        dgain = speed * precision + (alpha * a * lam + beta * b) * dprecision
        exponent = 2 * residual * moved * precision + residual**2 * dprecision
        dlog = 0.5 * (dprecision / precision - exponent).sum(1)
        dr = r * (dlog - (r * dlog).sum(0))
        own = r[:, None] * gain * residual
        down = dr[:, None] * gain * residual + r[:, None] * (dgain * residual + gain * moved)
        shared = self.means.T @ r
        value = self.basis @ own.flatten(0, 1) + alpha * shared
        slope = self.basis @ down.flatten(0, 1) - turn * a * shared + alpha * (self.means.T @ dr)
        return value.T, slope.T

    def conditional_draw(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale, generator: torch.Generator
    ) -> Float[torch.Tensor, "*n d"]:
        """One draw of X_0 given x: a component j by its responsibility, then m_j + a C_j u_j + b
        (C_j V_j^{-1})^(1/2) noise.
        """
        residual, precision, r = self._condition(x, a, b)
        uniform = torch.rand(
            x.shape[:-1], generator=generator, device=generator.device, dtype=x.dtype
        ).to(x.device)
        below = r.cumsum(0) < uniform * r.sum(0)
        j = below.sum(0).clamp_max(len(self.means) - 1)
        shrink = self._lift(self.eigenvalues, x) * precision
        noise = normal(tuple(x.shape), generator, x).movedim(-1, 0)
        in_basis = a * shrink * residual + b * shrink.sqrt() * noise  # (K, d, ...)
        own = in_basis.gather(0, j.expand(1, *in_basis.shape[1:]))[0]
        return self.means[j] + torch.einsum("...de,e...->...d", self._bases()[j], own)

    def log_marginal(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale
    ) -> Float[torch.Tensor, "*n"]:
        """log sum_j w_j N(x; a m_j, V_j), shape of x without its last axis."""
        residual, precision = self._residual(x, a, b)
        constant = 0.5 * x.shape[-1] * math.log(2 * math.pi)
        return torch.logsumexp(self._logits(x, residual, precision), 0) - constant

    def draw(self, n: int, generator: torch.Generator) -> Float[torch.Tensor, "n d"]:
        """n draws of X_0."""
        weights = self.log_weights.exp().to(generator.device)
        j = torch.multinomial(weights, n, replacement=True, generator=generator)
        j = j.to(self.means.device)
        unit = normal((n, self.means.shape[1]), generator, self.means)
        noise = self.eigenvalues[j].sqrt() * unit
        return self.means[j] + torch.einsum("nde,ne->nd", self._bases()[j], noise)

    def _condition(
        self, x: torch.Tensor, a: Scale, b: Scale
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Q_j^T (x - a m_j) and V_j's inverse eigenvalues (both (K, d, ...)), and the
        responsibilities (K, ...).
        """
        residual, precision = self._residual(x, a, b)
        return residual, precision, torch.softmax(self._logits(x, residual, precision), 0)

    def _residual(self, x: torch.Tensor, a: Scale, b: Scale) -> tuple[torch.Tensor, torch.Tensor]:
        # rows last: sums over the short axes d and K then run over whole vectors
        first = x.movedim(-1, 0)
        turned = self.basis.T @ first.flatten(1)
        rotated = turned.reshape(*self.means.shape, *x.shape[:-1])
        variance = a * a * self._lift(self.eigenvalues, x) + b * b
        precision = 1 / variance.clamp_min(torch.finfo(x.dtype).tiny)
        return rotated.sub_(a * self._lift(self.rotated, x)), precision

    def _logits(
        self, x: torch.Tensor, residual: torch.Tensor, precision: torch.Tensor
    ) -> torch.Tensor:
        determinant = precision.log().sum(1) + 2 * self._lift(self.log_weights, x)
        return (determinant - (residual * residual).mul_(precision).sum(1)).mul_(0.5)

    def _bases(self) -> torch.Tensor:
        """Q_j, (K, d, d)."""
        return self.basis.reshape(len(self.basis), *self.means.shape).movedim(0, 1)

    @staticmethod
    def _lift(array: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """`array` made to broadcast before the leading axes of x."""
        return array.reshape(*array.shape, *([1] * (x.ndim - 1)))


def symmetric_eigen(
    name: str, matrices: Float[torch.Tensor, "*k d d"]
) -> tuple[Float[torch.Tensor, "*k d"], Float[torch.Tensor, "*k d d"]]:
    """Eigenvalues and eigenvectors of symmetric positive semidefinite matrices (..., d, d);
    rounding below zero is cut off.
    """
    size = matrices.abs().amax((-2, -1), keepdim=True)
    if bool(((matrices - matrices.mT).abs() > 1e-8 * size).any()):
        raise InputError(f"{name} must be symmetric, got a matrix that differs from its transpose")
    eigenvalues, vectors = torch.linalg.eigh((matrices + matrices.mT) / 2)
    if bool((eigenvalues < -1e-12 * matrices.shape[-1] * size[..., 0]).any()):
        least = float(eigenvalues.min())
        raise InputError(f"{name} must be positive semidefinite, got the eigenvalue {least:.6g}")
    return eigenvalues.clamp_min(0.0), vectors


def centred(
    weights: Float[torch.Tensor, "K"],
    means: Float[torch.Tensor, "K d"],
    covariances: Float[torch.Tensor, "K d d"],
) -> tuple[Float[torch.Tensor, "d"], Float[torch.Tensor, "d d"], Components]:
    """The mixture's mean (d,), covariance (d, d) and centred components."""
    what = "covariance" if len(means) == 1 else "covariances"
    eigenvalues, vectors = symmetric_eigen(what, covariances)
    weights = weights / weights.sum()
    mean = weights @ means
    offset = means - mean
    within = torch.einsum("k,kij->ij", weights, covariances)
    covariance = within + (weights[:, None] * offset).T @ offset
    if not bool(covariance.isfinite().all()):
        raise InputError(
            "the target's mean and covariance must be finite in float64, "
            "got numbers so large that they overflow"
        )
    components = Components(
        log_weights=weights.log(),
        means=offset,
        eigenvalues=eigenvalues,
        basis=vectors.permute(1, 0, 2).reshape(means.shape[1], -1),
        rotated=torch.einsum("kd,kde->ke", offset, vectors),
    )
    return mean, covariance, components
