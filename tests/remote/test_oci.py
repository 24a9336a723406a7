"""OCI registries: what is listed, what is fetched, and what is said where it goes wrong.

What a registry does by itself is asked of two: Debian's docker-registry, and one by the specification.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from auditor.errors import UsageError
from auditor.remote import http
from auditor.remote.cache import Cache
from auditor.remote.failures import (
    CutOff,
    LedAstray,
    NotAllowed,
    NotThatContent,
    NotThere,
    NotUnderstood,
    RemoteFailure,
    TooMuch,
)
from auditor.remote.kinds import registry_at
from auditor.remote.listing import FetchLimits, ListedFile, ListedVersion, PieceSource, RemoteKind
from auditor.remote.ocidist.archives import members
from auditor.remote.ocidist.challenges import Challenge, challenge
from auditor.remote.ocidist.references import reference
from tests.pace import until
from tests.ports import kept_port, port_of

from . import oci_pushing as push
from .loopback import Loopback, Reply, serving
from .oci_registry import Registry, digest_of, registry

MODEL = bytes(range(256)) * 400
LIMITS = FetchLimits(floor=0)
DEBIANS = "/usr/bin/docker-registry"


class Reader:
    """A registry as the courier has it, with a cache."""

    def __init__(self, address: str, folder: Path, limits: FetchLimits = LIMITS) -> None:
        kind = registry_at(address, limits)
        assert isinstance(kind, RemoteKind)
        self.kind = kind
        self._filling = Cache(str(folder), 1 << 30).filling()
        self._open = self._filling.__enter__()
        kind.stored = self._stored

    def _stored(self, file: ListedFile, pieces: PieceSource) -> str:
        return self._open.fetched(self.kind.address, file, pieces, LIMITS, time.monotonic() + 60)

    def versions(self) -> list[ListedVersion]:
        return list(self.kind.versions())

    def fetch(self, file: ListedFile) -> bytes:
        return Path(self._stored(file, lambda at: self.kind.pieces(file, at))).read_bytes()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setattr(http, "_DELAYS", ())
    return tmp_path / "cache"


@pytest.fixture
def has() -> Registry:
    return Registry()


@pytest.fixture
def server(has: Registry) -> Iterator[Loopback]:
    with registry(has) as server:
        yield server


@pytest.fixture(scope="module")
def debians(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's registry on loopback: its host and port."""
    if not os.path.exists(DEBIANS):
        pytest.skip(f"no {DEBIANS}: apt-get install docker-registry")
    kept = kept_port()
    port = port_of(kept)
    folder = tmp_path_factory.mktemp("registry")
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    process = subprocess.Popen(
        [DEBIANS, "serve", str(folder / "config.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none"},
    )  # fmt: skip
    asked = urllib3.PoolManager()

    def answers() -> bool:
        assert process.poll() is None, "docker-registry ended"
        try:
            return asked.request("GET", f"http://127.0.0.1:{port}/v2/", retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    try:
        until(answers, "the registry's answer")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        kept.close()


@pytest.fixture(params=["debian", "specification"])
def host(request: pytest.FixtureRequest) -> str:
    if request.param == "debian":
        return str(request.getfixturevalue("debians"))
    return str(request.getfixturevalue("server").host)


def test_files_that_oras_pushed(host: str, cache: Path) -> None:
    layers = [push.titled(host, "model.onnx", MODEL), push.titled(host, "weights/data.bin", b"abc")]
    digest = push.put(host, layers, "v1", annotations={"org.opencontainers.image.licenses": "MIT"})
    reader = Reader(f"oci://{host}/team/det:v1", cache)
    (found,) = reader.versions()
    assert (found.name, found.version, found.identity) == (f"{host}/team/det/model", "v1", digest)
    assert found.address == f"oci://{host}/team/det:v1/model.onnx"
    assert found.metadata["licenses"] == "MIT" and found.metadata["digest"] == digest
    assert found.model == ListedFile("model.onnx", digest_of(MODEL), len(MODEL), digest_of(MODEL)[7:])
    assert reader.fetch(found.model) == MODEL
    data = reader.kind.beside(found, "weights/data.bin")
    assert data is not None and reader.fetch(data) == b"abc"
    assert reader.kind.beside(found, "other.bin") is None
    fresh = Reader(f"oci://{host}/team/det", cache)  # that has listed nothing
    assert fresh.kind.beside(found, "weights/data.bin") == data
    (same,) = Reader(found.address, cache).versions()
    assert same == found
    (same,) = Reader(f"oci://{host}/team/det@{digest}", cache).versions()
    assert same.version == digest and same.model == found.model


def test_modelkits_and_modelpacks(host: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.remote.ocidist.packings.find_spec", lambda name: None)
    kit = "application/vnd.kitops.modelkit"
    packed = push.tar({"./model.onnx": MODEL, "data/w.bin": b"w" * 100, "README.md": b"hello"})
    layers = [
        push.layer(host, packed, f"{kit}.model.v1.tar+gzip"),
        push.layer(host, b"y", f"{kit}.dataset.v1.tar+gzip"),
    ]
    push.put(host, layers, "kit", config=f"{kit}.config.v1+json")
    pack = "application/vnd.cncf.model"
    raw = push.layer(host, MODEL, f"{pack}.weight.v1.raw", {"org.cncf.model.filepath": "onnx/model.onnx"})
    plain = push.layer(host, push.tar({"b.onnx": b"b"}, packed=False), f"{pack}.weight.v1.tar")
    zstd = push.layer(host, b"z", f"{pack}.weight.v1.tar+zstd")
    push.put(host, [raw, plain, zstd], "pack", artifact=f"{pack}.manifest.v1+json")
    folder = push.layer(
        host, push.tar({"f/m.onnx": b"m"}), "application/vnd.oci.image.layer.v1.tar+gzip",
        {"org.opencontainers.image.title": "f", "io.deis.oras.content.unpack": "true"},
    )  # fmt: skip
    push.put(host, [folder], "folder")
    reader = Reader(f"oci://{host}/team/det:kit", cache)
    (found,) = reader.versions()
    assert found.model.size == len(MODEL) and found.model.sha256 == digest_of(MODEL)[7:]
    assert reader.fetch(found.model) == MODEL
    assert b"".join(reader.kind.pieces(found.model, 1000)) == MODEL[1000:]
    data = reader.kind.beside(found, "data/w.bin")
    assert data is not None and reader.fetch(data) == b"w" * 100
    reader = Reader(f"oci://{host}/team/det:pack", cache)
    first, second = reader.versions()
    assert [first.name, second.name] == [f"{host}/team/det/b", f"{host}/team/det/onnx/model"]
    assert reader.fetch(first.model) == b"b" and reader.fetch(second.model) == MODEL
    assert "is packed with zstd, which is read where" in first.troubles[0]
    (found,) = Reader(f"oci://{host}/team/det:folder", cache).versions()
    assert found.model.name == "f/m.onnx"
    (found,) = Reader(f"oci://{host}/team/det:pack/onnx/model.onnx", cache).versions()
    assert found == second


def test_a_part_of_a_layer(host: str, cache: Path) -> None:
    """Of a layer that is a file; a file of an archive has none, for the layer is here whole."""
    push.put(host, [push.titled(host, "model.onnx", MODEL)], "part")
    (found,) = Reader(f"oci://{host}/team/det:part", cache).versions()
    kind = registry_at(f"oci://{host}/team/det:part", LIMITS)
    first = kind.part(found.model, 256, 512)
    assert first is not None and (first.data, first.size) == (MODEL[256:768], len(MODEL))
    last = kind.part(found.model, len(MODEL) - 3, 100, first.etag)
    assert last is not None and last.data == MODEL[-3:]
    packed = push.layer(host, push.tar({"m.onnx": b"m"}), "application/vnd.kitops.modelkit.model.v1.tar+gzip")
    push.put(host, [packed], "packed")
    (found,) = Reader(f"oci://{host}/team/det:packed", cache).versions()
    assert kind.part(found.model, 0, 1) is None


def test_what_is_packed_with_zstd_and_nothing_here_unpacks(
    host: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model whose layer is not read is one that could not be looked at, and not one that is not there."""
    monkeypatch.setattr("auditor.remote.ocidist.packings.find_spec", lambda name: None)
    packed = push.layer(host, b"z", "application/vnd.kitops.modelkit.model.v1.tar+zstd")
    push.put(host, [packed], "zstd")
    for address in (f"oci://{host}/team/det:zstd", f"oci://{host}/team/det:zstd/model.onnx"):
        reader = Reader(address, cache)
        (found,) = reader.versions()
        with pytest.raises(NotUnderstood, match=r"is packed with zstd, which is read where .*: pip install zstandard"):
            reader.fetch(found.model)


def test_what_is_packed_with_zstd(host: str, cache: Path, tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard", reason="pip install 'auditor[registries]' brings zstandard")
    pack = zstandard.ZstdCompressor().compress
    data = pack(push.tar({"m.onnx": MODEL, "w.bin": b"w" * 99}, packed=False))
    push.put(host, [push.layer(host, data, "application/vnd.kitops.modelkit.model.v1.tar+zstd")], "zstd")
    reader = Reader(f"oci://{host}/team/det:zstd", cache)
    (found,) = reader.versions()
    assert reader.fetch(found.model) == MODEL
    beside = reader.kind.beside(found, "w.bin")
    assert beside is not None and b"".join(reader.kind.pieces(beside, 90)) == b"w" * 9
    params = zstandard.ZstdCompressionParameters(window_log=30)
    far_back = zstandard.ZstdCompressor(compression_params=params).compressobj()
    wants_a_gigabyte = far_back.compress(push.tar({"m.onnx": MODEL}, packed=False)) + far_back.flush()
    for wrong in (data[: len(data) // 2], b"\x28\xb5\x2f\xfd", b"not zstd", wants_a_gigabyte):
        (tmp_path / "a").write_bytes(wrong)
        with pytest.raises(NotUnderstood, match="is not a whole tar archive"):
            members(str(tmp_path / "a"), "it", LIMITS, packing="zstd")
    (tmp_path / "a").write_bytes(pack(push.tar({"zeros.onnx": bytes(16 << 20)}, packed=False)))
    with pytest.raises(TooMuch):
        members(str(tmp_path / "a"), "it", LIMITS._replace(size=1 << 20), packing="zstd")


def test_an_index_leads_to_its_manifests(host: str, cache: Path) -> None:
    one = push.put(host, [push.titled(host, "a.onnx", b"a")], "")
    two = push.put(host, [push.titled(host, "b.onnx", b"b")], "")
    about = push.put(host, [push.titled(host, "c.onnx", b"c")], "")
    refers = {"vnd.docker.reference.type": "attestation-manifest"}
    push.put_index(host, [(one, {}), (two, {}), (about, refers)], "both")
    found = Reader(f"oci://{host}/team/det:both", cache).versions()
    assert [(v.model.name, v.identity) for v in found] == [("a.onnx", one), ("b.onnx", two)]


def test_models_of_one_name_below_one_tag_are_several(host: str, cache: Path) -> None:
    """As an index has them for several platforms: whoever takes each place once takes all of them."""
    one = push.put(host, [push.titled(host, "model.onnx", b"a")], "")
    two = push.put(host, [push.titled(host, "model.onnx", b"b")], "")
    push.put_index(host, [(one, {}), (two, {}), (one, {})], "both")
    reader = Reader(f"oci://{host}/team/det:both", cache)
    found = reader.versions()
    assert [(v.address, v.version, reader.fetch(v.model)) for v in found] == [
        (f"oci://{host}/team/det:both/model.onnx", "both", b"a"),
        (f"oci://{host}/team/det@{two}/model.onnx", two, b"b"),
    ]
    (again,) = Reader(found[1].address, cache).versions()
    assert again.identity == two


def test_what_is_not_there(host: str, cache: Path) -> None:
    push.put(host, [push.titled(host, "model.onnx", MODEL)], "there")
    for address in (f"oci://{host}/team/det:gone", f"oci://{host}/team/det:there/other.onnx", f"oci://{host}/nobody"):
        with pytest.raises(NotThere):
            Reader(address, cache).versions()
    reader = Reader(f"oci://{host}/team/det:there", cache)
    with pytest.raises(NotThere):
        reader.fetch(ListedFile("x", digest_of(b"x"), 1, digest_of(b"x")[7:]))


def test_a_blob_that_is_cut_goes_on_from_there(has: Registry, server: Loopback, cache: Path) -> None:
    push.put(server.host, [push.titled(server.host, "model.onnx", MODEL)], "v1")
    reader = Reader(f"oci://{server.host}/team/det:v1", cache)
    (found,) = reader.versions()
    has.cuts, before = [10_000, 20_000], len(server.calls)
    assert reader.fetch(found.model) == MODEL
    assert [call.headers.get("range") for call in server.calls[before:]] == [None, "bytes=10000-", "bytes=30000-"]


def test_contents_that_are_not_what_their_digest_says(has: Registry, server: Loopback, cache: Path) -> None:
    digest = push.put(server.host, [push.titled(server.host, "model.onnx", MODEL)], "v1")
    reader = Reader(f"oci://{server.host}/team/det:v1", cache)
    (found,) = reader.versions()
    has.blobs[digest_of(MODEL)] = MODEL[:-1] + b"?"
    with pytest.raises(NotThatContent, match="SHA-256"):
        reader.fetch(found.model)
    media, data = has.manifests[digest]
    has.manifests[digest] = (media, data + b" ")
    for named in (":v1", f"@{digest}"):
        (found,) = Reader(f"oci://{server.host}/team/det{named}", cache).versions()
        with pytest.raises(NotThatContent, match="is not what its digest says"):
            reader.kind.pieces(found.model, 0)


def test_ten_thousand_tags_come_page_after_page(has: Registry, server: Loopback, cache: Path) -> None:
    digest = push.put(server.host, [push.titled(server.host, "model.onnx", MODEL)], "v1")
    has.tags = {f"v{number:05}": digest for number in range(10_000)} | {digest.replace(":", "-"): digest}
    before = len(server.calls)
    reader = Reader(f"oci://{server.host}/team/det", cache)
    distribution = reader.kind._distribution  # type: ignore[attr-defined]  # manifests of all would take half a minute
    assert len(list(distribution.tags())) == 10_001 and len(server.calls) - before == 11
    versions = reader.kind.versions()
    assert [next(versions).version for _ in range(3)] == ["v00000", "v00001", "v00002"]
    with pytest.raises(TooMuch, match="more than 100 tags"):
        list(Reader(f"oci://{server.host}/team/det", cache, LIMITS._replace(listing=100)).kind.versions())


def test_tags_are_not_continued_on_another_server(has: Registry, cache: Path) -> None:
    with (
        serving(lambda call: Reply(200, b'{"tags": []}', {"Link": '<http://127.0.0.2:1/x>; rel="next"'})) as server,
        pytest.raises(LedAstray, match="on another server"),
    ):
        Reader(f"oci://{server.host}/team/det", cache).versions()


def test_a_token_is_had_where_the_registry_says_and_again_when_it_expired(
    has: Registry, server: Loopback, cache: Path, tmp_path: Path
) -> None:
    push.put(server.host, [push.titled(server.host, "model.onnx", MODEL)], "v1")
    has.tokens, has.login = ["one"], "Basic YWRhOnNlY3JldA=="
    with pytest.raises(NotAllowed, match="docker login"):
        Reader(f"oci://{server.host}/team/det:v1", cache).versions()
    (tmp_path / ".docker").mkdir()
    said = {"auths": {server.host: {"auth": "YWRhOnNlY3JldA=="}}}
    (tmp_path / ".docker/config.json").write_text(json.dumps(said))
    reader = Reader(f"oci://{server.host}/team/det:v1", cache)
    (found,) = reader.versions()
    asked = next(call for call in server.calls if call.path == "/token" and "authorization" in call.headers)
    assert (asked.one("service"), asked.one("scope")) == ("registry.test", "repository:team/det:pull")
    has.tokens = ["two"]  # the first has expired
    assert reader.fetch(found.model) == MODEL
    assert all(call.headers.get("authorization") != has.login for call in server.calls if call.path != "/token")
    has.tokens, has.login = ["three"], "Basic another"  # and now the password has
    with pytest.raises(NotAllowed) as raised:
        b"".join(reader.kind.pieces(found.model, 0))
    assert "secret" not in str(raised.value) and "YWRh" not in str(raised.value)


def test_a_name_and_a_password_and_an_identity_token(
    has: Registry, server: Loopback, cache: Path, tmp_path: Path
) -> None:
    push.put(server.host, [push.titled(server.host, "model.onnx", MODEL)], "v1")
    has.basic = "Basic YWRhOnNlY3JldA=="
    (tmp_path / ".docker").mkdir()
    config = tmp_path / ".docker/config.json"
    config.write_text(json.dumps({"auths": {server.host: {"auth": "YWRhOnNlY3JldA=="}}}))
    assert len(Reader(f"oci://{server.host}/team/det:v1", cache).versions()) == 1
    has.basic, has.tokens, has.login, has.refresh = "", ["one"], "nobody", "id3ntity"
    config.write_text(json.dumps({"auths": {server.host: {"identitytoken": "id3ntity"}}}))
    assert len(Reader(f"oci://{server.host}/team/det:v1", cache).versions()) == 1


def test_a_credential_helper(
    has: Registry, server: Loopback, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push.put(server.host, [push.titled(server.host, "model.onnx", MODEL)], "v1")
    has.tokens, has.login = ["one"], "Basic YWRhOnNlY3JldA=="
    (tmp_path / "docker").mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    # Where this user may enter no folder of the own path, what is not there is said to be refused.
    monkeypatch.setenv("PATH", os.pathsep.join((str(tmp_path), "/usr/bin", "/bin")))
    config, helper = tmp_path / "docker/config.json", tmp_path / "docker-credential-test"
    config.write_text(json.dumps({"credHelpers": {server.host: "test"}}))
    address = f"oci://{server.host}/team/det:v1"
    cases = [
        ('read host\n[ "$host" = HOST ] && echo \'{"Username": "ada", "Secret": "secret"}\'', None),
        ("echo 'credentials not found in native keychain'; exit 1", NotAllowed),
    ]
    for script, failure in cases:
        helper.write_text(f"#!/bin/sh\n{script.replace('HOST', server.host)}\n")
        helper.chmod(0o755)
        if failure is None:
            assert len(Reader(address, cache).versions()) == 1
        else:
            with pytest.raises(failure):
                Reader(address, cache).versions()
    for script, why in [("exit 3", "it ended with 3"), ("echo nonsense", "does not answer as a credential helper")]:
        helper.write_text(f"#!/bin/sh\n{script}\n")
        with pytest.raises(RemoteFailure, match=why):
            Reader(address, cache).versions()
    for text, why in [
        (json.dumps({"credsStore": "absent"}), "docker-credential-absent is not installed"),
        (json.dumps({"credsStore": "../x"}), "is not the name of a credential helper"),
        ("{", "is not JSON"),
        (json.dumps({"auths": {server.host: {"auth": "!"}}}), "is not a name and a password"),
    ]:
        config.write_text(text)
        with pytest.raises(RemoteFailure, match=why):
            Reader(address, cache).versions()


def test_a_blob_that_lies_elsewhere_is_fetched_without_credentials(has: Registry, cache: Path) -> None:
    with registry(has) as server, serving(lambda call: Reply(200, MODEL)) as storage:
        push.put(server.host, [push.titled(server.host, "model.onnx", MODEL)], "v1")
        has.tokens, has.leads_to = ["one"], f"http://{storage.host}"
        reader = Reader(f"oci://{server.host}/team/det:v1", cache)
        (found,) = reader.versions()
        assert reader.fetch(found.model) == MODEL
        assert storage.calls and all("authorization" not in call.headers for call in storage.calls)
        assert "X-Signature" in storage.calls[0].query


def test_a_registry_that_is_away_or_another(cache: Path) -> None:
    with pytest.raises(CutOff, match="cannot be reached"):
        Reader("oci://127.0.0.1:9/team/det:v1", cache).versions()
    with serving(lambda call: Reply(200, b"<html>")) as server:
        with pytest.raises(NotUnderstood, match="not JSON"):
            Reader(f"oci://{server.host}/team/det", cache).versions()
        reader = Reader(f"oci://{server.host}/team/det:v1", cache)
        (found,) = reader.versions()
        with pytest.raises(NotUnderstood, match="is not a manifest"):
            reader.kind.pieces(found.model, 0)


@pytest.mark.parametrize(
    ("files", "links", "why"),
    [
        ({"../model.onnx": b"x"}, {}, "not a path below a folder"),
        ({"/model.onnx": b"x"}, {}, "not a path below a folder"),
        ({"a/../../m.onnx": b"x"}, {}, "not a path below a folder"),
        ({"big": bytes(30_000)}, {}, "in one file"),
    ],
)
def test_an_archive_that_leads_out_or_is_too_large(
    tmp_path: Path, files: dict[str, bytes], links: dict[str, str], why: str
) -> None:
    (tmp_path / "a").write_bytes(push.tar(files, links=links))
    with pytest.raises(RemoteFailure, match=why):
        members(str(tmp_path / "a"), "it", LIMITS._replace(size=20_000), packing="gzip")


def test_links_of_an_archive_are_no_files_and_of_a_name_twice_the_last_counts(tmp_path: Path) -> None:
    data = push.tar({"m.onnx": b"m", "n.onnx": b"n"}, packed=False, links={"n.onnx": "/etc/passwd", "o": "m.onnx"})
    (tmp_path / "a").write_bytes(data)
    found = members(str(tmp_path / "a"), "it", LIMITS, packing="")
    assert [(one.name, one.size, one.number) for one in found] == [("m.onnx", 1, 0), ("n.onnx", 1, 1)]


def _header_bomb() -> bytes:
    """A sound archive but for a head of two megabytes, which would be read into memory: it might be of gigabytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("x")
        info.pax_headers = {"comment": "a" * (2 << 20)}
        archive.addfile(info)
    return out.getvalue()


_CUT = push.tar({"a": bytes(5000)}, packed=False)[:2000]


@pytest.mark.parametrize(
    "data", [b"", b"not a tar", bytes(100), _header_bomb(), _CUT], ids=["empty", "text", "short", "head", "cut"]
)
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(NotUnderstood, match="is not a whole tar archive"):
        members(str(tmp_path / "a"), "it", LIMITS, packing="")
    with pytest.raises(NotUnderstood, match="is not a whole tar archive"):
        members(str(tmp_path / "a"), "it", LIMITS, packing="gzip")


def test_a_bomb_is_not_unpacked_to_its_end(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("zeros.onnx")
        info.size = 16 << 20
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    (tmp_path / "a").write_bytes(out.getvalue())
    with pytest.raises(TooMuch, match="in one file"):
        members(str(tmp_path / "a"), "it", LIMITS._replace(size=1 << 20), packing="gzip")


@pytest.mark.parametrize(
    ("text", "base", "named"),
    [
        ("oci://ghcr.io/team/det:v1", "https://ghcr.io/v2/team/det", "v1"),
        ("oci://docker.io/det", "https://registry-1.docker.io/v2/library/det", ""),
        ("oci://localhost:5000/a/b/c@sha256:" + "0" * 64, "http://localhost:5000/v2/a/b/c", "sha256:" + "0" * 64),
        ("oci+http://reg.local/det:v1", "http://reg.local/v2/det", "v1"),
        ("oci://[::1]:5000/det:v1@sha256:" + "0" * 64, "http://[::1]:5000/v2/det", "sha256:" + "0" * 64),
    ],
)
def test_references(text: str, base: str, named: str) -> None:
    found = reference(text)
    assert (found.base, found.named) == (base, named)
    assert reference(found.text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("oci://ghcr.io", "not an OCI address"),
        ("oci://ghcr.io/Team/det", "not a repository"),
        ("oci://ghcr.io/det:", "not a tag"),
        ("oci://ghcr.io/det:a b", "not a tag"),
        ("oci://ghcr.io/det@sha256:12", "not a digest"),
        ("oci://ghcr.io/det@md5:12", "not a digest"),
        ("oci://ada:secret@ghcr.io/det", "docker login"),
        ("oci://ghcr.io/det?x=1", "no ? and no #"),
        ("oci://ghcr.io/a/../b", "not a repository"),
        ("oci://ghcr.io/" + "a" * 300, "not a repository"),
    ],
)
def test_addresses_of_another_form(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why.replace("?", r"\?")) as raised:
        reference(text)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (
            'Bearer realm="https://a/t",service="s",scope="x:pull"',
            ("bearer", "https://a/t", "s", "x:pull"),
        ),
        ('Basic realm="x", Bearer realm="https://a/t"', ("bearer", "https://a/t", "", "")),
        ("Basic", ("basic", "", "", "")),
        ("bearer Realm=https://a/t , service=s", ("bearer", "https://a/t", "s", "")),
        ('Bearer realm="a\\"b"', ("bearer", 'a"b', "", "")),
    ],
)
def test_challenges(header: str, found: tuple[str, str, str, str]) -> None:
    assert challenge(header) == Challenge(*found)


@pytest.mark.parametrize("header", ["", "Negotiate", "Bearer", "x" * 100_000, "Bearer " + 'a="' * 3000])
def test_what_is_no_challenge(header: str) -> None:
    assert challenge(header) is None
