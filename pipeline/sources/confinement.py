"""What keeps a decoder from outliving its parent, and what it knows from outliving it."""

import ctypes
import os
import signal
import sys

from pipeline.core_files import forbid_core_files

_SET_PARENT_DEATH_SIGNAL = 1  # as <linux/prctl.h> numbers it


def confine(parent: int) -> None:
    """Leave this process's end to its parent, and end it with the thread that started it; leave no core file.

    All but the first on Linux only; elsewhere a decoder ends when it finds its standard input closed. An interrupt at a
    terminal and a service's stop reach every process of it; only the parent is to answer them.

    Args:
        parent: process id of who started it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    forbid_core_files()
    if os.getppid() != parent:  # the parent went before it could be named
        os._exit(0)
