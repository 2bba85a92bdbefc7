"""Random streams: one for each (purpose, seed, keys), so that no two uses ever share their samples.

The seed of a stream is the first 63 bits of SHA-256 of its name; training, certificate and data
differ in their purpose.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def derive(purpose: str, seed: int, *keys: int) -> int:
    """The seed of a stream.

    Arguments:
        purpose: what the numbers are for, without "/".
        seed: the user's seed.
        keys: whatever else tells one use from another, a level for example.

    Returns:
        A whole number in 0..2^63 - 1.

    Example:
        >>> derive("training", 0, 1) == derive("training", 0, 1)
        True
        >>> derive("training", 0, 1) == derive("training", 0, 2)
        False
    """
    numbers = [str(int(key)) for key in (seed, *keys)]
    name = "/".join([purpose, *numbers])
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(purpose: str, seed: int, *keys: int) -> torch.Generator:
    """A generator at the start of a stream.

    Arguments:
        purpose: what the numbers are for.
        seed: the user's seed.
        keys: whatever else tells one use from another.

    Returns:
        A CPU generator: the same numbers on every device.

    Example:
        >>> import torch
        >>> one = torch.randn(3, generator=stream("data", 0))
        >>> torch.equal(one, torch.randn(3, generator=stream("data", 0)))
        True
    """
    import torch

    return torch.Generator().manual_seed(derive(purpose, seed, *keys))


def normal(shape: tuple[int, ...], generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    """Standard normal numbers, the same on every device.

    Arguments:
        shape: of the result.
        generator: where they come from; they are drawn on its device.
        like: a tensor of the dtype and on the device that are wanted.

    Returns:
        A tensor of that shape, of the dtype and on the device of `like`.

    Example:
        >>> import torch
        >>> like = torch.zeros(1, dtype=torch.float64)
        >>> normal((2, 3), stream("data", 0), like).dtype
        torch.float64
    """
    import torch

    drawn = torch.randn(shape, generator=generator, device=generator.device, dtype=like.dtype)
    return drawn.to(like.device)
