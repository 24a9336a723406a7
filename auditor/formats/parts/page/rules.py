"""The pages of the rules that found something, so that a report can be read without the tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ....drawing.markup import escaped
from ....rules import Rule

_LEFT_OUT = frozenset({"Fires on", "Quiet on"})
"""Models in ONNX's text form: for who writes rules."""

_FENCED = re.compile(r"^```.*\n((?:.*\n)*?)```\n?", re.MULTILINE)
_STARTS = re.compile(r"^(?:## .*\n?|(?=[-*] ))", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"https://[\w./#?=&;%~+-]*[\w/#=-]")


def pages(found: Sequence[Rule]) -> Iterator[str]:
    """The section; nothing where there is no rule to tell of."""
    if not found:
        return
    yield '<section id="rules"><h2>What the rules say</h2>\n'
    for rule in found:
        yield f'<details id="r-{escaped(rule.name)}"><summary><b>{escaped(rule.name)}</b> '
        yield f"{_inline(rule.summary)}</summary>\n"
        yield from prose_of(rule.page)
        yield "</details>\n"
    yield "</section>\n"


def prose_of(page: str) -> Iterator[str]:
    """The sections of a page as HTML: headings, paragraphs, lists and code is all that they have."""
    parts = _FENCED.split(page.partition("\n")[2])
    shown = True
    for place, part in enumerate(parts):
        if place % 2:
            if shown:
                yield f"<pre>{escaped(part)}</pre>\n"
            continue
        for block in _STARTS.sub(lambda start: f"\n\n{start[0]}\n\n" if start[0] else "\n\n", part).split("\n\n"):
            block = block.strip()
            if block.startswith("## "):
                shown = block[3:] not in _LEFT_OUT
                if shown:
                    yield f"<h3>{escaped(block[3:])}</h3>\n"
            elif shown and block.startswith(("- ", "* ")):
                yield f"<ul><li>{_inline(block[2:])}</li></ul>\n"
            elif shown and block:
                yield f"<p>{_inline(block)}</p>\n"


def _inline(text: str) -> str:
    shown = _CODE.sub(r"<code>\1</code>", escaped(" ".join(text.split())))
    return _LINK.sub(lambda link: f'<a href="{link[0]}" rel="noreferrer">{link[0]}</a>', shown)
