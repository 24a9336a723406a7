"""`python -m tests.service.stalls`: what becomes of clients that stall, crawl, go away or send too much.

Of each kind so many connections at once, first to uvicorn as it is, then behind the guards: what was answered, how many
were closed within five times the bound, and what is left behind (connections, and files of uploads).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from auditor.service.context import ServiceLimits
from auditor.service.guard.asgi import App, Receive, Scope, Send
from auditor.service.guard.connections import ConnectionBounds
from auditor.service.guard.stack import guarded

from .wire import Client, Heard, Running, request, running, waited

UPLOAD = "/api/v1/uploads/1"
_SIZE = 1 << 20
_DROP = 0.02  # seconds between two drops
_KIND = "Content-Type: application/offset+octet-stream"
_AUTHORIZATION = "Authorization: Bearer x"


class Outcome(NamedTuple):
    """Of one kind of client."""

    statuses: Counter[int]
    closed: int
    seconds: float  # until the last of them was
    left: int  # connections
    files: int


def storing(folder: Path) -> App:
    """An application that takes a body into a file, which it removes where the body does not come whole."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("PATCH", "POST"):
            path = folder / uuid4().hex
            with path.open("wb") as file:
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        path.unlink(missing_ok=True)
                        return
                    file.write(message["body"])
                    more = message["more_body"]
        body = b"x" * _SIZE if scope["path"] == "/big" else b"taken"
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def _begun(*headers: str) -> bytes:
    return request("PATCH", UPLOAD, _AUTHORIZATION, _KIND, *headers)


def stalled(client: Client, _patience: float) -> Heard:
    """Says a mebibyte, sends ten kilobytes, and rests."""
    client.send(_begun(f"Content-Length: {_SIZE}") + b"x" * 10_000)
    return client.hear()


def crawling(client: Client, patience: float) -> Heard:
    """A byte many times in each bound."""
    client.send(_begun(f"Content-Length: {_SIZE}"))
    return dripping(client, b"x", patience)


def endless(client: Client, patience: float) -> Heard:
    """Chunks of a byte, without an end."""
    client.send(_begun("Transfer-Encoding: chunked"))
    return dripping(client, b"1\r\nx\r\n", patience)


def flooding(client: Client, patience: float) -> Heard:
    """Chunks as fast as they are taken, without an end."""
    client.send(_begun("Transfer-Encoding: chunked"))
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    client.socket.settimeout(patience)
    until = time.monotonic() + patience
    while time.monotonic() < until and client.send(chunk):
        pass
    return client.hear()


def slow_header(client: Client, patience: float) -> Heard:
    """A header that comes a letter at a time."""
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    return dripping(client, b"x", patience)


def silent(client: Client, _patience: float) -> Heard:
    """Connects, and says nothing."""
    return client.hear()


def second_header(client: Client, patience: float) -> Heard:
    """A request that is answered, and a second one whose header drips."""
    client.ask("GET", "/")
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    return dripping(client, b"x", patience)


def over_limit(client: Client, _patience: float) -> Heard:
    """Says more than is taken, and sends it."""
    client.send(request("POST", "/", _AUTHORIZATION, f"Content-Length: {1 << 22}") + b"x" * (1 << 22))
    return client.hear()


def aborted(client: Client, _patience: float) -> Heard:
    """Goes away in the middle."""
    client.send(_begun(f"Content-Length: {_SIZE}") + b"x" * 10_000)
    client.socket.close()
    return Heard(0, {}, b"", True)


def unread(client: Client, patience: float) -> Heard:
    """Asks for a great deal, and takes none of it."""
    for _ in range(20):
        client.send(request("GET", "/big"))
    until = time.monotonic() + patience
    while client.send(b"\r\n"):  # behind a close it is answered by a reset
        if time.monotonic() > until:
            return Heard(0, {}, b"", False)
        time.sleep(_DROP)
    return Heard(0, {}, b"", True)


KINDS: dict[str, Callable[[Client, float], Heard]] = {
    "stalled": stalled,
    "crawling": crawling,
    "endless, dripping": endless,
    "endless, fast": flooding,
    "slow header": slow_header,
    "slow second header": second_header,
    "silent": silent,
    "answer not read": unread,
    "over the limit": over_limit,
    "aborted": aborted,
}


def dripping(client: Client, drop: bytes, patience: float) -> Heard:
    """Drops until the server closes, or for so many seconds."""
    until = time.monotonic() + patience
    client.socket.settimeout(_DROP)
    while time.monotonic() < until:
        try:
            if client.socket.recv(1, 0x2):  # MSG_PEEK: it answers
                break
            return Heard(0, {}, b"", True)
        except TimeoutError:
            if not client.send(drop):
                break
        except OSError:
            break
    client.socket.settimeout(patience)
    return client.hear()


def limits_of(bound: float) -> ServiceLimits:
    """Limits of which every bound on time is this one; a body may have a mebibyte, or 64 in pieces."""
    return ServiceLimits(stall=bound, slowest=2000, upload=4 << 20, rate=1e6, burst=10**6)


def outcome(
    server: Running, folder: Path, kind: Callable[[Client, float], Heard], number: int, bound: float, patience: float
) -> Outcome:
    """So many clients of a kind at once, each for so many seconds; after so many nothing may be left behind.

    A client that was held itself before it had said a word is a silent one, of whatever kind: it tries again.
    """
    heard: list[Heard] = []

    def one() -> None:
        while True:
            with Client(server.port, patience) as client:
                found = kind(client, patience)
                if found.status == 0 and client.began > bound:
                    continue
                heard.append(found)
                gone.wait()  # whoever went away would leave nothing behind
                return

    gone = threading.Event()
    began = time.monotonic()
    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    waited(lambda: len(heard) == number)
    seconds = time.monotonic() - began
    waited(lambda: not server.connections() and not any(folder.iterdir()), patience)
    left, files = server.connections(), len(list(folder.iterdir()))
    gone.set()
    for thread in threads:
        thread.join()
    server.settled()
    for file in folder.iterdir():
        file.unlink()
    return Outcome(Counter(one.status for one in heard), sum(one.closed for one in heard), seconds, left, files)


def main(arguments: list[str]) -> int:
    """Print the table; 1 where the guards let one by."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20, help="of each kind at once")
    parser.add_argument("--bound", type=float, default=1.0, help="seconds of every bound on time")
    asked = parser.parse_args(arguments)
    limits = limits_of(asked.bound)
    fine = True
    columns = (("clients", -20), ("server", -8), ("closed", 9), ("answered", -15), ("seconds", 8), ("left open", 10))
    print(*(f"{name:{'<' if width < 0 else '>'}{abs(width)}}" for name, width in (*columns, ("files left", 11))))
    for name, kind in KINDS.items():
        for guard in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                app = storing(Path(folder))
                bounds = ConnectionBounds(limits.connections, asked.bound, asked.bound) if guard else None
                with running(guarded(app, limits, b"secret") if guard else app, bounds) as server:
                    found = outcome(server, Path(folder), kind, asked.clients, asked.bound, 5 * asked.bound)
            said = ", ".join(f"{number} x {status or 'nothing'}" for status, number in found.statuses.items())
            closed = f"{found.closed} of {asked.clients}"
            who = "guarded" if guard else "uvicorn"
            print(f"{name:20} {who:8} {closed:>9} {said:15} {found.seconds:8.2f} {found.left:10} {found.files:11}")
            fine = fine and (not guard or (found.closed == asked.clients and not found.left and not found.files))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
