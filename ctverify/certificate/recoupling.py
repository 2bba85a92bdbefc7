"""Re-coupling: the model is called at h(z) where its exact twin is carried from z, h orthogonal.

h(Z) ~ N(0, I) exactly, whatever h is, so (f_T(h(Z)), Phi_T(a_T X_0 + b_T Z)) couples the two laws
as h = id does: h may be fitted on draws of its own and needs no proof. It repairs in any dimension
what re-pairing repairs in few: a model whose map is turned against the flow's.

h is read off linear regressions on z, model ~ c + F z and exact ~ c' + G z:

    min |F h - G|  over orthogonal h  (Frobenius norms; Procrustes, Schonemann 1966),

at the polar factor U V^T of F^T G = U S V^T.
"""

from __future__ import annotations

import torch
from jaxtyping import Float

from .coupling import Pairs


def fitted_turn(pairs: Pairs) -> Float[torch.Tensor, "d d"]:
    """The orthogonal h under which the model's linear part is nearest to the flow's.

    Arguments:
        pairs: coupled rows, n > d of them, whose model started at z itself.

    Returns:
        h, (d, d): the model is to be called at h z; the identity where the rows overflow.
    """
    both = torch.cat([pairs.model, pairs.exact], 1)
    z = pairs.z - pairs.z.mean(0)
    # F^T over G^T, from the normal equations, which are well-conditioned for normal z
    slopes = torch.linalg.solve(z.T @ z, z.T @ (both - both.mean(0)))
    dim = z.shape[1]
    product = slopes[:, :dim] @ slopes[:, dim:].T
    if not bool(product.isfinite().all()):
        return torch.eye(dim).to(z)
    left, _, right = torch.linalg.svd(product)
    return left @ right
