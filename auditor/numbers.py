"""Counts and shapes as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .names import visible

_LONGEST = 36
_LARGEST = 1 << 100
_MOST_NAMES = 3
_LONGEST_NAME = 16
_FUNCTIONS = frozenset({"floor", "ceil", "max", "min", "mod"})


def shape_text(shape: tuple[int | str | None, ...] | None) -> str:
    """``[1, 3, H, W]``; ``?`` for what is not known."""
    return "?" if shape is None else "[" + ", ".join("?" if s is None else visible(str(s)) for s in shape) + "]"


def brief_shape(shape: tuple[int | str | None, ...] | None) -> str:
    """The same, a long polynomial as ``f(H, W)``."""
    return shape_text(shape if shape is None else tuple(amount(s) if isinstance(s, str) else s for s in shape))


def amount(value: int | str | None) -> str:
    """``61,706``; a short polynomial as it is, a long one as ``f(H, W)``; ``unknown``."""
    if value is None:
        return "unknown"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < _LARGEST else f"more than 2^{value.bit_length() - 1}"
    if is_short(value):
        return visible(value)
    names = list(dict.fromkeys(visible(name, _LONGEST_NAME) for name in open_names([value])))
    return f"f({', '.join(names[:_MOST_NAMES])}{', ...' if len(names) > _MOST_NAMES else ''})"


def is_short(polynomial: str) -> bool:
    """Whether a polynomial can be shown as it is."""
    return len(polynomial) <= _LONGEST


def open_names(polynomials: Iterable[str]) -> list[str]:
    """The names of the sizes in polynomials, each once."""
    found = (re.sub(r"/\d+$", "", word) for text in polynomials for word in re.findall(r"[^\s*()+,^]+", text[:100_000]))
    return sorted(dict.fromkeys(n for n in found if n not in _FUNCTIONS and not re.fullmatch(r"[-/\d]*", n)))
