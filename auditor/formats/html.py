"""A page to look at: verdict, findings with their arithmetic, plots, layers and the graph. One file, nothing fetched.

It works without scripts, and better with them. Its Content-Security-Policy obeys its own style and script alone, by
their hashes, so that nothing out of a model could run even if it got through.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from ..drawing.markup import escaped, name
from ..picture import Picture
from ..report import Report, Verdict
from . import Format
from .parts.page import costs, depth, findings, graph, history, layers, rules, run, shell, summary, weights
from .parts.telling import summary as told
from .parts.telling import tally

if TYPE_CHECKING:
    from ..rules import Rule

_ALONE = Picture(why="only the report was at hand, and not the model")


def draw(report: Report, verdict: Verdict, picture: Picture, out: TextIO, site: shell.PageSite | None = None) -> None:
    """One report with the picture of its model, alone or as a page of a site."""
    styles, scripts = [shell.style()], [shell.script()]
    if site is not None:
        styles.append(site.style)
    if picture.graph is not None:
        from ..drawing.graph import script, style

        styles.append(style())
        scripts.append(script())
    out.writelines(shell.head(f"{verdict.value}: {summary.title_of(report)}", styles, scripts, site))
    if site is not None:
        site.bar(out, shell.policy_of(styles, [site.script, *scripts], of_site=True))
    out.writelines(summary.banner(report, verdict))
    parts = {title: "".join(part) for title, part in _parts(report, picture)}
    out.write('<nav aria-label="Sections"><ul class="wide">\n')
    out.writelines(f'<li><a href="#{_key(part)}">{title}</a></li>\n' for title, part in parts.items() if part)
    out.write('</ul></nav>\n<main id="main" class="wide">\n')
    out.writelines(parts.values())
    out.write("</main>\n")
    out.writelines(shell.end(scripts))


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """One report alone."""
    draw(report, verdict, _ALONE, out)


def _parts(report: Report, picture: Picture) -> Iterator[tuple[str, Iterator[str]]]:
    rows = layers.listed(picture)
    every = findings.cards(report, picture.places, rows=rows, graph=picture.graph is not None)
    known = _rules(report)
    yield "Findings", findings.findings(report, every, rules=frozenset(rule.name for rule in known))
    yield "Not looked at", summary.missed(report)
    yield "Model", summary.facts(report)
    yield "Graph", graph.graph(picture)
    yield "Costs", costs.costs(picture, rows)
    yield "Layers", layers.layers(picture) if picture.layers else iter(())
    yield "Weights", weights.weights(report, picture)
    yield "Run", run.run(report)
    yield "In depth", depth.depth(report)
    yield "History", history.history(picture)
    yield "Rules", rules.pages(known)


def _rules(report: Report) -> tuple[Rule, ...]:
    """The rules that found something, as far as this version knows them."""
    if not report.findings:
        return ()
    from ..rules import all_rules

    found = {finding.rule for finding in report.findings}
    return tuple(rule for rule in all_rules() if rule.name in found)


def _key(part: str) -> str:
    """The id of a section: what its first tag says."""
    return part[part.index('id="') + 4 :].partition('"')[0]


class HtmlPages:
    """Several models on one page: the findings of each, without its picture."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._verdicts: list[Verdict] = []
        out.writelines(shell.head("auditor", [shell.style()], [shell.script()]))
        out.write('<header class="top"><div class="wide"><p class="brand">auditor</p><h1>Models</h1></div></header>\n')
        out.write('<main id="main" class="wide">\n')

    def write(self, report: Report, verdict: Verdict) -> None:
        self._verdicts.append(verdict)
        prefix = f"m{len(self._verdicts)}-"
        every = findings.cards(report, (), rows=frozenset(), graph=False, prefix=prefix)
        opened = "" if verdict is Verdict.PASS else " open"
        self._out.write(
            f'<details class="model" id="{prefix}model"{opened}><summary>{summary.verdict_mark(verdict)} '
            f"<code>{name(report.model.path, 1024)}</code> {escaped(told(report))}</summary>\n"
        )
        self._out.writelines(findings.findings(report, every, prefix=prefix))
        self._out.writelines(summary.missed(report, prefix=prefix))
        self._out.write("</details>\n")

    def close(self) -> None:
        self._out.write(f'<p class="told">{escaped(tally(self._verdicts))}</p>\n</main>\n')
        self._out.writelines(shell.end([shell.script()]))


FORMAT = Format("people, in a browser", render, HtmlPages, draw)
