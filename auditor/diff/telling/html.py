"""A comparison as a page to look at, in the clothes of the report: one file, nothing fetched, whole without scripts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from ... import __version__
from ...drawing import graph as graphs
from ...drawing.markup import escaped, name, sentence
from ...formats.parts.page import shell
from ...numbers import amount
from ...picture.graph import Change, GraphPicture, Role
from ...wording import counted
from ..costs import Count
from ..difference import Degree
from ..whole import DiffReport
from . import words

_LOOKS = {
    Degree.BREAKING: ("fail", "✕"),
    Degree.BEHAVIOUR: ("inconclusive", "!"),
    Degree.COMPATIBLE: ("pass", "✓"),
    Degree.WEIGHTS: ("pass", "≈"),
    Degree.RENAMED: ("pass", "✓"),
    Degree.IDENTICAL: ("pass", "✓"),
}
"""The class of the header, which is a colour, and a sign, for colour alone says nothing."""

_SIGNS = {Degree.BREAKING: "error", Degree.BEHAVIOUR: "warning"}
_MOST_ROWS = 2000


def tell(found: DiffReport, out: TextIO) -> None:
    """Write the page."""
    styles, scripts = [shell.style()], [shell.script()]
    if found.graph is not None:
        styles.append(graphs.style())
        scripts.append(graphs.script())
    title = f"{found.degree.phrase}: {_file(found.old.model.path)} and {_file(found.new.model.path)}"
    out.writelines(shell.head(title, styles, scripts))
    out.writelines(_banner(found))
    sections = tuple((key, title, "".join(part)) for key, title, part in _sections(found))
    out.write('<nav aria-label="Sections"><ul class="wide">\n')
    out.writelines(f'<li><a href="#{key}">{title}</a></li>\n' for key, title, _ in sections)
    out.write('</ul></nav>\n<main id="main" class="wide">\n')
    for key, title, part in sections:
        out.write(f'<section id="{key}"><h2>{title}</h2>\n{part}</section>\n')
    out.write("</main>\n")
    out.writelines(shell.end(scripts))


def _file(path: str) -> str:
    return os.path.basename(path) or path


def _banner(found: DiffReport) -> Iterator[str]:
    look, sign = _LOOKS[found.degree]
    yield f'<header class="top {look}"><div class="wide">\n<p class="brand">auditor {escaped(__version__)}</p>\n'
    yield f"<h1>{name(_file(found.old.model.path), 120)} → {name(_file(found.new.model.path), 120)}</h1>\n"
    yield f'<p class="path"><code>{name(found.old.model.path, 1024)}</code> → '
    yield f"<code>{name(found.new.model.path, 1024)}</code></p>\n"
    yield f'<p class="word"><span class="verdict {look}"><span aria-hidden="true">{sign}</span> '
    yield f"{escaped(words.headline(found).upper())}</span></p>\n<ul>\n"
    yield from (f"<li>{sentence(reason)}</li>\n" for reason in found.conclusion.reasons)
    yield from (f"<li>not compared: {sentence(unknown)}</li>\n" for unknown in words.not_compared(found))
    yield "</ul>\n</div></header>\n"


def _sections(found: DiffReport) -> Iterator[tuple[str, str, Iterable[str]]]:
    yield "edits", "Edits", _edits(found)
    if found.graph is not None:
        yield "graph", "Graph", _graph(found.graph)
    yield "tensors", "Stored tensors", _tensors(found)
    yield "costs", "Costs", _costs(found)
    yield "findings", "Findings", _findings(found)
    yield "outputs", "Outputs", _outputs(found)


def _edits(found: DiffReport) -> Iterator[str]:
    edits = found.difference.edits
    if not edits:
        yield "<p>There is none.</p>\n"
        return
    rows = (
        (
            f'<span class="sign {_SIGNS.get(edit.degree, "note")}">{edit.degree.name.lower()}</span>',
            sentence(edit.text),
            sentence(edit.why),
        )
        for edit in edits
    )
    yield from _table("Edits", ("degree", "what changed", "why"), rows, len(edits))


def _graph(graph: GraphPicture) -> Iterator[str]:
    counts = Counter(box.change for frame in graph.frames for box in frame.boxes if box.role is Role.NODE)
    told = (f"{counts[change]:,} {change.value}" for change in (Change.ADDED, Change.REMOVED, Change.CHANGED))
    yield f"<p>Both models as one: {', '.join(told)}, {counts[Change.SAME]:,} the same.</p>\n"
    yield from graphs.draw(graph)


def _tensors(found: DiffReport) -> Iterator[str]:
    yield f"<p>{escaped(words.tensor_sum(found))}</p>\n"
    changed = words.tensor_rows(found)
    if changed:
        rows = (
            (
                f"<code>{escaped(words.tensor_name(row))}</code>",
                escaped(row.compared.what.value),
                sentence(words.tensor_figures(row)),
            )
            for row in changed
        )
        yield from _table("Stored tensors", ("tensor", "", "how far"), rows, len(changed))


def _costs(found: DiffReport) -> Iterator[str]:
    costs = [tuple(map(escaped, words.cost_cells(row))) for row in found.costs]
    yield from _table("Costs", ("", "before", "after", "change"), costs, len(costs), numbers=(1, 2, 3))
    blocks = [row for row in found.blocks if row.changed]
    if blocks:
        yield "<h3>By block</h3>\n"
        rows = (
            (
                f"<code>{name(row.block)}</code>" if row.block else "(no name)",
                *(_both(pair) for pair in (row.nodes, row.learnable, row.macs)),
            )
            for row in blocks
        )
        head = ("block", "nodes", "learnable parameters", "MACs")
        yield from _table("Costs by block", head, rows, len(blocks), numbers=(1, 2, 3))


def _both(pair: tuple[Count, Count]) -> str:
    old, new = (escaped(amount(count)) for count in pair)
    return old if old == new else f"{old} → <b>{new}</b>"


def _findings(found: DiffReport) -> Iterator[str]:
    changes = found.findings
    yield f"<p>{escaped(words.finding_sum(changes))}</p>\n"
    told = [("came", finding) for finding in changes.came] + [("went", finding) for finding in changes.went]
    if told:
        rows = (
            (
                how,
                f'<span class="sign {finding.severity.value}">{finding.severity.value}</span>',
                f"<code>{name(finding.rule)}</code>",
                escaped(words.finding_place(finding)),
                sentence(finding.message),
            )
            for how, finding in told
        )
        yield from _table("Findings", ("", "severity", "rule", "where", "what"), rows, len(told))


def _outputs(found: DiffReport) -> Iterator[str]:
    yield "<ul>\n"
    yield from (f"<li>{sentence(line)}</li>\n" for line in words.behaviour_lines(found.behaviour))
    yield "</ul>\n"


def _table(
    title: str, head: Sequence[str], rows: Iterable[Sequence[str]], number: int, numbers: Sequence[int] = ()
) -> Iterator[str]:
    """Cells are HTML already; the first of a row is its heading."""
    yield f'<div class="scroll" role="region" aria-label="{title}" tabindex="0"><table>\n<thead><tr>'
    for at, word in enumerate(head):
        cell = f'th scope="col"{" class=n" if at in numbers else ""}' if word else "td"
        yield f"<{cell}>{word}</{cell[:2]}>"
    yield "</tr></thead><tbody>\n"
    for _, row in zip(range(_MOST_ROWS), rows, strict=False):
        first, *others = row
        yield f'<tr><th scope="row">{first}</th>'
        yield from (f"<td{' class=n' if at in numbers else ''}>{cell}</td>" for at, cell in enumerate(others, 1))
        yield "</tr>\n"
    yield "</tbody></table></div>\n"
    if number > _MOST_ROWS:
        yield f"<p>and {counted(number - _MOST_ROWS, 'more row')}: --format json has all</p>\n"
