"""The server that one call speaks with, and in which words an audit is asked for there."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ..config.table import Setting
from ..errors import UsageError
from ..sessions.listening import Listener
from .address import server_address
from .connection import ServerConnection
from .token import chosen_token

VARIABLE = "AUDITOR_SERVER"


def connected(said: Mapping[str, Any], listener: Listener) -> ServerConnection:
    """The server that is named, by whoever has the token; nothing is asked of it yet."""
    named = said.get("server") or os.environ.get(VARIABLE)
    if not named:
        raise UsageError(f"which server? --server or {VARIABLE} says its address, such as https://auditor.example.com")
    address = server_address(named)
    token = chosen_token(said.get("token_file"))
    if token and address.shows_tokens:
        listener.say(f"anybody on the way to {address.text} can read the token: https keeps it")
    return ServerConnection(address, token)


def options_document(said: Mapping[str, Any], rows: Iterable[Setting]) -> dict[str, Any]:
    """What was said of an audit, as the API takes it: by the keys of auditor.toml, else by the long options."""
    return {api_name(row): _plain(row, said[row.name]) for row in rows if row.name in said}


def api_name(row: Setting) -> str:
    """How the API calls an option."""
    return row.key or max(row.flags[0].split("/"), key=len).lstrip("-")


def _plain(row: Setting, value: Any) -> Any:
    match value:
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(row, one) for one in value]
        case Mapping():
            return {name: _plain(row, one) for name, one in value.items()}
        case float() if not math.isfinite(value):
            raise UsageError(f"{row.flags[0]} {value} cannot be sent to a server: JSON has finite numbers")
        case _:
            return value
