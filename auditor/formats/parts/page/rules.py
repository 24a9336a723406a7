"""The pages of the rules that found something, so that a report can be read without the tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ....drawing.markup import escaped
from ....rules import Rule

_LEFT_OUT = frozenset({"Fires on", "Quiet on"})
"""Models in ONNX's text form: for who writes rules."""

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
    shown, fenced = True, False
    block: list[str] = []
    item = False

    def flush() -> Iterator[str]:
        nonlocal item
        if block:
            kind = "li" if item else "p"
            yield f"<{kind}>{_inline(' '.join(block))}</{kind}>\n"
        block.clear()
        item = False

    for line in page.splitlines()[1:]:
        if line.startswith("## ") and not fenced:
            yield from flush()
            shown = line[3:] not in _LEFT_OUT
            if shown:
                yield f"<h3>{escaped(line[3:])}</h3>\n"
        elif not shown:
            continue
        elif line.lstrip().startswith("```"):
            yield from flush()
            yield "</pre>\n" if fenced else "<pre>"
            fenced = not fenced
        elif fenced:
            yield f"{escaped(line)}\n"
        elif line.startswith(("- ", "* ")):
            yield from flush()
            block.append(line[2:])
            item = True
        elif line.strip():
            block.append(line.strip())
        else:
            yield from flush()
    yield from flush()
    if fenced:
        yield "</pre>\n"


def _inline(text: str) -> str:
    shown = _CODE.sub(r"<code>\1</code>", escaped(text))
    return _LINK.sub(lambda link: f'<a href="{link[0]}" rel="noreferrer">{link[0]}</a>', shown)
