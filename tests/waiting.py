"""Waiting for what is about to become true."""

import time
from collections.abc import Callable

PATIENCE_S = 60.0  # for what takes a moment, on a machine that may be busy


def until(holds: Callable[[], bool], what: str = "it") -> None:
    """Wait until something holds, and fail if it never does."""
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s, f"waited {PATIENCE_S:g} s in vain for {what} to become true"
        time.sleep(0.01)
