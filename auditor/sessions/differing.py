"""One call of ``auditor diff``: two models compared, or one written for git."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from ..diff.difference import Degree
from ..errors import ExitCode, Unreadable, UsageError
from .asked import Asked
from .chosen_models import chosen_model
from .faults import tell_fault
from .listening import Listener

if TYPE_CHECKING:
    from ..diff.whole import DiffReport

_FAIL_ON = {"breaking": Degree.BREAKING, "behaviour": Degree.BEHAVIOUR, "any": Degree.WEIGHTS, "never": None}
_OF_GIT = (7, 9)  # words that git calls a diff driver with; two more of a file that was renamed
_NOTHING = "/dev/null"  # git's word for a file that is not there


def differing(models: Sequence[str], ask: Asked, out: TextIO, listener: Listener) -> ExitCode:
    """Compare two models, and write what came of it; the exit code."""
    from ..diff.telling import DRAWN, teller
    from ..diff.whole import compared_models

    if len(models) != 2:
        raise UsageError(f"diff takes two models, the old one and the new one, not {len(models)}")
    said = ask.said
    _takes_any_letter(out)
    form, outputs = said.get("diff_form", "text"), said.get("outputs", ())
    tell, tellers = teller(form), [(teller(one), path) for one, path in outputs]
    draws = not DRAWN.isdisjoint((form, *(one for one, _ in outputs)))
    old, new = (chosen_model(word, ask.configured) for word in models)
    for note in filter(None, (old.note, new.note)):
        listener.say(note)
    with ExitStack() as stack:
        files = [(write, stack.enter_context(_opened(path))) for write, path in tellers]
        with listener.auditing(f"{old.path} and {new.path}"):
            found = compared_models(old.path, new.path, ask.settings, draws=draws)
        for trace in found.traces:
            tell_fault(listener, trace)
        for write, file in files:
            write(found, file)
    tell(found, out)
    return _code(found, _FAIL_ON[said.get("degree", "breaking")], reads=ask.settings.weights)


def _takes_any_letter(out: TextIO) -> None:
    """One that the stream cannot encode is escaped, and does not stop the output."""
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="backslashreplace")


def _opened(path: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _code(found: DiffReport, fail_on: Degree | None, *, reads: bool) -> ExitCode:
    """A difference that fails does so whatever was not compared; else what could not be compared leaves it open."""
    if fail_on is not None and found.degree >= fail_on:
        return ExitCode.FINDINGS
    if found.behaviour.asked or (reads and not found.conclusion.certain):
        return ExitCode.INCONCLUSIVE
    return ExitCode.PASS


def listed_for_git(words: Sequence[str], ask: Asked, out: TextIO, listener: Listener) -> ExitCode:
    """What git asks for: a model as text (textconv), or what changed between two (a diff driver). Never 1: to git,
    a difference is no failure."""
    _takes_any_letter(out)
    if len(words) == 1:
        _write_listing(words[0], out)
        return ExitCode.PASS
    if len(words) not in _OF_GIT:
        raise UsageError(f"--git takes one model, or the seven words that git gives a diff driver, not {len(words)}")
    from ..diff.telling import DRAWN, teller
    from ..diff.whole import compared_models
    from ..names import visible

    name, old, new = words[0], words[1], words[4]
    out.write(f"auditor diff {visible(name, 4096)}\n")
    if _NOTHING in (old, new):
        out.write("added\n" if old == _NOTHING else "removed\n")
        _write_listing(new if old == _NOTHING else old, out)
        return ExitCode.PASS
    settings = ask.settings if ask.said.get("run") else ask.settings._replace(run=False)
    form = ask.said.get("diff_form", "text")
    try:
        found = compared_models(old, new, settings, draws=form in DRAWN)
    except Unreadable as error:
        out.write(f"{visible(str(error), 4096)}\n")
        return ExitCode.PASS
    for trace in found.traces:
        tell_fault(listener, trace)
    teller(form)(found, out)
    return ExitCode.PASS


def _write_listing(path: str, out: TextIO) -> None:
    """The model's lines; of what is no model the reason, for git shows nothing at all where its helper fails."""
    from ..diff.listing import listing
    from ..model.load import load
    from ..names import visible
    from ..shapes.facts import infer

    try:
        model = load(path)
    except Unreadable as error:
        out.write(f"not a model that can be read: {visible(str(error), 4096)} ({os.path.getsize(path):,} bytes)\n")
        return
    out.writelines(f"{line}\n" for line in listing(infer(model)))
