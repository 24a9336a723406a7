"""What is said of an artifact, pushed beside it: a manifest whose ``subject`` is the artifact's own.

Where a registry has no referrers API, the list of referrers is kept under the tag that the specification names.
https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests-with-subject
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from ...tuples import NamedTuple
from ..failures import NotUnderstood, RemoteFailure
from ..http import WebDocument
from ..urls import checked_url
from .distribution import Distribution, errors_in
from .manifests import ACCEPTED, EMPTY, INDEX, LARGEST, MANIFEST

_NOTHING = b"{}"  # the content of an empty descriptor
_TRIES = 4  # of a list that somebody else writes too
_WRITTEN = (201, 202)


class Attached(NamedTuple):
    """A document to be attached."""

    title: str
    media: str
    data: bytes


def attach(
    distribution: Distribution, digest: str, artifact: str, documents: Sequence[Attached], said: Mapping[str, str]
) -> str:
    """The digest of the manifest that refers to the artifact: the same for the same documents, so that nothing doubles.

    ``artifact`` is the type of what is attached, ``said`` its annotations. `RemoteFailure` where it is not there then.
    """
    subject = _subject(distribution, digest)
    layers = [{**_blob(distribution, d.data, d.media), "annotations": {_TITLE: d.title}} for d in documents]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": artifact,
        "config": _blob(distribution, _NOTHING, EMPTY),
        "layers": layers,
        "subject": subject,
        "annotations": dict(said),
    }
    data = _bytes(manifest)
    referrer = _digest(data)
    answer = _put(distribution, referrer, data, MANIFEST)
    if answer.headers.get("oci-subject") != digest:
        entry = {"mediaType": MANIFEST, "digest": referrer, "size": len(data), "artifactType": artifact}
        _list(distribution, digest, {**entry, "annotations": dict(said)})
    return referrer


_TITLE = "org.opencontainers.image.title"


def _subject(distribution: Distribution, digest: str) -> dict[str, Any]:
    _, data = distribution.manifest(digest)
    try:
        media = json.loads(data).get("mediaType")
    except (ValueError, RecursionError, AttributeError):
        media = None
    return {"mediaType": media if isinstance(media, str) else MANIFEST, "digest": digest, "size": len(data)}


def _blob(distribution: Distribution, data: bytes, media: str) -> dict[str, Any]:
    """The descriptor of a content that the registry has."""
    digest = _digest(data)
    begun = distribution.document(
        f"{distribution.base}/blobs/uploads/", method="POST", body=b"", expect=(201, 202, 400, 403, 404, 405)
    )
    if begun.status not in _WRITTEN:
        raise _refused(distribution, begun)
    place = begun.headers.get("location", "")
    if not place:
        raise NotUnderstood(f"{distribution.base} does not say where a blob is to be sent")
    url = checked_url(urljoin(f"{distribution.base}/blobs/uploads/", place), f"{distribution.base} takes blobs at")
    joint = "&" if "?" in url else "?"
    headers = {"Content-Type": "application/octet-stream"}
    done = distribution.document(
        f"{url}{joint}digest={digest}", method="PUT", headers=headers, body=data, expect=(201, 400, 404, 413)
    )
    if done.status != 201:
        raise _refused(distribution, done)
    return {"mediaType": media, "digest": digest, "size": len(data)}


def _put(distribution: Distribution, named: str, data: bytes, media: str) -> WebDocument:
    answer = distribution.document(
        f"{distribution.base}/manifests/{named}", method="PUT", headers={"Content-Type": media}, body=data,
        expect=(201, 400, 403, 404, 405, 413),
    )  # fmt: skip
    if answer.status != 201:
        raise _refused(distribution, answer)
    return answer


def _list(distribution: Distribution, digest: str, entry: Mapping[str, Any]) -> None:
    """Add it to the list of referrers under the artifact's tag, and see that it stays there: others add to it too."""
    tag = digest.replace(":", "-")
    for _ in range(_TRIES):
        listed = _listed(distribution, tag)
        if any(one.get("digest") == entry["digest"] for one in listed):
            return
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [*listed, dict(entry)]}
        _put(distribution, tag, _bytes(index), INDEX)
    if not any(one.get("digest") == entry["digest"] for one in _listed(distribution, tag)):
        raise RemoteFailure(f"{distribution.base}: somebody else writes the list {tag} again and again: try once more")


def _listed(distribution: Distribution, tag: str) -> list[dict[str, Any]]:
    answer = distribution.document(
        f"{distribution.base}/manifests/{tag}", headers={"Accept": ", ".join(ACCEPTED)}, most=LARGEST,
        expect=(200, 404),
    )  # fmt: skip
    if answer.status == 404:
        return []
    said = answer.json()
    found = said.get("manifests") if isinstance(said, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotUnderstood(f"{distribution.base}: the tag {tag} is not a list of referrers: it is not written over")
    return found


def _refused(distribution: Distribution, answer: WebDocument) -> RemoteFailure:
    why = errors_in(answer)
    return RemoteFailure(f"{distribution.base} takes nothing ({answer.status}{why and f' {why}'}): may you push there?")


def _bytes(said: object) -> bytes:
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
