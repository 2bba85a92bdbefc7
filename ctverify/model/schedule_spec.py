"""Schedules in JSON: what rebuilds one, and files of alpha_bar.

A spec names a constructor of Schedule as its kind, and that constructor's arguments. An argument
that is not known is refused: ignored, it would give another schedule.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ..core.schemas import Positive, Share

SCHEMA = "ctverify/schedule/1"

Levels = Annotated[list[Share], Meta(min_length=2)]


class Spec(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag=True, forbid_unknown_fields=True
):
    """The arguments of a constructor; those that are not there have its defaults."""


class LiHuangWei(Spec, frozen=True, kw_only=True, tag="li_huang_wei"):
    """Schedule.li_huang_wei."""

    T: Annotated[int, Meta(ge=2)]
    c0: Positive | UnsetType = UNSET
    c1: Positive | UnsetType = UNSET


class Cosine(Spec, frozen=True, kw_only=True, tag="cosine"):
    """Schedule.cosine."""

    T: Annotated[int, Meta(ge=2)]
    alpha_bar_1: Share | UnsetType | None = UNSET
    alpha_bar_T: Share | UnsetType | None = UNSET


class Karras(Spec, frozen=True, kw_only=True, tag="karras"):
    """Schedule.karras."""

    T: Annotated[int, Meta(ge=2)]
    sigma_min: Positive | UnsetType = UNSET
    sigma_max: Positive | UnsetType = UNSET
    rho: Positive | UnsetType = UNSET
    pure_noise: bool | UnsetType = UNSET


class Ddpm(Spec, frozen=True, kw_only=True, tag="ddpm"):
    """Schedule.ddpm."""

    T: Annotated[int, Meta(ge=21)]


class FromAlphaBar(Spec, frozen=True, kw_only=True, tag="from_alpha_bar"):
    """Schedule.from_alpha_bar."""

    values: Levels


ScheduleSpec = LiHuangWei | Cosine | Karras | Ddpm | FromAlphaBar


class LevelsFile(Struct, frozen=True, kw_only=True):
    """A file of levels, of which alpha_bar for t = 1..T is read; `schedule optimal` writes more."""

    alpha_bar: Levels


ScheduleFile = Levels | LevelsFile
