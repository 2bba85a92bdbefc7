"""The discretisation's defects of a target and a schedule, whatever the model:

D_t = | E[Phi_{t-1}(X_{t-1}) | X_t] - Phi_t(X_t) |     in L2(law of X_t), t = 2..T.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float64

from .one_dim import Array


@dataclass(frozen=True, eq=False)
class Defects:
    """D_t, t = 2..T, estimates of D_t^2 (unbiased where they are sampled), and a bound on the
    expected error of sum_t D_t (confidence.root_bias); arrays of shape (T - 1,).
    """

    root: Float64[Array, "steps"]
    square: Float64[Array, "steps"]
    error: float

    @property
    def total(self) -> float:
        """sum_t D_t: what exact training is certified at, from X_T ~ p_T (claim
        certificate.distance).
        """
        return float(self.root.sum())
