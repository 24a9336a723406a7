"""Lists a page at a time. A cursor says what came last, so that nothing is skipped or doubled when rows come."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from ..problems import Problem

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=2000, description="Where the page before ended: its `next`.")]

USUAL = 50


def cursor_of(*last: str | int | None) -> str:
    """The text of a place in a list: the values by which it is ordered, of the last item."""
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=")


def place(text: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The values of a cursor's text; None for the beginning. A text that is not one is an error of the caller."""
    if text is None:
        return None
    try:
        values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) != len(kinds) or not _are(values, kinds):
        raise Problem(422, "cursor", "this cursor is not one of ours", "take `next` of the page before as it is")
    return tuple(values)


def _are(values: Sequence[object], kinds: Sequence[type]) -> bool:
    return all(
        isinstance(value, kind) and not isinstance(value, bool) and _is_storable(value)
        for value, kind in zip(values, kinds, strict=True)
    )


def _is_storable(value: object) -> bool:
    """Whether a database can be asked for it: a cursor is base64, so no guard has seen the text in it."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return not isinstance(value, int) or abs(value) < 1 << 31  # as PostgreSQL's INTEGER, in which numbers are kept
