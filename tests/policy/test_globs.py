"""Patterns over models: a fast way and one that no pattern can make slow, which say the same."""

from __future__ import annotations

import random
import re

from auditor.policy.globs import _parts, _steps_through, matches


def by_expression(pattern: str, path: str) -> bool:
    """The definition, as an expression."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = filter(None, re.split(r"(\*\*/|\*\*|\*|\?)", pattern))
    return re.fullmatch("".join(words.get(part) or re.escape(part) for part in parts), path, re.DOTALL) is not None


def test_both_ways_say_the_same() -> None:
    draw = random.Random(3)
    met = 0
    for _ in range(6000):
        pattern = "".join(draw.choices(["a", "b", "/", "*", "**", "**/", "?"], k=draw.randint(0, 7)))
        path = "".join(draw.choices("ab/", k=draw.randint(0, 7)))
        expected = by_expression(pattern, path)
        met += expected
        assert _steps_through(_parts(pattern), path) is expected, (pattern, path)
    assert met > 300


def test_many_stars_take_no_time() -> None:
    assert not matches("*a" * 30 + "b", "a" * 512)
    assert matches("*a" * 30 + "/**", "a" * 512 + "/x/y")
    assert not matches("**/*" * 20 + "/b", "a/" * 250 + "c")
