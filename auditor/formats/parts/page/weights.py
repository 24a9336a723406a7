"""What the weights hold: how they are spread, and how many are zero."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import prod
from typing import TypeVar

from ....drawing.markup import escaped, name, share
from ....drawing.plots.bands import band_plot
from ....drawing.plots.bars import bar
from ....picture import QUANTILES, Band, Picture
from ....report import Report, WeightRow
from ....wording import counted

_MOST_ROWS = 60
_MOST_ZEROS = 12
_Row = TypeVar("_Row", Band, WeightRow)
_FEW = 64  # elements
_INTEGER = re.compile("u?int|bool")


def weights(report: Report, picture: Picture) -> Iterator[str]:
    """The section; nothing where no weights were read."""
    if not report.weights:
        return
    yield '<section id="weights"><h2>Weights</h2>\n'
    known = [band for band in picture.weights if band.quantiles]
    if known:
        told = f"How the values of {counted(known, 'kernel')} are spread, in the order of the file"
        yield f"<h3>How the kernels are spread</h3>\n<figure>{''.join(band_plot([b.quantiles for b in known], told))}"
        yield "<figcaption>Each column is a stored tensor of two axes or more, in the order of the file. The bands "
        yield "hold 98 %, 90 % and 50 % of its values; the line is the median. Of large tensors 4,096 values were "
        yield "taken, in eight stretches.</figcaption></figure>\n"
        of = f" of the {_MOST_ROWS} largest" if len(known) > _MOST_ROWS else ""
        yield f'<details><summary>The quantiles{of}</summary><div class="scroll" role="region" aria-label="Quantiles" '
        yield 'tabindex="0"><table><thead><tr><th scope="col">tensor</th>'
        yield "".join(f'<th scope="col" class="n">{100 * q:g} %</th>' for q in QUANTILES)
        yield "</tr></thead><tbody>\n"
        for band in _largest(known, lambda band: band.elements):
            cells = "".join(f'<td class="n">{q:.3g}</td>' for q in band.quantiles)
            yield f'<tr><th scope="row">{name(band.tensor)}</th>{cells}</tr>\n'
        yield "</tbody></table></div></details>\n"
    yield from _zeros(report)
    yield from _statistics(report)
    yield "</section>\n"


def _zeros(report: Report) -> Iterator[str]:
    sized = [(row.zeros / elements, row) for row in report.weights if row.zeros and (elements := prod(row.shape)) > 1]
    yield "<h3>Zeros</h3>\n"
    if not sized:
        yield "<p>No stored number is zero.</p>\n"
        return
    sized.sort(key=lambda pair: (-pair[0], -pair[1].zeros))
    zeros = sum(row.zeros for row in report.weights)
    elements = sum(prod(row.shape) for row in report.weights)
    yield f"<p>{zeros:,} of {elements:,} stored numbers are zero: {share(zeros, elements)}.</p>\n"
    yield '<table class="bars"><thead class="hidden"><tr><th scope="col">tensor</th><th scope="col">zeros</th>'
    yield '<th scope="col">share</th></tr></thead><tbody>\n'
    for part, row in sized[:_MOST_ZEROS]:
        yield f'<tr><th scope="row">{name(row.tensor, 60)}{bar(part, 1.0)}</th><td class="n">{row.zeros:,}</td>'
        yield f'<td class="n faint">{share(part, 1.0)}</td></tr>\n'
    yield "</tbody></table>\n"


def _statistics(report: Report) -> Iterator[str]:
    rows = [row for row in report.weights if prod(row.shape) >= _FEW or not _INTEGER.match(row.dtype)]
    small, all_ = len(report.weights) - len(rows), len(rows)
    if not rows:
        return
    shown = f"The {_MOST_ROWS} largest of {all_:,} stored tensors" if all_ > _MOST_ROWS else "Every stored tensor"
    but = f", but for {counted(small, 'small one')} of integers, such as shapes" if small else ""
    yield f"<details><summary>{shown}{but}</summary>"
    yield '<div class="scroll tall" role="region" aria-label="Stored tensors" tabindex="0"><table><thead><tr>'
    yield '<th scope="col">tensor</th><th scope="col">type</th><th scope="col">shape</th>'
    for column in ("min", "max", "mean", "std", "zeros", "NaN", "Inf"):
        yield f'<th scope="col" class="n">{column}</th>'
    yield "</tr></thead><tbody>\n"
    yield from map(_row, _largest(rows, lambda row: prod(row.shape)))
    yield "</tbody></table></div></details>\n"


def _largest(rows: list[_Row], size: Callable[[_Row], int]) -> list[_Row]:
    """So many as are shown, in the order in which they stand."""
    if len(rows) <= _MOST_ROWS:
        return rows
    kept = sorted(range(len(rows)), key=lambda place: -size(rows[place]))[:_MOST_ROWS]
    return [rows[place] for place in sorted(kept)]


def _row(row: WeightRow) -> str:
    shape = escaped(str(list(row.shape)))
    numbers = "".join(f"<td class=n>{value:.4g}" for value in (row.min, row.max, row.mean, row.std))
    counts = "".join(f"<td class=n>{count:,}" if count else "<td>" for count in (row.zeros, row.nan, row.inf))
    return f"<tr><th scope=row>{name(row.tensor)}<td>{name(row.dtype)}<td>{shape}{numbers}{counts}\n"
