"""The files of the service, all below one folder that is its user's alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_SECRET = 32


class Storage:
    """The folder, made if it is not there."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).absolute()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def secret(self) -> bytes:
        """32 random bytes, the same for every process of this storage."""
        path = self.folder / "secret"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with open(descriptor, "wb") as file:
            made = secrets.token_bytes(_SECRET)
            file.write(made)
        return made
