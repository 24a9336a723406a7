"""What the look in depth came to: each part with its stamp, its sentences, its plots and its figures."""

from __future__ import annotations

from collections.abc import Iterator

from ....drawing.markup import escaped, name, sentence
from ....drawing.plots.bars import bar
from ....drawing.plots.sparkline import sparkline
from ....report import DeepPart, DeepSeries, Report, Stamp
from ....wording import counted, with_unit

_MOST_LINES, _MOST_FIGURES = 20, 100
_MOST_BARS = 12
"""Of more numbers the way that they go is drawn, and not each."""

_SIGNS = {"ok": ("✓", "pass"), "found": ("✕", "fail"), "open": ("?", "inconclusive")}


def depth(report: Report) -> Iterator[str]:
    """The section; nothing where nobody asked for it."""
    if not report.depth:
        return
    yield '<section id="depth"><h2>In depth</h2>\n'
    stamps = dict.fromkeys(part.stamp for part in report.depth if part.stamp != Stamp())
    common = next(iter(stamps)) if len(stamps) == 1 else None
    if common is not None:
        yield f'<p class="why">{sentence(stamped(common), 400)}</p>\n'
    yield from _overview(report)
    for part in report.depth:
        if part.lines or part.figures or part.series:
            yield from _part(part, own_stamp=common is None)
    yield "</section>\n"


def stamped(stamp: Stamp) -> str:
    """With what it was measured, in a sentence."""
    device = f" ({stamp.device})" if stamp.device else ""
    flags = f"; {', '.join(stamp.cpu)}" if stamp.cpu else ""
    how = f"{counted(stamp.threads, 'thread')}, optimisation {stamp.optimisation}"
    return f"Measured with {stamp.runtime} on {stamp.provider}{device}, {how}{flags}"


def _overview(report: Report) -> Iterator[str]:
    yield '<div class="scroll" role="region" aria-label="Parts of the look in depth" tabindex="0"><table><thead><tr>'
    yield '<th scope="col">part</th><th scope="col">came to</th><th scope="col" class="n">took</th></tr></thead><tbody>'
    for part in report.depth:
        sign, kind = _SIGNS.get(part.status, ("–", ""))
        word = f'<span class="verdict {kind}"><span aria-hidden="true">{sign}</span> {name(part.status)}</span>'
        why = f": {sentence(part.why, 400)}" if part.why else ""
        took = f"{part.seconds:.1f} s" if part.seconds else ""
        yield f'<tr><th scope="row" class="whole">{name(part.part)}</th><td>{word}{why}</td>'
        yield f'<td class="n">{took}</td></tr>\n'
    yield "</tbody></table></div>\n"


def _part(part: DeepPart, *, own_stamp: bool) -> Iterator[str]:
    yield f"<h3>{name(part.part.capitalize())}</h3>\n"
    if own_stamp and part.stamp != Stamp():
        yield f'<p class="why">{sentence(stamped(part.stamp), 400)}</p>\n'
    if part.lines:
        yield "<ul>" + "".join(f"<li>{sentence(line, 600)}</li>\n" for line in part.lines[:_MOST_LINES]) + "</ul>\n"
        if len(part.lines) > _MOST_LINES:
            yield f'<p class="more">and {len(part.lines) - _MOST_LINES:,} more</p>\n'
    if part.series:
        yield '<div class="three">\n'
        for series in part.series:
            yield from _plot(series)
        yield "</div>\n"
    if part.figures:
        yield from _figures(part)


def _plot(series: DeepSeries) -> Iterator[str]:
    values = series.values
    if not values:
        return
    title = series.name[:1].upper() + series.name[1:]
    yield f"<div><h4>{name(title)}</h4>\n"
    if len(values) > _MOST_BARS:
        ends = f"from {with_unit(values[0], series.unit)} to {with_unit(values[-1], series.unit)}"
        told = f"{ends}, between {with_unit(min(values), series.unit)} and {with_unit(max(values), series.unit)}"
        told += f" ({series.labels[0]} to {series.labels[-1]})" if series.labels else ""
        yield f"<figure>{sparkline(values, name(series.name) + ': ' + told)}<figcaption>{name(told, 300)}</figcaption>"
        yield "</figure></div>\n"
        return
    most = max(map(abs, values)) or 1.0
    yield f'<table class="bars"><caption class="hidden">{name(series.name)}</caption><thead class="hidden"><tr>'
    yield f'<th scope="col">what</th><th scope="col">{escaped(series.unit or "number")}</th></tr></thead><tbody>\n'
    for label, value in zip(series.labels, values, strict=False):
        yield f'<tr><th scope="row">{name(label, 60)}{bar(abs(value), most)}</th>'
        yield f'<td class="n">{escaped(with_unit(value, series.unit))}</td></tr>\n'
    yield "</tbody></table></div>\n"


def _figures(part: DeepPart) -> Iterator[str]:
    yield "<details><summary>The figures</summary><table><thead><tr>"
    yield '<th scope="col">figure</th><th scope="col" class="n">number</th></tr></thead><tbody>\n'
    for figure in part.figures[:_MOST_FIGURES]:
        yield f'<tr><th scope="row">{name(figure.name)}</th>'
        yield f'<td class="n">{escaped(with_unit(figure.value, figure.unit))}</td></tr>\n'
    yield "</tbody></table>\n"
    if len(part.figures) > _MOST_FIGURES:
        yield f'<p class="more">and {len(part.figures) - _MOST_FIGURES:,} more (--format json)</p>\n'
    yield "</details>\n"
