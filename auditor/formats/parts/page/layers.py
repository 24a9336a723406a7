"""The table of layers. Where it is long, the rows wait as text until they are scrolled to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ....drawing.markup import escaped, name
from ....numbers import amount, brief_shape
from ....picture import Anchor, Count, Picture
from ....wording import counted

STATIC = 1500
"""Rows that a browser lays out without being slow. More of them stand in a ``noscript`` element: a browser without
scripts shows them all the same, and one with scripts takes them from there, as many as are seen."""

MOST = 100_000
"""Rows of the table: as many as there are boxes of the graph. Nobody looks through more, and a page holds no more."""

COLUMNS = ("layer", "operator", "output", "stored", "learnable", "MACs", "bytes")
_LONGEST = 96


def listed(picture: Picture) -> frozenset[Anchor]:
    """The layers that have a row in the table."""
    return frozenset(row.anchor for row in picture.layers[:MOST])


def layers(picture: Picture) -> Iterator[str]:
    """The section."""
    yield '<section id="layers"><h2>Layers</h2>\n'
    if not picture.layers:
        yield f"<p>There is no table of layers: {escaped(picture.why or 'the model has none')}.</p></section>\n"
        return
    apart = f"; {picture.constants:,} nodes that work on stored tensors alone are left out" if picture.constants else ""
    yield f"<p>{len(picture.layers):,} layers in the order of the walk{apart}.</p>\n"
    if len(picture.layers) > MOST:
        left = counted(len(picture.layers) - MOST, "layer")
        yield f'<p class="unseen">The last {left} have no row here; <code>auditor inspect MODEL</code> tells all.</p>\n'
    waiting = len(picture.layers) > STATIC
    yield '<div id="layer-tools"></div>\n'
    yield '<noscript id="layer-rows">\n' if waiting else ""
    yield '<div class="scroll tall" role="region" aria-label="Layers" tabindex="0"><table class="layers">\n<thead><tr>'
    for place, column in enumerate(COLUMNS):
        yield f'<th scope="col"{" class=n" if place > 2 else ""}>{column}</th>'
    yield "</tr></thead><tbody>\n"
    graph = picture.graph is not None
    head = "<th>" if waiting else "<th scope=row>"  # of rows that wait the script makes whole ones
    faulty = {place for place in picture.places if place is not None}
    for row in picture.layers[:MOST]:
        anchor = f"{row.anchor.graph}-{row.anchor.node}"
        label = name(row.label, _LONGEST)
        if graph and not waiting:
            label = f"<a href=#n-{anchor}>{label}</a>"
        yield (
            f"<tr id=l-{anchor}{' class=bad' if row.anchor in faulty else ''}>{head}{label}"
            f"<td>{_name(row.op_type)}<td>{_output(row.dtype, row.shape)}<td>{_count(row.parameters)}"
            f"<td>{_count(row.learnable)}<td>{_count(row.macs)}<td>{_count(row.activation_bytes)}\n"
        )
    yield "</tbody></table></div>\n"
    yield "</noscript>\n" if waiting else ""
    yield "</section>\n"


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    return name(text, 60)


@lru_cache(maxsize=4096)
def _output(dtype: str, shape: tuple[int | str | None, ...] | None) -> str:
    """Nearly every output is of float32, which goes without saying."""
    return escaped(brief_shape(shape)) if dtype == "float32" else f"{_name(dtype)} {escaped(brief_shape(shape))}"


@lru_cache(maxsize=4096)
def _count(value: Count) -> str:
    return "" if value == 0 else escaped(amount(value))
