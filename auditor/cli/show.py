"""``auditor show ID``: a stored report again, under the policy of today."""

from __future__ import annotations

import sys

from ..config.kinds import from_words, whole
from .command import Argument, Command, Words, options

_ID = Argument("report", "ID", "As `auditor history` lists it.", kind=whole(1))


def show(words: Words) -> None:
    """Print a stored report, as today's policy has it."""
    from ..formats import draws, write
    from ..sessions.asked import asked
    from ..sessions.subjects import shown

    ask = asked(words)
    number = from_words(_ID.kind, _ID.metavar, words["report"])
    report, verdict = shown(number, ask.configured, raw=ask.said.get("raw", False))
    form, picture = ask.said.get("form", "text"), None
    if draws(form):
        from ..sessions.picturing import stored_picture

        picture = stored_picture(number, ask.configured.db)
    write(form, report, verdict, picture, sys.stdout)


COMMAND = Command(
    show,
    ("auditor show 12", "auditor show 12 --format markdown"),
    (_ID,),
    options("raw", "form", "config", "no_config", "db"),
)
