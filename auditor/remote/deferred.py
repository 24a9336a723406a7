"""A version that is listed and cannot be fetched: what is wrong is said of it alone, when it is to be fetched.

Until then it stands in the file's address, for the process that lists may be another one than the one that fetches.
"""

from __future__ import annotations

from .failures import NotAllowedThere, NotThatContent, NotThere, NotUnderstood, RemoteFailure, TooMuch
from .listing import ListedFile

OF_ONE = (NotThere, NotUnderstood, NotThatContent, TooMuch, NotAllowedThere)
"""What is wrong with one version, and not with its server."""

_MARK = "failed:"
_BY_NAME = {failure.__name__: failure for failure in OF_ONE}


def unfetchable(name: str, failure: RemoteFailure) -> ListedFile:
    """A file in place of one that could not be found out about."""
    return ListedFile(name, f"{_MARK}{type(failure).__name__}:{failure}")


def check_fetchable(file: ListedFile) -> None:
    """Raises what was wrong with the file when it was listed."""
    if file.address.startswith(_MARK):
        name, _, why = file.address[len(_MARK) :].partition(":")
        raise _BY_NAME.get(name, RemoteFailure)(why)
