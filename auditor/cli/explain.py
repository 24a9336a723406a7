"""``auditor explain RULE`` prints a rule's page; ``auditor explain MODEL NODE`` how a node's shapes come about."""

from __future__ import annotations

import os
import sys

from ..config.table import SIZES
from ..errors import UsageError
from .command import Argument, Command, Words, options


def explain(words: Words) -> None:
    """Print a rule's page, or how the shapes of a node come about."""
    what = words["what"]
    if "node" not in words:
        from ..rules import all_rules
        from ..wording import nearest
        from .tables import rule_page

        name = what.removeprefix("auditor/")
        rules = {rule.name: rule for rule in all_rules()}
        if name not in rules:
            if what.endswith(".onnx") or os.path.isfile(what):
                raise UsageError(
                    f"no node of {what} is named: `auditor explain MODEL NODE` explains one, `auditor inspect MODEL` "
                    "lists them"
                )
            raise UsageError(f"there is no rule {what!r}{nearest(name, rules)}; `auditor rules` lists them")
        rule_page(rules[name], sys.stdout)
        return
    from ..inspection import explanation
    from ..model.load import load
    from ..sessions.asked import asked
    from ..shapes.facts import infer
    from .tables import derivation_table

    settings = asked(words).settings
    facts = infer(load(what), settings.shapes, settings.dims)
    derivation_table(explanation(facts, words["node"]), sys.stdout)


COMMAND = Command(
    explain,
    ("auditor explain nan-weights", "auditor explain model.onnx 'Conv[3]'"),
    (
        Argument("what", "RULE|MODEL", "A rule's name, or an ONNX file."),
        Argument("node", "NODE", "A node's name, Conv[3] by op and index, or a tensor's name.", optional=True),
    ),
    options(SIZES, "config", "no_config"),
)
