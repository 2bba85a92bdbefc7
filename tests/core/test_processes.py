"""Processes side by side: what they tell and return, and that none is left, whatever happens."""

from __future__ import annotations

import multiprocessing
from functools import partial

import pytest

from ctverify import InputError
from ctverify.core.processes import Death, cores, side_by_side

from . import tasks


def run(computed, processes=2, heard=lambda number, value: None):
    """The results by number."""
    results = {}
    side_by_side(computed, processes, heard, results.setdefault)
    assert not multiprocessing.active_children()
    return results


def test_each_is_computed_once():
    """With so many processes at once, started in their order."""
    told = []
    computed = [partial(tasks.doubled, number) for number in (4, 5, 6)]
    results = run(computed, processes=1, heard=lambda *said: told.append(said))
    assert results == {0: 8, 1: 10, 2: 12}
    assert told == [(0, 4), (1, 5), (2, 6)]


def test_one_thread_and_no_ctrl_c():
    """A process asks for one thread, and an interrupt is its driver's."""
    assert run([tasks.threads, tasks.hears_ctrl_c]) == {0: ["1", "1", "1"], 1: False}


def test_the_dead_are_told_from_the_others():
    """By signal and by exit code; others go on."""
    results = run([tasks.dies, tasks.leaves, partial(tasks.doubled, 1)])
    assert results == {0: Death(-9), 1: Death(3), 2: 2}
    assert "killed (signal 9)" in str(results[0]) and "memory" in str(results[0])
    assert str(results[1]) == "its process ended with exit code 3"
    assert str(Death(-15)) == "its process was killed (signal 15)"


def test_what_a_task_raises():
    """It is raised here, with the traceback of there; the others are stopped."""
    with pytest.raises(InputError) as raised:
        run([tasks.lingers, tasks.refuses])
    assert str(raised.value) == "no such thing"
    assert "in refuses" in raised.value.__notes__[0]
    assert not multiprocessing.active_children()


def test_interrupted():
    """Ctrl-C in the driver leaves no process."""

    def interrupt(_number, _value):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([tasks.lingers, tasks.lingers], heard=interrupt)
    assert not multiprocessing.active_children()


def test_what_cannot_be_pickled():
    """One sentence, and nothing is started."""
    with pytest.raises(InputError, match="processes must be 1 where"):
        run([lambda tell: None])


def test_cores():
    """There is one at least."""
    assert cores() >= 1
