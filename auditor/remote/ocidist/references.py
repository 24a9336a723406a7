"""``oci://host[:port]/repository[:tag|@digest][/file]``, by the grammar of the distribution specification v1.1.

https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests
"""

from __future__ import annotations

import re

from ...errors import UsageError
from ...tuples import NamedTuple

SCHEMES = ("oci", "oci+http")

_LONGEST = 255  # characters of host and repository together, as the specification asks of clients
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9a-fA-F:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-{1,64})[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_FALLBACK = re.compile(r"sha256-[0-9a-f]{64}(?:\.[A-Za-z0-9._-]{1,50})?", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?", re.ASCII)

_DOCKER_HUB = ("docker.io", "index.docker.io")
_HUB = "registry-1.docker.io"


class RepositoryReference(NamedTuple):
    """A repository, and what of it is meant: a tag, a digest, or with neither all of its tags; of these one file."""

    scheme: str  # of the requests: "https", or "http" where it is loopback or asked for
    host: str  # with its port, as it was named
    repository: str
    tag: str = ""
    digest: str = ""
    file: str = ""  # behind a tag or a digest: the model that is meant where there are several

    @property
    def base(self) -> str:
        """Where the repository's own addresses begin."""
        host = _HUB if self.host in _DOCKER_HUB else self.host
        return f"{self.scheme}://{host}/v2/{self.repository}"

    @property
    def name(self) -> str:
        """The repository as people name it, whatever the version."""
        return f"{'oci+http' if self._asked_plain else 'oci'}://{self.host}/{self.repository}"

    @property
    def text(self) -> str:
        """The whole address."""
        what = f"{self.tag and f':{self.tag}'}{self.digest and f'@{self.digest}'}"
        return f"{self.name}{what}{self.file and f'/{self.file}'}"

    @property
    def named(self) -> str:
        """What a manifest is asked for by: the digest goes before the tag."""
        return self.digest or self.tag

    @property
    def _asked_plain(self) -> bool:
        return self.scheme == "http" and not _LOOPBACK.fullmatch(self.host)


def reference(text: str) -> RepositoryReference:
    """An address taken apart; `UsageError` says what is wrong with it.

    Loopback is asked over http, as Docker does; elsewhere only ``oci+http://`` asks without TLS.
    """
    scheme, _, rest = text.partition("://")
    if "?" in rest or "#" in rest:
        raise UsageError(f"{text}: an OCI address has no ? and no #: oci://host/repository:tag")
    host, slash, path = rest.partition("/")
    if "@" in host:
        raise UsageError("an OCI address has no name and password in it: `docker login` keeps them")
    if scheme not in SCHEMES or not slash or not _HOST.fullmatch(host):
        raise UsageError(f"{text} is not an OCI address: oci://host[:port]/repository[:tag|@sha256:digest]")
    file = ""
    if (mark := re.search("[:@]", path)) is not None:
        what, _, file = path[mark.start() :].partition("/")
        path = path[: mark.start()] + what
    path, at, digest = path.partition("@")
    repository, colon, tag = path.partition(":")
    if host in _DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if len(host) + len(repository) > _LONGEST or not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"{text}: {repository[:80]!r} is not a repository: lower case, as in team/detector")
    if colon and not _TAG.fullmatch(tag):
        raise UsageError(f"{text}: {tag[:80]!r} is not a tag")
    if at and not is_digest(digest):
        raise UsageError(f"{text}: {digest[:80]!r} is not a digest: sha256: and 64 hexadecimal digits")
    plain = scheme == "oci+http" or _LOOPBACK.fullmatch(host) is not None
    return RepositoryReference("http" if plain else "https", host, repository, tag, digest, file)


def is_digest(text: object) -> bool:
    """Whether it is a SHA-256 digest as manifests write it: other algorithms are not computed here."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def is_tag(text: object) -> bool:
    """Whether a registry may have such a tag."""
    return isinstance(text, str) and _TAG.fullmatch(text) is not None


def is_of_referrers(tag: str) -> bool:
    """Whether a tag holds what refers to a manifest (``sha256-...``, as the specification or cosign write it)."""
    return _FALLBACK.fullmatch(tag) is not None
