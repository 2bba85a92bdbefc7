"""Laws made of Gaussians: N(m, S), and the mixture sum_j w_j N(m_j, C_j). Formulas: components.py.

A Gaussian is known in closed form: with lam an eigenvalue of S and v_t = alpha_bar_t lam + 1 -
alpha_bar_t, the slopes along its direction are

    of the flow Phi_{t->k}        sqrt(v_k/v_t),
    of the population model f*_t  prod_{k=2..t} Cov(X_{k-1}, X_k)/Var(X_k),
        Cov = sqrt(abar_{k-1} abar_k) lam + sqrt((1 - abar_{k-1})(1 - abar_k)),
    D_t^2                         sum over directions of v_1 (1 - cos(psi_t - psi_{t-1}))^2,
                                  psi_t = atan(sigma_t/sqrt(lam)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..core.arguments import InputError, tensor
from ..core.signatures import checked
from ..flow.defects import Defects
from ..flow.laws import Clock, Scale
from ..flow.lipschitz import Lipschitz, largest_rise
from ..flow.one_dim import NormalMixture1D
from ..model.schedule import Schedule
from .base import Map, Target, count
from .components import Components, centred
from .forms import MixtureForm, NormalForm

CACHED = 2**15  # numbers of the denoiser's widest array for which a batch stays in cache


@checked
class ComponentTarget(Target):
    """What Gaussian and Mixture share: centred components, on which every conditional law is
    written.
    """

    components: Components

    def __init__(
        self,
        *,
        name: str,
        weights: Float[torch.Tensor, "K"],
        means: Float[torch.Tensor, "K d"],
        covariances: Float[torch.Tensor, "K d d"],
    ) -> None:
        mean, covariance, components = centred(weights, means, covariances)
        super().__init__(name=name, mean=mean, covariance=covariance)
        self.components = components

    @property
    def singular(self) -> bool:
        """Whether X_0 has no density: some component has a zero eigenvalue."""
        return bool((self.components.eigenvalues == 0).any())

    @property
    def gaussian_tails(self) -> bool:
        """Always."""
        return True

    @property
    def cost(self) -> int:
        """One unit a component and dimension."""
        return self.components.eigenvalues.numel()

    @property
    def block_rows(self) -> int:
        """As many as stay in cache."""
        return max(256, CACHED // self.components.eigenvalues.numel())

    def sample(self, n: int, generator: torch.Generator) -> Float[torch.Tensor, "n d"]:
        """n independent draws of X_0, shape (n, d)."""
        return self.mean + self.components.draw(count(n, self.dim), generator)

    def conditional_mean(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> Float[torch.Tensor, "*n d"]:
        """E[alpha X_0 + beta Z | a X_0 + b Z = x], all centred (Target.conditional_mean)."""
        return self.components.conditional_mean(x, a, b, alpha, beta)

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
        return self.components.conditional_mean_slope(x, a, b, alpha, beta, dx, turn)

    def conditional_draw(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale, generator: torch.Generator
    ) -> Float[torch.Tensor, "n d"]:
        """One draw of X_0 given a X_0 + b Z = x, all centred (Target.conditional_draw)."""
        return self.components.conditional_draw(x, a, b, generator)

    def log_marginal(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale
    ) -> Float[torch.Tensor, "n"]:
        """log density of a X_0 + b Z, centred (Target.log_marginal)."""
        return self.components.log_marginal(x, a, b)

    def one_dimensional_form(self) -> NormalMixture1D | None:
        """The components of positive weight in d = 1."""
        if self.dim != 1:
            return None
        c = self.components
        kept = c.log_weights.isfinite()
        weight = c.log_weights.exp()
        scale = c.eigenvalues[:, 0].sqrt()
        parts = (v[kept].cpu().numpy().astype(float) for v in (weight, c.means[:, 0], scale))
        return NormalMixture1D(*parts)


@checked
class Gaussian(ComponentTarget, kind="gaussian"):
    """N(mean, covariance).

    Arguments:
        mean: (d,), finite; in d = 1 it may be a number.
        covariance: (d, d), symmetric positive semidefinite; in d = 1 it may be a number.
        name: what reports call it.

    Raises:
        InputError: another shape, a matrix that is not symmetric or has a negative eigenvalue,
            numbers that are not finite.

    Example:
        >>> from ctverify import Gaussian
        >>> Gaussian([1.0, 0.0], [[2.0, 0.5], [0.5, 1.0]])
        <Gaussian gaussian, d = 2>
    """

    def __init__(self, mean: ArrayLike, covariance: ArrayLike, *, name: str = "gaussian") -> None:
        m = tensor("mean", mean)
        c = tensor("covariance", covariance)
        m = m.reshape(1) if m.ndim == 0 else m
        if m.ndim != 1:
            raise InputError(f"mean must have shape (d,), got {tuple(m.shape)}")
        c = c.reshape(1, 1) if len(m) == c.numel() == 1 else c
        if c.shape != (len(m), len(m)):
            raise InputError(f"covariance must have shape {(len(m), len(m))}, got {tuple(c.shape)}")
        one = torch.ones(1, dtype=m.dtype)
        super().__init__(name=name, weights=one, means=m[None], covariances=c[None])
        self.mean = m  # as given

    @property
    def spec(self) -> dict[str, Any]:
        """JSON that rebuilds the target."""
        return {
            "kind": "gaussian",
            "name": self.name,
            "mean": self.mean.tolist(),
            "covariance": self.covariance.tolist(),
        }

    def normal_form(self) -> NormalForm:
        """Eigenvalues and basis of the covariance."""
        return NormalForm(self.components.eigenvalues[0], self.components.basis)

    def mixture_form(self) -> MixtureForm:
        """One component."""
        one = torch.ones(1, dtype=torch.float64)
        return MixtureForm(one, self.mean[None], self.covariance[None])

    def along(self, u: Float[torch.Tensor, "d"]) -> Gaussian:
        """N(mean.u, u.S u)."""
        return Gaussian(self.mean @ u, (u @ self.covariance @ u).clamp_min(0.0))

    def centred_flow(
        self,
        clock: Clock,
        x: Float[torch.Tensor, "L m d"],
        starts: Sequence[int],
        stop: int,
        tolerance: float,
    ) -> Float[torch.Tensor, "L m d"]:
        """In closed form: sqrt(v_k/v_t) along each direction."""
        basis = self.components.basis
        variance = self._variances(clock, [*starts, stop])
        ratio = (variance[-1] / variance[:-1]).sqrt()
        return (x @ basis * ratio[:, None]) @ basis.T

    @property
    def has_exact_defects(self) -> bool:
        """Always."""
        return True

    def defects(self, schedule: Schedule) -> Defects:
        """D_t in closed form."""
        a, b = schedule.scales(1)
        square = np.zeros(schedule.T - 1)
        for lam in self.components.eigenvalues[0].tolist():
            if lam == 0:  # the flow is linear along a direction of noise alone
                continue
            psi = np.arctan(np.exp(schedule.log_sigma[1:] - 0.5 * math.log(lam)))
            versine = 2 * np.sin(np.diff(psi) / 2) ** 2
            square += (a * a * lam + b * b) * versine**2
        root = np.sqrt(square)
        return Defects(root=root, square=root**2, error=0.0)

    def lipschitz(self, schedule: Schedule, seed: int = 0) -> Lipschitz:
        """Exact: the largest sqrt(v_k/v_t), t >= k, of any direction."""
        variances = self._variances(schedule, range(1, schedule.T + 1))
        return Lipschitz(largest_rise(0.5 * variances.log()), exact=True)

    def population_levels(self, schedule: Schedule) -> dict[int, Map]:
        """Affine: along each direction a product of regression slopes."""
        basis = self.components.basis
        lam = self.components.eigenvalues[0]
        scales = [schedule.scales(t) for t in range(1, schedule.T + 1)]
        a, b = torch.tensor(scales, dtype=lam.dtype, device=lam.device).T[..., None]
        covariance = a[:-1] * a[1:] * lam + b[:-1] * b[1:]
        variance = a[1:] ** 2 * lam + b[1:] ** 2
        slopes = torch.cumprod(covariance / variance, 0)

        def affine(slope: torch.Tensor) -> Map:
            return lambda x: (x @ basis * slope) @ basis.T

        return {t: affine(slopes[t - 2]) for t in range(2, schedule.T + 1)}

    def _variances(self, clock: Clock, levels: Sequence[int]) -> torch.Tensor:
        """v_t of each level and direction, (L, d)."""
        squares = [(a * a, b * b) for a, b in map(clock.scales, levels)]
        eigenvalues = self.components.eigenvalues
        signal, noise = torch.tensor(squares, dtype=torch.float64).to(eigenvalues).T[..., None]
        return signal * eigenvalues + noise


@checked
class Mixture(ComponentTarget, kind="mixture"):
    """The mixture of Gaussians sum_j w_j N(m_j, C_j).

    Arguments:
        weights: (K,), >= 0, with the sum 1 (within 1e-6).
        means: (K, d), finite; in d = 1 also (K,).
        covariances: (K, d, d), symmetric positive semidefinite; in d = 1 also (K,).
        name: what reports call it.

    Raises:
        InputError: another shape, weights that are negative or do not sum to 1, matrices that are
            not symmetric or have a negative eigenvalue, numbers that are not finite.

    Example:
        >>> from ctverify import Mixture
        >>> Mixture([0.5, 0.5], [-1.0, 1.0], [0.5, 0.5]).covariance.tolist()
        [[1.5]]
    """

    weights: Float[torch.Tensor, "K"]
    means: Float[torch.Tensor, "K d"]
    covariances: Float[torch.Tensor, "K d d"]

    def __init__(
        self, weights: ArrayLike, means: ArrayLike, covariances: ArrayLike, *, name: str = "mixture"
    ) -> None:
        w = tensor("weights", weights)
        m = tensor("means", means)
        c = tensor("covariances", covariances)
        total = float(w.sum())
        if w.ndim != 1 or bool((w < 0).any()) or abs(total - 1) > 1e-6:
            raise InputError(
                "weights must be numbers >= 0 that sum to 1, "
                f"got {w.tolist()} with the sum {total:.6g}"
            )
        m = m[:, None] if m.ndim == 1 else m
        if m.ndim != 2 or len(m) != len(w):
            raise InputError(
                f"means must have shape ({len(w)}, d), one row a weight, got {tuple(m.shape)}"
            )
        if m.shape[1] == 1 and c.numel() == len(w):
            c = c.reshape(-1, 1, 1)
        if c.shape != (*m.shape, m.shape[1]):
            raise InputError(
                f"covariances must have shape {(*m.shape, m.shape[1])}, got {tuple(c.shape)}"
            )
        super().__init__(name=name, weights=w, means=m, covariances=c)
        self.weights = w
        self.means = m
        self.covariances = c

    @property
    def spec(self) -> dict[str, Any]:
        """JSON that rebuilds the target."""
        arrays = {key: getattr(self, key).tolist() for key in ("weights", "means", "covariances")}
        return {"kind": "mixture", "name": self.name, **arrays}

    def mixture_form(self) -> MixtureForm:
        """The arguments."""
        return MixtureForm(self.weights, self.means, self.covariances)

    def along(self, u: Float[torch.Tensor, "d"]) -> Mixture:
        """The mixture of N(m_j.u, u.C_j u)."""
        variances = torch.einsum("i,kij,j->k", u, self.covariances, u).clamp_min(0.0)
        return Mixture(self.weights, self.means @ u, variances)
