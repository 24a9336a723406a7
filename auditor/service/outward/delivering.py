"""What is sent to a webhook: signed, once an attempt, to an address that is looked at anew each time."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Sequence

from ...store import webhooks
from ...store.store import Store
from ...store.webhooks import DueDelivery
from ...tuples import NamedTuple
from .addresses import RefusedAddress, Resolver, address_of, checked, hosts_of, names_of_system
from .outgoing import NoAnswer, answered

SECONDS = 15.0
"""An attempt, from the name's addresses to the answer."""

WINDOW = 300
"""Seconds that a signature counts for."""

_GONE = 410  # nobody wants it any more


class Sent(NamedTuple):
    """What came of an attempt."""

    done: bool
    said: str  # a line, without anything of the answer's body
    again: bool = True  # where it is not done: whether to try it later


def deliver(
    due: DueDelivery,
    hosts: Sequence[str] = (),
    seconds: float = SECONDS,
    resolver: Resolver = names_of_system,
    trust: ssl.SSLContext | None = None,
) -> Sent:
    """One attempt. ``hosts`` are those that the operator allows, which may lie in its own networks."""
    body = due.body.encode()
    headers = {
        "Content-Type": "application/json",
        "X-Auditor-Delivery": due.id,
        "X-Auditor-Event": str(json.loads(due.body)["event"]),
        "X-Auditor-Signature": signature(due.secret, int(time.time()), body),
    }
    try:
        address = address_of(due.url)
        addresses = checked(address, hosts_of(hosts), resolver)
        with answered(address, addresses, "POST", headers, body, seconds, trust) as response:
            status = response.status  # of its body nothing is read
    except (RefusedAddress, NoAnswer) as error:
        return Sent(False, str(error))
    if 200 <= status < 300:
        return Sent(True, f"answered {status}")
    if 300 <= status < 400:
        return Sent(False, f"answered {status}: redirects are not followed")
    return Sent(False, f"answered {status}", again=status != _GONE)


def settled(store: Store, due: DueDelivery, sent: Sent | None) -> None:
    """Keep what came of an attempt; None of one whose worker died."""
    sent = sent or Sent(False, "the attempt was broken off here")
    if sent.done:
        webhooks.delivered(store, due, sent.said)
    else:
        webhooks.not_delivered(store, due, sent.said, sent.again)


def signature(secret: bytes, at: int, body: bytes) -> str:
    """The header X-Auditor-Signature: ``t`` in seconds since 1970, and HMAC-SHA256 over ``t``, a dot and the body."""
    digest = hmac.new(secret, b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
