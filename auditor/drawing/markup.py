"""Names and numbers as the text of HTML and SVG: harmless, bounded, escaped."""

from __future__ import annotations

from ..names import prose, visible

_UNITS = ((1e18, " E"), (1e15, " P"), (1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k"))


def escaped(text: str) -> str:
    """Nothing in it is markup, in text and between double quotes."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if '"' in text:
        text = text.replace('"', "&quot;")
    return text


def name(text: str, longest: int = 120) -> str:
    """A name out of a model."""
    return escaped(visible(text, longest))


def sentence(text: str, longest: int = 2000) -> str:
    """A sentence with names in it."""
    return escaped(prose(text, longest))


def compact(value: float) -> str:
    """``61.7 k``, ``3.9 G``: three digits."""
    for unit, word in _UNITS:
        if abs(value) >= unit:
            value /= unit
            return f"{value:.0f}{word}" if value >= 100 else f"{value:.1f}{word}"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3g}"


def percent(part: float, whole: float = 1.0) -> str:
    """A length in an SVG: ``12.5%``."""
    return f"{round(100 * part / whole, 2):g}%" if whole else "0%"


def share(part: float, whole: float) -> str:
    """For people: ``12.5 %``, ``< 0.1 %``."""
    found = 100 * part / whole if whole else 0.0
    return "< 0.1 %" if 0 < found < 0.1 else f"{found:.1f} %"
