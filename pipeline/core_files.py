"""Core files, which hold whatever a process knew when it crashed."""

import ctypes
import sys

_SET_DUMPABLE = 4  # as <linux/prctl.h> numbers it


def forbid_core_files() -> None:
    """Keep this process's memory, and the addresses with passwords in it, out of core files; on Linux only.

    The limit of a core file's size does not: it does not hold where a program collects them. A debugger of the same
    user is kept out as well.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0)
