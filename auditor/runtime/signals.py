"""What a signal is called that ended a process."""

from __future__ import annotations

from signal import Signals


def signal_name(number: int) -> str:
    """``SIGKILL``; of one that Python has no name for, as most of Linux's real-time signals, ``signal 40``."""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"
