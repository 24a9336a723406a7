"""What stands around the parts: the head with its Content-Security-Policy, the scripts, and the end."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence

from ....drawing.assets import asset
from ....drawing.markup import name
from ....hashing import sha256


def head(title: str, styles: Sequence[str], scripts: Sequence[str]) -> Iterator[str]:
    """Everything up to the body. Only these styles and scripts are obeyed, known by their hashes."""
    policy = (
        f"default-src 'none'; style-src {_hashes(styles)}; script-src {_hashes(scripts)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{name(title)}</title>\n"
    yield from (f"<style>{style}</style>\n" for style in styles)
    yield '</head>\n<body>\n<a class="skip" href="#main">Skip to the report</a>\n'


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
