"""A GPU serves one case at a time: its lock, which needs no GPU to be tested."""

import multiprocessing
import threading
import time

import pytest

from ctverify import InputError
from ctverify.sweep import devices


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Locks in a folder of the test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_one_holder_a_device():
    """Six threads on two devices: never two on one, and both are used at once."""
    free, holders, seen, most = threading.Lock(), [], set(), []

    def use():
        with devices.first_free({"cuda:0": "a", "cuda:1": "b"}) as device:
            with free:
                assert device not in holders
                holders.append(device)
                seen.add(device)
                most.append(len(holders))
            time.sleep(0.05)
            with free:
                holders.remove(device)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"cuda:0", "cuda:1"} and max(most) == 2 and len(most) == 6


def _hold(folder, held):
    import tempfile

    tempfile.tempdir = folder
    with devices.first_free({"cuda:0": "a"}):
        held.set()
        time.sleep(600)


def test_killed_holder_lets_go(tmp_path):
    """The lock of a process that was killed is free."""
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=_hold, args=(str(tmp_path), held))
    process.start()
    assert held.wait(60)
    got = threading.Event()

    def want():
        with devices.first_free({"cuda:0": "a"}):
            got.set()

    thread = threading.Thread(target=want)
    thread.start()
    assert not got.wait(3 * devices.PAUSE)
    process.kill()
    process.join()
    thread.join()
    assert got.is_set()


def test_device_of_a_case(monkeypatch):
    """cpu and, where there is no GPU, auto need no lock; with two GPUs auto and cuda may have
    either, cuda:1 only that one.
    """
    import torch

    with devices.claimed("cpu") as device:
        assert device == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.gpus("auto") == {}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda i: type("", (), {"uuid": f"gpu-{i}"})
    )
    assert devices.gpus("auto") == devices.gpus("cuda") == {"cuda:0": "gpu-0", "cuda:1": "gpu-1"}
    assert devices.gpus("cuda:1") == {"cuda:1": "gpu-1"}
    with pytest.raises(InputError, match="this machine has 2 CUDA devices"):
        devices.gpus("cuda:2")
