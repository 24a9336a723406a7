"""The history of a model on a screen, and that of many in a line each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

from ..findings.figures import FigureOverTime
from ..formats.parts.layout import Page, cells, end_of
from ..names import visible
from ..store.history import Changes, FindingOverTime, History, Point
from ..store.store import Row
from ..wording import counted, in_bytes, with_unit

_MOST = 12  # findings of one state
_LONGEST = 40  # of a name in a table
_SHORTEST = 16
_BLOCKS, _PLAIN = "▁▂▃▄▅▆▇█", "_.-~=+*#"
_STATES = {
    "new": "New in the newest audit",
    "open": "Still there",
    "not looked at": "There, and not looked at since",
    "fixed": "Fixed",
}


def sparkline(values: Sequence[float | None], out: TextIO) -> str:
    """A letter a value, as high as the value among the others; ``?`` where it is not known."""
    try:
        _BLOCKS.encode(getattr(out, "encoding", None) or "utf-8")
        letters = _BLOCKS
    except UnicodeEncodeError:
        letters = _PLAIN
    known = [value for value in values if value is not None]
    if not known:
        return "?" * len(values)
    low, span = min(known), max(known) - min(known)
    top = len(letters) - 1
    heights = (None if v is None else int((v - low) * top // span) if span else top // 2 for v in values)
    return "".join("?" if height is None else letters[height] for height in heights)


def history_page(history: History, figures: Sequence[FigureOverTime], out: TextIO) -> None:
    """One model: how its sizes moved, its audits, its findings, and what a look in depth measured."""
    page = Page(out)
    name, audits = visible(history.subject), counted(history.audits, "audit")
    if cells(f"{name}  {audits}") <= page.width:
        page.line((name, "bold"), f"  {audits}")
    else:  # a long path in a line of its own can still be copied
        page.line((name, "bold"))
        page.line(audits, indent=2)
    rows = [step.row for step in reversed(history.steps)]
    page.blank()
    page.grid(
        [
            ("parameters", *_moved([row.parameters for row in rows], "{:,}".format, out)),
            ("size", *_moved([row.bytes for row in rows], in_bytes, out)),
            ("nodes", *_moved([row.nodes for row in rows], "{:,}".format, out)),
        ]
    )
    page.blank()
    page.grid(
        [(str(step.row.id), _minute(step.row.when), _name(step.row), visible(step.row.verdict), *_counts(step.changes),
          _mark(step.row)) for step in history.steps],
        head=("id", "when (UTC)", "version", "verdict", "new", "fixed", "still", ""),
        right=(0, 4, 5, 6),
    )  # fmt: skip
    if len(history.steps) < history.audits:
        page.line(f"and {counted(history.audits - len(history.steps), 'older audit')} (--limit)")
    for state, head in _STATES.items():
        _findings(page, head, [known for known in history.findings if known.state == state])
    _in_depth(page, [figure for figure in figures if figure.moved], out)


def _in_depth(page: Page, figures: Sequence[FigureOverTime], out: TextIO) -> None:
    """The figures that moved; ``?`` where they were measured on something else, or not at all."""
    if not figures:
        return
    page.blank()
    page.line(("Measured in depth", "bold"))
    rows = []
    for figure in figures[:_MOST]:
        known = [value for value in figure.values if value is not None]
        words = [with_unit(value, figure.unit) for value in (known[0], known[-1])]
        moved = words[0] if words[0] == words[1] else f"{words[0]} -> {words[1]}"
        rows.append((visible(figure.name, _LONGEST), sparkline(figure.values, out), moved))
    page.grid(rows, indent=2)
    if len(figures) > _MOST:
        page.line(f"and {len(figures) - _MOST:,} more (--format json)", indent=2)


def _findings(page: Page, head: str, findings: Sequence[FindingOverTime]) -> None:
    if not findings:
        return
    page.blank()
    page.line((f"{head} ({len(findings)})", "bold"))
    rows = [
        (
            known.found.severity,
            visible(known.found.rule, _LONGEST),
            visible(known.found.node or known.found.tensor, _LONGEST),
            _over(known),
        )
        for known in findings[:_MOST]
    ]
    page.grid(rows, indent=2, under=True)
    if len(findings) > _MOST:
        page.line(f"and {len(findings) - _MOST:,} more (--format json)", indent=2)


def _over(known: FindingOverTime) -> str:
    if known.fixed is not None:
        return f"{_at(known.fixed)}; there since {_at(known.since)}"
    if known.state == "not looked at":
        return f"since {_at(known.since)}, last seen {_at(known.last)}"
    return f"since {_at(known.since)}"


def history_lines(histories: Iterable[History], models: int, out: TextIO) -> None:
    """Many models, a line each: the newest verdict, what changed against the audit before, how the parameters moved."""
    page = Page(out)
    names: list[str] = []
    rows: list[tuple[str, ...]] = []
    for history in histories:
        newest = history.latest
        spark = sparkline([step.row.parameters for step in reversed(history.steps)], out)
        mark = "accepted" if newest.row.accepted else ""
        names.append(history.subject)
        rows.append((_name(newest.row), visible(newest.row.verdict), *_counts(newest.changes), spark, mark))
    head = ("version", "verdict", "new", "fixed", "still", "parameters", "")
    others = sum(2 + max(map(cells, column)) for column in zip(head, *rows, strict=True))
    names = [end_of(visible(name), max(page.width - others, _SHORTEST)) for name in _apart(names)]
    page.grid(
        [(name, *row) for name, row in zip(names, rows, strict=True)],
        head=("model", *head),
        right=(3, 4, 5),
    )
    if models > len(rows):
        page.line(f"and {counted(models - len(rows), 'more model')} (--limit)")


def _apart(names: list[str]) -> list[str]:
    """Paths without the folder that they have in common."""
    paths = [name for name in names if name.startswith("/")]
    if len(paths) < 2:
        return names
    common = os.path.commonpath(paths).rstrip("/") + "/"
    return [name.removeprefix(common) for name in names]


def _counts(changes: Changes | None) -> tuple[str, str, str]:
    """New, fixed, still there; nothing for 0, a ``?`` behind what was not looked at."""
    if changes is None:
        return "", "", ""
    still = f"{changes.still + changes.unseen or ''}" + ("?" if changes.unseen else "")
    return f"{len(changes.appeared) or ''}", f"{len(changes.fixed) or ''}", still


def _moved(values: Sequence[int | None], text: Callable[[int], str], out: TextIO) -> tuple[str, str]:
    first, last = values[0], values[-1]
    words = [("unknown" if value is None else text(value)) for value in (first, last)]
    return sparkline(values, out), words[0] if words[0] == words[1] else f"{words[0]} -> {words[1]}"


def _name(row: Row) -> str:
    """The version, or what tells one content from another where no registry numbers them."""
    return visible(row.version, 12) if row.version else visible(row.digest[:8])


def _mark(row: Row) -> str:
    """What somebody said of an audit, or that it was an ad hoc look."""
    accepted = "" if row.accepted is None else f"accepted {_day(row.accepted)}"
    return ", ".join(filter(None, (accepted, "ad hoc" if row.ad_hoc else "")))


def _at(point: Point) -> str:
    return (f"version {visible(point.version, 20)}, " if point.version else "") + _day(point.when)


def _day(when: str) -> str:
    return visible(when[:10])


def _minute(when: str) -> str:
    return visible(when[:16].replace("T", " "))
