"""Exact shares of the coupled distance: how much of it is the model's, how much the schedule's.

xi = f_T(Z) - Phi_T(X_T), u = xi/|xi| (0 where xi = 0), and Y_t ONE draw of X_{t-1} given X_t, which
is independent of (X_0, Z) given X_t. Draw by draw, exactly,

    |xi| = <f_T(Z) - f_T(X_T), u>                          start
         + sum_t <f_t(X_t) - f_{t-1}(Y_t), u>              model
         + sum_t <f_{t-1}(Y_t) - f_{t-1}(X_{t-1}), u>      schedule
         + <f_1(X_1) - X_1, u>                             initial

and the mean of a model term is E <f_t(X_t) - E[f_{t-1}(X_{t-1}) | X_t], u>, at most eps_t in size
and 0 for a model that is trained exactly. Shares are signed: levels can cancel.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core.schemas import NonNegative, Number


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Signed parts of the coupled distance E|xi|, in the data's unit; lists have T - 1 entries.

    Attributes:
        t: the levels 2..T.
        model: of the model's own defect at each level.
        schedule: of the step's discretisation at each level.
        model_error, schedule_error: standard errors of those.
        initial: of f_1.
        start: of starting at N(0, I) in place of X_T.
        model_total, schedule_total: sums over the levels.
        model_total_error, schedule_total_error: standard errors of the sums.
        total: the coupled distance, which all parts sum to.
    """

    t: list[int]
    model: list[Number]
    schedule: list[Number]
    model_error: list[NonNegative]
    schedule_error: list[NonNegative]
    initial: Number
    start: Number
    model_total: Number
    schedule_total: Number
    model_total_error: NonNegative
    schedule_total_error: NonNegative
    total: NonNegative
