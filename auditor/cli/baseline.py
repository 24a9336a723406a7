"""``auditor baseline``: record the findings that are there, so that only new ones fail."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..config.table import AT_ONCE, DEPTH, ELSEWHERE, ENGINE, LOOKED_AT, RUN, SIZES
from ..errors import worst
from .command import TARGETS, Command, Words, options

if TYPE_CHECKING:
    from ..sessions.recording import Recording

_MOST_TOLD = 20


def baseline(words: Words) -> int:
    """Record what models have now, so that only new findings fail.

    A baseline that is there is changed only with --update or --prune. What a waiver covers is left to the waiver, and
    what the policy itself finds (limits, lists) is never known.
    """
    from ..sessions.asked import asked
    from ..sessions.recording import Recording
    from .terminal import Terminal

    ask = asked(words, reads_baseline=False)  # it may be this call that makes it
    terminal = Terminal()
    recording = Recording(
        ask.configured,
        ask.limits(),
        ask.said.get("file"),
        update=ask.said.get("update", False),
        prune=ask.said.get("prune", False),
        listener=terminal,
        engine=ask.engine(terminal),
    )
    codes = recording.record(words["targets"])
    _tell(recording)
    return terminal.code(worst(codes))


def _tell(recording: Recording) -> None:
    from ..names import prose, visible
    from ..wording import counted

    gone, lines = recording.gone, []
    if recording.models:
        models, added = counted(recording.models, "model"), counted(recording.added, "new finding")
        lines.append(f"{visible(recording.path, 4096)}: {models}, {added} recorded")
    for subject, entry in gone[:_MOST_TOLD]:
        where = f" {visible(entry.place)}" if entry.place else ""
        lines.append(
            f"  no longer there: {visible(subject)}: {visible(entry.rule)}{where}: {prose(entry.message, 200)}"
        )
    if gone:
        rest = f"and {len(gone) - _MOST_TOLD} more; " if len(gone) > _MOST_TOLD else ""
        lines.append(f"  {rest}{'taken out' if recording.prunes else '--prune takes out what no longer occurs'}")
    sys.stdout.writelines(f"{line}\n" for line in lines)


COMMAND = Command(
    baseline,
    ("auditor baseline models", "auditor baseline models --update --prune -o known.json"),
    (TARGETS,),
    options(
        "file", "update", "prune", LOOKED_AT, SIZES, RUN, DEPTH, "config", "trusted_config", "no_config", AT_ONCE,
        ENGINE, ELSEWHERE, "db",
    ),
)  # fmt: skip
