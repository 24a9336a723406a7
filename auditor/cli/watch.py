"""``auditor watch SOURCE...``: what is new in folders and registries is audited when it appears."""

from __future__ import annotations

import sys

from ..config.table import AT_ONCE, DEPTH, ELSEWHERE, LOOKED_AT, POLICY, RUN, SIZES
from .command import Argument, Command, Words, options


def watch(words: Words) -> int:
    """Audit what is new in folders and registries, when it appears.

    Each new verdict is a line. What was audited before, by whichever command, is known by its content and is not told
    again. A source that is away is said once and asked less and less often until it is there again; a model whose audit
    came to no end is tried again later. SIGTERM and Ctrl-C end it, and the exit code is then 0. With --once it looks
    once, as a cron job does, and the exit code is the worst of what is new, as check has it.
    """
    import signal

    from ..errors import ExitCode
    from ..sessions.asked import asked
    from ..sessions.destinations import Destinations
    from ..sessions.watching import Watching
    from .watch_terminal import WatchTerminal

    ask = asked(words)
    form = ask.said.get("plain_form", "text")
    terminal = WatchTerminal(form)
    to = Destinations(form, sys.stdout, database=ask.configured.db, listener=terminal)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        code = Watching(ask, to, terminal).watch(words["sources"], once=ask.said.get("once", False))
    except KeyboardInterrupt:
        return ExitCode.PASS
    return terminal.code(code)


COMMAND = Command(
    watch,
    ("auditor watch models/", "auditor watch models:/ --every 5m --set-tag", "auditor watch oci://HOST/NAME --once"),
    (Argument("sources", "SOURCE...", "Folders and registries, here or at an address.", many=True),),
    options(
        "every", "once", "set_tag", "attach", "plain_form", "db", AT_ONCE, ELSEWHERE, LOOKED_AT, SIZES, RUN, DEPTH,
        POLICY,
    ),
)  # fmt: skip
