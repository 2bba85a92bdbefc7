"""The command line of sweeps: sweep, merge, exponents. Bad input is refused as in cli.py."""

from __future__ import annotations

import json

import click

from ..core.arguments import InputError

INTERRUPTED = 130  # the shell's code for Ctrl-C


@click.command()
@click.argument("spec", metavar="SPEC.toml")
@click.option("--out", required=True, metavar="DIR", help="Where the cases go, one JSON each.")
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
def sweep(spec: str, out: str, executor: str, shard: str | None, resume: bool) -> None:
    """Train and certify every case of a grid: targets, dimensions, T, schedules, function classes,
    samples, seeds.

    SPEC.toml: every key is an axis, a value or a list (target, dim, contrast, bandwidth, schedule,
    steps, c0, c1, model, train_samples, paths, pairs, seed, device); keys above the first [[grid]]
    hold for all grids. Exit code 0: every case has a result and no verdict fails, 1: otherwise, 2:
    bad input.
    """
    from ..core.progress import bar
    from ..sweep import executors, read_spec, run_sweep
    from ..sweep.tables import show_summary

    found, part = read_spec(spec), _shard(shard)
    own = len(found.shard(*part))
    engine = executors.engine(executor)
    try:
        with bar("sweeping", own) as tick:
            summary = run_sweep(
                found, out, executor=engine, shard=part, resume=resume, progress=tick
            )
    except KeyboardInterrupt:
        click.echo(f"stopped: what is finished is in {out}, --resume continues", err=True)
        raise SystemExit(INTERRUPTED) from None
    show_summary(summary, out)
    raise SystemExit(int(not summary.good))


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True)
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="results.parquet or results.csv."
)
def merge(folders: tuple[str, ...], output: str) -> None:
    """Put the cases of sweeps (or of one's shards) into one table, a row each."""
    from ..sweep import merge as put_together

    found = put_together(folders, output)
    notes = [f"{found.failed} of them failed"] if found.failed else []
    notes += [f"{found.missing} are missing"] if found.missing else []
    notes += (
        [f"{found.differing} differ between folders, of which the first was taken"]
        if found.differing
        else []
    )
    click.echo(", ".join([f"{found.cases} cases in {output}", *notes]))


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    try:
        index, count = map(int, text.split("/"))
    except ValueError:
        raise InputError(f"shard must be I/N with 1 <= I <= N, got {text!r}") from None
    return index, count


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--figure", metavar="FILE", help="Also write them as a figure, one SVG.")
def exponents(folders: tuple[str, ...], as_json: bool, figure: str | None) -> None:
    """How the error of a sweep's cases grows in r = c1 log T/T, d and L_f, beside Theorem 1's
    exponents and the Gaussian law's.

    Cases that differ in T, dim or contrast (and the seed) alone are fitted; what cannot carry a fit
    is refused, with the reason. Exit code 0: whatever was found, 2: bad input.
    """
    from pathlib import Path

    from ..core.files import write_atomically
    from ..sweep.exponents import fits, to_dict
    from ..sweep.gather import gather
    from ..sweep.tables import show_exponents

    records, missing, _ = gather(folders)
    found, absent = (
        fits(records),
        len(missing) + sum(record.status == "failed" for record in records),
    )
    if figure is not None:
        from ..report.standalone import standalone

        write_atomically(Path(figure), standalone(found).encode())
    if as_json:
        click.echo(json.dumps(to_dict(found), indent=1, allow_nan=False))
    else:
        show_exponents(found, absent)


COMMANDS = (sweep, merge, exponents)
