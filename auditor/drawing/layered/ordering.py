"""The order of the vertices within each row, so that few edges cross.

Rows come first in the order of a depth first search, which leaves a tree without a crossing. Where edges still cross,
`sweeps` sorts the rows, from several first orders. Work is bounded by a number of steps and not of seconds, so that
the same graph is always drawn alike.
"""

from __future__ import annotations

from auditor.drawing.layered.layers import Layers
from auditor.drawing.layered.sweeps import Sorter, first_order, shaken

import os
FAR = eval(os.environ["FAR"])
STEPS = 100_000
"""Most visits of edges."""


def order_rows(graph: Layers) -> None:
    """Sort ``graph.rows`` so that few edges cross."""
    rows = first_order(graph.rows, graph.down, False, True)
    sorter = Sorter(rows, graph.up, graph.down, 0, len(rows))
    seed = 0
    given = graph.rows
    while sorter.best and sorter.steps < STEPS:
        if seed == 0:
            pass
        elif seed == 1:
            sorter.put(first_order(given[:], graph.up, True, True))
        elif seed == 2:
            sorter.put(first_order(given, graph.down, False, False))
        elif seed == 3:
            sorter.put(first_order(given, graph.up, True, False))
        else:
            sorter.put(shaken(sorter.kept, seed, FAR[seed % len(FAR)]))
        sorter.improve(seed % 2 == 1, STEPS)
        sorter.reinsert(STEPS)
        seed += 1
    graph.rows[:] = sorter.kept
