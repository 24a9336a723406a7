"""Verdicts written back to where models come from: tags of an MLflow version, a referrer of an OCI artifact.

Done by a process of its own, as everything that asks a server, and only where somebody asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import AuditorError
from ..tuples import NamedTuple
from .http import Web
from .listing import FetchLimits
from .ocidist.attaching import Attached, attach
from .ocidist.distribution import Distribution
from .ocidist.references import SCHEMES as OCI
from .ocidist.references import reference
from .tracking.registered import ModelRegistry
from .tracking.server import SCHEMES as MLFLOW
from .tracking.server import meant

REPORT = "application/vnd.auditor.report.v1+json"
"""The type of a report, and of an artifact that holds one."""


ENVELOPE = "application/vnd.dsse.envelope.v1+json"
"""The type of a signed attestation, likewise."""


class ToWrite(NamedTuple):
    """What is to be written of one model."""

    address: str
    tags: Mapping[str, str] = {}  # of an MLflow version
    digest: str = ""  # of the artifact that is referred to
    documents: tuple[Attached, ...] = ()
    said: Mapping[str, str] = {}  # annotations of the referrer


def takes_tags(address: str) -> bool:
    """Whether what is at an address has tags to write a verdict into."""
    return address.partition(":")[0] in MLFLOW


def takes_referrers(address: str) -> bool:
    """Whether what is at an address can be referred to."""
    return address.partition(":")[0] in OCI


def written_back(what: ToWrite) -> str:
    """Write it; why it is not written, or ""."""
    try:
        if what.tags:
            _tag(what)
        if what.documents:
            distribution = Distribution(reference(what.address), FetchLimits(), writes=True)
            attach(distribution, what.digest, what.documents[0].media, what.documents, what.said)
    except AuditorError as error:
        return str(error)
    return ""


def _tag(what: ToWrite) -> None:
    server, wanted = meant(what.address)
    credentials = {server.base: server.headers} if server.headers else {}
    limits = FetchLimits()
    web = Web(credentials, limits, what="may whoever MLFLOW_TRACKING_USERNAME or _TOKEN names write tags?")
    registry = ModelRegistry(server, web, limits)
    for key, value in what.tags.items():
        registry.set_tag(wanted.name, wanted.version, key, value)
