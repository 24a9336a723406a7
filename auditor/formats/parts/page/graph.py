"""The graph's section: the sheets that `auditor.drawing.graph` draws, with the data that its script takes."""

from __future__ import annotations

from collections.abc import Iterator

from ....drawing.graph import draw
from ....drawing.markup import escaped
from ....picture import Picture


def graph(picture: Picture) -> Iterator[str]:
    """The section; where there is no graph, why."""
    yield '<section id="graph"><h2>Graph</h2>\n'
    if picture.graph is None:
        yield f"<p>There is no graph here, and no table of layers: {escaped(picture.why)}.</p>\n</section>\n"
        return
    yield from draw(picture.graph)
    yield "</section>\n"
