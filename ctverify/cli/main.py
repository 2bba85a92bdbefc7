"""The command `ctverify`; its exit codes are those of core/exit_codes.py.

Nothing heavy is imported before it is used: `ctverify --help` needs click alone.
"""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from ..core.arguments import InputError
from ..core.exit_codes import BAD_INPUT, DEFECT, GOOD, INTERRUPTED, UNHEARD, WORDS
from ..core.version import __version__
from .certify import certify
from .check import check
from .exponents import exponents
from .merge import merge
from .plan import plan
from .prove import prove
from .report import report
from .run import run
from .schedule import schedule
from .sweep import sweep
from .targets import targets

COMMANDS = (
    certify,
    check,
    exponents,
    merge,
    plan,
    prove,
    report,
    run,
    schedule,
    sweep,
    targets,
)


DEBUG = "--debug"
ADVICE = "ctverify --debug COMMAND shows where; please report it"
LONGEST = 2000  # characters of a refusal
SHORTENED = 200  # characters of a word in it that are shown


class _Commands(click.Group):
    """Commands that end with an exit code of the table and one sentence, whatever happens, and
    without a traceback, but with --debug.
    """

    def main(self, args: Sequence[str] | None = None, *more: Any, **named: Any) -> Any:
        """Run a command line and exit; see click.Group.main."""
        named["standalone_mode"] = False  # click's own exit codes say otherwise
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, *more, **named) or GOOD
        except SystemExit:
            raise
        except BaseException as error:
            # the context is gone, but what stands before the command is the group's
            if DEBUG in itertools.takewhile(lambda word: word.startswith("-"), words):
                traceback.print_exception(error)
            said, code = _told(error)
            _say(said)
            raise SystemExit(code) from error
        raise SystemExit(code)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # of which click would make a 1
            raise SystemExit(UNHEARD) from None


def _told(error: BaseException) -> tuple[str, int]:
    """What is said of an exception, and the exit code."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return WORDS, INTERRUPTED
    if type(error).__name__ == "NoArgsIsHelpError":  # of click 8.2: its message is the help
        return str(getattr(error, "message", error)), BAD_INPUT
    if isinstance(error, click.ClickException):
        return _sentence(error.format_message()), BAD_INPUT
    if isinstance(error, InputError):
        return _sentence(str(error)), BAD_INPUT
    if isinstance(error, MemoryError):
        return _sentence(f"there is not enough memory: {error}"), BAD_INPUT
    if isinstance(error, OSError):
        return _sentence(f"the system refuses: {error}"), BAD_INPUT
    defect = f"a defect of ctverify, not of your input: {type(error).__name__}: {error}"
    return f"{_sentence(defect)} ({ADVICE})", DEFECT


def _sentence(words: str) -> str:
    """A refusal on one line, with the long words in it cut, which are of the input."""
    text = " ".join(
        word if len(word) <= SHORTENED else f"{word[:SHORTENED]}..." for word in words.split()
    )
    return "Error: " + (text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def _say(words: str) -> None:
    """A line on standard error, where that can still be written to."""
    with suppress(OSError, ValueError):
        click.echo(words, err=True)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ctverify")
@click.option("--debug", is_flag=True, help="Show tracebacks with refusals.")
def main(debug: bool) -> None:
    """Tell whether a consistency model (one-step diffusion sampler) is right.

    Exit codes: 0 nothing fails, 1 something does, 2 bad input, 3 something could not be judged, 70
    a defect of ctverify, 130 interrupted, 141 nobody reads the output; each command's help says
    more.
    """


for _command in COMMANDS:
    main.add_command(_command)
