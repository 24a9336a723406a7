"""What a webhook gets: signed, to addresses that are looked at, and what its answers lead to."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.service.outward import delivering
from auditor.service.outward.delivering import WINDOW, Sent, deliver, settled, signature
from auditor.store import webhooks
from auditor.store.webhooks import DueDelivery
from auditor.store.works import Works

from ..strange import Answering, answer, dripping, saying, strange

DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET = "auh_" + "s" * 43
BODY = json.dumps({"id": "0" * 32, "event": "verdict.changed", "model": {"name": "ü"}})
HOSTS = ("127.0.0.1",)


def due(url: str) -> DueDelivery:
    return DueDelivery("0" * 32, "default", url, SECRET.encode(), BODY, 1)


def sent_to(answering: Answering, seconds: float = 60.0) -> Sent:
    with strange(answering) as server:
        return deliver(due(server.url("/hook")), HOSTS, seconds)


@pytest.fixture
def is_from_auditor() -> Callable[..., bool]:
    """The function that docs/webhooks.md gives."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Callable[..., bool]] = {}
    exec(code, names)
    return names["is_from_auditor"]


def test_what_comes_is_what_the_docs_check(is_from_auditor: Callable[..., bool]) -> None:
    with strange(saying(answer(200))) as server:
        assert deliver(due(server.url("/hook?x")), HOSTS) == Sent(True, "answered 200")
        (asked,) = server.asked
    head, _, body = asked.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert lines[0] == "POST /hook?x HTTP/1.1"
    assert headers["content-type"] == "application/json" and body == BODY.encode()
    assert (headers["x-auditor-delivery"], headers["x-auditor-event"]) == ("0" * 32, "verdict.changed")
    said = headers["x-auditor-signature"]
    assert is_from_auditor(SECRET, said, body)
    assert not is_from_auditor(SECRET + "x", said, body) and not is_from_auditor(SECRET, said, body + b" ")


def test_the_signature_is_that_of_the_standard() -> None:
    """By OpenSSL: printf '1.{}' | openssl dgst -sha256 -hmac key"""
    assert signature(b"key", 1, b"{}") == "t=1,v1=" + hmac.digest(b"key", b"1.{}", "sha256").hex()


def test_a_copy_does_not_count_for_long(is_from_auditor: Callable[..., bool]) -> None:
    now = int(time.time())
    assert WINDOW == 300
    for at, counts in ((now, True), (now - 200, True), (now - 400, False), (now + 400, False)):
        assert is_from_auditor(SECRET, signature(SECRET.encode(), at, b"x"), b"x") is counts


@pytest.mark.parametrize("header", ["", "t=", "t=x,v1=y", "v1=" + "0" * 64, "t=1", "t=²,v1=", ",,,", "t=-1,v1=x", "="])
def test_a_header_that_is_none(header: str, is_from_auditor: Callable[..., bool]) -> None:
    assert not is_from_auditor(SECRET, header, b"")


def test_the_time_of_a_signature_cannot_be_moved(is_from_auditor: Callable[..., bool]) -> None:
    old = signature(SECRET.encode(), 1, b"x")
    assert not is_from_auditor(SECRET, re.sub("t=1,", f"t={int(time.time())},", old), b"x")
    assert hashlib.sha256(b"").hexdigest() not in old


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Sent(True, "answered 200")), (204, Sent(True, "answered 204")), (299, Sent(True, "answered 299")),
        (400, Sent(False, "answered 400")), (404, Sent(False, "answered 404")), (500, Sent(False, "answered 500")),
        (410, Sent(False, "answered 410", again=False)), (199, Sent(False, "answered 199")),
    ],
)  # fmt: skip
def test_what_an_answer_leads_to(status: int, outcome: Sent) -> None:
    assert sent_to(saying(answer(status))) == outcome


def test_a_redirect_is_not_followed() -> None:
    with strange(saying(answer(200))) as other, strange(saying(answer(307, b"", f"Location: {other.url()}"))) as server:
        assert deliver(due(server.url()), HOSTS) == Sent(False, "answered 307: redirects are not followed")
    assert other.connections == 0


def test_a_huge_answer_is_not_read() -> None:
    """That its status is there is enough, however much follows."""
    assert sent_to(dripping(answer(200, b"x" * 1000, length=1 << 40), b"x" * 1000)).done


@pytest.mark.parametrize("answering", [dripping(b"", b""), dripping(b"HTTP/1.1 200", b"x"), dripping(b"", b"x")])
def test_a_slow_answer(answering: Answering) -> None:
    assert sent_to(answering, 0.3) == Sent(False, "127.0.0.1 did not answer in 0.3 s")


def test_an_answer_s_words_are_nobody_s_business() -> None:
    """Whoever makes a webhook would read with it what answers on our network."""
    for said in (
        answer(500, b"secret"),
        b"secret\r\n\r\n",
        b"HTTP/1.1 200 secret\r\n\r\n",
        b"HTTP/1.1 500 secret\r\n\r\n",
    ):
        assert "secret" not in sent_to(saying(said)).said


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::ffff:127.0.0.1]:{port}/"]
)
def test_our_own_network_is_not_asked(url: str) -> None:
    with strange(saying(answer(200))) as server:
        found = deliver(due(url.format(port=server.port)))
        assert not found.done and "not public" in found.said
        assert server.connections == 0


def test_the_address_is_looked_at_at_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that was public when the webhook was made, and is ours now."""
    connected: list[object] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    answers = [["93.184.215.14"], ["127.0.0.1"]]
    monkeypatch.setattr(socket, "create_connection", connect)
    first, second = (
        deliver(due("http://rebinding.test:8000/"), (), 60.0, lambda host, port: answers.pop(0)) for _ in range(2)
    )
    assert connected == [("93.184.215.14", 8000)]
    assert not first.done and not second.done and "not public" in second.said


def test_what_came_of_it_is_kept(tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as store:
        made = webhooks.create(store, "https://hooks.example.com/", "ann")
        assert made is not None
        for sent, state in (
            (Sent(True, "answered 200"), "done"),
            (Sent(False, "answered 500"), "waiting"),
            (Sent(False, "answered 410", again=False), "given up"),
            (None, "waiting"),
        ):
            webhooks.send_test(store, made[0].id)
            (taken,) = webhooks.claimed(store, 10, 60.0)
            settled(store, taken, sent)
            assert webhooks.sent(store, made[0].id, 1)[0].state == state


def test_a_pool_can_call_it() -> None:
    from auditor.batch.pool import Pool
    from auditor.batch.tasks import Returned, WorkerLimits

    with strange(saying(answer(200))) as server, Pool(1, WorkerLimits()) as pool:
        pool.submit(delivering.deliver, due(server.url()), HOSTS)
        (task,) = pool.as_completed()
    assert task.result == Returned(Sent(True, "answered 200"))
