"""What goes wrong with somebody else's server, a line each: what, where, what to do.

No line holds an address's query, a name with a password, or anything else that a credential may stand in.
"""

from __future__ import annotations

from ..errors import CannotLook, ExitCode
from ..names import prose


class RemoteFailure(CannotLook):
    """A registry could not be read, or a file not fetched: nothing is known of the model, and that is no pass."""


class NotThere(RemoteFailure):
    """There is no such registry, version or file."""

    exit_code = ExitCode.NOTHING


class NotAllowed(RemoteFailure):
    """The server wants credentials, or other ones: none are there, they have expired, or they do not reach so far."""


class NotAllowedThere(NotAllowed):
    """The same of the place where one version's files lie: those of others may lie elsewhere."""


class CutOff(RemoteFailure):
    """A connection that broke, again and again. What has come is kept, and the next call goes on from there."""


class NotThatContent(RemoteFailure):
    """What came is not what the registry's hash or size says."""


class TooMuch(RemoteFailure):
    """More bytes, names or pages than anybody takes."""


class TooSlow(RemoteFailure):
    """Not within the time that there is."""


class LedAstray(RemoteFailure):
    """A redirect that is not followed: one too many, from https to http, or to what is no address."""


class NotUnderstood(RemoteFailure):
    """An answer that no such server gives: HTML for JSON, a name that leads out of its folder."""


def said_by_system(error: BaseException) -> str:
    """What the system says of an error, or of one behind it; "" where it says nothing: a library's words hold URLs."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return prose(inner.strerror, 200)
        wrapped = (one for one in inner.args if isinstance(one, BaseException))
        inner = next(wrapped, inner.__cause__ or inner.__context__)
    return ""
