"""``auditor batch SOURCE...``: every model of folders and registries, each audited once."""

from __future__ import annotations

import sys

from ..config.table import AT_ONCE, DEPTH, ELSEWHERE, ENGINE, KEPT, LOOKED_AT, POLICY, RUN, SAID, SIZES
from .command import Argument, Command, Words, options


def batch(words: Words) -> int:
    """Audit all models of folders and registries, each only once.

    What is unchanged since an earlier batch is not audited again. An interrupted batch goes on where it was when the
    same command is given again. A model whose audit came to no end has one report that says so, until a later batch,
    which tries again, replaces it. A --dim or an --input-shape holds for the models that have it; the others' reports
    say that they do not. The exit code is the worst of all models', as check has them; a source that cannot be read
    counts as inconclusive, and the others are audited.
    """
    from contextlib import closing

    from ..errors import ExitCode
    from ..sessions.asked import asked
    from ..sessions.batching import Batching
    from .batch_terminal import BatchTerminal

    ask = asked(words)
    paths = words["sources"]
    terminal = BatchTerminal(
        sys.stdout, form=ask.said.get("form", "text"), quiet=ask.said.get("quiet", False), by=ask.configured.judged_by
    )
    batching = Batching(ask, ask.destinations(sys.stdout, terminal), terminal)
    try:
        with terminal.watching(), closing(batching.outcomes(paths, ask.said.get("limit"))) as outcomes:
            for outcome in outcomes:
                terminal.moved(outcome)
    except KeyboardInterrupt:
        terminal.summary()
        kept = "nothing is" if ask.said.get("no_store") else "what is done is"
        again = "" if ask.said.get("no_store") else ", and the same command goes on from there"
        terminal.say(f"interrupted after {batching.models} models: {kept} stored{again}")
        return ExitCode.INTERRUPTED
    terminal.summary()
    for line in batching.last_words(paths):
        terminal.say(line)
    terminal.judged(ask.configured.judged_by)
    return terminal.code(batching.code)


COMMAND = Command(
    batch,
    (
        "auditor batch models/",
        "auditor batch registry/ --no-run --jobs 4 --format json",
        "auditor batch hf://ORG/NAME@main",
    ),
    (Argument("sources", "SOURCE...", "Folders, patterns, manifests, registries, here or at an address.", many=True),),
    options(
        "limit",
        "rehash",
        "set_tag",
        "attach",
        "attestation",
        AT_ONCE,
        ENGINE,
        ELSEWHERE,
        LOOKED_AT,
        SIZES,
        RUN,
        DEPTH,
        POLICY,
        SAID,
        KEPT,
    ),
)  # fmt: skip
