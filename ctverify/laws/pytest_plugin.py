"""The pytest plugin of the property suite (ctverify.properties): options, order, grouping by cause,
the summary.

Laws run in the order of causes: schedule, oracle, population, training, bound. Once a law of one
cause fails, the laws of later causes, which rest on it, are not judged: a broken schedule is
reported once (grouping.py). For a foreign trainer the laws about it are judged, after a short check
that ctverify's own code is sound on this machine. Without laws to run the plugin does nothing, and
it imports nothing heavy: pytest loads it in every project of an environment where ctverify is
installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key  # pytest has no public name for it

from . import coverage, expected
from .grouping import CAUSES, NOT_JUDGED, Failures, cause_of, fold

# the multiple of a law's examples, and whether they are derandomised
PROFILES = {
    "quick": (1, True),
    "ci": (3, True),
    "nightly": (8, False),
    "replay": (1, False),
}
REPLAY = "replay"  # what earlier runs have found and saved, and nothing new
# ctverify's own laws are checked on so many examples before a foreign trainer is judged; those of
# other causes are costly, and of nothing but the certificate
SOUNDNESS = 2
SOUND_CAUSES = ("schedule", "oracle", "population")
_FAILED = pytest.StashKey[Failures]()
_FOLDER = pytest.StashKey[str]()
_SEED = pytest.StashKey[int]()


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
        "--ctverify-quality",
        type=_share,
        metavar="Q",
        help="the correlation between a trained level's residual and (1, X_t) that is allowed "
        "[20/sqrt(pairs a level), at most 0.6]",
    )
    group.addoption(
        "--ctverify-xfails",
        metavar="FILE",
        help="laws expected to fail, one a line: id, then the reason",
    )
    group.addoption(
        "--ctverify-baseline",
        metavar="FILE",
        help="what --junitxml wrote in an earlier run: laws that failed there are known to fail",
    )
    group.addoption(
        "--ctverify-all",
        action="store_true",
        help="with --ctverify-trainer: every law in full, also those of ctverify's own code",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a trainer or a device that does not exist before anything is collected."""
    from ..core import arguments

    trainer = config.getoption("--ctverify-trainer")
    device = config.getoption("--ctverify-device")
    try:
        if trainer is not None:
            arguments.imported("--ctverify-trainer", trainer)
        if device != "auto":
            arguments.device(device)
    except arguments.InputError as error:
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
        config.stash[_FAILED] = Failures(_shared_folder(config))
        laws = _chosen(config, items, laws)
        _apply_profile(config, laws)
        xfails = config.getoption("--ctverify-xfails")
        if xfails:
            expected.mark_xfails(xfails, laws, law_of)
        baseline = config.getoption("--ctverify-baseline")
        if baseline:
            expected.mark_baseline(baseline, laws, law_of)
    yield  # -k deselects, other plugins shuffle; the order of causes stands
    items.sort(key=_rank)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist's workers take the seed of their controller, and a folder for failures."""
    node.workerinput["ctverify_seed"] = _seed(node.config)
    stash = node.config.stash
    if _FOLDER not in stash:
        stash[_FOLDER] = tempfile.mkdtemp(prefix="ctverify-failed-")
    node.workerinput["ctverify_failed"] = stash[_FOLDER]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The controller of several workers folds what rests on an earlier cause; Hypothesis's
    statistics, a base64 blob a law, do not go into the JUnit file.
    """
    config = session.config
    xml = config.stash.get(xml_key, None)
    if xml is not None and _FAILED in config.stash:
        blobs = {f"hypothesis-statistics-{item.nodeid}" for item in session.items if law_of(item)}
        xml.global_properties[:] = [
            (name, value) for name, value in xml.global_properties if name not in blobs
        ]
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if _FOLDER in config.stash and terminal is not None:
        fold(terminal.stats)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The workers' folder goes."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_report_collectionfinish(
    config: pytest.Config, items: Sequence[pytest.Item]
) -> list[str]:
    """Versions, device, profile and seed, where laws are about to run."""
    if not any(law_of(item) is not None for item in items):
        return []
    from importlib.metadata import version

    import torch  # the laws have imported it already

    from ..core.version import __version__

    packages = ("torch", "numpy", "scipy", "hypothesis")
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    trainer = config.getoption("--ctverify-trainer") or "ctverify's own"
    profile = config.getoption("--ctverify-profile")
    device = config.getoption("--ctverify-device")
    if device == "auto":
        device = "cpu and cuda" if torch.cuda.is_available() else "cpu"
    seed = _seed(config)
    randomness = "derandomised" if seed is None else f"seed {seed}"
    lines = [
        f"ctverify {__version__} laws: {names}",
        f"ctverify laws: profile {profile}, device {device}, trainer {trainer}, {randomness}",
    ]
    claims = {str(item.callspec.params["subject"].claims) for item in items if _foreign(item)}  # type: ignore[attr-defined]
    lines += [f"ctverify laws: the trainer declares: {claim}" for claim in sorted(claims)]
    if _about_trainer_alone(config):
        lines.append(
            f"ctverify laws: those about the trainer, and {SOUNDNESS} examples of each that "
            "ctverify itself rests on; --ctverify-all: every law in full"
        )
    return lines


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A law is not judged where an earlier cause has failed."""
    law = law_of(item)
    if law is None:
        return
    reason = item.config.stash[_FAILED].before(law.cause)
    if reason:
        pytest.skip(reason)
    coverage.taken()  # what tests of no law have left


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Attach the law and its tally to the report, and remember failures by cause."""
    law = law_of(item)
    if law is not None and call.when == "call":
        tally = item.function.ctverify_tally  # type: ignore[attr-defined]
        counted = {
            "law": law.id,
            "equation": law.equation,
            "examples": tally.examples,
            "inconclusive": len(tally.inconclusive),
        }
        item.user_properties.extend(counted.items())
        item.user_properties.extend(("reason", text) for text in tally.inconclusive[:1])
        item.user_properties.append((coverage.PROPERTY, coverage.taken()))
        tally.clear()
    report = yield
    # an unexpected pass is a failure without an exception: it is reported, but blocks nothing
    if law is not None and report.failed and call.excinfo is not None:
        report.sections.insert(0, ("law", law.described()))
        item.config.stash[_FAILED].add(law.id)
    return report


def pytest_report_teststatus(report: Any) -> tuple[str, str, Any] | None:
    """A law with inconclusive examples is not a silent pass."""
    if getattr(report, "when", "") != "call" or not report.passed:
        return None
    if not dict(report.user_properties).get("inconclusive"):
        return None
    return "inconclusive", "?", ("INCONCLUSIVE", {"yellow": True})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One row a cause: laws, examples, what was inconclusive, failed or not judged; the seed."""
    rows: dict[str, Counter[str]] = {}
    failed: dict[str, dict[str, None]] = {}
    records: list[tuple[str, str]] = []
    for status, reports in terminalreporter.stats.items():
        for report in reports:
            counted = dict(getattr(report, "user_properties", ()))
            if "law" not in counted or report.when != "call":
                continue
            _count(counted, status, rows)
            records.append((counted["law"], counted[coverage.PROPERTY]))
            if status == "failed" and "XPASS" not in str(report.longrepr):
                cause = cause_of(counted["law"])
                failed.setdefault(cause, {})[counted["law"]] = None
            if counted["inconclusive"]:
                reason = f"inconclusive: {counted['law']}: {counted['reason']}"
                terminalreporter.write_line(reason)
    if not rows:
        return
    for line in coverage.summary(records):
        terminalreporter.write_line(line)
    terminalreporter.section("ctverify laws, by cause")
    for cause in CAUSES:
        if cause in rows:
            names = ", ".join(failed.get(cause, {}))
            tail = f"   FAILED: {names}" if names else ""
            terminalreporter.write_line(_row(cause, rows[cause]) + tail, red=bool(names))
    seed = _seed(config)
    if seed is not None:
        terminalreporter.write_line(f"seed {seed}; repeat with --hypothesis-seed={seed}")
    if failed:
        first = next(cause for cause in CAUSES if cause in failed)
        skipped = terminalreporter.stats.get("skipped", ())
        blocked = any(NOT_JUDGED in str(report.longrepr) for report in skipped)
        tail = "; laws that rest on it were not judged" if blocked else ""
        terminalreporter.write_line(f"first cause: {first}{tail}")


def law_of(item: pytest.Item) -> Any:
    """The law that an item checks.

    Arguments:
        item: a collected test of any kind.

    Returns:
        The law's record (`Law` of the property suite), or None where the test checks none.
    """
    function = getattr(item, "function", None)
    return getattr(function, "ctverify_law", None)


def _share(text: str) -> float:
    """A number between 0 and 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"must be a number between 0 and 1, got {text!r}")
    return number


def _rank(item: pytest.Item) -> int:
    """Where an item runs: the place of its law's cause, all else before."""
    law = law_of(item)
    return -1 if law is None else CAUSES.index(law.cause)


def _count(counted: dict[str, Any], status: str, rows: dict[str, Counter[str]]) -> None:
    """Add one law's numbers to the row of its cause."""
    numbers = {
        "laws": 1,
        "examples": counted["examples"],
        "inconclusive": counted["inconclusive"],
    }
    cause = cause_of(counted["law"])
    # the status comes last: a law with inconclusive examples has that status, and counts once
    rows.setdefault(cause, Counter()).update(numbers | {status: 1})


def _row(cause: str, counts: Counter[str]) -> str:
    """The row of a cause in the summary."""
    checks = f"{counts['laws']:>4} checks"
    examples = f"{counts['examples']:>7,} examples"
    inconclusive = f"{counts['inconclusive']:>3} inconclusive"
    return f"{cause:<11}{checks} {examples} {inconclusive}"


def _about_trainer_alone(config: pytest.Config) -> bool:
    """Whether a foreign trainer is judged without the whole of ctverify's own laws."""
    trainer = config.getoption("--ctverify-trainer")
    return trainer is not None and not config.getoption("--ctverify-all")


def _foreign(item: pytest.Item) -> bool:
    """Whether an item judges a foreign trainer."""
    callspec = getattr(item, "callspec", None)
    subject = getattr(callspec, "params", {}).get("subject")
    return law_of(item) is not None and getattr(subject, "kind", "") == "foreign"


def _chosen(
    config: pytest.Config, items: list[pytest.Item], laws: list[pytest.Item]
) -> list[pytest.Item]:
    """The laws to judge; the others are deselected."""
    if not _about_trainer_alone(config):
        return laws
    left_out = [item for item in laws if not (_takes_trainer(item) or _is_soundness(item))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    return [item for item in laws if item not in left_out]


def _takes_trainer(item: pytest.Item) -> bool:
    return "subject" in getattr(item, "fixturenames", ())


def _is_soundness(item: pytest.Item) -> bool:
    return law_of(item).cause in SOUND_CAUSES


def _shared_folder(config: pytest.Config) -> Path | None:
    """Where the failures of all workers are, None in one process."""
    if hasattr(config, "workerinput"):
        return Path(config.workerinput["ctverify_failed"])
    return None


def _apply_profile(config: pytest.Config, laws: list[pytest.Item]) -> None:
    """Give every law the profile's Hypothesis settings and, where it is random, the seed."""
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import seed as seeded
    from hypothesis.database import DirectoryBasedExampleDatabase

    profile = config.getoption("--ctverify-profile")
    times, fixed = PROFILES[profile]
    storage = Path(os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY", ".hypothesis")) / "examples"
    phases = [Phase.explicit, Phase.reuse]
    if profile != REPLAY:
        phases += [Phase.generate, Phase.target, Phase.shrink]
    common: dict[str, Any] = {
        "deadline": None,
        "suppress_health_check": list(HealthCheck),
        "phases": phases,
        "print_blob": not fixed,
        # said outright: where CI is set, Hypothesis would load a profile of its own without a
        # database
        "derandomize": fixed,
        "database": None if fixed else DirectoryBasedExampleDatabase(storage),
    }
    seed = _seed(config)
    alone = _about_trainer_alone(config)
    own = [item for item in laws if alone and not _takes_trainer(item)]
    sound = {item.function for item in own}  # type: ignore[attr-defined]
    for function in {item.function for item in laws}:  # type: ignore[attr-defined]
        # a second pytest.main in one process: settings can be given to a function only once
        applied = getattr(function, "ctverify_profile", None)
        if applied == profile:
            continue
        if applied is not None:
            raise pytest.UsageError(
                f"this process has run the laws in the profile {applied}: start another"
            )
        function.ctverify_profile = profile
        examples = SOUNDNESS if function in sound else times * function.ctverify_law.examples
        if seed is not None and config.getoption("--hypothesis-seed", None) is None:
            seeded(seed)(function)  # before the settings: it takes a database away
        settings(max_examples=examples, **common)(function)


def _seed(config: pytest.Config) -> Any:
    """None where derandomised, else --hypothesis-seed or one drawn for this session."""
    _, fixed = PROFILES[config.getoption("--ctverify-profile")]
    if fixed:
        return None
    asked = config.getoption("--hypothesis-seed", None)
    if asked is not None:
        return asked
    if hasattr(config, "workerinput"):
        return config.workerinput["ctverify_seed"]
    import secrets

    return config.stash.setdefault(_SEED, secrets.randbelow(2**32))
