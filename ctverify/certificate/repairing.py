"""Re-pairing: exact twins are exchanged within a batch, so that a model whose law is right but
whose map is not is not charged for its map.

Let (Y_i, Y*_i), i = 1..m, be a batch, each Y_i of the sampler's law, each Y*_i of X_1's, and sigma
ANY bijection of 1..m that is chosen from what is known up to that step. For I uniform on 1..m,
independent of all, Y_I has the sampler's law and Y*_sigma(I) that of X_1, so the mean over the
batch of |Y_i - Y*_sigma(i)| has an expectation of at least W_1, its mean square one of at least
W_2^2. (A fixed slot i couples nothing: sigma(i) depends on the draws.) Not allowed are the nearest
neighbour without bijection, the cheaper of two twins, and a sigma that looks at a noise that is
added later: each certifies below W_1.

The best sigma is an assignment, in d = 1 by sorting. Its mean falls with m to a floor of order
m^(-1/d) above W_1.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment


def repaired(
    model: Float[torch.Tensor, "n d"], exact: Float[torch.Tensor, "n d"], batch: int
) -> Float[torch.Tensor, "n d"]:
    """The exact twins, re-paired within each batch of rows.

    Arguments:
        model: where the sampler ended, (n, d).
        exact: its twins, (n, d).
        batch: m, rows of a batch; what is left at the end is a smaller one.

    Returns:
        (n, d), the rows of `exact` of each batch in another order.

    Example:
        >>> model = torch.tensor([[0.0], [5.0]])
        >>> repaired(model, torch.tensor([[4.0], [1.0]]), 2).tolist()
        [[1.0], [4.0]]
    """
    parts = zip(model.split(batch), exact.split(batch), strict=True)
    return torch.cat([y[pairing(x, y)] for x, y in parts])


def pairing(x: Float[torch.Tensor, "m d"], y: Float[torch.Tensor, "m d"]) -> Int[torch.Tensor, "m"]:
    """The bijection sigma that makes the mean of |x_i - y_sigma(i)| smallest.

    Arguments:
        x, y: points, (m, d).

    Returns:
        sigma, (m,); the identity where distances overflow.
    """
    if x.shape[1] == 1:
        ranks = x[:, 0].argsort(stable=True).argsort()
        return y[:, 0].argsort(stable=True)[ranks]
    cost = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").cpu().numpy()
    if not np.isfinite(cost).all():
        return torch.arange(len(x), device=x.device)
    _, column = linear_sum_assignment(cost)
    return torch.from_numpy(column).to(x.device)
