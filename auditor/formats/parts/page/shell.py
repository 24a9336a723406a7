"""What stands around the parts: the head with its Content-Security-Policy, the scripts, and the end."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from ....drawing.assets import asset
from ....drawing.markup import escaped, name
from ....hashing import sha256
from ....tuples import NamedTuple


class PageSite(NamedTuple):
    """What a page has of the site that it is a page of, instead of lying alone as a file."""

    style: str
    script: str  # runs before anything is seen
    icon: str  # its address
    bar: Callable[[TextIO, str], None]  # writes what stands above all; it is told the page's Content-Security-Policy


def head(title: str, styles: Sequence[str], scripts: Sequence[str], site: PageSite | None = None) -> Iterator[str]:
    """Everything up to the body. Only these styles and scripts are obeyed, known by their hashes."""
    early = [] if site is None else [site.script]
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    policy = policy_of(styles, [*early, *scripts], site is not None)
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n'
    # A form that is sent under no-referrer does not say where it comes from, and the site asks for that.
    yield f'<meta name="referrer" content="{"no-referrer" if site is None else "same-origin"}">\n'
    yield f"<title>{name(title)}</title>\n"
    yield from (f"<style>{style}</style>\n" for style in styles)
    if site is not None:
        yield f'<link rel="icon" href="{escaped(site.icon)}">\n'
    yield from (f"<script>{script}</script>\n" for script in early)
    yield '</head>\n<body>\n<a class="skip" href="#main">Skip to the report</a>\n'


def policy_of(styles: Sequence[str], scripts: Sequence[str], of_site: bool) -> str:
    """The Content-Security-Policy under which these styles and scripts are obeyed, and a site's pictures and forms."""
    images, forms = ("'self'", "'self'") if of_site else ("data:", "'none'")
    return (
        f"default-src 'none'; style-src {_hashes(styles)}; script-src {_hashes(scripts)}; img-src {images}; "
        f"base-uri 'none'; form-action {forms}"
    )


def end(scripts: Sequence[str]) -> Iterator[str]:
    """The scripts, at the end: without them the page is whole."""
    yield from (f"<script>{script}</script>\n" for script in scripts)
    yield "</body>\n</html>\n"


def style() -> str:
    """The style sheet of every page."""
    return asset("page.css")


def script() -> str:
    """What makes tables sort and themes switch."""
    return asset("page.js")


def _hashes(texts: Sequence[str]) -> str:
    found = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts]
    return " ".join(found) or "'none'"
