"""Targets: laws of X_0 with an exact denoiser, which answer for themselves.

Everything a target is asked follows from one conditional expectation, for x = a X_0 + b Z with Z ~
N(0, I), a^2 + b^2 > 0:

    E[alpha X_0 + beta Z | a X_0 + b Z = x].

denoise (VE: a = 1, b = sigma) is (alpha, beta) = (1, 0); the conditional mean of X_{t-1} given X_t,
which is the DDIM step, is (sqrt(alpha_bar_{t-1}), sqrt(1 - alpha_bar_{t-1})); the probability-flow
velocity is the derivative of (a, b). VE arguments are scaled by 1/sqrt(1 + sigma^2) first, so that
no sigma of float64 overflows.

A law of one's own is a subclass of Target with three methods. What else is asked of it (its flow,
its defects D_t, its L_f) has a default here, by the solver or by sampling.
"""

from __future__ import annotations

import copy
import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch.autograd.functional import jvp
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..core import limits
from ..core.arguments import InputError, batch, place, tensor, whole
from ..core.signatures import checked
from ..core.streams import normal, stream
from ..flow.defects import Defects
from ..flow.flow_map import solved_flow
from ..flow.laws import Clock, Scale
from ..flow.lipschitz import Lipschitz, slope_along_paths, slope_by_densities
from ..flow.one_dim import Map1D, NormalMixture1D, quantile_flow
from ..flow.quadrature_1d import MAX_COMPONENTS, Quadrature1D
from ..flow.reverse_1d import population_tables
from ..model.schedule import Schedule
from .forms import MixtureForm, NormalForm
from .slips import refuse_slips

Map = Callable[[Float[torch.Tensor, "n d"]], Float[torch.Tensor, "n d"]]
Same = TypeVar("Same", bound="Target")  # typing.Self is unknown to run-time type checkers

CUSTOM = "custom"  # the kind in the spec of a law that no spec rebuilds
ROWS = 2048  # of a batch of the solver
PATHS = 2048  # paths times (d + 1) behind a measured L_f


@checked
class Target(ABC):
    """A law on R^d with an exact denoiser: what is trained on, certified against, planned for.

    To bring a law of your own, subclass it, call `super().__init__(name=..., mean=...,
    covariance=...)` and define three methods, all in CENTRED coordinates but `sample`:

        sample(n, generator)                         draws of X_0,
        conditional_mean(x, a, b, alpha, beta)       E[alpha (X_0 - mean) + beta Z | x],
        conditional_draw(x, a, b, generator)         a draw of X_0 - mean given x,

    where x = a (X_0 - mean) + b Z. Every other method has a default. Those that you may know better
    than the default: `log_marginal` (the density), `one_dimensional_form` (in d = 1: everything is
    then by quadrature), `lipschitz`, `cost`, `gaussian_tails`, and `spec` with `from_spec`, which
    make saved models and certificates rebuild the law (`class Mine(Target, kind="mine")`).

    A public name in the subclass that nobody asks for but that is nearly one of these is an error
    when the class is defined. Tensors are float64 on the CPU unless moved with `to`; treat a target
    as immutable.

    Arguments:
        name: what reports call it.
        mean: E X_0, (d,), finite.
        covariance: Cov X_0, (d, d), finite.

    Raises:
        InputError: a name that is no text, another shape, numbers that are not finite.

    Example:
        >>> import torch
        >>> from ctverify.targets import Target
        >>> class Point(Target):
        ...     def __init__(self, at):
        ...         none = torch.zeros(len(at), len(at))
        ...         super().__init__(name="point", mean=at, covariance=none)
        ...     def sample(self, n, generator):
        ...         return self.mean.expand(n, -1)
        ...     def conditional_mean(self, x, a, b, alpha, beta):  # Z = x/b
        ...         return torch.as_tensor(beta / b, dtype=x.dtype)[..., None] * x
        ...     def conditional_draw(self, x, a, b, generator):
        ...         return torch.zeros_like(x)
        >>> Point(torch.ones(2)).denoise(torch.zeros(1, 2), 0.5).tolist()
        [[1.0, 1.0]]
    """

    # what a refusal of another type says of it
    _advice = "subclass ctverify.targets.Target for a law of your own"

    name: str
    mean: Float[torch.Tensor, "d"]
    covariance: Float[torch.Tensor, "d d"]

    def __init__(self, *, name: str, mean: Any, covariance: Any) -> None:
        if not isinstance(name, str) or not name:
            raise InputError(f"name must be a text that is not empty, got {name!r}")
        m = tensor("mean", mean)
        c = tensor("covariance", covariance)
        if m.ndim != 1:
            raise InputError(f"mean must have shape (d,), got {tuple(m.shape)}")
        if c.shape != (len(m), len(m)):
            raise InputError(f"covariance must have shape {(len(m), len(m))}, got {tuple(c.shape)}")
        self.name = name
        self.mean = m
        self.covariance = c

    def __init_subclass__(cls, kind: str | None = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        refuse_slips(cls, Target)
        if kind is not None:
            KINDS[kind] = cls

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}, d = {self.dim}>"

    # What a law must answer.

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator) -> Float[torch.Tensor, "n d"]:
        """Independent draws of X_0.

        Arguments:
            n: how many, at least 1.
            generator: the source of all randomness, on the CPU.

        Returns:
            (n, d), in the dtype and on the device of `mean`.
        """

    @abstractmethod
    def conditional_mean(
        self, x: Float[torch.Tensor, "*n d"], a: Scale, b: Scale, alpha: Scale, beta: Scale
    ) -> Float[torch.Tensor, "*n d"]:
        """E[alpha (X_0 - mean) + beta Z | a (X_0 - mean) + b Z = x], Z ~ N(0, I).

        Arguments:
            x: CENTRED points, (..., d) with any leading axes.
            a, b: scales >= 0, not both 0; each a float or a tensor that broadcasts over the leading
                axes of x.
            alpha, beta: weights of either sign, of the same shapes.

        Returns:
            The shape of x, finite also where a or b is 0.
        """

    @abstractmethod
    def conditional_draw(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale, generator: torch.Generator
    ) -> Float[torch.Tensor, "n d"]:
        """One draw of X_0 - mean given a (X_0 - mean) + b Z = x, row by row.

        Arguments:
            x: CENTRED points, (n, d).
            a, b: scales, a >= 0 and b > 0; floats or (n,) tensors.
            generator: the source of all randomness, on the CPU.

        Returns:
            (n, d), CENTRED.
        """

    # What it may know better than the defaults.

    @property
    def spec(self) -> dict[str, Any]:
        """JSON that stands for the target in models and certificates; by default it names the class
        and cannot be rebuilt.
        """
        cls = type(self)
        made_by = f"{cls.__module__}:{cls.__qualname__}"
        return {"kind": CUSTOM, "name": self.name, "class": made_by, "dim": self.dim}

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> Target:
        """The target whose `spec` this is, `kind` taken out: by default the constructor's keyword
        arguments.
        """
        return named_arguments(cls, spec)

    def log_marginal(
        self, x: Float[torch.Tensor, "n d"], a: Scale, b: Scale
    ) -> Float[torch.Tensor, "n"]:
        """log density of a (X_0 - mean) + b Z at CENTRED x (n, d), (n,); refused by default."""
        raise InputError(f"the density of {self.name} is not known: its class has no log_marginal")

    @property
    def singular(self) -> bool:
        """Whether X_0 has no density, so that log_density needs sigma > 0."""
        return False

    @property
    def gaussian_tails(self) -> bool:
        """Whether X_0 is known to be unbounded with Gaussian tails, which decides hypothesis (22)
        of LHW; else that is assumed.
        """
        return False

    @property
    def cost(self) -> int:
        """An evaluation of the denoiser at one point, in units of about 4 ns; sets how many paths
        are the default.
        """
        return self.dim

    @property
    def block_rows(self) -> int:
        """How many rows the solver carries at once."""
        return ROWS

    def to(
        self: Same, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> Same:
        """The same law with its tensors on `device` in `dtype`: every attribute that has a `to`."""
        if isinstance(device, str):
            device = place("device", device)
        moved = copy.copy(self)
        for key, value in vars(self).items():
            if hasattr(value, "to"):
                setattr(moved, key, value.to(device=device, dtype=dtype))
        return moved

    def centred_flow(
        self,
        clock: Clock,
        x: Float[torch.Tensor, "L m d"],
        starts: Sequence[int],
        stop: int,
        tolerance: float,
    ) -> Float[torch.Tensor, "L m d"]:
        """Phi_{starts[l]->stop}(x[l]) for CENTRED x (L, m, d), x[l] at level starts[l], in
        lockstep; (L, m, d), centred.

        By default by quantiles where there is a one-dimensional form, else by the solver, to
        `tolerance` a step and row.
        """
        form = self.one_dimensional_form()
        if form is not None:
            return quantile_flow(form, clock, x, starts, stop)
        return solved_flow(self, clock, x, starts, stop, tolerance)

    def conditional_mean_slope(
        self,
        x: Float[torch.Tensor, "n d"],
        a: Float[torch.Tensor, "n"],
        b: Float[torch.Tensor, "n"],
        alpha: Float[torch.Tensor, "n"],
        beta: Float[torch.Tensor, "n"],
        dx: Float[torch.Tensor, "n d"],
        turn: Float[torch.Tensor, "n"],
    ) -> tuple[Float[torch.Tensor, "n d"], Float[torch.Tensor, "n d"]]:
        """The conditional mean, and its derivative as x moves and the scales turn.

        Arguments:
            x, a, b, alpha, beta: as in `conditional_mean`; the scales are (n,) tensors.
            dx: how x moves, the shape of x.
            turn: how the scales turn, (n,): (a, b) moves by turn (alpha, beta), and (alpha, beta)
                by -turn (a, b).

        Returns:
            Two of the shape of x: the value and d/de at e = 0 at x + e dx and the scales moved by
            e turn.

        Raises:
            InputError: torch cannot differentiate conditional_mean, as where it calls NumPy.
        """
        place = (x, a, b, alpha, beta)
        direction = (dx, turn * alpha, turn * beta, -turn * a, -turn * b)
        try:
            # two backward passes: the fused kernels of attention have one
            with sdpa_kernel(SDPBackend.MATH), torch.enable_grad():
                value, slope = jvp(self.conditional_mean, place, direction)
        except RuntimeError as error:
            raise InputError(
                f"the target {self.name} must have a conditional_mean that torch differentiates "
                f"twice, or a conditional_mean_slope of its own, got {error}"
            ) from error
        return value.detach(), slope.detach()

    def one_dimensional_form(self) -> NormalMixture1D | None:
        """X_0 - mean as a mixture of normals in d = 1 (scales may be 0), or None: paths are then
        sampled.
        """
        return None

    def normal_form(self) -> NormalForm | None:
        """Eigenvalues and basis where X_0 is normal, else None."""
        return None

    def mixture_form(self) -> MixtureForm | None:
        """X_0 as a mixture of normals in any d, or None."""
        return None

    def along(self, u: Float[torch.Tensor, "d"]) -> Target:
        """The law of u.X_0 in d = 1 for a unit vector u (d,); refused by default."""
        raise InputError(f"the law of projections of {self.name} is not known")

    @property
    def has_exact_defects(self) -> bool:
        """Whether `defects` is not None."""
        return self.quadrature_form() is not None

    def defects(self, schedule: Schedule) -> Defects | None:
        """D_t for t = 2..T in closed form or by quadrature, or None: it is then sampled."""
        form = self.quadrature_form()
        return None if form is None else Quadrature1D.of(form, schedule).defects()

    def lipschitz(self, schedule: Schedule, seed: int = 0) -> Lipschitz:
        """L_f, the largest slope of Phi_{t->k}, t >= k (LHW, hypothesis (19)), and whether it is
        exact.

        By default a lower estimate: over scores where there is a one-dimensional form, else along
        sampled paths, whose seed this is.
        """
        form = self.one_dimensional_form()
        if form is not None:
            return Lipschitz(slope_by_densities(form, schedule, self.spread), exact=False)
        n = max(2, PATHS // (self.dim + 1))
        generator = stream("certificate/lipschitz", seed)
        a, b = schedule.scales(schedule.T)
        x0 = self.sample(n, generator) - self.mean
        x = a * x0 + b * normal((n, self.dim), generator, x0)
        return Lipschitz(slope_along_paths(self, schedule, x), exact=False)

    def population_levels(self, schedule: Schedule) -> dict[int, Map] | None:
        """f*_t (Eq. (14) with exact minimisation) for t = 2..T as maps (n, d) -> (n, d) between
        centred coordinates, or None where it is not known as a function.
        """
        form = self.one_dimensional_form()
        if form is None:
            return None
        tables = population_tables(form, schedule)
        return {t: _on_tensors(table) for t, table in tables.items()}

    # What everyone may ask.

    @property
    def dim(self) -> int:
        """d."""
        return len(self.mean)

    @property
    def spread(self) -> float:
        """s_0 = sqrt(tr Cov X_0 / d), or 1 for a point mass: the unit of length in which the flow
        is integrated.
        """
        return math.sqrt(float(self.covariance.diagonal().mean())) or 1.0

    def quadrature_form(self) -> NormalMixture1D | None:
        """The one-dimensional form where quadrature over it is cheaper than sampling, else None."""
        form = self.one_dimensional_form()
        return form if form is not None and len(form.weight) <= MAX_COMPONENTS else None

    def denoise(
        self, y: Float[torch.Tensor, "n d"], sigma: float | torch.Tensor
    ) -> Float[torch.Tensor, "n d"]:
        """D(y, sigma) = E[X_0 | X_0 + sigma Z = y].

        Arguments:
            y: points, (n, d).
            sigma: a float >= 0 or an (n,) tensor of them.

        Returns:
            (n, d); y itself where sigma is 0.

        Raises:
            InputError: another shape, numbers that are not finite, sigma < 0.

        Example:
            >>> import torch
            >>> from ctverify import Gaussian
            >>> Gaussian(0.0, 1.0).denoise(torch.tensor([[2.0]]), 1.0).tolist()
            [[1.0]]
        """
        x, a, b = self._scaled(y, sigma)
        denoised = self.mean + self.conditional_mean(x, a, b, 1.0, 0.0)
        return torch.where(b[:, None] == 0, y, denoised)

    def log_density(
        self, y: Float[torch.Tensor, "n d"], sigma: float | torch.Tensor
    ) -> Float[torch.Tensor, "n"]:
        """log density of X_0 + sigma Z.

        Arguments:
            y: points, (n, d).
            sigma: a float >= 0 or an (n,) tensor of them; above 0 where the target is `singular`.

        Returns:
            (n,).

        Raises:
            InputError: as in `denoise`; a density that does not exist or is not known.
        """
        x, a, b = self._scaled(y, sigma)
        if self.singular and bool((b == 0).any()):
            raise InputError(
                "log_density needs sigma > 0 where the target has no density, got sigma = 0"
            )
        return self.log_marginal(x, a, b) + self.dim * a.log()

    def sample_posterior(
        self, y: Float[torch.Tensor, "n d"], sigma: float | torch.Tensor, generator: torch.Generator
    ) -> Float[torch.Tensor, "n d"]:
        """One draw of X_0 given X_0 + sigma Z = y for each row of y.

        Arguments:
            y: points, (n, d).
            sigma: a float >= 0 or an (n,) tensor of them.
            generator: the source of all randomness, on the CPU.

        Returns:
            (n, d); y itself where sigma is 0.

        Raises:
            InputError: as in `denoise`.
        """
        x, a, b = self._scaled(y, sigma)
        drawn = self.mean + self.conditional_draw(x, a, b.clamp_min(1e-300), generator)
        return torch.where(b[:, None] == 0, y, drawn)

    def _scaled(
        self, y: torch.Tensor, sigma: float | torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(y - mean, 1, sigma) / sqrt(1 + sigma^2), the last two of shape (n,) or (1,)."""
        y = batch("y", y, self.dim)
        noise = torch.as_tensor(sigma, dtype=self.mean.dtype, device=self.mean.device)
        if noise.shape not in ((), (len(y),)) or not bool(
            (noise >= 0).all() & noise.isfinite().all()
        ):
            raise InputError(
                f"sigma must be a finite number >= 0 or a tensor of {len(y)} of them, got {sigma!r}"
            )
        noise = noise.reshape(-1)
        unit = torch.hypot(torch.ones_like(noise), noise)
        x = (y.to(self.mean) - self.mean) / unit[:, None]
        return x, 1 / unit, noise / unit


KINDS: dict[str, type[Target]] = {}  # by the kind in their spec; each class adds itself


def named_arguments(kind: type[Same], arguments: dict[str, Any]) -> Same:
    """An instance of a class of targets from its arguments by name; InputError where they are not
    its own.
    """
    try:
        inspect.signature(kind).bind(**arguments)
    except TypeError as error:
        raise InputError(
            f"a {kind.__name__} target's spec must name its arguments: {error}"
        ) from None
    return kind(**arguments)


def count(n: Any, dim: int) -> int:
    """The number of draws asked for, where so many rows of `dim` numbers fit into memory."""
    number = whole("n", n)
    limits.memory("n", number * dim * limits.FLOAT)
    return number


def _on_tensors(f: Map1D) -> Map:
    return lambda x: torch.from_numpy(f(x[:, 0].cpu().numpy())[:, None]).to(x)
