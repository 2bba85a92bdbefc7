"""ctverify sweep: every case of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.arguments import InputError
from ..core.exit_codes import FAILED, INTERRUPTED
from .options import FILE, receives

if TYPE_CHECKING:
    from ..sweep.engine import Summary


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """What `sweep` is asked for."""

    spec: Path
    out: Path
    executor: str
    shard: str | None
    resume: bool


@click.command()
@click.argument("spec", type=FILE, metavar="SPEC.toml")
@click.option(
    "--out", type=FILE, required=True, metavar="DIR", help="Where the cases go, one JSON each."
)
@click.option(
    "--executor",
    default="local",
    show_default=True,
    metavar="local[:N]|dask:ADDRESS",
    help="N processes, or a Dask cluster.",
)
@click.option(
    "--shard",
    metavar="I/N",
    help="Only the I-th of N parts, I = 1..N; `merge` puts parts together.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on in DIR: what is finished is kept, what failed is tried again.",
)
@receives(SweepOptions)
def sweep(options: SweepOptions) -> None:
    """Train and certify every case of a grid.

    SPEC.toml: every key is an axis, a value or a list (target, dim, contrast, bandwidth, schedule,
    steps, c0, c1, model, train_samples, paths, pairs, seed, device); keys above the first [[grid]]
    hold for all grids. Exit code 0: every case has a result and no verdict fails, 1: otherwise, 2:
    bad input, 3: a verdict could not be judged, 130: interrupted, --resume continues.
    """
    from ..core.progress import bar
    from ..sweep import executors, read_spec, run_sweep
    from ..sweep.tables import show_summary

    spec = read_spec(options.spec)
    part = _shard(options.shard)
    own_cases = len(spec.shard(*part))
    engine = executors.engine(options.executor)
    try:
        with bar("sweeping", own_cases) as progress:
            summary = run_sweep(
                spec,
                options.out,
                executor=engine,
                shard=part,
                resume=options.resume,
                progress=progress,
            )
    except KeyboardInterrupt:
        click.echo(f"stopped: what is finished is in {options.out}, --resume continues", err=True)
        raise SystemExit(INTERRUPTED) from None
    show_summary(summary, str(options.out))
    raise SystemExit(_code(summary))


def _code(summary: Summary) -> int:
    from ..core.verdict import Verdict, exit_code

    results = [record.result for record in summary.records if record.result is not None]
    verdicts = [Verdict(**verdict) for result in results for verdict in result["verdicts"]]
    return FAILED if summary.failed else exit_code(verdicts)


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    try:
        index, count = map(int, text.split("/"))
    except ValueError:
        raise InputError(f"shard must be I/N with 1 <= I <= N, got {text!r}") from None
    return index, count
