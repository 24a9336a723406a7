"""Names that a server sends, before anything on this machine is called so."""

from __future__ import annotations

import re

from ..names import prose
from .failures import NotUnderstood

_LONGEST, _PART = 1024, 255
_WRONG = re.compile(r"[\x00-\x1f\x7f\\]")


def checked_name(name: object, where: str) -> str:
    """A relative path that stays in its folder, with parts that files may be called; `NotUnderstood` for others."""
    if not isinstance(name, str) or not name:
        raise NotUnderstood(f"{where} lists a file without a name")
    if not _is_path(name):
        raise NotUnderstood(f"{where} lists a file named {prose(name, 80)!r}, which is not a path below a folder")
    return name


def _is_path(name: str) -> bool:
    try:
        encoded = name.encode("utf-8", "surrogateescape")  # as files are called, also by bytes that are no text
    except UnicodeEncodeError:
        return False
    if len(encoded) > _LONGEST or _WRONG.search(name):
        return False
    return all(part not in (b"", b".", b"..") and len(part) <= _PART for part in encoded.split(b"/"))
