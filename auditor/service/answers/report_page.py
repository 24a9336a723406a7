"""The page of a report: written once, with the picture, by the worker that had the model, and served many times.

It is written without what stands above it, for that depends on who looks: a small file beside it says where that goes.
It also holds a hash of the report that is shown. A policy that judges otherwise makes another report: then the page is
drawn anew, without the picture, for the model is not at hand; and a worker may be asked for one with the picture.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

from ...formats.html import draw
from ...formats.json import document, dumps
from ...formats.parts.page.shell import PageSite
from ...hashing import sha256
from ...picture import Picture
from ...report import Report, Verdict
from ...tuples import NamedTuple
from ..pages.assets import ICON, early_script, site_style

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


def write_page(folder: str | Path, project: str, uid: str, report: Report, verdict: Verdict, picture: Picture) -> None:
    """Write the page of a judged report below ``folder``, the storage's. What was there is replaced."""
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
    text = fresh.with_suffix(".note")
    text.write_text(json.dumps(told), encoding="utf-8")
    os.replace(text, beside)


def note_undrawable(folder: str | Path, project: str, uid: str, why: str) -> None:
    """Keep why a page cannot be drawn: nobody needs to ask for it again."""
    place = _place(folder, project, uid)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.with_suffix(".why").write_text(why, encoding="utf-8", errors="replace")


def page_of(
    folder: str | Path, project: str, uid: str, report: Report, verdict: Verdict, bar: str,
    ask: Callable[[], object] | None = None,
) -> ReportPage:  # fmt: skip
    """The page of a report as the policy of now judges it; ``bar`` is HTML that stands above it.

    ``ask`` has a worker draw it, where one can: it is called where there is no such page.
    """
    kept = _kept(folder, project, uid, _hash(report, verdict), bar)
    if isinstance(kept, ReportPage):
        return kept
    again = False
    if ask is not None:
        try:
            kept = _place(folder, project, uid).with_suffix(".why").read_text(encoding="utf-8")
        except OSError:
            ask()
            kept, again = _CHANGED_NOW if kept == _CHANGED else _SOON, True
    out, policy = StringIO(), ""

    def note(out: TextIO, said: str) -> None:
        nonlocal policy
        policy = said
        out.write(bar)

    draw(report, verdict, Picture(why=kept), out, PageSite(site_style(), early_script(), ICON, note))
    return ReportPage(policy, iter([out.getvalue().encode("utf-8", "replace")]), again)


def _kept(folder: str | Path, project: str, uid: str, judged: str, bar: str) -> ReportPage | str:
    """The page that the worker wrote, if it shows this report; else why not."""
    place = _place(folder, project, uid)
    try:
        told = json.loads(place.with_suffix(".json").read_bytes())
        if told["judged"] != judged:
            return _CHANGED
        file = place.with_suffix(".html").open("rb")  # closed by whoever sends it
        return ReportPage(str(told["policy"]), _parts(file, int(told["at"]), bar))
    except (OSError, ValueError, KeyError, TypeError):
        return _GONE


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


def _place(folder: str | Path, project: str, uid: str) -> Path:
    return Path(folder) / "pages" / project / uid
