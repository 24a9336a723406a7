"""``auditor inspect MODEL``: the table of layers, with what each needs and costs."""

from __future__ import annotations

import sys

from ..config.table import SIZES
from .command import MODEL, Command, Words, options


def inspect(words: Words) -> None:
    """Show the layers of a model: output shapes, parameters, MACs.

    Nothing is judged, run or stored.
    """
    from ..costs.count import count
    from ..model.load import load
    from ..sessions.asked import asked
    from ..shapes.facts import infer

    ask = asked(words)
    loaded = load(words["model"])
    facts = infer(loaded, ask.settings.shapes, ask.settings.dims)
    costs = count(facts)
    if ask.said.get("plain_form") == "json":
        from ..inspection import document

        sys.stdout.write(document(loaded, facts, costs) + "\n")
    else:
        from .tables import layer_table

        layer_table(loaded, costs, sys.stdout)


COMMAND = Command(
    inspect,
    ("auditor inspect model.onnx --dim N=1",),
    (MODEL,),
    options("plain_form", SIZES, "config", "no_config"),
)
