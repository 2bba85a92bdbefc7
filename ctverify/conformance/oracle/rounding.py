"""How large a rounding is, and how many of them are allowed."""

from __future__ import annotations

import torch

EPS = 2.0**-23  # float32's spacing at 1
ROUNDINGS = 64  # that are allowed
SHORT = (torch.float16, torch.bfloat16)  # dtypes in which a network's body may run
FEW = 8  # roundings to the nearest that are allowed of a short dtype


def rounding(dtype: torch.dtype) -> float:
    """One rounding in dtype, relative, such that ROUNDINGS of them are what is allowed.

    It is float32's spacing at least, in which times and scalings may be computed whatever the dtype
    of x. Of a short dtype FEW roundings to the nearest, of eps/2 each, are allowed: of x, a
    scaling, their product, the network's output, its scaling, their product, a sum, and one more.
    """
    if dtype not in SHORT:
        return EPS
    return FEW * torch.finfo(dtype).eps / 2 / ROUNDINGS
