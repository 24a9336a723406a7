"""Style sheets and scripts of the pages. They stand in every page, and are allowed by their hashes alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ...drawing.assets import asset

TEMPLATES = Path(__file__).parent / "templates"

ICON = "/favicon.svg"
"""The address of the site's picture."""


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def site_style() -> str:
    """What stands above every page, beside the style of the reports."""
    return _text("site.css")


def page_style() -> str:
    """All that a page of the service needs: the reports' look, and its own."""
    return "".join((asset("page.css"), asset("registry.css"), site_style(), _text("pages.css")))


def early_script() -> str:
    """The theme that was chosen on another page, before anything is seen."""
    return _text("early.js")


def page_script() -> str:
    """What makes the pages better."""
    return _text("pages.js")


def icon() -> str:
    """The site's picture: the one beside its name."""
    return _text("favicon.svg")
