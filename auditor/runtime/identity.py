"""As whom a run goes on: where it starts as root, as nobody if nobody may read the model, and never with a capability.

A run that reads a file only because it is root's keeps root's number without root's rights: what belongs to root can
be read, and nothing else that others may not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ..files import NotARegularFile, open_regular
from .libc import drop_capabilities

_NOBODY = 65534  # the overflow user and group: owns nothing


def give_up(files: Sequence[str], *, keep_user: bool = False) -> str:
    """Become somebody with fewer rights who can still read the files. Gives who, or "no: " and the reason.

    ``keep_user``: a graphics card's driver keeps a cache that is the user's. A change of user takes back the signal
    that comes when a parent dies: ask for it again.
    """
    if sys.platform != "linux":
        return f"no: {sys.platform} has no capabilities"
    try:
        who = "the user"
        if os.geteuid() == 0 and not keep_user:
            who = _become(files)
        drop_capabilities()
    except OSError as error:
        return f"no: {error.strerror}"
    return who


def _become(files: Sequence[str]) -> str:
    for user, group in dict.fromkeys([(_NOBODY, _NOBODY), *_owners(files)]):
        if user != 0 and _can_read(user, group, files):
            with suppress(PermissionError):  # a container without the right to change users
                os.setgroups([])
                os.setresgid(group, group, group)
                os.setresuid(user, user, user)
                return "nobody" if user == _NOBODY else "the owner of the model"
    return "root without its rights"


def _owners(files: Iterable[str]) -> Iterable[tuple[int, int]]:
    for path in files:
        with suppress(OSError):
            found = Path(path).stat()
            yield found.st_uid, found.st_gid


def _can_read(user: int, group: int, files: Sequence[str]) -> bool:
    """Tried, for modes are not all that decides: access lists, folders on the way, file systems of other machines."""
    groups = os.getgroups()
    try:
        os.setgroups([])
        os.setegid(group)
        os.seteuid(user)
        return all(map(_opens, files))
    except OSError:
        return False
    finally:
        with suppress(OSError):
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(groups)


def _opens(path: str) -> bool:
    try:
        os.close(open_regular(path)[0])
    except (FileNotFoundError, NotARegularFile):
        return True  # nobody reads what is not there, or not a file
    except OSError:
        return False
    return True
