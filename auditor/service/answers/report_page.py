"""The page of a report: written once, with the picture, by the worker that had the model, and served many times.

It is written without what stands above it, for that depends on who looks: a small file beside it says where that goes.
It also holds the key of the judgement that is shown, and a hash of that report: under another key the report is judged
anew, and may be the same. A policy that judges otherwise makes another report: then the page is drawn anew, without the
picture, for the model is not at hand; and a worker may be asked for one with the picture.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from uuid import uuid4

from ...formats.html import draw
from ...formats.json import document, dumps
from ...formats.parts.page.shell import PageSite
from ...hashing import sha256
from ...picture import Picture
from ...report import Report, Verdict
from ...tuples import NamedTuple
from ..pages.assets import ICON, early_script, site_style
from .summaries import JudgementKey
from .verdicts import ViewedAudit

_AT_ONCE = 1 << 18
_CHANGED = "the policy has changed since the model was audited: a new audit draws it again"
_GONE = "the picture that was drawn with the audit is not kept any more: a new audit draws it again"
_CHANGED_NOW = "the policy has changed since the picture was drawn: it is being drawn again, look again in a moment"
_SOON = "it is being drawn: look again in a moment"


class ReportPage(NamedTuple):
    """A page to be served: its Content-Security-Policy, and its text with what stands above put in."""

    policy: str
    parts: Iterator[bytes]
    again: bool = False  # in a moment there is one with the picture


def write_page(
    folder: str | Path, project: str, uid: str, report: Report, verdict: Verdict, picture: Picture,
    key: JudgementKey | None = None,
) -> None:  # fmt: skip
    """Write the page of a judged report below ``folder``, the storage's. What was there is replaced.

    ``key`` is that of the judgement, where whoever writes knows it.
    """
    place = _place(folder, project, uid)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    page, beside = place.with_suffix(".html"), place.with_suffix(".json")
    place.with_suffix(".why").unlink(missing_ok=True)
    beside.unlink(missing_ok=True)  # while one of the two is old, there is no page
    fresh = page.with_suffix(f".{os.getpid()}.part")
    try:
        with open(fresh, "wb") as file:
            told = _drawn(report, verdict, picture, file)
        os.replace(fresh, page)
    finally:
        fresh.unlink(missing_ok=True)
    told["judged"] = _hash(report, verdict)
    if key is not None:
        told["key"] = _key(key)
    _note(beside, told)


def note_undrawable(folder: str | Path, project: str, uid: str, why: str) -> None:
    """Keep why a page cannot be drawn: nobody needs to ask for it again."""
    place = _place(folder, project, uid)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.with_suffix(".why").write_text(why, encoding="utf-8", errors="replace")


def page_of(
    folder: str | Path, view: ViewedAudit, bar: str, ask: Callable[[], object] | None = None
) -> ReportPage | None:
    """The page of a report as the policy of now judges it; None where it was taken out of the store meanwhile.

    ``bar`` is HTML that stands above it. ``ask`` has a worker draw it, where one can: it is called where there is no
    such page.
    """
    place, key = _place(folder, view.store.project, view.kept.uid), _key(view.key)
    note = _noted(place)
    if note.get("key") == key and (page := _kept(place, note, bar)) is not None:
        return page
    judged = view.judged()
    if judged is None:
        return None
    report, verdict = judged.report, judged.verdict
    why = _GONE
    if note:
        why = _CHANGED
        if note.get("judged") == _hash(report, verdict) and (page := _kept(place, note, bar)) is not None:
            with contextlib.suppress(OSError):
                _note(place.with_suffix(".json"), {**note, "key": key})  # the next need not judge it
            return page
    again = False
    if ask is not None:
        try:
            why = place.with_suffix(".why").read_text(encoding="utf-8")
        except OSError:
            ask()
            why, again = _CHANGED_NOW if why == _CHANGED else _SOON, True
    out, policy = StringIO(), ""

    def note_policy(out: TextIO, said: str) -> None:
        nonlocal policy
        policy = said
        out.write(bar)

    draw(report, verdict, Picture(why=why), out, PageSite(site_style(), early_script(), ICON, note_policy))
    return ReportPage(policy, iter([out.getvalue().encode("utf-8", "replace")]), again)


def _noted(place: Path) -> dict[str, Any]:
    """What stands beside a page; nothing where there is none, or nothing that can be read."""
    try:
        found = json.loads(place.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _note(beside: Path, told: dict[str, Any]) -> None:
    fresh = beside.with_suffix(f".{uuid4().hex[:8]}.note")
    fresh.write_text(json.dumps(told), encoding="utf-8")
    os.replace(fresh, beside)


def _kept(place: Path, note: dict[str, Any], bar: str) -> ReportPage | None:
    """The page that the worker wrote, as its note describes it."""
    try:
        policy, at = str(note["policy"]), int(note["at"])
        file = place.with_suffix(".html").open("rb")  # closed by whoever sends it
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ReportPage(policy, _parts(file, at, bar))


def _parts(file: BinaryIO, at: int, bar: str) -> Iterator[bytes]:
    with file:
        yield file.read(at) + bar.encode("utf-8", "replace")
        while part := file.read(_AT_ONCE):
            yield part


def _drawn(report: Report, verdict: Verdict, picture: Picture, file: BinaryIO) -> dict[str, object]:
    """Draw into a file; what is to be known of it: where the bar goes, and the page's Content-Security-Policy."""
    told: dict[str, object] = {}
    out = TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")

    def note(_: TextIO, policy: str) -> None:
        out.flush()
        told["at"], told["policy"] = file.tell(), policy

    draw(report, verdict, picture, out, PageSite(site_style(), early_script(), ICON, note))
    out.flush()
    out.detach()
    return told


def _hash(report: Report, verdict: Verdict) -> str:
    """Of all that the report says, and of what draws it: another version's page may look otherwise."""
    text = dumps(document(report, verdict)) + site_style()
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def _key(key: JudgementKey) -> str:
    """Of a judgement, and of what draws it."""
    return sha256((key.hangs_on + site_style()).encode()).hexdigest()


def _place(folder: str | Path, project: str, uid: str) -> Path:
    return Path(folder) / "pages" / project / uid
