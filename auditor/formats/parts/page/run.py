"""What came of running the model, and what of it ran where."""

from __future__ import annotations

from collections.abc import Iterator

from ....drawing.markup import name, sentence
from ....drawing.plots.bars import stacked
from ....report import Report, RunSummary
from ..sharing import sharing

_MOST = 12


def run(report: Report) -> Iterator[str]:
    """The section; nothing of a file that is no model."""
    if not report.model.ir_version:
        return
    one = report.run
    yield '<section id="run"><h2>The run</h2>\n'
    told = f"{one.status}: {one.why}" if one.why else one.status
    if one.provider and one.status != "not run":
        told += f" on {one.provider}"
    yield f"<p>{sentence(told)}</p>\n"
    if one.placement:
        yield from _placement(one)
    if told_shares := list(sharing(one)):
        yield "<ul>" + "".join(f"<li>{sentence(line, 400)}</li>" for line in told_shares) + "</ul>\n"
    if len(one.levels) > 1:
        yield '<table><thead><tr><th scope="col">optimisation</th><th scope="col">status</th>'
        yield '<th scope="col">outputs</th></tr></thead><tbody>\n'
        for level in one.levels[:_MOST]:
            why = f": {sentence(level.why, 400)}" if level.why else ""
            yield f'<tr><th scope="row">{name(level.optimisation)}</th><td>{name(level.status)}{why}</td>'
            yield f"<td>{sentence(level.outputs, 300)}</td></tr>\n"
        yield "</tbody></table>\n"
    if one.golden:
        yield "<ul>" + "".join(f"<li>{sentence(line, 400)}</li>" for line in one.golden[:_MOST]) + "</ul>\n"
    yield "</section>\n"


def _placement(one: RunSummary) -> Iterator[str]:
    """Nodes by execution provider."""
    parts = sorted(one.placement.items(), key=lambda item: -item[1])[:_MOST]
    labels = [(f"{name(provider, 60)}: {count:,}", float(count)) for provider, count in parts]
    yield f"<h3>Nodes by provider</h3>\n<figure>{stacked(labels, '; '.join(label for label, _ in labels))}"
    yield '<figcaption class="legend">'
    for index, (label, _) in enumerate(labels):
        dot = f'<svg class="dot" aria-hidden="true"><rect class="part-{min(index, 5)}" width="12" height="12"/></svg>'
        yield f'<span class="key">{dot} {label}</span> '
    yield "of the optimised graph, as the runtime holds it.</figcaption></figure>\n"
