"""Clients that read from a server: an open loop, as people and pipelines ask, and a closed one, as fast as it answers.

One thread and bare sockets, so that asking costs the machine little beside answering.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

_TURN = 0.05  # seconds between two looks whether it is over


class Read(NamedTuple):
    """An answer that came."""

    address: str
    status: int
    seconds: float  # since it was to be asked for: a client that waits for an answer before is late, and that counts
    size: int


class Client:
    """One connection, which stays open."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def read(self, address: str) -> tuple[int, int]:
        """Status and size of an answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        said = f"GET {address} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._token}\r\n\r\n"
        writer.write(said.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        size = 0
        if headers.get("transfer-encoding") == "chunked":
            while length := int(await reader.readline(), 16):
                await reader.readexactly(length + 2)
                size += length
            await reader.readline()
        elif length := int(headers.get("content-length", 0)):
            size = len(await reader.readexactly(length))
        if headers.get("connection") == "close":
            self.close()
        return int(head.split(" ", 2)[1]), size

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def open_loop(
    port: int, token: str, addresses: Sequence[str], clients: int, rate: float, over: asyncio.Event
) -> list[Read]:
    """So many reads a second in all, each at its time whether or not the last one was answered, until it is over."""
    began, found = time.monotonic(), list[Read]()

    async def one(number: int) -> None:
        client = Client(port, token)
        at = number
        while not over.is_set():
            due = began + at / rate
            while (left := due - time.monotonic()) > 0 and not over.is_set():
                await asyncio.sleep(min(left, _TURN * 4))
            if over.is_set():
                break
            address = addresses[at % len(addresses)]
            status, size = await client.read(address)
            found.append(Read(address, status, time.monotonic() - due, size))
            at += clients
        client.close()

    await asyncio.gather(*(one(number) for number in range(clients)))
    return found


async def closed_loop(port: int, token: str, addresses: Sequence[str], clients: int, number: int) -> list[Read]:
    """So many reads in all, by clients that ask again as soon as they are answered."""
    found, left = list[Read](), iter(range(number))

    async def one() -> None:
        client = Client(port, token)
        for at in left:
            address, began = addresses[at % len(addresses)], time.monotonic()
            status, size = await client.read(address)
            found.append(Read(address, status, time.monotonic() - began, size))
        client.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return found
