"""What came of comparing two models, in words: text and a page for people, JSON for machines, Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TextIO, TypeAlias, cast

from ...errors import UsageError
from ...wording import nearest
from ..whole import DiffReport

Tell: TypeAlias = Callable[[DiffReport, TextIO], None]

FORMS: Mapping[str, str] = {
    "text": "people, at 80 columns",
    "json": "machines: all that there is to say",
    "markdown": "a pull request, or a summary",
    "html": "people, in a browser",
}
"""The forms, each by its module here, and who reads it."""


DRAWN = frozenset({"html"})
"""Forms that show both graphs as one: the picture is made for these alone."""


def teller(form: str) -> Tell:
    """What writes a comparison in a form; `UsageError` where there is none of that name."""
    if form not in FORMS:
        raise UsageError(f"a diff has no format {form!r}{nearest(form, FORMS)}; there are {', '.join(FORMS)}")
    return cast(Tell, import_module(f"{__name__}.{form}").tell)
