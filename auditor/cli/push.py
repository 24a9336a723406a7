"""``auditor push MODEL --server URL``: a server audits the model, and its report is printed as check prints its own."""

from __future__ import annotations

import sys

from ..config.table import DEPTH, LOOKED_AT, RUN, SAID, SIZES
from .command import MODEL, Command, Words, options

_HERE = ("inputs", "custom_ops", "provider_libraries", "provider_options", "against", "speed_against", "try_target")
"""Options whose files would have to lie on the server, or that would have it run or fetch code."""

_ASKED = tuple(row for row in options(LOOKED_AT, SIZES, RUN, DEPTH) if row.name not in _HERE)
_WAIT = 3600.0  # seconds


def push(words: Words) -> int:
    """Send a model to a server, and print the report that it makes.

    Sent is only what the server does not have, on from where it was cut off. The server's policy judges; exit codes are
    those of check. A server that cannot be reached is inconclusive, and so is an audit that takes longer than --wait.
    With --wait 0 it exits with 0 when the audit is asked for, and says where the report will be.
    """
    from ..client.pushing import Pushing
    from ..client.servers import connected, options_document
    from ..config.table import values
    from ..sessions.destinations import Destinations
    from .moving import MovingTerminal

    said = values({name: word for name, word in words.items() if name != "model"})
    terminal = MovingTerminal(quiet=said.get("quiet", False))
    to = Destinations(
        said.get("form", "text"), sys.stdout, said.get("outputs", ()), terminal.quiet, store=False, listener=terminal
    )
    pushing = Pushing(connected(said, terminal), to, terminal)
    asked = options_document(said, _ASKED)
    code = pushing.push(words["model"], said.get("subject"), said.get("version"), asked, said.get("wait", _WAIT))
    return terminal.code(code)


COMMAND = Command(
    push,
    (
        "auditor push model.onnx --server https://auditor.example.com",
        "auditor push model.onnx --name detector --version 3 -o junit:report.xml",
    ),
    (MODEL,),
    (*options("server", "token_file", "subject", "version", "wait"), *_ASKED, *options(SAID)),
)
