"""How lists and sizes are put into a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sized
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Fit


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
    if size >= 1 << 80:
        return "more than 2^80 bytes"
    value = float(size)
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1024:
            return f"{value:.1f} {unit}"
    return f"{value / 1024:.1f} TiB"


def in_milliseconds(taken: float) -> str:
    """``58.6 µs``, ``3.21 ms``, ``1.2 s``: three digits of milliseconds."""
    if 0 < taken < 1:
        return f"{taken * 1e3:.3g} µs"
    return f"{taken:.3g} ms" if taken < 999.5 else f"{taken / 1e3:.3g} s"


def with_unit(value: int | float, unit: str) -> str:
    """``3.21 ms``, ``11.4 MiB``, ``24.1 dB``, ``1.2``: at most four digits."""
    match unit:
        case "ms":
            return in_milliseconds(value)
        case "bytes":
            return ("-" if value < 0 else "") + in_bytes(round(abs(value)))
    text = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    return f"{text} {unit}".rstrip()


def fitting(fit: Fit, shapes: Mapping[str, tuple[object, ...] | None], *, each: bool = False) -> str:
    """``227 <= H = W <= 258``: the sizes that fit, by `axes`; ``shapes`` are those of the graph's inputs.

    ``each``: of each axis for itself, ``H, W multiples of 4``.
    """
    names = (", " if each else " = ").join(dict.fromkeys(axes(fit, shapes)))
    steps = {r[2] for r in fit.ranges if len(r) == 3}
    lows = [r[0] for r in fit.ranges]
    if len(steps) == 1 and all(len(r) == 3 and r[1] is None for r in fit.ranges):
        step = steps.pop()
        aside = lows[-1] - lows[0]
        apart = aside if aside < 2 else f"up to {aside}"
        multiples = f"{names} multiples of {step}" if ", " in names else f"{names} a multiple of {step}"
        if lows == list(range(lows[0], lows[-1] + 1)) and 0 in (lows[0] % step, lows[-1] % step):
            return f"{multiples}, or {apart} {'less' if lows[0] % step else 'more'}" if aside else multiples
    shown = [_range(names, *r) for r in fit.ranges[:_MOST_RANGES]]
    return " or ".join(shown) + (", and so on" if len(fit.ranges) > _MOST_RANGES else "")


_MOST_RANGES = 6


def axes(fit: Fit, shapes: Mapping[str, tuple[object, ...] | None]) -> list[str]:
    """What people call the axes: as the input declares them, else H and W where it is an image, else ``data[2]``."""
    places = [_place(axis) for axis in fit.axes]
    declared = [str(_size(shapes.get(name), axis)) for name, axis in places]
    if all(name.isidentifier() and name != "None" for name in declared):
        return declared
    inputs = {name for name, _ in places}
    image = len(inputs) == 1 and all(len(shapes.get(name) or ()) == 4 for name in inputs)
    if image and all(axis in (2, 3) for _, axis in places):
        return ["HW"[axis - 2] for _, axis in places]
    return list(fit.axes)


def _place(axis: str) -> tuple[str, int]:
    name, _, index = axis.rpartition("[")
    return name, int(index.rstrip("]")) if index.rstrip("]").isdecimal() else -1


def _size(shape: tuple[object, ...] | None, axis: int) -> object:
    return shape[axis] if shape is not None and 0 <= axis < len(shape) else None


def _range(names: str, low: int, high: int | None, step: int = 1) -> str:
    if low == high:
        return f"{names} = {low}"
    text = f"{names} >= {low}" if high is None else f"{low} <= {names} <= {high}"
    return text if step == 1 else f"{text} in steps of {step}"


_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def bytes_of(word: str) -> int | None:
    """``2G``, ``512M``, ``64 KiB`` as a number; None for what says no size."""
    match = re.fullmatch(r"([0-9]{1,18}) ?([KMGT]?)(?:i?B)?", word.strip(), re.IGNORECASE)
    return int(match[1]) * _UNITS[match[2].upper()] if match else None


def nearest(name: str, names: Iterable[str]) -> str:
    """`` (did you mean 'fail-on'?)``, to stand behind a wrong name; else nothing."""
    from difflib import get_close_matches  # only an error needs it

    near = get_close_matches(name[:100], names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
