"""The command `ctverify`; its exit codes are those of core/exit_codes.py.

Nothing heavy is imported before it is used: `ctverify --help` needs click alone.
"""

from __future__ import annotations

from typing import Any

import click

from ..core.arguments import InputError
from ..core.exit_codes import BAD_INPUT, INTERRUPTED, WORDS
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


class _Refusal(click.ClickException):
    exit_code = BAD_INPUT


class _Commands(click.Group):
    """Commands that say of bad input one sentence, without a traceback or a usage line, and end
    quietly on Ctrl-C.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise _Refusal(str(error)) from error
        except click.BadParameter as error:
            raise _Refusal(error.format_message()) from error
        except KeyboardInterrupt:
            click.echo(WORDS, err=True)
            raise SystemExit(INTERRUPTED) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ctverify")
def main() -> None:
    """Tell whether a consistency model (one-step diffusion sampler) is right.

    Exit codes: 0 nothing fails, 1 something does, 2 bad input, 3 something could not be judged, 130
    interrupted; each command's help says more.
    """


for _command in COMMANDS:
    main.add_command(_command)
