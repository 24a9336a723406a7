"""Of large models what holds the graph alone: what is sent is counted, and what is not here is nobody's zero."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from auditor.batch.courier import Brought, ListedPage, brought, listed
from auditor.batch.drawing import picture_for
from auditor.batch.one import audit_one
from auditor.batch.refs import Partly, Ref
from auditor.batch.run import batch
from auditor.batch.state import Keys
from auditor.batch.tasks import Task, WorkerLimits
from auditor.cli.commands import command
from auditor.errors import ExitCode, UsageError
from auditor.formats.json import parse
from auditor.model import digest
from auditor.model.holes import Holes, Lacking, NotHere, PartialFile
from auditor.model.load import load
from auditor.model.payload import Absent, array, extent, read, small, tensors
from auditor.policy.judge import USUAL
from auditor.remote.cache import Cache
from auditor.remote.errand import Fetching
from auditor.remote.failures import LedAstray, NotThatContent, NotUnderstood, RemoteFailure, TooMuch
from auditor.remote.graphs import GraphFile, graph_of
from auditor.remote.kinds import registry_at
from auditor.remote.listing import FetchLimits
from auditor.sessions.asked import asked
from auditor.settings import Settings
from tests.forked import Ended

from .conftest import LIMITS
from .sparse import large, parted, reshaped, within_itself, written
from .stand_in import COMMIT, Canned, Shelf, Sparse, redirect
from .test_cache import put

Call = Callable[..., Ended]
SIZE = len(large())
MEGABYTE = 1 << 20


@pytest.fixture
def hub(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("HF_ENDPOINT", shelf.url)
    return shelf


def graph_at(shelf: Shelf, cache: Path, limits: FetchLimits = LIMITS) -> GraphFile | None:
    """What comes of /m.onnx, by a registry that is one file behind a URL."""
    kind = registry_at(f"{shelf.url}/m.onnx", limits)
    (file,) = kind.files()  # type: ignore[attr-defined]
    with Cache(str(cache), 1 << 40).filling() as filling:
        return graph_of(filling, "", file, lambda *of: kind.part(file, *of), limits, time.monotonic() + 600)


def test_a_graph_costs_what_it_holds(shelf: Shelf, tmp_path: Path) -> None:
    """Of 200 MB less than one is sent; and what is here is the structure, by the digest of a copy that is whole."""
    found = shelf.files["/m.onnx"] = large()
    assert SIZE > 200_000_000
    graph = graph_at(shelf, tmp_path / "cache")
    assert graph is not None and graph.size == SIZE
    assert shelf.sent == graph.fetched < MEGABYTE
    assert os.stat(graph.path).st_size == SIZE
    model = load(PartialFile(graph.path, Holes(graph.holes)))
    whole = load(str(written(found, tmp_path / "whole.onnx")))
    assert digest.structure(model) == digest.structure(whole)
    first, sizes, _ = (tensor for _, tensor in tensors(model))
    assert small(model, sizes) == (1, 25_000), "shapes hang on it"
    for wanted in (lambda: array(model, first), lambda: read(model, first.spans[0].offset, 1 << 21)):
        with pytest.raises(ValueError, match="not fetched"):
            wanted()
    with pytest.raises(NotHere):
        digest.content(model)
    assert isinstance(extent(model, first), Absent)
    assert graph_at(shelf, tmp_path / "cache") == graph, "it is kept"
    assert shelf.sent == graph.fetched


def test_a_process_that_ends_amid_a_graph_leaves_nothing_that_counts(shelf: Shelf, tmp_path: Path) -> None:
    """Not even where the same file was here before, was taken away, and what was said of it is still there."""
    shelf.files["/m.onnx"] = large()
    graph = graph_at(shelf, tmp_path)
    assert graph is not None
    os.unlink(graph.path)
    kind = registry_at(f"{shelf.url}/m.onnx", LIMITS)
    (file,) = kind.files()  # type: ignore[attr-defined]

    def ends(start: int, length: int, etag: str) -> object:
        if start:
            raise KeyboardInterrupt
        return kind.part(file, start, length, etag)

    with Cache(str(tmp_path), 1 << 40).filling() as filling, pytest.raises(KeyboardInterrupt):
        graph_of(filling, "", file, ends, LIMITS, time.monotonic() + 600)  # type: ignore[arg-type]
    assert os.stat(graph.path).st_size == SIZE, "it is as long as the whole one"
    shelf.sent = 0
    assert graph_at(shelf, tmp_path) == graph
    assert shelf.sent == graph.fetched


def test_holes_take_no_room_in_the_cache(shelf: Shelf, tmp_path: Path) -> None:
    """A graph counts as what came of it, and goes like whatever else nobody holds."""
    shelf.files["/m.onnx"] = large()
    graph = graph_at(shelf, tmp_path)
    assert graph is not None
    cache = Cache(str(tmp_path), MEGABYTE)
    cache.make_room(MEGABYTE)
    assert os.path.exists(graph.path)
    with cache.filling() as filling:
        assert filling.hold(graph.path)
        put(cache, "e", bytes(MEGABYTE))
        cache.make_room(MEGABYTE)
        assert os.path.exists(graph.path), "it is held"
    cache.make_room(MEGABYTE)
    assert not os.path.exists(graph.path)


def test_which_bytes_are_lacking() -> None:
    lacking = Lacking(Holes(((10, 20), (30, 40)), frozenset({"a/b"})))
    over = [at for at in range(50) if lacking.is_over("", at, 1)]
    assert over == [*range(10, 20), *range(30, 40)]
    places = {
        (0, 10): False,
        (0, 11): True,
        (20, 10): False,
        (20, 11): True,
        (39, 9): True,
        (40, 9): False,
        (5, 99): True,
    }
    assert {place: lacking.is_over("", *place) for place in places} == places
    assert [lacking.is_over(name, 0, 1) for name in ("a/b", "./a//b", "b")] == [True, True, False]


def part(data: Sparse, first: int, end: int, **more: str) -> Canned:
    said = {"Content-Range": f"bytes {first}-{end - 1}/{len(data)}", "ETag": f'"{data.etag}"', **more}
    return Canned(206, data[first:end], said)


FIRST = 1 << 16
WRONG: dict[str, tuple[Callable[[Sparse], Canned], type[RemoteFailure], str]] = {
    "another range": (lambda d: part(d, 100, FIRST + 100), NotUnderstood, "another part"),
    "a longer one": (lambda d: part(d, 0, FIRST + 1), NotUnderstood, "another part"),
    "a shorter one": (lambda d: part(d, 0, FIRST - 1), NotUnderstood, "another part"),
    "fewer bytes than it says": (
        lambda d: part(d, 0, FIRST)._replace(body=b"x"), NotUnderstood, "1 bytes, and says that they are",
    ),
    "more bytes than it says": (
        lambda d: part(d, 0, FIRST)._replace(body=b"x" * FIRST * 2), TooMuch, "and was asked for no more",
    ),
    "no end of bytes": (lambda d: part(d, 0, FIRST)._replace(endless=True), TooMuch, "and was asked for no more"),
    "no range": (lambda d: part(d, 0, FIRST, **{"Content-Range": "bytes"}), NotUnderstood, "another part"),
    "a size that is not known": (
        lambda d: part(d, 0, FIRST, **{"Content-Range": f"bytes 0-{FIRST - 1}/*"}), NotUnderstood, "another part",
    ),
    "another size": (
        lambda d: part(d, 0, FIRST, **{"Content-Range": f"bytes 0-{FIRST - 1}/{10**17}"}),
        NotThatContent, "its registry says that it has",
    ),
    "another ETag": (lambda d: part(d, 0, FIRST, ETag='"x"'), NotThatContent, "exchanged while it was fetched"),
    "packed": (lambda d: part(d, 0, FIRST, **{"Content-Encoding": "gzip"}), NotUnderstood, "is packed"),
    "leads astray": (lambda d: redirect("file:///etc/passwd"), LedAstray, "not an address"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_part_is_refused(case: str, shelf: Shelf, tmp_path: Path) -> None:
    """Nothing of it is kept."""
    answer, failure, said = WRONG[case]
    data = shelf.files["/m.onnx"] = large()
    kind = registry_at(f"{shelf.url}/m.onnx", LIMITS)
    (file,) = kind.files()  # type: ignore[attr-defined]
    shelf.instead("/m.onnx", answer(data))
    with Cache(str(tmp_path), 1 << 40).filling() as filling, pytest.raises(failure, match=said):
        graph_of(filling, "", file, lambda *of: kind.part(file, *of), LIMITS, time.monotonic() + 600)
    assert not [path for path in (tmp_path / "graphs").rglob("*") if path.is_file()]


@pytest.mark.parametrize("how", ["another ETag", "another size", "all of it", "gone"])
def test_a_file_that_is_exchanged_amid_its_graph(how: str, shelf: Shelf, tmp_path: Path) -> None:
    data = shelf.files["/m.onnx"] = large()
    kind = registry_at(f"{shelf.url}/m.onnx", LIMITS)
    (file,) = kind.files()  # type: ignore[attr-defined]
    parts = 0

    def asked(start: int, length: int, etag: str) -> object:
        nonlocal parts
        parts += 1
        if parts == 2:
            now = large(25_001) if how == "another size" else large()
            now.etag = "another" if how == "another ETag" else data.etag
            shelf.files["/m.onnx"] = now
            shelf.ranges = how != "all of it"
            if how == "gone":
                del shelf.files["/m.onnx"]
        return kind.part(file, start, length, etag)

    with Cache(str(tmp_path), 1 << 40).filling() as filling, pytest.raises(RemoteFailure) as refused:
        graph_of(filling, "", file, asked, LIMITS, time.monotonic() + 600)  # type: ignore[arg-type]
    assert ("is not there" if how == "gone" else "exchanged while it was fetched") in str(refused.value)


def test_hostile_lengths_are_bounded(shelf: Shelf, tmp_path: Path) -> None:
    """A size that no file has; a graph that is all of a large file; a model that is none costs its beginning."""
    huge = large()
    huge.size = 1 << 50
    shelf.files["/m.onnx"] = huge
    with pytest.raises(TooMuch, match="which no model does"):
        graph_at(shelf, tmp_path)
    shelf.files["/m.onnx"] = large(unknown=1 << 30)
    shelf.sent = 0
    with pytest.raises(TooMuch, match="--fetch-size"):
        graph_at(shelf, tmp_path, LIMITS._replace(size=4 * MEGABYTE))
    assert shelf.sent <= 5 * MEGABYTE
    shelf.files["/m.onnx"] = Sparse(1 << 30, {0: b"<html>"})
    shelf.sent = 0
    graph = graph_at(shelf, tmp_path)
    assert graph is not None and shelf.sent < MEGABYTE
    with pytest.raises(TooMuch, match="pieces"):
        _in_pieces(shelf, tmp_path)


def _in_pieces(shelf: Shelf, tmp_path: Path) -> None:
    from auditor.remote import ranged

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranged, "_REQUESTS", 1)
        shelf.files["/m.onnx"] = large(25_002)
        graph_at(shelf, tmp_path)


def test_a_batch_of_the_hub(hub: Shelf, auditor: Call, tmp_path: Path) -> None:
    """What was not looked at is said, and is no pass of it; a second batch fetches and audits nothing again."""
    hub.repositories["org/name"] = {
        "whole.onnx": large(), "parted.onnx": parted(), "weights.bin": Sparse(102_400_000, {}),
    }  # fmt: skip
    said = auditor("batch", "hf://org/name", "--graph-only", "-o", f"json:{tmp_path}/all.jsonl")
    assert said.status == ExitCode.PASS, said.out + said.err
    assert hub.sent < 2 * MEGABYTE
    reports = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    for report in reports:
        skipped = {one["what"]: one["why"] for one in report["coverage"]["skipped"]}
        assert "no hash was compared" in skipped["the tensors' data"], skipped
        assert {"weights", "run"} <= set(skipped)
        assert report["model"]["content_digest"] is None
        assert {finding["severity"] for finding in report["findings"]} <= {"note"}
    assert {report["outputs"][0]["shape"][1] for report in reports} == {1000, 25_000}
    assert hub.count(".*weights.bin") == 0
    sent = hub.sent
    again = auditor("batch", "hf://org/name", "--graph-only")
    assert "2 reused" in again.out and hub.sent == sent
    one = auditor("check", f"hf://org/name@{COMMIT}/whole.onnx", "--graph-only", "--format", "json")
    assert one.status == ExitCode.PASS and hub.sent < sent + MEGABYTE
    assert "the tensors' data" in {missed["what"] for missed in one.report["coverage"]["skipped"]}


@pytest.mark.parametrize("location", ["m.onnx", "./m.onnx"])
def test_a_model_with_data_in_its_own_file(location: str, hub: Shelf, auditor: Call) -> None:
    """onnx takes a model's own name as a location; the graph then is what was fetched, and the data is not here."""
    hub.repositories["org/name"] = {"m.onnx": within_itself(location)}
    said = auditor("batch", "hf://org/name", "--graph-only", "--format", "json")
    assert said.status == ExitCode.PASS, said.out + said.err
    assert said.report["outputs"][0]["shape"] == [1, 25_000]
    assert not [one for one in said.report["findings"] if one["rule"] in ("nan-weights", "dead-units")]
    assert "the tensors' data" in {missed["what"] for missed in said.report["coverage"]["skipped"]}


def test_data_in_the_own_file_is_not_read_from_its_holes(hub: Shelf, tmp_path: Path) -> None:
    hub.repositories["org/name"] = {"onnx/m.onnx": within_itself("m.onnx")}
    errand = Fetching(str(tmp_path), graph_only=True).errand("hf://org/name")
    page = listed(errand, 0, 8)
    assert isinstance(page, ListedPage)
    found = brought(errand, page.versions[0], "entry")
    assert isinstance(found, Brought) and found.partly is not None
    model = load(PartialFile(found.path, found.partly.holes))
    (bias,) = (tensor for _, tensor in tensors(model) if tensor.external is not None)
    assert isinstance(extent(model, bias), Absent)


def test_a_page_draws_nothing_that_was_not_fetched(tmp_path: Path) -> None:
    """Zeros would say that no size changes."""
    paths = (str(written(reshaped("sizes.bin"), tmp_path / "m.onnx")), str(tmp_path / "sizes.bin"))
    Path(paths[1]).write_bytes(bytes(16))
    partly = Partly("key", Holes((), frozenset({"sizes.bin"})), 100, 116)
    ref = Ref("m", "1", paths[0], paths, {}, None, (), address="hf://o/m@1/m.onnx", partly=partly)
    settings = Settings(run=False, weights=False)
    report, _ = parse(audit_one(ref, settings).document)
    picture, trouble = picture_for(ref, report, settings)
    assert not trouble and [layer.shape for layer in picture.layers] == [("r[0]", "r[1]")] * 2


def test_a_gate_judges_what_it_has_seen_whole() -> None:
    offers = {name: {row.name for row in command(name).settings} for name in ("check", "batch", "watch", "gate")}
    assert [name for name, rows in offers.items() if "graph_only" in rows] == ["check", "batch", "watch"]
    assert {"cache", "fetch_size", "artifact_root"} <= offers["gate"]


@pytest.mark.parametrize(("option", "word"), [("run", "--run"), ("weights", "--weights"), ("deep", "--deep")])
def test_what_needs_the_weights_is_another_call(option: str, word: str) -> None:
    with pytest.raises(UsageError, match=f"^{word} needs the weights, and --graph-only fetches none"):
        asked({"graph_only": True, option: True, "no_config": True})
    settings = asked({"graph_only": True, "no_config": True}).settings
    assert (settings.run, settings.weights, settings.ad_hoc) == (False, False, ("--no-weights", "--no-run"))


def test_a_server_without_parts(shelf: Shelf, auditor: Call) -> None:
    """All of the file comes, within what is allowed, and that is said."""
    shelf.ranges = False
    small_one = large(300)
    shelf.files["/m.onnx"] = small_one
    said = auditor("batch", f"{shelf.url}/m.onnx", "--graph-only", "--format", "json")
    assert said.status == ExitCode.PASS, said.out + said.err
    lines = [one["why"] for one in said.report["coverage"]["skipped"]]
    assert "m.onnx was fetched whole: its server gives no parts of files" in lines
    assert said.report["model"]["bytes"] == len(small_one)
    shelf.files["/m.onnx"] = large(400)
    said = auditor("batch", f"{shelf.url}/m.onnx", "--graph-only", "--fetch-size", "1M")
    assert said.status == ExitCode.INCONCLUSIVE and "--fetch-size" in " ".join(said.out.split())


class Takes:
    """An engine that does nothing, and says what it was to do; and a store that knows nothing."""

    jobs, limits, outstanding, elsewhere, processor = 1, WorkerLimits(), 0, False, ()

    def __init__(self, *_: object) -> None:
        self.asked: list[str] = []

    @property
    def hungry(self) -> bool:
        return not self.asked

    def submit(self, function: Callable[..., object], *arguments: object, **_: object) -> Task:
        self.asked.append(function.__name__)
        return Task(function, arguments, self.limits)

    def turns(self, _: object) -> Iterator[None]:
        return iter(())

    def tell_stages_to(self, _: object) -> None:
        pass

    def states(self, _: object) -> dict[str, object]:
        return {}

    def done(self, *_: object) -> dict[str, object]:
        return {}

    def documents(self, _: object) -> dict[str, object]:
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("holes", [((100, 200),), ()])
def test_no_hash_is_made_of_holes(holes: tuple[tuple[int, int], ...], tmp_path: Path) -> None:
    """Of what is here whole one is; a file with holes is known by what was fetched of it."""
    path = tmp_path / "m.onnx"
    path.write_bytes(bytes(300))
    partly = Partly("key", Holes(holes), 200, 300) if holes else None
    ref = Ref("m", "1", str(path), (str(path),), {}, None, (), address="hf://o/m@1/m.onnx", partly=partly)
    takes: Any = Takes()
    settings = Settings(run=False, weights=False)
    assert list(batch([ref], settings, lambda _: USUAL, takes, 1, WorkerLimits(), engine=lambda *_: takes)) == []
    assert takes.asked == ["audit_one" if holes else "hashed"]
    if partly is not None:
        keys = Keys(settings, ())
        other = ref._replace(partly=partly._replace(key="another"))
        assert len({keys.key_of(ref, ()), keys.key_of(other, ()), keys.key_of(ref._replace(partly=None), ())}) == 3
