"""Schedules: the discretised noise levels t = 1..T of the forward chain, LHW (arXiv 2402.07802)
Eqs. (5), (7), (23).

    alpha_bar_t = prod_{k<=t} (1 - beta_k),   X_t = sqrt(alpha_bar_t) X_0 + sqrt(1 - alpha_bar_t) Z in law,
    sigma_t = sqrt((1 - alpha_bar_t) / alpha_bar_t),   alpha_bar_0 = 1.

Arrays have T + 1 entries, indexed by the paper's t; entry 0 is clean data. Everything derives from
log alpha_bar: near t = 1, 1 - alpha_bar is as small as T^-c0 and comes from expm1; at the far end
alpha_bar may underflow to 0 while its logarithm stays finite.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.arguments import InputError, real, tensor, whole
from ..core.schemas import builtins, read
from .schedule_spec import ScheduleSpec

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Schedule:
    """T noise levels. Build one with a named constructor; all arrays are float64 of length T + 1
    and read-only.

    Attributes: T; name; beta (beta_0 = 0); log_alpha_bar (0 at t = 0, always finite); spec (JSON
    that rebuilds it).
    """

    name: str
    beta: Array
    log_alpha_bar: Array
    spec: dict[str, Any]

    def __post_init__(self) -> None:
        if self.one_minus_alpha_bar[1] < np.finfo(np.float64).tiny:
            raise InputError(
                f"schedule {self.name} must have 1 - alpha_bar_1 representable in float64, but it underflows"
            )
        if not (np.isfinite(self.log_alpha_bar).all() and (np.diff(self.log_alpha_bar) < 0).all()):
            raise InputError(
                f"schedule {self.name} must have alpha_bar strictly decreasing in float64, but two levels coincide"
            )
        for array in (self.beta, self.log_alpha_bar):
            array.flags.writeable = False

    def __repr__(self) -> str:
        """The call that rebuilds it, long lists of values abridged."""
        arguments = {key: value for key, value in self.spec.items() if key != "kind"}
        if len(arguments.get("values", ())) > 8:
            return f"<Schedule.from_alpha_bar of {self.T} values, {self.alpha_bar[1]:.6g} to {self.alpha_bar[-1]:.6g}>"
        return f"Schedule.{self.spec['kind']}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"

    @property
    def T(self) -> int:
        """The number of steps."""
        return len(self.log_alpha_bar) - 1

    @cached_property
    def alpha_bar(self) -> Array:
        """prod_{k<=t} (1 - beta_k), in [0, 1]; may underflow to 0."""
        return np.exp(self.log_alpha_bar)

    @cached_property
    def one_minus_alpha_bar(self) -> Array:
        """1 - alpha_bar_t without cancellation, in [0, 1]."""
        return -np.expm1(self.log_alpha_bar)

    @cached_property
    def log_sigma(self) -> Array:
        """log sigma_t: finite for t = 1..T, minus infinity at t = 0."""
        with np.errstate(divide="ignore"):
            return 0.5 * (np.log(self.one_minus_alpha_bar) - self.log_alpha_bar)

    @cached_property
    def sigma(self) -> Array:
        """sqrt((1 - alpha_bar_t)/alpha_bar_t); raises InputError where it exceeds float64."""
        if self.log_sigma[-1] > np.log(np.finfo(np.float64).max):
            raise InputError(
                f"sigma_T = exp({self.log_sigma[-1]:.6g}) exceeds float64: read log_sigma instead"
            )
        return np.exp(self.log_sigma)

    def scales(self, t: int) -> tuple[float, float]:
        """(sqrt(alpha_bar_t), sqrt(1 - alpha_bar_t)): X_t = a X_0 + b Z."""
        return float(np.exp(0.5 * self.log_alpha_bar[t])), float(
            np.sqrt(self.one_minus_alpha_bar[t])
        )

    @classmethod
    def li_huang_wei(cls, T: int, c0: float = 2.0, c1: float = 4.0) -> Schedule:
        """Eq. (23): beta_1 = T^-c0, beta_t = r min(beta_1 (1+r)^t, 1) for t >= 2, r = c1 log T / T
        < 1; T >= 2; c0, c1 > 0.
        """
        T, c0, c1 = whole("T", T, 2), real("c0", c0, 0), real("c1", c1, 0)
        r = c1 * np.log(T) / T
        if r >= 1:
            raise InputError(
                f"r = c1 log T / T must be below 1, got r = {r:.4g} at T = {T}, c1 = {c1:g}: take c1 < {T / np.log(T):.4g}"
            )
        log_beta_1 = -c0 * np.log(T)
        t = np.arange(2, T + 1)
        beta = np.concatenate(
            [[0.0, np.exp(log_beta_1)], r * np.exp(np.minimum(log_beta_1 + t * np.log1p(r), 0.0))]
        )
        return _from_beta("li_huang_wei", beta, {"T": T, "c0": c0, "c1": c1})

    @classmethod
    def cosine(
        cls, T: int, *, alpha_bar_1: float | None = None, alpha_bar_T: float | None = None
    ) -> Schedule:
        """Equal steps of the angle theta, cos^2(theta_t) = alpha_bar_t, between two ends (default:
        li_huang_wei(T)'s ends).
        """
        T = whole("T", T, 2)
        if T <= 8 and (alpha_bar_1 is None or alpha_bar_T is None):
            raise InputError(
                f"cosine needs alpha_bar_1 and alpha_bar_T for T <= 8, where li_huang_wei has no default ends, got T = {T}"
            )
        near, far = (
            _angle("alpha_bar_1", alpha_bar_1, T, 1),
            _angle("alpha_bar_T", alpha_bar_T, T, T),
        )
        if near[0] >= far[0]:
            raise InputError(
                f"alpha_bar_T must be below alpha_bar_1, got {np.sin(far[1]) ** 2:g} and {np.sin(near[1]) ** 2:g}"
            )
        share = np.arange(T) / (T - 1)
        theta = near[0] + share * (far[0] - near[0])
        complement = far[1] + (1 - share) * (
            near[1] - far[1]
        )  # pi/2 - theta, exact at the noisy end
        log_alpha_bar = np.where(
            theta < np.pi / 4,
            np.log1p(-np.minimum(np.sin(theta) ** 2, 0.5)),
            2 * np.log(np.sin(complement)),
        )
        return _from_log(
            "cosine",
            log_alpha_bar,
            {"T": T, "alpha_bar_1": alpha_bar_1, "alpha_bar_T": alpha_bar_T},
        )

    @classmethod
    def karras(
        cls, T: int, sigma_min: float = 0.002, sigma_max: float = 80.0, rho: float = 7.0
    ) -> Schedule:
        """Karras et al. (arXiv 2206.00364) Eq. (5): sigma^(1/rho) in equal steps, sigma_1 =
        sigma_min, sigma_T = sigma_max.
        """
        T, rho = whole("T", T, 2), real("rho", rho, 0)
        sigma_min = real("sigma_min", sigma_min, 0)
        sigma_max = real("sigma_max", sigma_max, sigma_min)
        low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
        sigma = np.concatenate(
            [[sigma_min], (low + np.arange(1, T - 1) / (T - 1) * (high - low)) ** rho, [sigma_max]]
        )
        log_alpha_bar = np.where(sigma < 1, -np.log1p(sigma**2), -2 * np.log(np.hypot(1, sigma)))
        schedule = _from_log(
            "karras",
            log_alpha_bar,
            {"T": T, "sigma_min": sigma_min, "sigma_max": sigma_max, "rho": rho},
        )
        vars(schedule)["sigma"] = np.concatenate(
            [[0.0], sigma]
        )  # exact at both ends, not a rounding off
        return schedule

    @classmethod
    def ddpm(cls, T: int) -> Schedule:
        """Ho et al. (arXiv 2006.11239): beta in equal steps from 1e-4 to 0.02, times 1000/T; T > 20
        keeps beta below 1.
        """
        T = whole("T", T, 21)
        return _from_beta(
            "ddpm", np.concatenate([[0.0], np.linspace(1e-4, 0.02, T) * 1000 / T]), {"T": T}
        )

    @classmethod
    def from_alpha_bar(cls, values: ArrayLike) -> Schedule:
        """T >= 2 values of alpha_bar for t = 1..T, strictly decreasing in (0, 1)."""
        array = tensor("alpha_bar", values).numpy()
        if (
            array.ndim != 1
            or len(array) < 2
            or not (array[-1] > 0 and array[0] < 1 and (np.diff(array) < 0).all())
        ):
            raise InputError(
                "alpha_bar must be at least 2 numbers strictly decreasing in (0, 1), t = 1..T, got others"
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


def _from_beta(name: str, beta: Array, arguments: dict[str, Any]) -> Schedule:
    log_alpha_bar = np.cumsum(np.log1p(-beta), dtype=np.longdouble).astype(np.float64)
    return Schedule(name, beta, log_alpha_bar, {"kind": name, **arguments})


def _from_log(name: str, log_alpha_bar: Array, arguments: dict[str, Any]) -> Schedule:
    log_alpha_bar = np.concatenate([[0.0], log_alpha_bar])
    return Schedule(
        name,
        np.abs(np.expm1(np.diff(log_alpha_bar, prepend=0.0))),
        log_alpha_bar,
        {"kind": name, **arguments},
    )


def _angle(name: str, alpha_bar: float | None, T: int, t: int) -> tuple[float, float]:
    """(theta, pi/2 - theta) with cos^2(theta) = alpha_bar, each accurate where it is small."""
    if alpha_bar is None:
        default = Schedule.li_huang_wei(T)
        sine, cosine = (
            np.sqrt(default.one_minus_alpha_bar[t]),
            np.exp(0.5 * default.log_alpha_bar[t]),
        )
    else:
        value = real(name, alpha_bar, 0, 1)
        sine, cosine = np.sqrt(1 - value), np.sqrt(value)
    return float(np.arctan2(sine, cosine)), float(np.arctan2(cosine, sine))
