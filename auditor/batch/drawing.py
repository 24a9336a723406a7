"""One model's page, written in a worker: the model is read and propagated again, and nothing is run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..errors import AuditorError
from ..evidence.evidence import Evidence
from ..formats import write
from ..formats.json import parse
from ..model.digest import structure
from ..model.load import load
from ..picture import Earlier, Picture
from ..picturing import picture_of
from ..report import Report
from ..settings import Settings
from .one import fitting
from .refs import Ref

PARTIAL = ".partial"
"""How the name ends of a file that is being written."""


def write_page(
    ref: Ref, document: Mapping[str, Any], settings: Settings, file: str, history: tuple[Earlier, ...] = ()
) -> str:
    """Write the page of a report, its model drawn, with its history; what was wrong with the picture, "" for nothing.

    The file is whole or not there. `OSError` where it cannot be written.
    """
    report, _ = parse(document)
    picture, trouble = picture_for(ref, report, settings)
    write_page_of(document, picture._replace(history=history), file)
    return trouble


def write_page_of(document: Mapping[str, Any], picture: Picture, file: str) -> None:
    """Write the page of a report with this picture. `OSError` where it cannot be written."""
    report, verdict = parse(document)
    partial = file + PARTIAL
    with open(partial, "w", encoding="utf-8", errors="backslashreplace") as out:
        write("html", report, verdict, picture, out)
    os.replace(partial, file)


def picture_for(ref: Ref, report: Report, settings: Settings) -> tuple[Picture, str]:
    """The picture of a report's model, which is read again; and what was wrong with it, "" for nothing."""
    if not report.model.ir_version:
        return Picture(why="the file cannot be read as a model"), ""
    try:
        settings, _ = fitting(ref.source, settings._replace(run=False))
        model = load(ref.source)
        if structure(model) != report.model.digest:
            return Picture(why="the file is no longer the one that the report is about"), ""
        evidence = Evidence(model, settings, ref.contract)
        return picture_of(model, evidence.facts, evidence.costs, report), ""
    except AuditorError as error:
        return Picture(why=str(error)), ""
    except Exception as error:  # the report is there, and its page without a picture
        told = f"a fault of auditor: {type(error).__name__}: {error}"
        return Picture(why=told), f"{ref.place} has no picture: {told}"
