"""What came of mending a model, for people and as JSON."""

from __future__ import annotations

from typing import TextIO

from ..formats.json import document, dumps, plain
from ..formats.parts.layout import Page
from ..formats.parts.telling import place
from ..names import prose, visible
from ..report import ModelIdentity, Report, Severity, Verdict
from ..wording import counted, in_bytes
from .comparing import Compared
from .mending import Fixed
from .planning import Numbered

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
SCHEMA_VERSION = 1


def in_text(found: Fixed, out: TextIO) -> None:
    """For people: the edits, what else there is to choose, what the audit says of the copy."""
    page = Page(out)
    made = [edit for edit in found.edits if edit.made]
    others = [edit for edit in found.edits if not edit.made]
    if found.written:
        page.line(("FIXED", "bold green"), "  ", (visible(found.written, 4096), "bold"), f"  {in_bytes(found.size)}")
        for path in found.files:
            page.line(visible(path, 4096), indent=2)
    elif made:
        page.line(("WOULD FIX", "bold green"), "  ", (visible(found.path, 4096), "bold"), "  nothing is written")
    else:
        page.line(("NOTHING TO MAKE", "bold"), "  ", (visible(found.path, 4096), "bold"), "  nothing is written")
    for edit in made:
        page.blank()
        _edit(page, edit)
    if others:
        page.blank()
        page.line("By choice only (--choose NUMBER):")
        for edit in others:
            page.blank()
            _edit(page, edit)
    _compared(page, found.compared)
    for note in found.notes:
        page.line(prose(note), hang=2)
    _left(page, found)


def _edit(page: Page, edit: Numbered) -> None:
    offer = edit.offer
    rule = f"  ({offer.rule})" if offer.rule else ""
    page.line((f"{edit.number}", "bold"), f"  {prose(offer.place)}: {prose(offer.change)}{rule}", hang=3)
    page.line(("proved: ", "green"), prose(offer.proof), indent=3, hang=2)
    if not offer.keeps:
        page.line(("changes what the model computes", "dim"), indent=3)


def _compared(page: Page, found: Compared | None) -> None:
    if found is None:
        return
    page.blank()
    if found.why:
        page.line(f"Outputs not compared: {prose(found.why)}", hang=2)
        return
    inputs = ", ".join(map(visible, found.inputs)) or "no inputs"
    if found.equal:
        page.line(f"Outputs equal, every byte, on {inputs}: {', '.join(map(visible, found.equal))}", hang=2)
    for one in found.differ:
        page.line(f"Other output on {inputs}: {prose(one)}", hang=2)
    for one in found.unseen:
        page.line(f"Not compared: {prose(one)}", hang=2)
    if found.varying:
        page.line(f"Different in each run, so not compared: {', '.join(map(visible, found.varying))}", hang=2)


def _left(page: Page, found: Fixed) -> None:
    grave = [f for f in found.left if f.severity is not Severity.NOTE]
    page.blank()
    if not grave:
        page.line(("Audited: no" if found.written else "No") + " error and no warning is left.")
        return
    page.line(f"Left, {counted(grave, 'finding')} that no edit here mends:")
    for finding in grave:
        page.blank()
        page.line(
            (finding.severity.value, _STYLE[finding.severity]), "  ", (finding.rule, "bold"), "  ",
            place(finding.location), hang=2,
        )  # fmt: skip
        page.line(prose(finding.message), indent=2)
        if finding.fix:
            page.line(("needs its maker: ", "green"), prose(finding.fix), indent=2, hang=2)


def in_json(found: Fixed, out: TextIO) -> None:
    """One object."""
    compared = found.compared
    left = document(Report(ModelIdentity(found.path), found.left), Verdict.PASS)["findings"]
    whole = {
        "schema_version": SCHEMA_VERSION,
        "model": found.path,
        "written": found.written or None,
        "bytes": found.size if found.written else None,
        "files": list(found.files),
        "edits": [_row(edit) for edit in found.edits],
        "outputs": None if compared is None else {
            "not_compared": compared.why, "inputs": list(compared.inputs), "equal": list(compared.equal),
            "differ": list(compared.differ), "varying": list(compared.varying), "unseen": list(compared.unseen),
        },
        "notes": list(found.notes),
        "left": left,
    }  # fmt: skip
    out.write(dumps({key: plain(value) for key, value in whole.items()}) + "\n")


def _row(edit: Numbered) -> dict[str, object]:
    offer = edit.offer
    return {
        "number": edit.number, "made": edit.made, "rule": offer.rule, "place": offer.place, "change": offer.change,
        "proof": offer.proof, "keeps_outputs": offer.keeps,
    }  # fmt: skip
