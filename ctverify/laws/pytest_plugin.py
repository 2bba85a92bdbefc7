"""The pytest plugin of the property suite (ctverify.properties): options, order, grouping by cause,
the summary.

Laws run in the order of causes: schedule, oracle, population, training, bound. Once a law of one
cause fails, the laws of later causes, which rest on it, are not judged: a broken schedule is
reported once. Without laws to run the plugin does nothing, and it imports nothing heavy.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

CAUSES = ("schedule", "oracle", "population", "training", "bound")
PROFILES = {
    "quick": (1, True),
    "ci": (3, True),
    "nightly": (8, False),
}  # multiple of a law's examples; derandomised
_FAILED = pytest.StashKey[dict[str, list[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The --ctverify-* options."""
    group = parser.getgroup("ctverify", "ctverify property suite")
    group.addoption(
        "--ctverify-trainer",
        metavar="PACKAGE.MODULE:TRAIN",
        help="train(sample, schedule, seed) -> f(x, t), judged in place of ours",
    )
    group.addoption(
        "--ctverify-device",
        default="auto",
        metavar="DEVICE",
        help="auto, cpu, cuda or cuda:N [auto]",
    )
    group.addoption(
        "--ctverify-profile",
        default="ci",
        choices=tuple(PROFILES),
        help="how many examples, fixed or random [ci]",
    )
    group.addoption(
        "--ctverify-xfails",
        metavar="FILE",
        help="laws expected to fail, one a line: id, then the reason",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a trainer or a device that does not exist before anything is collected."""
    from ..core.arguments import InputError, device, imported

    trainer, place = config.getoption("--ctverify-trainer"), config.getoption("--ctverify-device")
    try:
        if trainer is not None:
            imported("--ctverify-trainer", trainer)
        if place != "auto":
            device(place)
    except InputError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Laws after all else, in the order of causes, with the profile's settings and the expected
    failures marked.
    """
    laws = [item for item in items if law_of(item) is not None]
    if laws:
        config.stash[_FAILED] = {}
        _apply_profile(config, laws)
        if config.getoption("--ctverify-xfails"):
            _mark_xfails(config.getoption("--ctverify-xfails"), laws)
    yield  # -k deselects, other plugins shuffle; the order of causes stands
    items.sort(key=lambda item: -1 if law_of(item) is None else CAUSES.index(law_of(item).cause))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist's workers take the seed of their controller."""
    node.workerinput["ctverify_seed"] = _seed(node.config)


def pytest_report_collectionfinish(
    config: pytest.Config, items: Sequence[pytest.Item]
) -> list[str]:
    """Versions, device, profile and seed, where laws are about to run."""
    if not any(law_of(item) is not None for item in items):
        return []
    from importlib.metadata import version

    import torch  # the laws have imported it already

    names = ", ".join(
        f"{name} {version(name)}" for name in ("torch", "numpy", "scipy", "hypothesis")
    )
    from ..core.version import __version__

    trainer = config.getoption("--ctverify-trainer") or "ctverify's own"
    profile, seed, device = (
        config.getoption("--ctverify-profile"),
        _seed(config),
        config.getoption("--ctverify-device"),
    )
    device = (
        ("cpu and cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    )
    return [
        f"ctverify {__version__} laws: {names}",
        f"ctverify laws: profile {profile}, device {device}, trainer {trainer}, "
        + (f"seed {seed}" if seed is not None else "derandomised"),
    ]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A law is not judged where an earlier cause has failed."""
    law = law_of(item)
    if law is None:
        return
    for cause in CAUSES[: CAUSES.index(law.cause)]:
        if cause in item.config.stash[_FAILED]:
            pytest.skip(
                f"not judged: rests on {cause}, where {', '.join(item.config.stash[_FAILED][cause])} failed"
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Attach the law and its tally to the report, and remember failures by cause."""
    law = law_of(item)
    if law is not None and call.when == "call":
        tally = item.function.ctverify_tally  # type: ignore[attr-defined]
        found = {
            "law": law.id,
            "equation": law.equation,
            "examples": tally.examples,
            "inconclusive": len(tally.inconclusive),
        }
        item.user_properties.extend(found.items())
        item.user_properties.extend(("reason", text) for text in tally.inconclusive[:1])
        tally.clear()
    report = yield
    if (
        law is not None and report.failed and call.excinfo is not None
    ):  # an unexpected pass is an error, but blocks nothing
        report.sections.insert(0, ("law", law.described()))
        item.config.stash[_FAILED].setdefault(law.cause, []).append(law.id)
    return report


def pytest_report_teststatus(report: Any) -> tuple[str, str, Any] | None:
    """A law with inconclusive examples is not a silent pass."""
    if (
        getattr(report, "when", "") == "call"
        and report.passed
        and dict(report.user_properties).get("inconclusive")
    ):
        return "inconclusive", "?", ("INCONCLUSIVE", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One row a cause: laws, examples, what was inconclusive, failed or not judged; and the seed."""
    rows: dict[str, Counter[str]] = {}
    failed: dict[str, dict[str, None]] = {}
    for status, reports in terminalreporter.stats.items():
        for report in reports:
            known = dict(getattr(report, "user_properties", ()))
            if "law" not in known or report.when != "call":
                continue
            cause = known["law"].partition(".")[0]
            counts = rows.setdefault(cause, Counter())
            counts.update(
                {
                    "laws": 1,
                    "examples": known["examples"],
                    "inconclusive": known["inconclusive"],
                    status: 1,
                }
            )
            if status == "failed" and "XPASS" not in str(report.longrepr):
                failed.setdefault(cause, {})[known["law"]] = None
            if known["inconclusive"]:
                terminalreporter.write_line(f"inconclusive: {known['law']}: {known['reason']}")
    if not rows:
        return
    terminalreporter.section("ctverify laws, by cause")
    for cause in [cause for cause in CAUSES if cause in rows]:
        counts, names = rows[cause], list(failed.get(cause, {}))
        line = f"{cause:<11}{counts['laws']:>4} checks {counts['examples']:>7,} examples {counts['inconclusive']:>3} inconclusive"
        terminalreporter.write_line(
            line + (f"   FAILED: {', '.join(names)}" if names else ""), red=bool(names)
        )
    if _seed(config) is not None:
        terminalreporter.write_line(
            f"seed {_seed(config)}; repeat with --hypothesis-seed={_seed(config)}"
        )
    if failed:
        first = next(cause for cause in CAUSES if cause in failed)
        blocked = any(
            "not judged: rests on" in str(report.longrepr)
            for report in terminalreporter.stats.get("skipped", ())
        )
        tail = "; laws that rest on it were not judged" if blocked else ""
        terminalreporter.write_line(f"first cause: {first}{tail}")


def law_of(item: pytest.Item) -> Any:
    """The law an item checks, or None."""
    return getattr(getattr(item, "function", None), "ctverify_law", None)


def _apply_profile(config: pytest.Config, laws: list[pytest.Item]) -> None:
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import seed as seeded
    from hypothesis.database import DirectoryBasedExampleDatabase

    times, fixed = PROFILES[config.getoption("--ctverify-profile")]
    phases = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink)
    common: dict[str, Any] = {
        "deadline": None,
        "suppress_health_check": list(HealthCheck),
        "phases": phases,
        "print_blob": not fixed,
    }
    # said outright: where CI is set, Hypothesis would load a profile of its own without a database
    storage = Path(os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY", ".hypothesis")) / "examples"
    common |= {
        "derandomize": fixed,
        "database": None if fixed else DirectoryBasedExampleDatabase(storage),
    }
    seed = _seed(config)
    for function in {item.function for item in laws}:  # type: ignore[attr-defined]
        if hasattr(
            function, "ctverify_profile"
        ):  # a second pytest.main in one process: settings can be given once
            if function.ctverify_profile == config.getoption("--ctverify-profile"):
                continue
            raise pytest.UsageError(
                f"this process has run the laws in the profile {function.ctverify_profile}: start another"
            )
        function.ctverify_profile = config.getoption("--ctverify-profile")
        settings(max_examples=times * function.ctverify_law.examples, **common)(function)
        if seed is not None and config.getoption("--hypothesis-seed", None) is None:
            seeded(seed)(function)


def _seed(config: pytest.Config) -> Any:
    """None where derandomised, else --hypothesis-seed or one drawn for this session."""
    if PROFILES[config.getoption("--ctverify-profile")][1]:
        return None
    given = config.getoption("--hypothesis-seed", None)
    if given is not None:
        return given
    if hasattr(config, "workerinput"):
        return config.workerinput["ctverify_seed"]
    import secrets

    return config.stash.setdefault(_SEED, secrets.randbelow(2**32))


_SEED = pytest.StashKey[int]()


def _mark_xfails(file: str, laws: list[pytest.Item]) -> None:
    """Strict xfail marks for lines of an id, law or law[subject], and a reason; lines that start
    with # are comments.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise pytest.UsageError(
            f"--ctverify-xfails must name a readable text file: {error}"
        ) from None
    entries = [
        line.split(None, 1) for line in map(str.strip, lines) if line and not line.startswith("#")
    ]
    known = {*law_of(laws[0]).catalogue(), *map(_full_id, laws)}
    for entry in entries:
        if entry[0] not in known:
            raise pytest.UsageError(
                f"--ctverify-xfails: {entry[0]!r} is no law's id; the ids are {', '.join(sorted(known))}"
            )
        if len(entry) < 2:
            raise pytest.UsageError(
                f"--ctverify-xfails: {entry[0]!r} needs a reason after its id, got none"
            )
    for item in laws:
        for name, reason in (
            entry for entry in entries if entry[0] in (law_of(item).id, _full_id(item))
        ):
            item.add_marker(pytest.mark.xfail(reason=f"{name}: {reason}", strict=True))


def _full_id(item: pytest.Item) -> str:
    """law[subject] where the law is run for several."""
    law: str = law_of(item).id
    return law + "".join(item.name.partition("[")[1:])
