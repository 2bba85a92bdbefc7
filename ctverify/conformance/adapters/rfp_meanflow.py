"""rectified-flow-pytorch's MeanFlow: average velocities u(x, t, t - r) on straight lines.

    x_t = (1 - t) x_0 + t z,   F(x, t, s) = x - (t - s) u

The library samples from 1 to 0; between other times the map is its parametrisation's. It decides
for a whole batch at a time whether s = t, and sorts two draws of its times where not. Its loss
draws its own times: they are read off what it shows the network.
"""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import torch
from hypothesis import strategies as st
from scipy import stats

from ...core.arguments import InputError
from ...model.convention import Convention
from ..laws import LinearRamp, LogNormalTimes, SortedTimes


@cache
def library() -> Any:
    """rectified_flow_pytorch.mean_flow by itself: the package imports torchvision and much else,
    this file torch and einops. InputError where it is not installed.
    """
    package = find_spec("rectified_flow_pytorch")
    folders = [] if package is None else list(package.submodule_search_locations or [])
    files = [Path(folder, "mean_flow.py") for folder in folders]
    try:
        (file,) = files
        spec = spec_from_file_location("rectified_flow_pytorch_mean_flow", file)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except (ImportError, ValueError, OSError) as error:
        raise InputError(
            f"the subject needs rectified-flow-pytorch: pip install 'ctverify[rfp]' ({error})"
        ) from None
    return module


class Bridge(torch.nn.Module):
    """A network as the module that the library asks for; it has a parameter, whose device is
    looked up.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.unused = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x: Any, times: Any, delta: Any) -> Any:
        """Its output."""
        return self.network(x, times, delta)


@dataclass(frozen=True)
class MeanFlow:
    """The library's arguments."""

    prob_default_flow_obj: float = 0.5
    use_adaptive_loss_weight: bool = True
    adaptive_loss_weight_p: float = 0.5
    use_logit_normal_sampler: bool = True

    name = "rfp-meanflow"
    dtypes = (torch.float32,)
    wraps = "velocity"
    network_times = ("t", "t - s")
    identity = "eulerian"
    gamma = 0.0

    @property
    def version(self) -> str:
        """That of rectified-flow-pytorch."""
        library()
        return version("rectified-flow-pytorch")

    @property
    def convention(self) -> Convention:
        """Straight lines; the network is shown x itself."""
        return Convention.linear(scaled_input=False)

    def configurations(self) -> Any:
        """How often s = t, weights and laws of times."""
        return st.builds(
            MeanFlow,
            st.sampled_from([0.5, 0.0, 0.25]),
            st.booleans(),
            st.sampled_from([0.5, 1.0]),
            st.booleans(),
        )

    @property
    def ramp_law(self) -> LinearRamp:
        """Even steps."""
        return LinearRamp()

    def time_law(self) -> SortedTimes:
        """Sorted draws; of a batch with s = t the single one."""
        single = LogNormalTimes(-0.4, 1.0) if self.use_logit_normal_sampler else stats.uniform()
        return SortedTimes(single, self.prob_default_flow_obj, by_batch=True, keeps="first")

    def times(self, n: int) -> list[float]:
        """As its sampler writes them."""
        return torch.linspace(1.0, 0.0, n + 1)[:-1].tolist()

    def flow_map(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: Any
    ) -> torch.Tensor:
        """x - (t - s) u."""
        return x - (t - s)[:, None] * network(x, t, t - s)

    def flow_pair(
        self, x0: torch.Tensor, network: Any, seed: int
    ) -> tuple[torch.Tensor, Any, Any, None]:
        """What its loss shows the network; the velocity is not shown."""
        shown: list[torch.Tensor] = []

        def remember(x: torch.Tensor, t: torch.Tensor, delta: torch.Tensor) -> torch.Tensor:
            shown.extend((x, t, delta))
            return torch.zeros_like(x)

        self._built(_Seen(remember)).forward(*_seeded(x0, seed))
        x_t, t, delta = shown[:3]
        return x_t, t, t - delta, None

    def loss(self, x0: torch.Tensor, network: Any, seed: int) -> torch.Tensor:
        """forward."""
        value: torch.Tensor = self._built(network).forward(*_seeded(x0, seed))
        return value

    def sample(self, z: torch.Tensor, n: int, network: Any, seed: int) -> torch.Tensor:
        """sample, the noise handed in."""
        torch.manual_seed(seed)
        model = self._built(network)
        found: torch.Tensor = model.sample(
            batch_size=len(z), data_shape=tuple(z.shape[1:]), noise=z, steps=n
        )
        return found

    def _built(self, network: Any) -> Any:
        return library().MeanFlow(Bridge(network), **dataclasses.asdict(self))


class _Seen:
    """A network that is told plain tensors, whatever derivative is taken of it."""

    def __init__(self, remember: Any) -> None:
        self.remember = remember

    def __call__(self, x: Any, t: Any, delta: Any) -> Any:
        return _Shown.apply(x, t, delta, self.remember)


class _Shown(torch.autograd.Function):
    """`remember` of plain tensors, whose derivatives are 0."""

    @staticmethod
    def forward(x: Any, t: Any, delta: Any, remember: Any) -> Any:
        return remember(x, t, delta)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_forward(inputs[0])

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        (x,) = ctx.saved_tensors
        return torch.zeros_like(x)


def _seeded(x0: torch.Tensor, seed: int) -> tuple[torch.Tensor]:
    """The data, both generators seeded: it asks Python's whether s = t."""
    torch.manual_seed(seed)
    random.seed(seed)
    return (x0,)
