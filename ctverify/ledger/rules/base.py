"""What every rule shares: the Protocol, and what it returns or raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..kernel.theorem import Theorem

if TYPE_CHECKING:
    from ..context import Context


class Rule(Protocol):
    """How a step follows: the arguments of the kernel's rules, whose theorem must be what the step
    states.
    """

    @property
    def method(self) -> str: ...

    def theorem(self, states: Any, context: Context) -> Theorem: ...
