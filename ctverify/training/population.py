"""The population model: consistency training (14) with exact minimisation, fully recursive (LHW,
arXiv 2402.07802, Eq. (14)):

    f*_1 = id,   f*_t(x) = E[f*_{t-1}(X_{t-1}) | X_t = x],

under the shared-noise coupling of X_{t-1} and X_t. Each target answers with its own f*
(`population_levels`): affine for a Gaussian (targets/mixture.py), in d = 1 a table a level carried
by quadrature over the components of X_{t-1} | X_t (flow/reverse_1d.py), and for a product, also a
rotated one, coordinate by coordinate. Of any other target it can be sampled (reverse_chain.py).
"""

from __future__ import annotations

import torch
from jaxtyping import Float

from ..core import arguments
from ..core.signatures import checked
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Target, handed_in


class NotAFunction(arguments.InputError):
    """The target's population model is not known as a function: chains sample it."""


@checked
def population_model(target: Target, schedule: Schedule) -> Model:
    """The population model f*, LHW (arXiv 2402.07802) Eq. (14) with exact minimisation: what any
    training aims at.

    Arguments:
        target: a Gaussian, a product, or a target in d = 1 with a one-dimensional form.
        schedule: the noise levels 1..T.

    Returns:
        f(x, t) for x (n, d) and t in 1..T, in the target's dtype; f_1 is the identity.

    Raises:
        InputError: a target whose population model is not known as a function.

    Example:
        >>> import torch
        >>> from ctverify import Gaussian, Schedule, population_model
        >>> f = population_model(Gaussian(0.0, 1.0), Schedule.li_huang_wei(32))
        >>> float(f(torch.ones(1, 1), 32)) < 1  # the flow's slope is 1: f* under-disperses
        True
    """
    levels = handed_in(target).population_levels(schedule)
    if levels is None:
        raise NotAFunction(
            "population_model needs a Gaussian, a product, or a target in d = 1"
            f"{' with a one-dimensional form' if target.dim == 1 else ''}, "
            f"got {target.name} in d = {target.dim}"
        )
    first = schedule.scales(1)[0] * target.mean

    def model(x: Float[torch.Tensor, "n d"], t: int) -> Float[torch.Tensor, "n d"]:
        t = arguments.level("t", t, schedule.T)
        x = arguments.batch("x", x, target.dim).to(target.mean)
        if t == 1:
            return x.clone()
        return first + levels[t](x - schedule.scales(t)[0] * target.mean)

    return model
