"""A subject judged in a process of its own, for libraries whose import changes the process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..core.arguments import InputError
from .result import Report

MARK = "ctverify:"  # begins what is meant for the parent; libraries print too


def check_apart(
    name: str,
    checks: Sequence[str] | None,
    max_examples: int | None,
    seed: int,
    progress: Callable[[str], None] | None,
) -> Report:
    """`check` in a child process."""
    wanted = {
        "name": name,
        "checks": None if checks is None else list(checks),
        "max_examples": max_examples,
        "seed": seed,
    }
    command = [sys.executable, "-m", __name__, json.dumps(wanted)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        said: dict[str, Any] = {}
        assert child.stdout is not None and child.stderr is not None
        for line in child.stdout:
            if line.startswith(MARK):
                said = json.loads(line.removeprefix(MARK))
                if "check" in said and progress is not None:
                    progress(said["check"])
        noise = child.stderr.read()
    if "refused" in said:
        raise InputError(said["refused"])
    if "report" not in said:
        raise InputError(
            f"SUBJECT {name!r} could not be judged, its process ended with {child.returncode}:"
            f" {noise[-500:].strip()}"
        )
    return Report.from_dict(said["report"])


def main(argument: str) -> None:
    """The child."""
    from ..core.arguments import imported
    from .run import check
    from .subjects import BUILTIN, adapter

    wanted = json.loads(argument)
    try:
        made = adapter(imported("SUBJECT", BUILTIN[wanted.pop("name")])())
        report = check(made, **wanted, progress=lambda id: say(check=id))
        say(report=report.to_dict())
    except InputError as error:
        say(refused=str(error))


def say(**message: Any) -> None:
    """A line to the parent."""
    print(MARK + json.dumps(message), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
