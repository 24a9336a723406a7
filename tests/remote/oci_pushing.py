"""Artifacts pushed into a registry as ORAS, KitOps and ModelPack push theirs: by the specification, not by our code."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

import urllib3

from .oci_registry import digest_of

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
_http = urllib3.PoolManager()


def blob(host: str, data: bytes, repository: str = "team/det") -> str:
    """Push a blob; its digest."""
    digest, base = digest_of(data), f"http://{host}"
    begun = _http.request("POST", f"{base}/v2/{repository}/blobs/uploads/")
    assert begun.status == 202, begun.data
    place = begun.headers["Location"]
    place = place if place.startswith("http") else base + place
    headers = {"Content-Type": "application/octet-stream"}
    ended = _http.request("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", body=data, headers=headers)
    assert ended.status == 201, ended.data
    return digest


def layer(host: str, data: bytes, media: str, annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    said = {"mediaType": media, "digest": blob(host, data), "size": len(data)}
    return {**said, "annotations": dict(annotations)} if annotations else said


def titled(host: str, name: str, data: bytes) -> dict[str, Any]:
    """As ORAS pushes a file."""
    return layer(host, data, "application/vnd.oci.image.layer.v1.tar", {"org.opencontainers.image.title": name})


def put(
    host: str, layers: Sequence[dict[str, Any]], named: str, *, artifact: str = "application/vnd.example",
    config: str = EMPTY, **more: Any,
) -> str:  # fmt: skip
    """Push a manifest; its digest."""
    said = {
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact,
        "config": {"mediaType": config, "digest": blob(host, b"{}"), "size": 2}, "layers": list(layers), **more,
    }  # fmt: skip
    return put_bytes(host, json.dumps(said).encode(), named, MANIFEST)


def put_index(host: str, manifests: Sequence[tuple[str, Mapping[str, str]]], named: str) -> str:
    sizes = {digest: size_of(host, digest) for digest, _ in manifests}
    listed = [{"mediaType": MANIFEST, "digest": d, "size": sizes[d], "annotations": dict(a)} for d, a in manifests]
    said = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed}
    return put_bytes(host, json.dumps(said).encode(), named, INDEX)


def put_bytes(host: str, data: bytes, named: str, media: str) -> str:
    where = f"http://{host}/v2/team/det/manifests/{named or digest_of(data)}"
    done = _http.request("PUT", where, body=data, headers={"Content-Type": media})
    assert done.status == 201, done.data
    return digest_of(data)


def size_of(host: str, digest: str) -> int:
    found = _http.request(
        "GET", f"http://{host}/v2/team/det/manifests/{digest}", headers={"Accept": f"{MANIFEST}, {INDEX}"}
    )
    return len(found.data)


def tar(files: Mapping[str, bytes], *, packed: bool = True, links: Mapping[str, str] | None = None) -> bytes:
    """An archive of files and links, in this order."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, to in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, to
            archive.addfile(info)
    return gzip.compress(out.getvalue(), mtime=0) if packed else out.getvalue()
