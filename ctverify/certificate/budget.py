"""The trajectory budget: how far the model moves away from the flow, level by level.

Walk along the FLOW: X_T ~ p_T, X_{t-1} = Phi_{t->t-1}(X_t), so that X_t ~ p_t for every t. With
d_t = f_t(X_t) - f_{t-1}(X_{t-1}), for q >= 1,

    W_q(f_T(Z), X_1) <= |f_T(Z) - f_T(X_T)| + |f_1(X_1) - X_1| + sum_t |d_t|     norms in L^q.
                         start                 initial            step

Proof: f_T(X_T) - X_1 telescopes; Minkowski. No conditional expectation, no Lipschitz constant, any
schedule. In L1 the sum is ONE mean over paths; so is W_2's limit, and below the sum of norms:

    W_2^2 <= E (|start| + |initial| + sum_t |d_t|)^2.

It is a profile whose total happens to be close to W_1, not the tightest limit: errors of a trained
model that are fresh at each level add up in the sum and average out at the end, so that its ratio
to W_1 grows with T.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core.schemas import NonNegative, Number, Positive


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The profile of the error along the flow; lists have T - 1 entries, t = 2..T.

    Attributes:
        t: the levels.
        sigma: their noise levels.
        step: |d_t| in L1.
        step_l2: |d_t| in L2.
        model_defect: eps_t = |f_t(X_t) - E[f_{t-1}(X_{t-1}) | X_t]| in L2, for Theorem 1: the root
            of model_defect_squared, 0 where that is negative.
        model_defect_squared: its square, an unbiased estimate, which may be negative.
        model_defect_squared_error: the standard error of that.
        initial: |f_1 - id| in L1.
        start: |f_T(Z) - f_T(X_T)| in L1.
        total: start + initial + sum of step, an estimate.
        total_upper: its limit, which bounds W_1.
        w2_total_upper: the limit on W_2, from the root of ONE mean of squares.
        concentration: how far one draw moves the mean behind a limit (core/confidence.py).
        method: how it was found.
    """

    t: list[int]
    sigma: list[Positive]
    step: list[NonNegative]
    step_l2: list[NonNegative]
    model_defect: list[NonNegative]
    model_defect_squared: list[Number]
    model_defect_squared_error: list[NonNegative]
    initial: NonNegative
    start: NonNegative
    total: NonNegative
    total_upper: NonNegative
    w2_total_upper: NonNegative
    concentration: NonNegative
    method: str

    @property
    def eps_sum(self) -> float:
        """The sum of eps_t, as Theorem 1 has it."""
        return sum(self.model_defect)
