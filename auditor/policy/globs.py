"""Patterns over models: by the path, by the name that a registry has for it."""

from __future__ import annotations

import re
from functools import cache


def matches(pattern: str, path: str, name: str = "") -> bool:
    """Whether a pattern means this model. ``*`` stays within a folder, ``**`` does not.

    A pattern without a slash also means a file of that name in any folder.
    """
    compiled = _compiled(pattern.removeprefix("./"))
    named = [path, *([name] if name else []), *([path.rpartition("/")[2]] if "/" not in pattern else [])]
    return any(compiled.fullmatch(one) for one in named)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts), re.DOTALL)
