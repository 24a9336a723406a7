"""``auditor gate``: the verdict of the policy, why it is so, and what becomes the accepted version."""

from __future__ import annotations

import sys

from ..config.table import AT_ONCE, DEPTH, ENGINE, POLICY, RUN, SAID, SIZES
from ..errors import UsageError, worst
from .command import TARGETS, Command, Words, options


def gate(words: Words) -> int:
    """Say whether models may go live, and why.

    Reports are judged as they are stored; models are audited first, unless an unchanged one was already. Exit codes are
    those of check. With --accept a version that passes becomes the one that later ones are compared with; one that does
    not, inconclusive ones too, is refused, and the exit code is its own. With --server the words are NAME or
    NAME@VERSION of models that were pushed there: its policy judges, and one that cannot be reached is inconclusive.
    """
    if "server" in words:
        return _on_server(words)
    from ..sessions.asked import asked
    from ..sessions.gating import Acceptance, Gate, line, written
    from ..sessions.writing_back import WritingBack
    from .gate_tables import OnScreen, shown
    from .terminal import Terminal

    ask = asked(words)
    said = ask.said
    if "token_file" in said or "wait" in said:
        raise UsageError("--token-file and --wait are for a server: they go with --server")
    accepts = said.get("accept", False)
    if not accepts and ("reason" in said or "by" in said):
        raise UsageError("--reason and --by say who accepts a version and why: they go with --accept")
    acceptance = Acceptance(said.get("reason", ""), said.get("by") or _you()) if accepts else None
    terminal = Terminal(quiet=said.get("quiet", False))
    to = ask.destinations(sys.stdout, terminal)
    screen = OnScreen(sys.stdout)
    writing, engine = WritingBack(said, terminal), ask.engine(terminal)
    with Gate(ask.configured, ask.limits(), said.get("subject"), acceptance, terminal, writing, engine) as gates:
        with written(to, lambda gated: screen.write(shown(gated)), line) as write:
            for gated in gates.gated(words["targets"]):
                write(gated)
            with to.stream(several=True).guarded():
                screen.end()
        terminal.judged(ask.configured.judged_by)
        return terminal.code(worst(gates.codes))


def _on_server(words: Words) -> int:
    """The verdicts of a server, written as those that are given here."""
    from ..client.asking import RemoteGate, line
    from ..client.servers import connected
    from ..config.table import OPTIONS, values
    from ..formats import renderer
    from ..sessions.destinations import Destinations
    from ..sessions.gating import written
    from .gate_tables import OnScreen, shown_of_server
    from .terminal import Terminal

    said = values({name: word for name, word in words.items() if name in OPTIONS})
    for name in said:
        if name not in _FOR_SERVERS:
            flag = OPTIONS[name].flags[0].partition("/")[0]
            raise UsageError(f"{flag} does not go with --server: what is pushed and audited there is judged there")
    for form in (said.get("form", "text"), *(form for form, _ in said.get("outputs", ()))):
        renderer(form)
    terminal = Terminal(quiet=said.get("quiet", False))
    to = Destinations(
        said.get("form", "text"), sys.stdout, said.get("outputs", ()), terminal.quiet, store=False, listener=terminal
    )
    screen = OnScreen(sys.stdout)
    gate = RemoteGate(connected(said, terminal), said.get("wait", 0.0), terminal)
    with written(to, lambda gated: screen.write(shown_of_server(gated)), line) as write:
        for gated in gate.gated(words["targets"]):
            write(gated)
        with to.stream(several=True).guarded():
            screen.end()
    return terminal.code(worst(gate.codes))


def _you() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return ""


_SERVERS = ("server", "token_file", "wait")
_FOR_SERVERS = frozenset({*_SERVERS, *(row.name for row in options(SAID))})

COMMAND = Command(
    gate,
    (
        "auditor gate model.onnx",
        'auditor gate registry/ --accept --reason "reviewed by the team"',
        "auditor gate detector@3 --server https://auditor.example.com --wait 600",
    ),
    (TARGETS,),
    options(
        "accept",
        "reason",
        "by",
        "subject",
        "set_tag",
        "attach",
        "attestation",
        "weights",
        "target_dtype",
        "runtimes",
        "try_target",
        SIZES,
        RUN,
        DEPTH,
        POLICY,
        SAID,
        AT_ONCE,
        ENGINE,
        "cache",
        "cache_size",
        "fetch_size",
        "fetch_timeout",
        "artifact_root",
        "db",
        *_SERVERS,
    ),
)  # fmt: skip
