"""The population model: consistency training (14) with exact minimisation, fully recursive (LHW,
arXiv 2402.07802, Eq. (14)):

    f*_1 = id,   f*_t(x) = E[f*_{t-1}(X_{t-1}) | X_t = x],

under the shared-noise coupling of X_{t-1} and X_t. Each target answers with its own f*
(`population_levels`): affine for a Gaussian (targets/mixture.py), in d = 1 a table a level carried
by quadrature over the components of X_{t-1} | X_t (flow/reverse_1d.py), and for a product, also a
rotated one, coordinate by coordinate. Of any other target it can be sampled (reverse_chain.py).

The same loss stopped at a level s, F_{s->s} = id and F_{t->s} = argmin E|F(X_t) -
F_{t-1->s}(X_{t-1})|^2, is what a flow map F(x, t, s) is trained by on a grid of times. With exact
minimisation F*_{t->s}(x) = E[F*_{t-1->s}(X_{t-1}) | X_t = x], and of a Gaussian, along an
eigenvector with the eigenvalue lam and psi_k = atan(sigma_k/sqrt(lam)),

    slope of F*_{t->s} = slope of Phi_{t->s} * prod_{k=s+1..t} cos(psi_k - psi_{k-1}).
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from ..core import arguments
from ..core.signatures import checked
from ..model.protocols import FlowMap, Model
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


@checked
def population_flow_map(target: Target, schedule: Schedule) -> FlowMap:
    """The population flow map F*: what exact minimisation of the shared-noise loss between
    neighbouring levels gives for a map of two times, in closed form for Gaussians.

    F*_{s->r} o F*_{t->s} = F*_{t->r}, so that its deterministic sampler ends in one law whatever
    its steps: more of them take nothing off the discretisation's error.

    Arguments:
        target: a Gaussian.
        schedule: the noise levels 1..T.

    Returns:
        F(x, t, s) for x (n, d) and levels 1 <= s <= t <= T, in the target's dtype; F(x, t, t) = x.

    Raises:
        InputError: another target.

    Example:
        >>> import torch
        >>> from ctverify import Gaussian, Schedule
        >>> from ctverify.training import population_flow_map
        >>> F = population_flow_map(Gaussian(0.0, 1.0), Schedule.li_huang_wei(32))
        >>> x = torch.ones(1, 1, dtype=torch.float64)
        >>> bool((F(F(x, 32, 9), 9, 1) - F(x, 32, 1)).abs() < 1e-15)
        True
    """
    form = handed_in(target).normal_form()
    if form is None:
        raise NotAFunction(f"population_flow_map needs a Gaussian, got {target.name}")
    lam = form.eigenvalues.cpu().numpy()
    scales = np.array([schedule.scales(t) for t in range(1, schedule.T + 1)])
    a, b = scales.T[..., None]
    covariance = a[:-1] * a[1:] * lam + b[:-1] * b[1:]
    variance = a[1:] ** 2 * lam + b[1:] ** 2
    summed = np.cumsum(np.log(covariance / variance), axis=0)
    log_slope = torch.from_numpy(np.concatenate([np.zeros((1, len(lam))), summed]))

    def model(x: Float[torch.Tensor, "n d"], t: int, s: int) -> Float[torch.Tensor, "n d"]:
        t = arguments.level("t", t, schedule.T)
        s = arguments.level("s", s, schedule.T)
        x = arguments.batch("x", x, target.dim).to(target.mean)
        if t == s:
            return x.clone()
        slope = (log_slope[t - 1] - log_slope[s - 1]).exp().to(x)
        centred = (x - schedule.scales(t)[0] * target.mean) @ form.basis * slope
        return schedule.scales(s)[0] * target.mean + centred @ form.basis.T

    return model
