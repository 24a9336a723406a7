"""``auditor bom MODEL``: a bill of materials of one model."""

from __future__ import annotations

from ..config.table import AT_ONCE, DEPTH, POLICY, RUN, SIZES
from .command import MODEL, Command, Words, options
from .writing import written_file


def bom(words: Words) -> None:
    """Write a bill of materials: files, operators, counts and verdict.

    The model is audited and judged as gate does it; the bill is CycloneDX 1.6 as JSON (an ML-BOM), and says the
    verdict whatever it is. The exit code says only that the bill was written.
    """
    from ..sessions.asked import asked
    from ..sessions.billing import billed
    from .terminal import Terminal

    ask = asked(words)
    text = billed(words["model"], ask, Terminal(quiet=ask.said.get("quiet", False)))
    with written_file(ask.said.get("drawing", "-")) as out:
        out.write(text.encode("ascii"))


COMMAND = Command(
    bom,
    ("auditor bom model.onnx -o model.cdx.json",),
    (MODEL,),
    options("drawing", "subject", "weights", "target_dtype", SIZES, RUN, DEPTH, POLICY, AT_ONCE, "db", "quiet"),
)
