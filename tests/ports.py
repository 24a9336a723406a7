"""Ports for servers that take a number and no socket: nobody else is given it before they listen."""

from __future__ import annotations

import socket


def kept_port(host: str = "127.0.0.1") -> socket.socket:
    """A port that is free, and stays so for a server of ours as long as this socket is open.

    The kernel gives nobody a port that a socket is bound to; who asks for it by number gets it, where both sockets have
    SO_REUSEADDR and this one does not listen (``man 7 socket``). Servers set it, for else they could not be restarted.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind((host, 0))
    return kept


def port_of(kept: socket.socket) -> int:
    """Its number."""
    return int(kept.getsockname()[1])
