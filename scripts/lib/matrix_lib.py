# SPDX-License-Identifier: GPL-2.0-only
"""What matrix and change-pte share: programs that end with us, signals that end us, digests."""
import ctypes
import functools
import hashlib
import os
import signal
import subprocess

from matrix_args import Problem


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def stop(child, patience_s):
    """Ends a child that ends its own."""
    while child.poll() is None:
        child.terminate()
        try:
            child.wait(patience_s)
        except subprocess.TimeoutExpired:
            child.kill()


def interrupted(number, _frame):
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Problem(f"interrupted by {signal.Signals(number).name}; the same command goes on where it stopped")


def catch_signals():
    """From now on a signal that ends us is a Problem."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)


@functools.cache
def digest(*paths):
    """Of what is in these files; those that are not there do not matter."""
    h = hashlib.sha256()
    for path in paths:
        if path and os.path.isfile(path):
            with open(path, "rb") as f:
                h.update(hashlib.sha256(f.read()).digest())
    return h.hexdigest()
