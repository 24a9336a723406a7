"""Object stores, against moto's server of S3: listed, laid out as local folders are, fetched, resumed, refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.batch.refs import NotRead
from auditor.batch.tree import TreeKind
from auditor.errors import ExitCode, UsageError
from auditor.remote.failures import CutOff, NotAllowed, NotThatContent, NotThere, NotUnderstood, RemoteFailure, TooMuch
from auditor.remote.kinds import objects
from auditor.remote.kinds.objects import ObjectStorePrefix
from auditor.remote.kinds.parts.aws import aws_settings
from tests.forked import Ended

from .conftest import LIMITS
from .moto_s3 import serving_s3
from .stand_in import Canned, Shelf, redirect
from .test_command import LENET, NAN

_EXTRA = "pip install 'auditor[registries]' brings obstore and moto"
SECRET = "averysecretkeyofaws"
CONFIG = b'name: "lenet"\nbackend: "onnxruntime"\ninput [{name: "nope" data_type: TYPE_FP32 dims: [1]}]\n'
Call = Callable[..., Ended]


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[str, Any]]:
    """The address of the server, and a client that writes there."""
    with serving_s3("models") as (url, client):
        for key, body in {
            "triton/lenet/1/model.onnx": LENET, "triton/lenet/config.pbtxt": CONFIG, "plain/nan.onnx": NAN,
            "plain/deep/er/good.onnx": LENET, "plain/x.safetensors": b"x", "plain/folder/": b"",
            "hub/config.json": b'{"model_type": "lenet"}', "hub/onnx/model.onnx": LENET,
            "list.csv": b"path,name,version\nplain/nan.onnx,net,3\n", "plain-not/other.onnx": LENET,
        }.items():  # fmt: skip
            client.put_object(Bucket="models", Key=key, Body=body)
        yield url, client


@pytest.fixture
def keys(s3: tuple[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3[0])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFNOBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


def names(address: str) -> list[str]:
    return [file.name for file in ObjectStorePrefix(address, LIMITS).files()]


@pytest.mark.usefixtures("keys")
def test_what_is_listed() -> None:
    """By parts of the path: `plain-not` is not below `plain`. A single object is one file."""
    assert names("s3://models/plain") == ["deep/er/good.onnx", "folder", "nan.onnx", "x.safetensors"]
    assert names("s3://models/plain/") == names("s3://models/plain")
    assert len(names("s3://models")) == 10
    tree = ObjectStorePrefix("s3://models/plain/nan.onnx", LIMITS)
    (one,) = tree.files()
    assert (one.name, one.size, tree.is_file) == ("nan.onnx", len(NAN), True)
    assert one.etag and one.when
    found = tree.find("x.safetensors")
    assert found is not None and found.size == 1
    assert tree.find("none") is None


def test_pages(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 names, 1,000 a page: moto takes a minute to make them, so a server of ours says what S3 would."""
    pytest.importorskip("obstore", reason=_EXTRA)
    monkeypatch.setenv("AWS_ENDPOINT_URL", shelf.url)
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    shelf.buckets["many"] = [f"m/{number:05}.onnx" for number in range(10_000)]
    assert names("s3://many/m") == [f"{number:05}.onnx" for number in range(10_000)]
    assert shelf.count("/many.*") == 10
    kind = TreeKind(ObjectStorePrefix("s3://many/m", LIMITS._replace(listing=3000)), str(tmp_path))
    with pytest.raises(TooMuch, match="more than 3,000 files: name a part of it"):
        list(kind.versions())


def test_the_other_stores(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google's lists as S3 does, Azure in words of its own; each from its own variables."""
    pytest.importorskip("obstore", reason=_EXTRA)
    monkeypatch.setenv("GOOGLE_BASE_URL", shelf.url)
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "true")
    shelf.buckets["b"] = ["p/a.onnx", "p/b.txt", "q/c.onnx"]
    shelf.files["/b/p/a.onnx"] = b"content"
    tree = ObjectStorePrefix("gs://b/p", LIMITS)
    files = list(tree.files())
    assert [file.name for file in files] == ["a.onnx", "b.txt"]
    assert b"".join(tree.pieces(files[0]._replace(etag=""), 3)) == b"tent"
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "acc")
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", shelf.url)
    monkeypatch.setenv("AZURE_SKIP_SIGNATURE", "true")
    blob = (
        "<Blob><Name>p/a.onnx</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified>"
        "<Content-Length>7</Content-Length><Content-Type>x</Content-Type><Etag>0x1</Etag></Properties></Blob>"
    )
    body = f"<?xml version='1.0'?><EnumerationResults><Blobs>{blob}</Blobs><NextMarker/></EnumerationResults>"
    shelf.instead("/b.*comp=list.*", Canned(200, body.encode(), {"Content-Type": "application/xml"}))
    tree = ObjectStorePrefix("az://b/p", LIMITS)
    (file,) = tree.files()
    assert (file.name, file.size) == ("a.onnx", 7)
    assert b"".join(tree.pieces(file._replace(etag=""), 0)) == b"content"


@pytest.fixture
def store(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A server that is asked with keys, and does what it likes."""
    pytest.importorskip("obstore", reason=_EXTRA)
    monkeypatch.setattr(objects, "RETRIES", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", shelf.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFNOBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"{SECRET}-of-a-session")
    return shelf


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ExpiredToken"), (403, "InvalidAccessKeyId"), (403, "AccessDenied"), (401, "")]
)
def test_a_store_that_refuses(status: int, code: str, store: Shelf) -> None:
    store.instead(
        "/b.*", Canned(status, f"<Error><Code>{code}</Code><AWSAccessKeyId>AKIAOFNOBODY</AWSAccessKeyId>".encode())
    )
    with pytest.raises(NotAllowed, match="may have expired; AWS_ACCESS_KEY_ID") as refused:
        names("s3://b")
    assert "AKIAOFNOBODY" not in str(refused.value)
    assert "authorization" in store.sent_to()


HOSTILE = {
    "HTML": (Canned(200, b"<html><body>log in"), CutOff),
    "nothing": (Canned(200), CutOff),
    "half": (Canned(200, b"<ListBucketResult>", declared=1000), CutOff),
    "no redirect": (Canned(301), CutOff),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_store(case: str, store: Shelf) -> None:
    canned, failure = HOSTILE[case]
    store.instead("/b.*", canned, 9)
    with pytest.raises(failure) as refused:
        names("s3://b")
    assert len(str(refused.value)) < 200 and SECRET not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_store_that_leads_elsewhere(status: int, store: Shelf, other: Shelf) -> None:
    """obstore follows by its own rules: the signature stays behind. A token of a session, which is nothing without its
    key, does not: docs/remote.md says so."""
    other.buckets["b"] = ["a.onnx"]
    store.instead("/b.*", redirect(f"{other.url}/b?list-type=2&prefix=", status))
    try:
        names("s3://b")
    except RemoteFailure as error:
        assert SECRET not in str(error)
    assert "authorization" not in other.sent_to() and "AKIAOFNOBODY" not in other.sent_to()


@pytest.mark.parametrize("name", ["../x.onnx", "a/../../x.onnx", "a//b.onnx", "x" * 5000 + ".onnx", "a\\..\\b.onnx"])
def test_names_that_cannot_be(name: str, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a store that lists them nothing is laid out by such a name, and a line says so: that is no pass."""
    pytest.importorskip("obstore", reason=_EXTRA)
    monkeypatch.setenv("AWS_ENDPOINT_URL", shelf.url)
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    shelf.buckets["bad"] = ["good.onnx", name]
    kind = TreeKind(ObjectStorePrefix("s3://bad", LIMITS), str(tmp_path / "work"))
    try:
        listed = [version.address for version in kind.versions()]
    except NotUnderstood as error:
        said = str(error)
    else:
        assert listed == ["s3://bad/good.onnx"]
        (line,) = kind.troubles
        assert isinstance(line, NotRead)
        said = line
    assert "not a path below a folder" in said and len(said) < 300 and said.isprintable()


@pytest.mark.usefixtures("keys")
def test_pieces(s3: tuple[str, Any]) -> None:
    tree = ObjectStorePrefix("s3://models/plain", LIMITS)
    file = next(one for one in tree.files() if one.name == "nan.onnx")
    assert b"".join(tree.pieces(file, 0)) == NAN
    assert b"".join(tree.pieces(file, 1000)) == NAN[1000:]
    assert b"".join(tree.pieces(file, len(NAN))) == b""
    with pytest.raises(NotThere):
        list(tree.pieces(file._replace(address="plain/none", etag=""), 0))
    s3[1].put_object(Bucket="models", Key="changes.onnx", Body=b"1")
    alone = ObjectStorePrefix("s3://models/changes.onnx", LIMITS)
    (before,) = alone.files()
    s3[1].put_object(Bucket="models", Key="changes.onnx", Body=b"2")
    with pytest.raises(NotThatContent, match="was changed since it was listed"):
        list(alone.pieces(before, 0))
    s3[1].delete_object(Bucket="models", Key="changes.onnx")


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("address", ["s3://models/none", "s3://none", "s3://none/x"])
def test_nothing_there(address: str) -> None:
    with pytest.raises(NotThere):
        names(address)


def test_nobody_there(keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore", reason=_EXTRA)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(objects, "RETRIES", 0)
    with pytest.raises(CutOff, match="nobody listens there") as refused:
        names("s3://models/plain")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("word", ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"])
def test_credentials_that_are_refused(word: str) -> None:
    """obstore's text holds the request and the answer: none of it is said."""
    tree = ObjectStorePrefix("s3://models/plain", LIMITS)
    refusal = tree._other(f"Generic S3 error: <Code>{word}</Code> key={SECRET}")
    assert isinstance(refusal, NotAllowed)
    assert "may have expired; AWS_ACCESS_KEY_ID" in str(refusal) and SECRET not in str(refusal)
    assert SECRET not in str(tree._other(f"Generic error {SECRET}"))


@pytest.mark.parametrize("address", ["s3://", "s3:///x", "s3://a?b", "gs://a#b", "s3://user@x/y", "az://"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError):
        ObjectStorePrefix(address, LIMITS)


@pytest.mark.usefixtures("keys")
def test_a_prefix_is_read_as_a_local_folder_is(auditor: Call, tmp_path: Path) -> None:
    """Triton's contract is confronted; a plain folder says what it passes over; a hub's folder has its variants."""
    said = auditor("batch", "s3://models/triton", "--no-run")
    assert said.status == ExitCode.FINDINGS, said.err
    assert "FAIL  s3://models/triton/lenet/1/model.onnx  version 1" in said.out
    assert "config.pbtxt names the input 'nope'" in said.out
    assert auditor("history", "lenet@s3://models/triton").status == ExitCode.PASS
    said = auditor("batch", "s3://models/plain", "s3://models/hub", "--no-run", "-o", f"json:{tmp_path}/all.jsonl")
    assert "3 models: 2 passed, 1 failed" in said.out, said.err
    assert "s3://models/plain: passed over, for only .onnx files are audited: 'x.safetensors'" in said.err
    lines = (tmp_path / "all.jsonl").read_text()
    assert '"path":"s3://models/hub/onnx/model.onnx"' in lines and '"name":"hub/onnx/model"' in lines
    everything = said.out + said.err + lines
    for path in [tmp_path / "reports.db", *(tmp_path / "cache").rglob("*")]:
        everything += path.read_bytes().decode("latin-1") if path.is_file() else ""
    assert SECRET not in everything and "AKIAOFNOBODY" not in everything


@pytest.mark.usefixtures("keys")
def test_what_is_unchanged_is_not_fetched_again(s3: tuple[str, Any], auditor: Call, tmp_path: Path) -> None:
    assert "1 reused" not in auditor("batch", "s3://models/plain/nan.onnx", "--no-run").out
    blobs = sorted(path.stat().st_ino for path in (tmp_path / "cache/blobs").rglob("*"))
    assert "1 reused" in auditor("batch", "s3://models/plain/nan.onnx", "--no-run").out
    assert sorted(path.stat().st_ino for path in (tmp_path / "cache/blobs").rglob("*")) == blobs


def test_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As AWS's own tools look for it: the environment, then the profile of ~/.aws."""
    assert aws_settings({}) == {"region": "us-east-1"}
    (tmp_path / "home/.aws").mkdir()
    (tmp_path / "home/.aws/credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n[two]\naws_access_key_id=C\n"
        "aws_secret_access_key=D\naws_session_token=E\n"
    )
    (tmp_path / "home/.aws/config").write_text("[default]\nregion = eu-west-1\n[profile two]\nregion=eu-north-1\n")
    assert aws_settings({}) == {"access_key_id": "A", "secret_access_key": "B", "region": "eu-west-1"}
    two = {"access_key_id": "C", "secret_access_key": "D", "session_token": "E", "region": "eu-north-1"}
    assert aws_settings({"AWS_PROFILE": "two"}) == two
    assert aws_settings({"AWS_PROFILE": "none"}) == {"region": "us-east-1"}
    assert aws_settings({"AWS_ACCESS_KEY_ID": "X", "AWS_REGION": "r"}) == {"region": "r"}, "obstore reads it itself"
    assert aws_settings({"AWS_ENDPOINT_URL": "http://h", "AWS_ACCESS_KEY_ID": "X"})["endpoint"] == "http://h"
    (tmp_path / "home/.aws/credentials").write_bytes(b"aws_secret_access_key = \xff no section")
    assert aws_settings({}) == {"region": "eu-west-1"}
    assert os.environ["HOME"] == str(tmp_path / "home")


@pytest.mark.usefixtures("keys")
def test_a_part_of_an_object(s3: tuple[str, Any]) -> None:
    """As long as it is the one that was listed."""
    tree = ObjectStorePrefix("s3://models/parts", LIMITS)
    s3[1].put_object(Bucket="models", Key="parts/a.onnx", Body=LENET)
    (file,) = tree.files()
    found = tree.part(file, 100, 50)
    assert found is not None
    assert (found.data, found.size, found.etag) == (LENET[100:150], len(LENET), file.etag)
    last = tree.part(file, len(LENET) - 10, 99, found.etag)
    assert last is not None and last.data == LENET[-10:]
    s3[1].put_object(Bucket="models", Key="parts/a.onnx", Body=NAN)
    with pytest.raises(NotThatContent, match="was changed since it was listed"):
        tree.part(file, 100, 50)
    s3[1].delete_object(Bucket="models", Key="parts/a.onnx")
