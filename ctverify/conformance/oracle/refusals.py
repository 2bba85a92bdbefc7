"""What keeps an example from being judged; and how a subject's own code is asked, so that whatever
it raises is a refusal.

`cause` of a refusal is the check whose law it breaks, where one's is: that check fails, and what
could not be judged for it is folded under it.
"""

from __future__ import annotations

import dis
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

import torch

from ...core.arguments import MissingPackage

LONGEST = 300  # characters of what a subject says
RAISE = dis.opmap["RAISE_VARARGS"]


class Refusal(Exception):
    """The subject did not let an example be judged."""

    cause: str | None = None


class SubjectError(Refusal):
    """The subject raised an exception."""

    cause: str | None = "interface.calls"


class Misshapen(SubjectError):
    """The subject returned something of another type or shape than the protocol asks for."""

    cause: str | None = "interface.returns"


class NotFinite(Refusal):
    """The subject returned NaN or infinity."""


class Uncounted(Refusal):
    """The network was not called once for each time, so that single steps cannot be told apart
    (sampler.calls).
    """

    cause = "sampler.calls"

    def __init__(self, calls: int, times: int) -> None:
        super().__init__(
            f"the network was called {calls} times for {times} times: see sampler.calls"
        )


class NotApplicable(Exception):
    """The law is about another kind of subject."""


def asked(
    what: str,
    ask: Callable[[], Any],
    kind: type[SubjectError] = SubjectError,
    passes: tuple[type[Exception], ...] = (),
) -> Any:
    """What a subject's own code answers.

    Arguments:
        what: what is asked, in words.
        ask: asks it.
        kind: of the refusal.
        passes: further exceptions that are no refusals.

    Returns:
        Its answer. What it has set for the whole process meanwhile (torch's default dtype and
        device, whether gradients are kept) is set back.

    Raises:
        SubjectError: or another `kind`; it raised something, SystemExit among them. A
            KeyboardInterrupt that somebody pressed passes.
    """
    dtype, device, keeps = torch.get_default_dtype(), _device(), torch.is_grad_enabled()
    try:
        return ask()
    except Refusal:
        raise  # of the network in the middle of a call
    except MissingPackage:
        raise  # of a built-in's library: nothing of the subject's
    except passes:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and pressed(error):
            raise
        raise kind(f"{what} raised {told(error)}") from None
    finally:
        if torch.get_default_dtype() != dtype:
            torch.set_default_dtype(dtype)
        if _device() != device:
            torch.set_default_device(device)
        torch.set_grad_enabled(keeps)


def pressed(error: KeyboardInterrupt) -> bool:
    """Whether an interrupt came from outside: no statement of the subject's code raised it."""
    step: TracebackType | None = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None or step.tb_frame.f_globals.get("__name__") == "ctverify.cli.program":
        return True
    return step.tb_frame.f_code.co_code[step.tb_lasti] != RAISE


def told(error: BaseException) -> str:
    """An exception in words: its class, and what it says."""
    try:
        says = str(error)
    except BaseException:  # its class is the subject's too
        says = "(its own text raises)"
    return line(f"{type(error).__name__}: {says}" if says else type(error).__name__)


def shown(value: Any, longest: int = LONGEST) -> str:
    """The repr of a subject's object, or its class where that raises."""
    try:
        return line(repr(value), longest)
    except BaseException:
        return f"<{type(value).__name__} object at {id(value):#x}, whose repr raises>"


def line(text: str, longest: int = LONGEST) -> str:
    """Text of a subject's as one printable line."""
    text = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return text if len(text) <= longest else text[: longest - 4] + " ..."


def raised_at(error: BaseException) -> str:
    """Where in ctverify an exception of its own was raised last, "" where none of its code was."""
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    found, step = "", error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file.startswith(home):
            found = f"{os.path.relpath(file, home)}:{step.tb_lineno}"
        step = step.tb_next
    return found


def _device() -> Any:
    return torch.get_default_device()
