"""Subjects that do to their process what no subject should, each in another method or on import."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import torch
from hypothesis import strategies as st

from ctverify.conformance.references.reference import Reference


@dataclass(frozen=True)
class Default(Reference):
    """The reference in one setting."""

    def configurations(self):
        """This one."""
        return st.just(self)


@dataclass(frozen=True)
class Rude(Default):
    """The reference, which leaves traces and goes on."""

    def times(self, n):
        """In another dtype, folder and environment, and loud."""
        torch.set_default_dtype(torch.float16)
        torch.set_grad_enabled(False)
        os.chdir("/")
        os.environ["RUDE"] = "1"
        sys.path.clear()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(1, bytes(range(256)) * 4096)
        print("loud" * 100_000)
        print("loud" * 100_000, file=sys.stderr)
        return super().times(n)

    def add_noise(self, x0, t, seed):
        """Without standard output, and with children that stay."""
        with suppress(OSError):  # the second time
            os.close(1)
        sys.stdout = None
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        if os.fork() == 0:
            time.sleep(1000)
        return super().add_noise(x0, t, seed)


@dataclass(frozen=True)
class Deadly(Default):
    """The reference, whose methods end their process."""

    def curriculum(self, k, K):
        """As if all were well."""
        os._exit(0)

    def scalings(self, t):
        """A null pointer."""
        ctypes.string_at(0)

    def add_noise(self, x0, t, seed):
        """As the system does where memory runs out."""
        os.kill(os.getpid(), signal.SIGKILL)

    def ema(self, average, value, decay):
        """A polite end."""
        sys.exit(0)

    def sample(self, z, n, network, seed):
        """Mute."""
        os.closerange(3, 1000)
        return super().sample(z, n, network, seed)


@dataclass(frozen=True)
class Endless(Default):
    """The reference, of which some methods do not end."""

    def curriculum(self, k, K):
        """Asleep."""
        print("what is the last word")
        time.sleep(1000)

    def add_noise(self, x0, t, seed):
        """Talking, and deaf."""
        signal.signal(signal.SIGABRT, signal.SIG_IGN)
        while True:
            print("blah" * 1000)


def threaded():
    """A subject with a thread, so that its process cannot be forked."""
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    return Deadly()


def exits():
    """No subject."""
    sys.exit(0)


def dies():
    """No subject."""
    print("farewell")
    os._exit(0)


def sleeps():
    """No subject in time."""
    time.sleep(1000)
