"""Object stores: ``s3://BUCKET/PREFIX``, ``gs://``, ``az://``, through obstore (the extra ``remote``).

It speaks each store's protocol in Rust, in threads of its own: it is imported in the courier, where no other process is
forked from.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...names import prose
from ..failures import CutOff, NotAllowed, NotThatContent, NotThere, NotUnderstood, RemoteFailure, TooSlow
from ..listing import FetchLimits, FilePart, ListedFile, RemoteRow, RemoteTree
from .parts.aws import aws_settings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_AT_ONCE = 1000  # names of a page, as the stores send them
_BLOCK = 1 << 20
_STATUS = re.compile(r"status code: ([0-9]{3})")
RETRIES = 4
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws/credentials with AWS_PROFILE, say who asks; "
    "AWS_SKIP_SIGNATURE=true asks as nobody",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`, say who asks",
    "az": "AZURE_STORAGE_ACCOUNT_NAME says where, and AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN or "
    "AZURE_CLIENT_ID with its secret who asks",
}


class ObjectStorePrefix(RemoteTree):
    """All objects below a prefix, or one object."""

    schemes = ("s3", "gs", "az")
    row = RemoteRow(
        "`s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX`",
        "`AWS_*`, `~/.aws`, the instance's role; `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's; `AZURE_*`",
        "the names below the prefix, 1,000 at a time, and what describes models (`config.pbtxt`, `MLmodel`...)",
        "the `.onnx`, its external data, its configuration",
    )

    def __init__(self, address: str, limits: FetchLimits) -> None:
        super().__init__(address.rstrip("/"), limits)
        scheme, _, rest = self.address.partition("://")
        if not rest or rest.startswith("/") or any(c in rest for c in "?#@") or not rest.isprintable():
            raise UsageError(f"{prose(address, 200)} is not {scheme}://BUCKET/PREFIX")
        self._scheme = scheme
        self._held: ObjectStore | None = None
        self._key = rest.partition("/")[2]

    @property
    def _store(self) -> ObjectStore:
        if self._held is None:
            self._held = _opened(self._scheme, self.address, self._key)
        return self._held

    def files(self) -> Iterator[ListedFile]:
        import obstore

        self.is_file = some = False
        prefix = f"{self._key}/" if self._key else ""
        with self._failing():
            until = time.monotonic() + self.limits.seconds
            for page in obstore.list(self._store, self._key or None, chunk_size=_AT_ONCE):
                if time.monotonic() > until:
                    raise TooSlow(f"{self.address} was not listed within {self.limits.seconds:g} s (--fetch-timeout)")
                for found in page:
                    path = found["path"]
                    if path.startswith(prefix) and not path.endswith("/"):
                        some = True
                        yield self._listed(path.removeprefix(prefix), found)
        if self._key and not some:
            yield from self._alone()

    def _alone(self) -> Iterator[ListedFile]:
        """The one object that the address names, if it names one."""
        import obstore

        with self._failing():
            found = obstore.head(self._store, self._key)
        self.is_file = True
        yield self._listed(self._key.rpartition("/")[2], found)

    def find(self, name: str) -> ListedFile | None:
        import obstore

        if not self.is_file or not _is_text(name):
            return None
        try:
            with self._failing():
                return self._listed(
                    name, obstore.head(self._store, f"{self._key.rpartition('/')[0]}/{name}".lstrip("/"))
                )
        except NotThere:
            return None

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        import obstore

        if offset and offset == file.size:
            return
        with self._failing():
            options: Any = {"if_match": file.etag} if file.etag else {}
            if offset:
                options["range"] = {"offset": offset}
            for piece in obstore.get(self._store, file.address, options=options).stream(_BLOCK):
                yield bytes(piece)

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        import obstore

        if not file.size:
            return None
        with self._failing():
            options: Any = {"range": (start, min(start + length, file.size))}
            if said := etag or file.etag:
                options["if_match"] = said
            found = obstore.get(self._store, file.address, options=options)
            if tuple(found.range) != options["range"]:
                raise NotUnderstood(f"{self.address} answers with another part of the file than was asked for")
            return FilePart(bytes(found.bytes()), found.meta["size"], found.meta["e_tag"] or "")

    def _listed(self, name: str, found: Any) -> ListedFile:
        when = found["last_modified"]
        return ListedFile(
            name, found["path"], found["size"], etag=found["e_tag"] or "", when=when.isoformat() if when else ""
        )

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """obstore's errors in our words: its own text holds requests, which may be signed."""
        from obstore import exceptions

        try:
            yield
        except FileNotFoundError:
            raise NotThere(f"{self.address}: there is no such object or bucket") from None
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
            raise self._not_allowed() from None
        except exceptions.PreconditionError:
            raise NotThatContent(f"{self.address} was changed since it was listed") from None
        except exceptions.InvalidPathError:
            raise self._strange() from None
        except exceptions.BaseError as error:
            raise self._other(str(error)) from None

    def _not_allowed(self) -> NotAllowed:
        return NotAllowed(
            f"{self.address} is not to be read with the credentials that are there, if any are: they may have expired; "
            f"{_CREDENTIALS[self._scheme]}"
        )

    def _strange(self) -> NotUnderstood:
        return NotUnderstood(f"{self.address} lists a name that is not a path below a folder: name a part of it")

    def _other(self, text: str) -> RemoteFailure:
        """What a line says is chosen here, by the words that stand in obstore's text."""
        for word in ("ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "InvalidToken"):
            if word in text:
                return self._not_allowed()
        if "not a valid path" in text or "empty path segment" in text or "llegal" in text:
            return self._strange()
        if "redentials" in text or "169.254.169.254" in text:
            return self._not_allowed()
        status = _STATUS.search(text)
        if status is not None and status[1] in ("401", "403"):
            return self._not_allowed()
        if "NoSuchBucket" in text:
            return NotThere(f"{self.address}: there is no such bucket")
        for word, why in _WHY.items():
            if word in text:
                return CutOff(f"{self.address} cannot be read: {why}")
        if status is not None:
            return CutOff(f"{self.address} cannot be read: the store answers {status[1]}")
        return CutOff(f"{self.address} cannot be read: the store does not answer as it should")


_WHY = {  # the first that is found: the text says what it was retried with, too
    "onnection refused": "nobody listens there",
    "dns error": "there is no such host",
    "ertificate": "it is not trusted; SSL_CERT_FILE names further authorities",
    "onnection reset": "the connection broke",
    "imed out": "no answer in time",
    "TimedOut": "no answer in time",
}


def _opened(scheme: str, address: str, key: str) -> ObjectStore:
    try:
        from obstore.store import from_url
    except ImportError:
        raise UsageError(
            f"{scheme}:// is read through obstore, which is not installed: pip install 'auditor[remote]'"
        ) from None
    bucket = address[: len(address) - len(key)].rstrip("/") if key else address
    settings = aws_settings(os.environ) if scheme == "s3" else {}
    endpoint = {"s3": settings.get("endpoint"), "gs": os.environ.get("GOOGLE_BASE_URL")}.get(
        scheme, os.environ.get("AZURE_STORAGE_ENDPOINT")
    )
    options: Any = {"timeout": "1h", "connect_timeout": "10s", "read_timeout": "30s"}
    if str(endpoint).startswith("http://"):  # the operator's own word: nothing leads from https to http
        options["allow_http"] = True
    retries: Any = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=60)}
    try:
        return from_url(bucket, client_options=options, retry_config=retries, **settings)
    except Exception as error:  # each store's builder has errors of its own, whose text may hold what it was given
        raise UsageError(f"{address} cannot be opened ({type(error).__name__}): {_CREDENTIALS[scheme]}") from None


def _is_text(name: str) -> bool:
    """Whether a key may be so: it is UTF-8, and a model may name files by other bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
