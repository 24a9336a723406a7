"""Who asks: the token, out of the environment or a file that nobody else may read."""

from __future__ import annotations

import os
import stat

from ..errors import UsageError
from ..files import open_regular

VARIABLE = "AUDITOR_TOKEN"
_MOST = 4096  # bytes of a file of a token


def chosen_token(file: str | None) -> str:
    """The token of ``file``, else of the environment, else of the file in the user's folder; "" where there is none.

    `UsageError` where a file that is named is not there, where others may read it, and for what is no token.
    """
    if file is not None:
        return _in_file(file)
    said = os.environ.get(VARIABLE, "").strip()
    if said:
        return _checked(said, VARIABLE)
    usual = usual_file()
    return _in_file(usual) if os.path.lexists(usual) else ""


def usual_file() -> str:
    """Where a token lies that is not named."""
    from platformdirs import user_config_dir

    return os.path.join(user_config_dir("auditor", appauthor=False), "token")


def _in_file(path: str) -> str:
    try:
        descriptor, status = open_regular(path, _MOST)
        with open(descriptor, "rb") as file:
            data = file.read(_MOST)
    except OSError as error:
        raise UsageError(f"the token's file {path} cannot be read: {error.strerror}") from None
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise UsageError(f"others may read the token in {path}: chmod 600 {path}")
    if status.st_uid not in (os.geteuid(), 0):
        raise UsageError(f"the token in {path} is another user's: it takes a file of one's own")
    return _checked(data.decode("latin-1").strip(), path)


def _checked(token: str, place: str) -> str:
    """A token goes into a header: what it holds must not end that."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"{place} holds no token: `auditor token create` makes one on the server")
    return token
