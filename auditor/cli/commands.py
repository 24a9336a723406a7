"""The commands by name. A command's module is imported when it is called, so their summaries stand here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from .command import Command

SUMMARIES: Mapping[str, str] = {
    "check": "Audit models: shapes, parameters, weights, a run in a sandbox.",
    "batch": "Audit all models of folders and registries, each only once.",
    "watch": "Audit what is new in folders and registries, when it appears.",
    "gate": "Say whether models may go live, and why.",
    "attest": "Sign the verdict on a model, with the hash of each of its files.",
    "verify": "Verify that a model is the one that passed, by its attestation.",
    "bom": "Write a bill of materials: files, operators, counts and verdict.",
    "push": "Send a model to a server, and print the report that it makes.",
    "baseline": "Record what models have now, so that only new findings fail.",
    "diff": "Say what changed between two models, and how far that goes.",
    "fix": "Write a mended copy of a model, each edit with its proof.",
    "inspect": "Show the layers of a model: output shapes, parameters, MACs.",
    "explain": "Print a rule's page, or how the shapes of a node come about.",
    "draw": "Draw the graph of a model, or what is around one node, as SVG.",
    "rules": "List the rules: how bad, by whose word, and what each says.",
    "history": "Tell which findings appeared, which were fixed, which stay.",
    "show": "Print a stored report, as today's policy has it.",
    "token create": "Make a token; its text is shown this once.",
    "token list": "List the tokens of a project: who holds them, for what, until when.",
    "token revoke": "Take a token back: from now on it is for nothing.",
    "serve": "Answer over HTTP: models are uploaded, audited, gated and watched.",
    "db path": "Print where reports are kept.",
    "db upgrade": "Bring the database's schema up to date, or make it.",
    "db prune": "Take old audits out, never a model's newest.",
    "db export": "Write all that is stored as JSON lines.",
    "db import": "Take in what was exported, all of it or nothing.",
    "db copy": "Copy a whole database into an empty one.",
}
"""The first line of each command's help; a test holds them to the functions' docstrings."""

GROUPS: Mapping[str, str] = {
    "token": "Who may ask the service.",
    "db": "The report database.",
}
"""Commands that have commands of their own."""


def command(name: str) -> Command:
    """The command of a name, as in ``check`` or ``db path``."""
    module, _, inner = name.partition(" ")
    found = import_module(f".{module}", __package__)
    return cast("Command", found.COMMANDS[inner] if inner else found.COMMAND)


def called(arguments: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    """The name of the command that is called, and what is left of the arguments; None where none is."""
    for words in (1, 2):
        name = " ".join(arguments[:words])
        if len(arguments) >= words and name in SUMMARIES:
            return name, arguments[words:]
    return None
