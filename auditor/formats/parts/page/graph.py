"""The graph's section: the sheets that `auditor.drawing.graph` draws, and the data that its script takes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ....drawing.graph import details, draw
from ....drawing.markup import escaped
from ....picture import Picture

_HARMLESS = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
"""Within a script element nothing may look like its end."""


def graph(picture: Picture) -> Iterator[str]:
    """The section; where there is no graph, why."""
    yield '<section id="graph"><h2>Graph</h2>\n'
    if picture.graph is None:
        yield f"<p>There is no graph here, and no table of layers: {escaped(picture.why)}.</p>\n</section>\n"
        return
    yield from draw(picture.graph)
    data = json.dumps(details(picture.graph), separators=(",", ":")).translate(_HARMLESS)
    yield f'<script type="application/json" id="graph-data">{data}</script>\n</section>\n'
