"""A failure as a script that runs by itself, from any folder: it builds the subject, computes what
is seen and what is right, and ends with an AssertionError while the law is broken.

Where the law can be told by the subject's own API and a few numbers, the script is plain
(scripts/); else it asks ctverify to judge that one case again. A script is handed out once it was
seen to fail here.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from ..checks.check import Check, Deviation
from ..oracle.probe import Probe
from ..protocol import offers
from ..scripts import plain
from .origin import Unwritable, Writer, folders

Case = Mapping[str, Any]


def sentence(found: Deviation, subject: Any) -> str:
    """What was seen, what is right and what the one is to the other, the subject's settings
    known.
    """
    convention = subject.convention
    known = {
        "sigma_data": convention.sigma_data,
        "the boundary": convention.boundary,
        "t_max": convention.t_max,
    }
    given = found.replay.arguments if found.replay else {}
    known |= {name: value for name, value in given.items() if isinstance(value, float)}
    return found.sentence(known)


def script(check: Check, found: Deviation, subject: Any, case: Case | None = None) -> str:
    """The script. The subject is written by `source(method)` where it has that, else by where its
    class is defined and its settings.
    """
    tried = ""
    for write in (_plain, _again, _opaque, _from_its_factory):
        try:
            body = write(check, found, subject, case or {})
        except Unwritable as reason:
            tried = tried or _unwritten(check, found, subject, str(reason))
            continue
        if body is None:
            continue
        text = "\n".join([*_head(check, found, subject), *body, ""])
        if fails(text):
            return text
        tried = text
    return tried


def again(id: str, subject: Any, **case: Any) -> None:
    """Judge one case of one check once more.

    Arguments:
        id: the check's, such as "sampler.renoise".
        subject: an adapter in the settings of the failure.
        case: what Hypothesis drew, by name.

    Raises:
        AssertionError: the law is broken; the sentence says what is seen and what is right.
    """
    from ..checks import ALL

    check = next(check for check in ALL if check.id == id)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        check.run(Probe(subject), **case)
    except Deviation as found:
        raise AssertionError(sentence(found, subject)) from None
    finally:
        torch.set_num_threads(threads)
    print(f"{id} holds here: {check.statement}")


def fails(text: str) -> bool:
    """Whether the script ends with an AssertionError."""
    try:
        with _aside():
            exec(compile(text, "reproduce.py", "exec"), {"__name__": "__reproduce__"})  # nosec B102
    except AssertionError:
        return True
    except KeyboardInterrupt:
        raise
    except BaseException:  # the subject may do anything: such a script does not show the failure
        return False
    return False


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    """What a script prints and where it searches is its own."""
    path, grad = list(sys.path), torch.is_grad_enabled()
    try:
        with contextlib.redirect_stdout(io.StringIO()), torch.random.fork_rng(devices=[]):
            yield
    finally:
        sys.path[:] = path
        torch.set_grad_enabled(grad)


def _head(check: Check, found: Deviation, subject: Any) -> list[str]:
    said = sentence(found, subject)
    lines = [f"{check.id}: {check.statement}", f"({check.reference})", f"seen: {said}"]
    return [f"# {line}" for text in lines for line in text.splitlines()]


def _path(modules: set[str]) -> list[str]:
    found = folders(modules)
    return ["import sys", "", f"sys.path[:0] = {found!r}"] if found else []


def _plain(check: Check, found: Deviation, subject: Any, case: Case) -> list[str] | None:
    """By the subject's own API; None where the law needs more."""
    told = plain(check, found, subject, case, sentence(found, subject))
    if told is None:
        return None
    method, lines = told
    if offers(subject, "source"):
        return [*_path(set()), "import torch", *_source(subject, method), *lines]
    writer = Writer()
    expression = writer.expression(subject)
    return [
        *_path(writer.modules),
        "import torch",
        *writer.lines(),
        "",
        f"subject = {expression}",
        *([f"{method} = subject.{method}"] if method else []),
        *lines,
    ]


def _source(subject: Any, method: str) -> list[str]:
    return str(subject.source(method)).rstrip().splitlines()


def _again(check: Check, found: Deviation, subject: Any, case: Case) -> list[str]:
    """By judging the case again."""
    writer = Writer()
    return _judged(check, writer.expression(subject), case, writer)


def _opaque(check: Check, found: Deviation, subject: Any, case: Case) -> list[str]:
    """The same, the subject pickled."""
    writer = Writer(opaque=True)
    return _judged(check, writer.expression(subject), case, writer)


def _from_its_factory(check: Check, found: Deviation, subject: Any, case: Case) -> list[str]:
    """The same, the subject made by the factory that it was asked for by."""
    writer = Writer()
    return _judged(check, writer.made(subject), case, writer)


def _judged(check: Check, subject: str, case: Case, writer: Writer) -> list[str]:
    plainly = Writer(modules=writer.modules, imports=writer.imports)
    given = [f"    {name}={plainly.expression(value)}," for name, value in case.items()]
    return [
        *_path({*writer.modules, __name__}),
        "import torch",
        *writer.lines(),
        f"from {__name__} import again",
        "",
        f"subject = {subject}",
        f"again({check.id!r}, subject,",
        *given,
        ")",
    ]


def _unwritten(check: Check, found: Deviation, subject: Any, reason: str) -> str:
    """What is said of a subject that cannot be written down."""
    said = f"this subject cannot be built by a script ({reason}): {subject!r:.200}"
    return "\n".join([*_head(check, found, subject), f"raise SystemExit({said!r})", ""])
