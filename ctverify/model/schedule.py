"""Schedules: the discretised noise levels t = 1..T of the forward chain, LHW (arXiv 2402.07802)
Eqs. (5), (7), (23).

    alpha_bar_t = prod_{k<=t} (1 - beta_k),   alpha_bar_0 = 1,
    X_t = sqrt(alpha_bar_t) X_0 + sqrt(1 - alpha_bar_t) Z in law,
    sigma_t = sqrt((1 - alpha_bar_t) / alpha_bar_t).

Arrays have T + 1 entries, indexed by the paper's t; entry 0 is clean data. Everything derives from
log alpha_bar: near t = 1, 1 - alpha_bar is as small as T^-c0 and comes from expm1; at the far end
alpha_bar may underflow to 0 while its logarithm stays finite.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike, NDArray

from ..core.arguments import InputError, real, tensor, whole
from ..core.limits import FLOAT, memory
from ..core.schemas import builtins, read
from ..core.signatures import checked
from .schedule_spec import ScheduleSpec

Array = NDArray[np.float64]

MOST_LEVELS = 2**16  # a thousand times as many as are usual; each takes a tenth of a second
ARRAYS = 4  # of T numbers that building a schedule holds at once, at least
SPELLED_OUT = 8  # values of from_alpha_bar that a repr still shows
# sigma of a level of pure noise: from here on sigma/(1 + sigma) is 1 in float64 and X_0's share,
# 6e-17 of it, is below half a rounding of the noise; yet every formula stays finite
PURE_NOISE = 2.0**54


@checked
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Schedule:
    """T noise levels, built by a named constructor.

    All arrays are float64 of length T + 1, indexed by the paper's t, and read-only.

    Attributes:
        name: the constructor's name.
        T: the number of steps, at least 2.
        beta: the variance of the noise that step t adds, in (0, 1]; beta_0 = 0.
        log_alpha_bar: log alpha_bar_t, strictly decreasing and finite; 0 at t = 0.
        spec: JSON-ready data that from_spec rebuilds the schedule of.

    Example:
        >>> schedule = Schedule.li_huang_wei(64)
        >>> schedule.T, len(schedule.alpha_bar), float(schedule.alpha_bar[0])
        (64, 65, 1.0)
        >>> schedule
        Schedule.li_huang_wei(T=64, c0=2.0, c1=4.0)
    """

    # what a refusal of another type says of it
    _advice = "Schedule.li_huang_wei(64) for example"

    name: str
    beta: Float64[Array, "levels"]
    log_alpha_bar: Float64[Array, "levels"]
    spec: dict[str, Any]

    def __post_init__(self) -> None:
        if self.one_minus_alpha_bar[1] < np.finfo(np.float64).tiny:
            raise InputError(
                f"schedule {self.name} must have 1 - alpha_bar_1 representable in float64, "
                "but it underflows"
            )
        finite = np.isfinite(self.log_alpha_bar).all()
        if not (finite and (np.diff(self.log_alpha_bar) < 0).all()):
            raise InputError(
                f"schedule {self.name} must have alpha_bar strictly decreasing in float64, "
                "but two levels coincide"
            )
        for array in (self.beta, self.log_alpha_bar):
            array.flags.writeable = False

    def __repr__(self) -> str:
        """The call that rebuilds it, long lists of values abridged."""
        arguments = {key: value for key, value in self.spec.items() if key != "kind"}
        if len(arguments.get("values", ())) > SPELLED_OUT:
            first = self.alpha_bar[1]
            last = self.alpha_bar[-1]
            return f"<Schedule.from_alpha_bar of {self.T} values, {first:.6g} to {last:.6g}>"
        words = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        return f"Schedule.{self.spec['kind']}({words})"

    @property
    def T(self) -> int:
        """The number of steps."""
        return len(self.log_alpha_bar) - 1

    @cached_property
    def alpha_bar(self) -> Float64[Array, "{self.T}+1"]:
        """prod_{k<=t} (1 - beta_k), in [0, 1]; may underflow to 0."""
        return np.exp(self.log_alpha_bar)

    @cached_property
    def one_minus_alpha_bar(self) -> Float64[Array, "{self.T}+1"]:
        """1 - alpha_bar_t without cancellation, in [0, 1]."""
        return -np.expm1(self.log_alpha_bar)

    @cached_property
    def log_sigma(self) -> Float64[Array, "{self.T}+1"]:
        """log sigma_t: finite for t = 1..T, minus infinity at t = 0."""
        with np.errstate(divide="ignore"):
            return 0.5 * (np.log(self.one_minus_alpha_bar) - self.log_alpha_bar)

    @cached_property
    def sigma(self) -> Float64[Array, "{self.T}+1"]:
        """sqrt((1 - alpha_bar_t)/alpha_bar_t); raises InputError where it exceeds float64."""
        if self.log_sigma[-1] > np.log(np.finfo(np.float64).max):
            raise InputError(
                f"sigma_T = exp({self.log_sigma[-1]:.6g}) exceeds float64: read log_sigma instead"
            )
        return np.exp(self.log_sigma)

    def scales(self, t: int) -> tuple[float, float]:
        """The factors of X_t = a X_0 + b Z.

        Arguments:
            t: a level, 0..T.

        Returns:
            (sqrt(alpha_bar_t), sqrt(1 - alpha_bar_t)).

        Example:
            >>> Schedule.from_alpha_bar([0.64, 0.36]).scales(1)
            (0.8, 0.6)
        """
        signal = float(np.exp(0.5 * self.log_alpha_bar[t]))
        noise = float(np.sqrt(self.one_minus_alpha_bar[t]))
        return signal, noise

    @classmethod
    def li_huang_wei(cls, T: int, c0: float = 2.0, c1: float = 4.0) -> Schedule:
        """The paper's schedule, LHW (arXiv 2402.07802) Eq. (23).

            beta_1 = T^-c0,   beta_t = r min(beta_1 (1 + r)^t, 1) for t >= 2,   r = c1 log T / T

        Arguments:
            T: the number of steps, at least 2 and so large that r < 1.
            c0: the clean end's exponent, above 0.
            c1: the step size's factor, above 0.

        Returns:
            The schedule.

        Raises:
            InputError: an argument outside its range, r >= 1, or levels that float64 cannot tell
                apart.

        Example:
            >>> round(float(Schedule.li_huang_wei(64, c0=1.0).beta[1]), 12)  # 1/64
            0.015625
        """
        T = _steps(T, 2)
        c0 = real("c0", c0, 0)
        c1 = real("c1", c1, 0)
        r = c1 * np.log(T) / T
        if r >= 1:
            raise InputError(
                f"r = c1 log T / T must be below 1, got r = {r:.4g} at T = {T}, c1 = {c1:g}: "
                f"take c1 < {T / np.log(T):.4g}"
            )
        log_beta_1 = -c0 * np.log(T)
        t = np.arange(2, T + 1)
        # in logarithms: (1 + r)^t may exceed float64 long after the cap at 1
        growth = np.exp(np.minimum(log_beta_1 + t * np.log1p(r), 0.0))
        first = np.exp(log_beta_1)
        beta = np.concatenate([[0.0, first], r * growth])
        return _from_beta("li_huang_wei", beta, {"T": T, "c0": c0, "c1": c1})

    @classmethod
    def cosine(
        cls, T: int, *, alpha_bar_1: float | None = None, alpha_bar_T: float | None = None
    ) -> Schedule:
        """Equal steps of the angle theta, cos^2(theta_t) = alpha_bar_t, between two ends.

        The shape is that of Nichol and Dhariwal (arXiv 2102.09672).

        Arguments:
            T: the number of steps, at least 2.
            alpha_bar_1: the clean end, in (0, 1); None for that of li_huang_wei(T), for T > 8.
            alpha_bar_T: the noisy end, below alpha_bar_1; None likewise.

        Returns:
            The schedule.

        Raises:
            InputError: an argument outside its range, or T <= 8 and an end left out.

        Example:
            >>> quarter = Schedule.cosine(3, alpha_bar_1=0.75, alpha_bar_T=0.25)
            >>> round(float(quarter.alpha_bar[2]), 12)  # 30, 45 and 60 degrees
            0.5
        """
        T = _steps(T, 2)
        if T <= 8 and (alpha_bar_1 is None or alpha_bar_T is None):
            raise InputError(
                "cosine needs alpha_bar_1 and alpha_bar_T for T <= 8, where li_huang_wei has no "
                f"default ends, got T = {T}"
            )
        # from either end, (theta, pi/2 - theta)
        theta_1, complement_1 = _angle("alpha_bar_1", alpha_bar_1, T, 1)
        theta_T, complement_T = _angle("alpha_bar_T", alpha_bar_T, T, T)
        if theta_1 >= theta_T:
            raise InputError(
                f"alpha_bar_T must be below alpha_bar_1, "
                f"got {np.sin(complement_T) ** 2:g} and {np.sin(complement_1) ** 2:g}"
            )
        share = np.arange(T) / (T - 1)
        theta = theta_1 + share * (theta_T - theta_1)
        # pi/2 - theta without a difference of nearly equal numbers: exact at the noisy end
        complement = complement_T + (1 - share) * (complement_1 - complement_T)
        # the minimum keeps log1p of the branch that np.where discards away from -1
        near = np.log1p(-np.minimum(np.sin(theta) ** 2, 0.5))
        far = 2 * np.log(np.sin(complement))
        log_alpha_bar = np.where(theta < np.pi / 4, near, far)
        arguments = {"T": T, "alpha_bar_1": alpha_bar_1, "alpha_bar_T": alpha_bar_T}
        return _from_log("cosine", log_alpha_bar, arguments)

    @classmethod
    def karras(
        cls,
        T: int,
        sigma_min: float = 0.002,
        sigma_max: float = 80.0,
        rho: float = 7.0,
        *,
        pure_noise: bool = False,
    ) -> Schedule:
        """EDM's schedule, Karras et al. (arXiv 2206.00364) Eq. (5): sigma^(1/rho) in equal steps.

        Arguments:
            T: the number of steps, at least 2, or 3 with pure_noise.
            sigma_min: sigma_1, above 0.
            sigma_max: sigma_T, above sigma_min; with pure_noise sigma_{T-1}.
            rho: how much denser the small levels are, above 0.
            pure_noise: whether level T is pure noise, where a flow-matching model is started:
                sigma_T is then 2^54, whose time sigma/(1 + sigma) is 1.

        Returns:
            The schedule; its sigma is exact at both ends.

        Raises:
            InputError: an argument outside its range.

        Example:
            >>> [round(float(sigma), 3) for sigma in Schedule.karras(3).sigma[1:]]
            [0.002, 2.515, 80.0]
        """
        T = _steps(T, 3 if pure_noise else 2)
        rho = real("rho", rho, 0)
        sigma_min = real("sigma_min", sigma_min, 0)
        if pure_noise:
            sigma_max = real("sigma_max", sigma_max, sigma_min, PURE_NOISE)
        else:
            sigma_max = real("sigma_max", sigma_max, sigma_min)
        steps = T - 2 if pure_noise else T - 1
        low = sigma_min ** (1 / rho)
        high = sigma_max ** (1 / rho)
        share = np.arange(1, steps) / steps
        between = (low + share * (high - low)) ** rho
        sigma = np.concatenate([[sigma_min], between, [sigma_max]])
        if pure_noise:
            sigma = np.append(sigma, PURE_NOISE)
        small = -np.log1p(sigma**2)
        large = -2 * np.log(np.hypot(1, sigma))  # sigma^2 may exceed float64
        log_alpha_bar = np.where(sigma < 1, small, large)
        arguments: dict[str, Any] = {
            "T": T,
            "sigma_min": sigma_min,
            "sigma_max": sigma_max,
            "rho": rho,
        }
        if pure_noise:
            arguments["pure_noise"] = True
        schedule = _from_log("karras", log_alpha_bar, arguments)
        # exact at both ends, not a rounding off
        vars(schedule)["sigma"] = np.concatenate([[0.0], sigma])
        return schedule

    @classmethod
    def ddpm(cls, T: int) -> Schedule:
        """DDPM's schedule, Ho et al. (arXiv 2006.11239): beta in equal steps, rescaled to T.

        Arguments:
            T: the number of steps, at least 21, which keeps beta below 1.

        Returns:
            The schedule with beta from 1e-4 to 0.02, times 1000/T.

        Raises:
            InputError: T is outside its range.

        Example:
            >>> round(float(Schedule.ddpm(1000).beta[-1]), 12)
            0.02
        """
        T = _steps(T, 21)
        beta = np.concatenate([[0.0], np.linspace(1e-4, 0.02, T) * 1000 / T])
        return _from_beta("ddpm", beta, {"T": T})

    @classmethod
    def from_alpha_bar(cls, values: ArrayLike) -> Schedule:
        """The schedule of given levels.

        Arguments:
            values: alpha_bar for t = 1..T, (T,) with T >= 2, strictly decreasing in (0, 1).

        Returns:
            The schedule.

        Raises:
            InputError: other values.

        Example:
            >>> Schedule.from_alpha_bar([0.9, 0.5, 0.1]).T
            3
        """
        array = tensor("alpha_bar", values).numpy()
        if (
            array.ndim != 1
            or len(array) < 2
            or not (array[-1] > 0 and array[0] < 1 and (np.diff(array) < 0).all())
        ):
            raise InputError(
                "alpha_bar must be at least 2 numbers strictly decreasing in (0, 1), t = 1..T, "
                "got others"
            )
        return _from_log("from_alpha_bar", np.log(array), {"values": array.tolist()})

    @classmethod
    def from_spec(cls, spec: Any) -> Schedule:
        """The schedule whose `spec` this is.

        Arguments:
            spec: a JSON object with the kind (a constructor's name) and its arguments.

        Returns:
            The schedule, the same bits.

        Raises:
            InputError: spec is no such object, or its arguments are not allowed.

        Example:
            >>> Schedule.from_spec({"kind": "ddpm", "T": 50})
            Schedule.ddpm(T=50)
        """
        sentence = (
            f"a schedule's spec must be a JSON object, whose kind must be one of "
            f"{', '.join(KINDS)} and which must name its arguments"
        )
        arguments = builtins(read(ScheduleSpec, spec, sentence))
        build = getattr(cls, arguments.pop("kind"))
        schedule: Schedule = build(**arguments)
        return schedule


KINDS = ("li_huang_wei", "cosine", "karras", "ddpm", "from_alpha_bar")


def refuse_long(schedule: Schedule) -> None:
    """Refuse a schedule for what trains or measures every level.

    Arguments:
        schedule: any schedule; the theory's formulas take longer ones.

    Raises:
        InputError: it has more levels than can be gone through in a reasonable time.
    """
    if schedule.T > MOST_LEVELS:
        raise InputError(
            f"T must be at most {MOST_LEVELS:,} where every level is trained or measured, "
            f"got {schedule.T:,}"
        )


def _steps(T: Any, least: int) -> int:
    """A number of levels whose arrays fit into memory."""
    number = whole("T", T, least)
    memory("T", number * ARRAYS * FLOAT)
    return number


def _from_beta(name: str, beta: Array, arguments: dict[str, Any]) -> Schedule:
    """The schedule of a beta that starts with beta_0 = 0."""
    # the sum over T terms in extended precision, where the platform has it
    log_alpha_bar = np.cumsum(np.log1p(-beta), dtype=np.longdouble)
    return Schedule(
        name=name,
        beta=beta,
        log_alpha_bar=log_alpha_bar.astype(np.float64),
        spec={"kind": name, **arguments},
    )


def _from_log(name: str, log_alpha_bar: Array, arguments: dict[str, Any]) -> Schedule:
    """The schedule of log alpha_bar for t = 1..T."""
    log_alpha_bar = np.concatenate([[0.0], log_alpha_bar])
    return Schedule(
        name=name,
        beta=np.abs(np.expm1(np.diff(log_alpha_bar, prepend=0.0))),
        log_alpha_bar=log_alpha_bar,
        spec={"kind": name, **arguments},
    )


def _angle(name: str, alpha_bar: float | None, T: int, t: int) -> tuple[float, float]:
    """(theta, pi/2 - theta) with cos^2(theta) = alpha_bar, each accurate where it is small."""
    if alpha_bar is None:
        default = Schedule.li_huang_wei(T)
        sine = np.sqrt(default.one_minus_alpha_bar[t])
        cosine = np.exp(0.5 * default.log_alpha_bar[t])
    else:
        value = real(name, alpha_bar, 0, 1)
        sine = np.sqrt(1 - value)
        cosine = np.sqrt(value)
    theta = float(np.arctan2(sine, cosine))
    complement = float(np.arctan2(cosine, sine))
    return theta, complement
