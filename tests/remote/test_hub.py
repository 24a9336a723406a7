"""The Hugging Face hub, by a server that stands in for it: and its own client reads that server, too."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import UsageError
from auditor.remote.failures import LedAstray, NotAllowed, NotThere, NotUnderstood, RemoteFailure, TooMuch
from auditor.remote.kinds.hub import HuggingFaceHub
from auditor.remote.listing import ListedFile

from .conftest import LIMITS
from .stand_in import COMMIT, Canned, Shelf

TOKEN = "hf_averysecrettoken"
FILES = {
    "config.json": b'{"model_type": "lenet"}',
    "onnx/model.onnx": b"m" * 5000,
    "onnx/model.onnx_data": b"d" * 9000,
    "onnx/small.onnx": b"s",
    "pytorch_model.bin": b"p" * 9000,
}
TREE = rf"/api/models/org/name/tree/{COMMIT}.*"


@pytest.fixture
def hub(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("HF_ENDPOINT", shelf.url)
    shelf.repositories["org/name"] = dict(FILES)
    return shelf


def at(address: str = "hf://org/name", **limits: Any) -> HuggingFaceHub:
    return HuggingFaceHub(address, LIMITS._replace(**limits))


def test_what_is_listed(hub: Shelf) -> None:
    """Every .onnx at the commit that the revision stands for; nothing is fetched."""
    kind = at("hf://org/name@main")
    versions = list(kind.versions())
    assert [(v.name, v.version, v.address) for v in versions] == [
        ("org/name/onnx/model", COMMIT, f"hf://org/name@{COMMIT}/onnx/model.onnx"),
        ("org/name/onnx/small", COMMIT, f"hf://org/name@{COMMIT}/onnx/small.onnx"),
    ]
    first, second = versions
    assert (first.model.size, len(first.model.sha256), first.model.git) == (5000, 64, "")
    assert (second.model.size, second.model.sha256, len(second.model.git)) == (1, "", 40), "a small file is git's own"
    assert [file.name for file in first.files] == ["config.json"]
    assert (first.subject, first.registry, first.identity) == ("org/name/onnx/model", "", COMMIT)
    data = kind.beside(first, "model.onnx_data")
    assert data is not None and data.size == 9000
    assert kind.beside(first, "nothing") is None
    assert hub.count(".*/resolve/.*") == 0


def test_one_file_and_a_commit(hub: Shelf) -> None:
    """A commit is not asked for what it stands for."""
    (one,) = at(f"hf://org/name@{COMMIT}/onnx/small.onnx").versions()
    assert one.model.name == "onnx/small.onnx"
    assert hub.count(".*/revision/.*") == 0
    with pytest.raises(NotThere, match="has no such file"):
        list(at("hf://org/name/onnx/none.onnx").versions())


def test_a_file_is_fetched_from_where_it_is_stored(hub: Shelf, other: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large ones lie elsewhere, where the token does not go; from an offset on, too."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.token, hub.storage = TOKEN, other.url
    kind = at()
    first = next(kind.versions()).model
    data = FILES["onnx/model.onnx"]
    other.files = hub.files
    assert b"".join(kind.pieces(first, 0)) == data
    assert b"".join(kind.pieces(first, 4000)) == data[4000:]
    assert TOKEN in hub.sent_to() and TOKEN not in other.sent_to() and "authorization" not in other.sent_to()


def test_pages(hub: Shelf) -> None:
    """10,000 models, 1,000 a page."""
    hub.repositories["org/name"] = {f"m/{number:05}.onnx": b"x" for number in range(10_000)}
    names = [version.model.name for version in at().versions()]
    assert names == [f"m/{number:05}.onnx" for number in range(10_000)]
    assert hub.count(TREE) == 10
    with pytest.raises(TooMuch, match="lists more than 5,000 files"):
        list(at(listing=5000).versions())


def test_no_such_thing(hub: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotThere, match="has no revision 'v7'"):
        list(at("hf://org/name@v7").versions())
    with pytest.raises(NotAllowed, match="there is none, or it is not public; HF_TOKEN"):
        list(at("hf://org/none").versions())
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.token = "another"
    with pytest.raises(NotAllowed, match="may have expired") as refused:
        list(at().versions())
    assert TOKEN not in str(refused.value)


def test_where_the_token_is_looked_for(hub: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As huggingface_hub has it: the environment, then the file that a login writes."""
    hub.token = TOKEN
    (tmp_path / "home/hf").mkdir()
    (tmp_path / "home/hf/token").write_text(f"{TOKEN}\n")
    assert len(list(at().versions())) == 2
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(NotAllowed):
        list(at().versions())
    (tmp_path / "elsewhere").write_text(TOKEN)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "elsewhere"))
    assert len(list(at().versions())) == 2
    monkeypatch.setenv("HF_TOKEN", "wrong")
    with pytest.raises(NotAllowed):
        list(at().versions())


@pytest.mark.parametrize(
    "address",
    [
        "hf://",
        "hf://a/b/c",
        "hf://a/b@",
        "hf://../x",
        "hf://a/b?x=1",
        "hf://a/b#c",
        "hf://a b/c",
        "hf:/a/b",
        "hf://-a/b",
    ],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError, match="is hf://ORG/NAME@REVISION"):
        at(address)


def test_addresses_that_are() -> None:
    for address, parts in {
        "hf://gpt2": ("gpt2", "main", ""),
        "hf://o/n@refs/pr/1": ("o/n", "refs/pr/1", ""),
        "hf://o/n@main/a/b.onnx": ("o/n", "main", "a/b.onnx"),
        "hf://o/n/b.onnx": ("o/n", "main", "b.onnx"),
    }.items():
        kind = at(address)
        assert (kind._name, kind._revision, kind._only) == parts


def entry(**more: object) -> bytes:
    return json.dumps([{"type": "file", "path": "a.onnx", "size": 1, "oid": "0" * 40, **more}]).encode()


def following(url: str) -> dict[str, str]:
    return {"Link": f'<{url}>; rel="next"'}


HOSTILE = {
    "HTML": (Canned(200, b"<html>", {"Content-Type": "text/html"}), "not JSON"),
    "an object": (Canned(200, b'{"siblings": []}'), "not a list of files"),
    "no name": (Canned(200, entry(path=None)), "without a name"),
    "a way out": (Canned(200, entry(path="../../etc/passwd.onnx")), "not a path below a folder"),
    "a way out amid": (Canned(200, entry(path="a/../../b.onnx")), "not a path below a folder"),
    "absolute": (Canned(200, entry(path="/etc/passwd.onnx")), "not a path below a folder"),
    "a NUL": (Canned(200, entry(path="a\0.onnx")), "not a path below a folder"),
    "a backslash": (Canned(200, entry(path="a\\..\\b.onnx")), "not a path below a folder"),
    "an escape": (Canned(200, entry(path="\x1b[2J.onnx")), "not a path below a folder"),
    "a long name": (Canned(200, entry(path="x" * 10_000)), "not a path below a folder"),
    "a deep name": (Canned(200, entry(path="x/" * 600 + "a")), "not a path below a folder"),
    "no size": (Canned(200, entry(size=None)), "without a size"),
    "a size below 0": (Canned(200, entry(size=-1)), "without a size"),
    "a size that is true": (Canned(200, entry(size=True)), "without a size"),
    "an empty page": (Canned(200, b"[]", following("/api/models/org/name/x")), "not an address"),
    "a next page elsewhere": (Canned(200, entry(), following("https://example.com/x")), "not one of its own"),
    "a next page that is none": (Canned(200, entry(), following("file:///etc/passwd")), "what is not an address"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_hub(case: str, hub: Shelf) -> None:
    canned, said = HOSTILE[case]
    hub.instead(TREE, canned)
    with pytest.raises((NotUnderstood, LedAstray), match=said) as refused:
        list(at().versions())
    assert len(str(refused.value)) < 500 and str(refused.value).isprintable()


def test_pages_without_an_end(hub: Shelf) -> None:
    """The same page as its own next one, and ever new ones that are empty."""
    again = f"{hub.url}/api/models/org/name/tree/{COMMIT}?recursive=true&cursor=1"
    hub.instead(TREE, Canned(200, entry(), following(again)), 10)
    with pytest.raises(NotUnderstood, match="was one before"):
        list(at().versions())
    hub.canned.clear()
    for number in range(10):
        hub.instead(TREE, Canned(200, b"[]", following(f"{again}{number}")))
    with pytest.raises(NotUnderstood, match="an empty page"):
        list(at().versions())


@pytest.mark.parametrize("said", [b"[]", b'{"sha": 1}', b'{"sha": "../../x"}', b'{"sha": "main"}'])
def test_a_commit_that_is_none(said: bytes, hub: Shelf) -> None:
    hub.instead(".*/revision/.*", Canned(200, said))
    with pytest.raises(NotUnderstood, match="which commit"):
        list(at().versions())


def test_lies_about_a_hash_are_no_hashes(hub: Shelf) -> None:
    """What is not a hash is not compared, and is in no path."""
    hub.instead(TREE, Canned(200, entry(oid="../../../x", lfs={"oid": "/etc/passwd", "size": 3})))
    (one,) = at().versions()
    assert (one.model.sha256, one.model.git, one.model.size) == ("", "", 3)


def test_the_hubs_own_client_reads_the_stand_in(
    hub: Shelf, other: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in for the hub is one for huggingface_hub, which lists and downloads the same from it."""
    library = pytest.importorskip("huggingface_hub", reason="pip install 'auditor[registries]' brings huggingface_hub")
    hub.page, hub.token, hub.storage, other.files = 2, TOKEN, other.url, hub.files
    api = library.HfApi(endpoint=hub.url, token=TOKEN)
    listed = {file.path: file for file in api.list_repo_tree("org/name", recursive=True)}
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    kind = at()
    list(kind.versions())
    ours: dict[str, ListedFile] = kind._files
    assert {name: (file.size, file.sha256) for name, file in ours.items()} == {
        path: (file.size, file.lfs.sha256 if file.lfs else "") for path, file in listed.items()
    }
    for name in ("onnx/model.onnx", "config.json"):
        path = library.hf_hub_download(
            "org/name", name, revision="main", endpoint=hub.url, token=TOKEN, cache_dir=tmp_path / "theirs"
        )
        assert os.path.basename(os.path.dirname(path)) in (COMMIT, "onnx")
        assert Path(path).read_bytes() == FILES[name] == b"".join(kind.pieces(ours[name], 0))
    with pytest.raises(library.errors.RevisionNotFoundError):
        list(api.list_repo_tree("org/name", revision="v7"))
    with pytest.raises(library.errors.RepositoryNotFoundError):
        api.repo_info("org/none")


def test_a_server_that_goes_amid_the_listing(hub: Shelf) -> None:
    hub.page = 2
    hub.instead(rf"{TREE}cursor=2", Canned(500), 9)
    with pytest.raises(RemoteFailure, match="answers 500"):
        list(at().versions())


def test_what_is_watched_is_the_commit(hub: Shelf) -> None:
    """One question, answered in a word where nothing is new; nothing is listed for it."""
    first = at().state()
    assert first.said == COMMIT and first.mark.startswith(f'{COMMIT} W/"')
    again = at().state(first.mark)
    assert again == first
    asked = [one.headers.get("if-none-match") for one in hub.asked]
    assert asked == [None, first.mark.partition(" ")[2]]
    hub.repositories["org/name"]["more.txt"] = b""  # another ETag, and the same commit
    other = at().state(again.mark)
    assert other.said == COMMIT and other.mark != again.mark
    hub.commit = "f" * 40
    assert at().state(other.mark).said == "f" * 40
    assert hub.count(TREE) == 0
    asked_before = len(hub.asked)
    assert at(f"hf://org/name@{COMMIT}").state().said == COMMIT and len(hub.asked) == asked_before, "it never moves"
    hub.instead(".*/revision/.*", Canned(304, b"", {"Content-Length": "900"}, declared=-1))
    assert at().state(first.mark) == first, "304 has no body, whatever length it says"
    hub.instead(".*/revision/.*", Canned(304, b"", {}))
    with pytest.raises(RemoteFailure, match="answers 304"):
        at().state()  # nobody asked whether
    hub.instead(".*/revision/.*", Canned(200, b'{"sha": "%s"}' % COMMIT.encode(), {"ETag": "a b"}))
    assert at().state().mark == "", "what is no ETag is not sent back"
