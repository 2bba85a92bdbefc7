"""What an implementation of consistency models offers to be checked: a few formulas around a
network.

    x_t = a(t) x_0 + b(t) z,   f(x, t) = c_skip(t) x + c_out(t) F(c_in(t) x, embedding(t)),
        f(x, e) = x.

An adapter implements what its subject has. What is missing is reported as not applicable, never as
passed. Tensors have shape (n, d); x and z come in one of the subject's `dtypes`; times are floats
in the subject's own convention. A class may derive from `Adapter` or merely have some of its names.

A map of two times, `flow_map`, goes from x at time t to x_s, s nearer to the data. Its network is
network(x_in, first, second), shown what `network_times` says of t and s, (n,) each; `wraps` says
what it stands for:

    "map"        F = N                                      the map itself
    "velocity"   F = x - (t - s) N                          the average velocity u(x, t, s)
    "ctm"        F = (b_s/b_t) x + (a_s - a_t b_s/b_t) N    CTM's g; in VE s/t x + (1 - s/t) g
    "angle"      F = cos(t - s) x - sin(t - s) N            TrigFlow's

Times of the methods on two times are tensors (n,) in the dtype of x, s nearer to the data than t:
s <= t, and s >= t where the convention has the data at 1. With labels (guidance) the network has a
fourth argument, 1 for the class and 0 for none. Declared laws of times count from the data always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from .laws import Doubling as Doubling
from .laws import Metric as Metric

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ..model.convention import Convention

    Network = Callable[[torch.Tensor, Any], torch.Tensor]
    MapNetwork = Callable[..., torch.Tensor]


class Adapter:
    """A subject. `convention` is required; everything else is optional, with the default below.

    Example:
        >>> from ctverify import Convention
        >>> class Mine(Adapter):
        ...     convention = Convention.ve(0.002, t_max=80.0)
        ...     def times(self, n):
        ...         return [80.0 * 0.5**i for i in range(n)]
        >>> offers(Mine(), "times"), offers(Mine(), "sample"), Mine().injectable
        (True, False, True)
    """

    convention: Convention

    # what the report calls the subject: its class where there is no name
    name: str = ""
    version: str = ""

    # the dtypes of x that it takes and keeps
    dtypes: tuple[torch.dtype, ...] = (torch.float32, torch.float64)
    # the dtype of its network's body, where that is coarser than x's; None: as x
    body_dtype: torch.dtype | None = None
    # False where `consistency` ignores `network`
    injectable: bool = True
    # True where student and teacher are meant to see the same dropout mask
    shares_dropout: bool = False

    # the fewest steps that its sampler can take
    min_steps: int = 1
    # the most; None: any number
    max_steps: int | None = None
    # the smallest time above the boundary that f is asked for; None: t_max/10^4
    t_min: float | None = None
    # the standard deviation that its start is documented to have
    initial_std: float | None = None

    # declared laws (laws.py), computed by ctverify: of curriculum(), of loss(), of times(), of f
    curriculum_law: Any = None
    loss_law: Any = None
    ramp_law: Any = None
    scalings_law: Any = None

    # maps of two times, flow_map: what its network stands for; has to be said
    wraps: str | None = None
    # what the network is shown of the times, in its order: "t", "s", "t - s"
    network_times: tuple[str, ...] = ("t", "s")
    # "eulerian" where the loss follows dF(x_t, t, s)/dt = 0 along the path of the pair, as MeanFlow
    identity: str | None = None
    # whether what the student is compared with is meant to be without gradients
    detached: bool = True
    # its sampler of two times: a step that is to end at t lands where the noise is sqrt(1 -
    # gamma^2) times that of t, and noise is added; 0: deterministic, 1: on the boundary
    gamma: float | None = None
    # whether sample asks the network once a step
    one_call: bool = True
    # whether F(x, t, e), e the boundary, is to be judged as a consistency model besides
    one_time: bool = False

    def configurations(self) -> SearchStrategy[Any]:
        """Adapters of the same class in all ADMISSIBLE settings of the subject; shrinking should
        end at its simplest. Missing: this one only.
        """
        raise NotImplementedError

    def times(self, n: int) -> Sequence[float]:
        """The n times that its sampler visits, from the noise end (`ascending`: from the data
        end).
        """
        raise NotImplementedError

    def grid(self) -> Sequence[float]:
        """The only times that f knows, from the noise end. Missing: f knows all."""
        raise NotImplementedError

    def curriculum(self, k: int, K: int) -> int:
        """N(k), the number of noise levels at training step k of K; `curriculum_law` declares
        which.
        """
        raise NotImplementedError

    def scalings(self, t: float) -> tuple[float, float, float, float]:
        """(c_skip, c_out, c_in, embedding) at time t."""
        raise NotImplementedError

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """a(t) x_0 + b(t) z, (n, d); the same seed gives the same z at every t."""
        raise NotImplementedError

    def consistency(self, x: torch.Tensor, t: float, network: Network) -> torch.Tensor:
        """f(x, t) around network(x_in, embedding) -> raw output."""
        raise NotImplementedError

    def sample(self, z: torch.Tensor, n: int, network: Network, seed: int) -> torch.Tensor:
        """n-step samples; z is unit normal, scaled here."""
        raise NotImplementedError

    def training_pair(
        self, x0: torch.Tensor, network: Network, seed: int
    ) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
        """(x_t, t, x_s, s) with t and s numbers or (n,) tensors, s < t; continuous-time training
        returns (x_t, t, x_t, t).
        """
        raise NotImplementedError

    def loss(self, x0: torch.Tensor, network: Network, seed: int) -> torch.Tensor:
        """The training loss, a scalar (the mean over rows) or (n,), with the pair that
        training_pair gives for this seed.
        """
        raise NotImplementedError

    def flow_map(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: MapNetwork
    ) -> torch.Tensor:
        """F(x, t, s) (n, d) around the network; each row has its own t and s, which may be
        equal.
        """
        raise NotImplementedError

    def velocity(self, x: torch.Tensor, t: torch.Tensor, network: MapNetwork) -> torch.Tensor:
        """v(x, t) (n, d) as the network at equal times gives it, dx/dt in the subject's own
        time.
        """
        raise NotImplementedError

    def half_steps(
        self, x: torch.Tensor, t: torch.Tensor, s: torch.Tensor, network: MapNetwork
    ) -> torch.Tensor:
        """What two steps of half the length say that the network is at (x, t, s), (n, d): the
        shortcut model's target.
        """
        raise NotImplementedError

    def target(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        velocity: torch.Tensor,
        network: MapNetwork,
    ) -> torch.Tensor:
        """What the loss compares the network's output at (x, t, s) with, (n, d), where dx/dt is
        `velocity`.
        """
        raise NotImplementedError

    def derivative(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        velocity: torch.Tensor,
        network: MapNetwork,
    ) -> torch.Tensor:
        """d/dt of the network's output (n, d) along x's path of this velocity, s fixed: the
        subject's own JVP.
        """
        raise NotImplementedError

    def embedding(self, t: torch.Tensor) -> torch.Tensor:
        """The features of times (n,) that its real network computes, (n, k), in the dtype of t."""
        raise NotImplementedError

    def flow_pair(
        self, x0: torch.Tensor, network: MapNetwork, seed: int
    ) -> tuple[torch.Tensor, Any, Any, torch.Tensor | None]:
        """(x_t, t, s, dx_t/dt): where the loss of this seed asks its network, t and s numbers or
        (n,); the velocity of each row's own path, None where the loss uses none.
        """
        raise NotImplementedError

    def sample_at(
        self, z: torch.Tensor, times: Sequence[float], network: MapNetwork, seed: int
    ) -> torch.Tensor:
        """Samples in steps from each of the user's times to the next, the last to the boundary."""
        raise NotImplementedError

    def visited(self, times: Sequence[float]) -> Sequence[float]:
        """The times that its sampler visits when it is handed these."""
        raise NotImplementedError

    def guided_velocity(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        velocity: torch.Tensor,
        network: MapNetwork,
        scale: float,
    ) -> torch.Tensor:
        """The velocity that training with guidance of this scale aims at (n, d): `velocity` is the
        class's own; scale 1 is no guidance.
        """
        raise NotImplementedError

    def guided_map(
        self,
        x: torch.Tensor,
        t: torch.Tensor,
        s: torch.Tensor,
        network: MapNetwork,
        scale: float,
    ) -> torch.Tensor:
        """F(x, t, s) of the class with guidance of this scale; scale 1 is no guidance."""
        raise NotImplementedError

    def weight(self, t: torch.Tensor, s: torch.Tensor) -> Any:
        """The loss's weight of pairs at times t and s (n,): n numbers, or one for all."""
        raise NotImplementedError

    def time_law(self) -> Any:
        """The law of the training time t: (support, probabilities) or a frozen SciPy
        distribution; of a map of two times the law of (t, s), SortedTimes or TimesBelow.
        """
        raise NotImplementedError

    def ema(self, average: torch.Tensor, value: torch.Tensor, decay: float) -> torch.Tensor:
        """The averaged parameters after one step."""
        raise NotImplementedError

    def restored(self) -> Any:
        """The adapter after the subject's own save and load."""
        raise NotImplementedError

    def calls(self) -> Iterable[tuple[str, Callable[[], Any]]]:
        """(what, thunk) of documented calls that must not raise."""
        raise NotImplementedError

    def source(self, method: str) -> str:
        """Lines of Python that build the subject and define `method`, for reproductions."""
        raise NotImplementedError


Implementation = Adapter

METHODS = tuple(name for name, part in vars(Adapter).items() if callable(part))
ATTRIBUTES = tuple(name for name in Adapter.__annotations__)


def offers(subject: Any, name: str) -> bool:
    """Whether the subject has this method or attribute of its own, not merely the protocol's
    placeholder.
    """
    if name == "network":
        return offers(subject, "consistency") and bool(setting(subject, "injectable"))
    if name in METHODS:
        placeholder = getattr(type(subject), name, None) is getattr(Adapter, name)
        return callable(getattr(subject, name, None)) and not placeholder
    given = getattr(subject, name, None)
    return given is not None and given is not False


def setting(subject: Any, name: str) -> Any:
    """An attribute of the subject, by default the protocol's."""
    return getattr(subject, name, getattr(Adapter, name))


def at_most(subject: Any, n: int) -> int:
    """n steps, or as near to it as the subject's sampler can take."""
    most, fewest = setting(subject, "max_steps"), int(setting(subject, "min_steps"))
    return max(n if most is None else min(n, int(most)), fewest)


def missing(subject: Any, needs: Iterable[str]) -> list[str]:
    """Those of `needs` that the subject does not offer."""
    return [name for name in needs if not offers(subject, name)]
