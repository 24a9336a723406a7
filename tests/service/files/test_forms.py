"""Forms and bodies by themselves: how many parts, how long their headers, and what is written at once."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from auditor.service.files.multipart import FormError, FormFile, FormReader, FormText
from auditor.service.files.receiving import Piecewise

KIND = "multipart/form-data; boundary=xyz"


def form(*heads: str) -> bytes:
    """Parts of one byte, with these headers."""
    return b"".join(f"--xyz\r\n{head}\r\n\r\n1\r\n".encode() for head in heads) + b"--xyz--\r\n"


def head(name: str, more: str = "") -> str:
    return f'Content-Disposition: form-data; name="{name}"{more}'


@pytest.mark.parametrize("step", [1, 1 << 16])
def test_what_a_form_says(step: int) -> None:
    body, reader = form(head("a"), head("file", '; filename="m.onnx"'), head("b")), FormReader(KIND)
    said = [event for at in range(0, len(body), step) for event in reader.feed(body[at : at + step])]
    reader.close()
    assert said == [FormText("a", "1"), FormFile("file", "m.onnx"), b"1", FormText("b", "1")]


def test_a_form_has_eight_parts_at_most() -> None:
    """A program's has four; each more costs time, and may be one of millions."""
    names = [f"n{i}" for i in range(9)]
    assert list(FormReader(KIND).feed(form(*map(head, names[:8])))) == [FormText(name, "1") for name in names[:8]]
    with pytest.raises(FormError, match="at most 8 parts"):
        list(FormReader(KIND).feed(form(*map(head, names))))


def test_the_headers_of_a_part_are_bounded() -> None:
    """4,096 bytes of names and values."""
    first = len("Content-Disposition") + len(head("a").partition(": ")[2]) + len("X")
    assert list(FormReader(KIND).feed(form(f"{head('a')}\r\nX: {'y' * (4096 - first)}"))) == [FormText("a", "1")]
    with pytest.raises(FormError, match="more than 4096 bytes"):
        list(FormReader(KIND).feed(form(f"{head('a')}\r\nX: {'y' * (4097 - first)}")))


def test_little_is_gathered_and_much_is_written_at_once() -> None:
    """256 KiB are a thread's turn; more never waits in the memory."""
    written: list[tuple[int, bool]] = []

    class Disk:
        def write(self, data: bytearray) -> None:
            written.append((len(data), threading.current_thread() is threading.main_thread()))

    async def sent() -> None:
        disk: Any = Disk()
        pieces = Piecewise(disk)
        for size in (1, (1 << 18) - 2, 1, 1 << 20, 7):
            await pieces.add(bytes(size))
        assert len(written) == 2
        await pieces.rest()
        await pieces.rest()

    asyncio.run(sent())
    assert written == [(1 << 18, False), (1 << 20, False), (7, False)]
