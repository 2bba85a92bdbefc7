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
    """The seed, in 0..2^63 - 1, of the stream that `purpose`, `seed` and `keys` name."""
    name = "/".join([purpose, *(str(int(k)) for k in (seed, *keys))])
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def stream(purpose: str, seed: int, *keys: int) -> torch.Generator:
    """A CPU generator at the start of that stream: the same numbers on every device."""
    import torch

    return torch.Generator().manual_seed(derive(purpose, seed, *keys))


def normal(shape: tuple[int, ...], generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    """Standard normal numbers drawn on the generator's device, then moved to that of `like`."""
    import torch

    return torch.randn(shape, generator=generator, device=generator.device, dtype=like.dtype).to(
        like.device
    )
