"""How lists and sizes are put into a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sized


def listed(names: Iterable[str], most: int = 3) -> str:
    """``'a', 'b', 'c' and 97 more``."""
    every = tuple(names)
    shown = ", ".join(repr(n) for n in every[:most])
    return f"{shown} and {len(every) - most:,} more" if len(every) > most else shown


def counted(things: Sized | int, noun: str, plural: str = "") -> str:
    """``1 node``, ``3 nodes``."""
    count = things if isinstance(things, int) else len(things)
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def others(places: Sized, noun: str = "node") -> str:
    """`` and 3 other nodes``, to stand behind the first of the places; nothing where it is the only one."""
    return f" and {counted(len(places) - 1, 'other ' + noun)}" if len(places) > 1 else ""


def in_bytes(size: int) -> str:
    """``512 bytes``, ``4.0 KiB``, ``1.9 GiB``."""
    if size < 1024:
        return counted(size, "byte")
    value = float(size)
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1024:
            return f"{value:.1f} {unit}"
    return f"{value / 1024:.1f} TiB"
