"""The exact flow of two times of a known law, in the convention's own x and times, float64.

For a normal law in closed form, with its derivatives: along an eigenvector of variance lam, with
r_t = sqrt(a_t^2 lam + b_t^2),

    Phi_{t->s}(x) = a_s m + (r_s/r_t) (x - a_t m),
    u(x, t, s)    = a[t, s] m + (r[t, s]/r_t) (x - a_t m),   r[t, s] = r^2[t, s]/(r_t + r_s).

For others by the flow (exact.py), one pair of times for all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ...model.convention import Convention
from ...targets import Target
from .exact import Exact


@dataclass(frozen=True, eq=False)
class Scales:
    """a_t, b_t, a_s, b_s, a[t, s], b[t, s], (6, n, 1) float64, and their derivatives."""

    value: torch.Tensor
    by_t: torch.Tensor
    by_s: torch.Tensor


def scales(convention: Convention, t: torch.Tensor, s: torch.Tensor) -> Scales:
    """The scales of pairs of times (n,); b is the noise's standard deviation."""
    pair = convention.pair(t.double().numpy(), s.double().numpy())
    parts = (pair.value, pair.by_t, pair.by_s)
    return Scales(*(torch.from_numpy(part)[..., None] for part in parts))


@dataclass(frozen=True, eq=False)
class ExactMaps:
    """A target, seen by a flow map."""

    target: Target
    convention: Convention

    @property
    def normal(self) -> bool:
        """Whether the law is normal, so that every row may have times of its own."""
        return self.target.normal_form() is not None

    def map(self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """Phi_{t->s}(x), (n, d)."""
        return x - (t - s)[:, None] * self.velocity(x, t, s)

    def velocity(self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        """The average velocity u(x, t, s), (n, d)."""
        if self.normal:
            none = torch.zeros_like(t)
            return self.velocity_and_rate(x, t, s, torch.zeros_like(x), none, none)[0]
        found = torch.empty_like(x)
        pairs, index = torch.stack([t, s], 1).unique(dim=0, return_inverse=True)
        for number, (late, early) in enumerate(pairs.tolist()):
            rows = index == number
            found[rows] = self._swept(x[rows], late, early)
        return found

    def _swept(self, x: torch.Tensor, t: float, s: float) -> torch.Tensor:
        """u at one pair of times."""
        if t == s:
            return self.instant(x, torch.full((len(x),), t, dtype=torch.float64))
        landed = Exact(self.target, self.convention).flow(x, [t], s)
        return (x - landed) / (t - s)

    def instant(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """v(x, t) = E[a' X_0 + b' z | x_t = x], (n, d)."""
        a, b, _, _, a_rate, b_rate = scales(self.convention, t, t).value
        centred = x - a * self.target.mean
        parts = (a[:, 0], b[:, 0], a_rate[:, 0], b_rate[:, 0])
        return a_rate * self.target.mean + self.target.conditional_mean(centred, *parts)

    def velocity_and_rate(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        dx: torch.Tensor,
        dt: torch.Tensor,
        ds: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """u(x, t, s) and its derivative along (dx, dt, ds), of a normal law."""
        form: Any = self.target.normal_form()
        pair = scales(self.convention, t, s)
        change = pair.by_t * dt[:, None] + pair.by_s * ds[:, None]
        a_t, b_t, a_s, b_s, a_slope, b_slope = pair.value
        da_t, db_t, da_s, db_s, da_slope, db_slope = change
        lam, mean, turned = form.eigenvalues, self.target.mean, form.basis
        r_t, r_s = ((lam * a * a + b * b).sqrt() for a, b in ((a_t, b_t), (a_s, b_s)))
        dr_t = (lam * a_t * da_t + b_t * db_t) / r_t
        dr_s = (lam * a_s * da_s + b_s * db_s) / r_s
        rise = lam * (a_t + a_s) * a_slope + (b_t + b_s) * b_slope
        drise = (
            lam * ((da_t + da_s) * a_slope + (a_t + a_s) * da_slope)
            + (db_t + db_s) * b_slope
            + (b_t + b_s) * db_slope
        )
        slope = rise / (r_t + r_s) / r_t
        dslope = drise / (r_t + r_s) / r_t - slope * ((dr_t + dr_s) / (r_t + r_s) + dr_t / r_t)
        centred = (x - a_t * mean) @ turned
        dcentred = (dx - da_t * mean) @ turned
        u = a_slope * mean + (slope * centred) @ turned.T
        du = da_slope * mean + (dslope * centred + slope * dcentred) @ turned.T
        return u, du

    def draw(self, n: int, t: float, seed: int) -> torch.Tensor:
        """n draws of x_t."""
        return Exact(self.target, self.convention).draw(n, t, seed)
