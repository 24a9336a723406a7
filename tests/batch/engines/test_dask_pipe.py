"""The pipe to the bridge: how it is started, what fills the pipe, and how it hears of the end."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.pace import until

from .played import Make


def test_the_bridge_has_our_modules_and_not_our_terminal(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C goes to a session's processes: the bridge ends when its pipe does, and tells workers first."""
    monkeypatch.syspath_prepend(tmp_path)
    start = make().start
    assert start["start_new_session"] is True
    assert start["env"]["PYTHONPATH"].split(os.pathsep)[0] == str(tmp_path)


def test_what_fills_the_pipe_goes_on_as_it_is_taken(make: Make) -> None:
    made = make()
    made.ready()
    made.engine.submit(len, bytes(8 << 20))
    assert made.step() == [] and made.engine._outbox, "a pipe holds less"
    with ThreadPoolExecutor(1) as thread:
        heard = thread.submit(made.bridge.parcel)
        until(lambda: made.step() == [] and heard.done(), "all of the parcel")
    ((call,),) = (heard.result()[1].calls,)
    assert call.arguments == (bytes(8 << 20),)


def test_the_bridge_hears_the_end_also_where_a_forked_process_holds_the_pipe(make: Make) -> None:
    made = make()
    held = os.dup(made.engine._pipe.fileno())
    try:
        made.engine.close()
        made.bridge.pipe.setblocking(False)
        while made.bridge.pipe.recv(1 << 16):  # BlockingIOError: more may come
            pass
    finally:
        os.close(held)


def test_who_is_woken_has_a_turn(make: Make) -> None:
    """A batch has more to submit then, though nothing is completed."""
    made = make()
    made.engine.submit(abs, 1)
    woken = iter((False, True))
    assert next(made.engine.turns(lambda: next(woken))) is None
    with pytest.raises(StopIteration):
        next(woken)
