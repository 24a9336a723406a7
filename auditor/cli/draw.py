"""``auditor draw MODEL``: the graph of a model as an SVG file."""

from __future__ import annotations

from ..config.table import SIZES
from .command import MODEL, Command, Words, options
from .writing import written_file


def draw(words: Words) -> None:
    """Draw the graph of a model, or what is around one node, as SVG.

    Repeated blocks are folded, faults that a static audit finds are marked. Nothing is run or stored.
    """
    from ..sessions.asked import asked
    from ..sessions.depicting import depicted

    ask = asked(words)
    near, hops = ask.said.get("around", ""), ask.said.get("hops", 3)
    pieces = depicted(words["model"], ask.settings, near, hops)
    with written_file(ask.said.get("drawing", "-")) as out:
        out.writelines(piece.encode() for piece in pieces)


COMMAND = Command(
    draw,
    ("auditor draw model.onnx -o model.svg", "auditor draw model.onnx --around Conv_12 --hops 2 -o around.svg"),
    (MODEL,),
    options("around", "hops", "drawing", SIZES, "config", "no_config"),
)
