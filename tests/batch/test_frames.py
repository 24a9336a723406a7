"""Messages between parent and worker: whole however they are cut, and nothing else is taken for one."""

from __future__ import annotations

import pickle
import socket
import struct

import pytest

from auditor.batch import frames
from auditor.batch.frames import Inbox, NoFrame, framed, receive, send


@pytest.mark.parametrize("size", [1, 2, 5, 11, 12, 13, 1000])
def test_messages_are_whole_however_they_are_cut(size: int) -> None:
    data = framed("one") + framed([2, "two"]) + framed(None)
    inbox = Inbox()
    found = [message for at in range(0, len(data), size) for message in inbox.take(data[at : at + size])]
    assert found == ["one", [2, "two"], None]


def test_a_message_is_given_with_its_last_byte() -> None:
    data, inbox = framed("one"), Inbox()
    assert inbox.take(data[:-1]) == []
    assert inbox.take(data[-1:] + framed("two")[:5]) == ["one"]


def test_a_frame_is_a_mark_a_length_and_a_pickle() -> None:
    data = framed({"a": 1})
    mark, length = struct.unpack("=4sQ", data[:12])
    assert (mark, length, pickle.loads(data[12:])) == (b"adtr", len(data) - 12, {"a": 1})


def test_the_end_is_no_message() -> None:
    with pytest.raises(EOFError):
        Inbox().take(b"")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(framed("half")[:-1])
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            receive(ours)


def test_what_is_sent_is_received() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(theirs, ("a", 1))
        send(theirs, b"x" * 1000)
        assert receive(ours) == ("a", 1)
        assert receive(ours) == b"x" * 1000


@pytest.mark.parametrize(
    "data",
    [
        b"rtda" + framed("x")[4:],
        struct.pack("=4sQ", b"adtr", frames.LARGEST + 1),
        struct.pack("=4sQ", b"adtr", 3) + b"abc",
        struct.pack("=4sQ", b"adtr", 0),
    ],
    ids=["another mark", "too long", "no pickle", "empty"],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(NoFrame):
        Inbox().take(data)


def test_the_largest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(pickle.dumps("x" * 100, pickle.HIGHEST_PROTOCOL))
    monkeypatch.setattr(frames, "LARGEST", size)
    assert Inbox().take(framed("x" * 100)) == ["x" * 100]
    with pytest.raises(ValueError, match=f"a message of {size + 1} bytes"):
        framed("x" * 101)
