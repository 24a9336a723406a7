"""Contents and versions in both databases: raced for, and a project's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from auditor.store import jobs, registered, uploads
from auditor.store.registered import (
    MissingBlobs,
    RegisteredVersion,
    VersionExists,
    forget_model,
    model_named,
    newest_version,
    register,
    registered_model,
    registered_version,
    version_named,
    version_source,
    versions_of,
)
from auditor.store.service_tables import blobs
from auditor.store.service_tables import uploads as uploads_table
from auditor.store.tokens import moment
from auditor.store.uploads import (
    OPEN,
    QuotaFull,
    TooManyUploads,
    abandoned,
    begin,
    blob_size,
    blob_sizes,
    forget_abandoned,
    forget_unused,
    forget_upload,
    keeping,
    known_uploads,
    see,
    upload_of,
    without_rows,
)
from auditor.store.works import Works

from .models import bytes_stored
from .reports import document

DAY = 86_400.0


@pytest.fixture
def store(where: str) -> Iterator[Works]:
    with Works.open(where) as opened:
        yield opened


def _content(store: Works, text: str, size: int = 10) -> str:
    """A content that is there."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    upload = begin(store, size, sha256, 1 << 40)
    with keeping(store, upload.id, sha256, size):
        pass
    forget_upload(store, upload.id)
    return sha256


def _registered(store: Works, name: str, version: str, *contents: str) -> RegisteredVersion:
    files = {f"{i}.onnx": content for i, content in enumerate(contents)}
    return register(store, name, version, "0.onnx", files, None, "me")[0]


def test_a_content_is_kept_with_its_upload(store: Works) -> None:
    upload = begin(store, 10, "a" * 64, 1000)
    assert not upload.done
    assert blob_size(store, "a" * 64) is None
    with keeping(store, upload.id, "a" * 64, 10):
        pass
    found = upload_of(store, upload.id)
    assert found is not None
    assert found.done
    assert (blob_size(store, "a" * 64), bytes_stored(store)) == (10, 10)
    assert begin(store, 10, "a" * 64, 0).done, "it is there: it needs no room"


def test_a_file_that_could_not_be_put_in_its_place_has_no_row(store: Works) -> None:
    upload = begin(store, 10, "a" * 64, 1000)
    with pytest.raises(OSError, match="disk"), keeping(store, upload.id, "a" * 64, 10):
        raise OSError("disk")
    assert blob_size(store, "a" * 64) is None
    found = upload_of(store, upload.id)
    assert found is not None
    assert not found.done


def test_one_content_from_many_at_once_has_one_row(where: str) -> None:
    with Works.open(where) as store:
        sent = [begin(store, 10, "a" * 64, 1000).id for _ in range(8)]

        def keep(upload_id: str) -> None:
            with keeping(store, upload_id, "a" * 64, 10):
                pass

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(keep, sent))
        assert bytes_stored(store) == 10


def test_a_quota_counts_what_is_there_and_what_comes(store: Works) -> None:
    _content(store, "there", 600)
    begin(store, 300, "a" * 64, 1000)
    with pytest.raises(QuotaFull, match="600 are there, 300 on their way"):
        begin(store, 101, "b" * 64, 1000)
    begin(store, 100, "b" * 64, 1000)
    begin(store.in_project("other"), 1000, "b" * 64, 1000)


def test_so_many_uploads_at_once(store: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    assert OPEN >= 100
    monkeypatch.setattr(uploads, "OPEN", 2)
    first = begin(store, 1, "a" * 64, 1000)
    begin(store, 1, "b" * 64, 1000)
    with pytest.raises(TooManyUploads):
        begin(store, 1, "c" * 64, 1000)
    forget_upload(store, first.id)
    begin(store, 1, "c" * 64, 1000)


def test_one_version_is_registered_once_by_many(where: str) -> None:
    with Works.open(where) as store:
        one, other = _content(store, "one"), _content(store, "other")

        def race(i: int) -> bool | None:
            try:
                return register(store, "net", "1", "m.onnx", {"m.onnx": (one, other)[i % 2]}, None, "me")[1]
            except VersionExists:
                return None

        with ThreadPoolExecutor(4) as threads:
            made = list(threads.map(race, range(12)))
        assert made.count(True) == 1
        assert (made.count(False), made.count(None)) == (5, 6), "half of them have the very same"
        model = model_named(store, "net")
        assert model is not None
        assert model.versions == 1


def test_the_same_files_in_another_order_are_the_same_version(store: Works) -> None:
    """And are kept alike, whoever says them."""
    a, b = _content(store, "a"), _content(store, "b")
    kept = register(store, "net", "1", "m.onnx", {"w.bin": b, "m.onnx": a}, {"y": 1, "x": 2}, "me")[0]
    again, new = register(store, "net", "1", "m.onnx", {"m.onnx": a, "w.bin": b}, {"x": 2, "y": 1}, "me")
    assert not new and again == kept
    assert list(again.files) == ["m.onnx", "w.bin"] and list(again.contract or {}) == ["x", "y"]


def test_what_is_missing_is_said_and_nothing_kept(store: Works) -> None:
    there, theirs = _content(store, "there"), _content(store.in_project("other"), "theirs")
    with pytest.raises(MissingBlobs) as missing:
        _registered(store, "net", "1", there, theirs, "f" * 64)
    assert missing.value.missing == sorted([theirs, "f" * 64])
    assert str(missing.value) == "2 of the files are not there: upload them first"
    assert model_named(store, "net") is None


def test_contents_that_nobody_needs(store: Works, where: str) -> None:
    """Kept are those of a version, those that were sent lately, and those that somebody asks for by an upload."""
    used, young, asked, unused = (_content(store, text) for text in ("used", "young", "asked", "unused"))
    _registered(store, "net", "1", used)
    long_ago = moment(datetime.now(UTC) - timedelta(days=3))
    with store.writing() as connection:
        connection.execute(update(blobs).where(blobs.c.sha256 != young).values(created_at=long_ago))
    begin(store, 10, asked, 0)
    assert forget_unused(store.in_project("other"), DAY) == 0
    assert forget_unused(store, DAY) == 1
    assert blob_sizes(store, [used, young, asked, unused]).keys() == {used, young, asked}
    with without_rows(store, [used, unused, "f" * 64]) as gone:
        assert gone == [unused, "f" * 64]


def test_uploads_that_nobody_goes_on_with(store: Works) -> None:
    old, seen = begin(store, 1, "a" * 64, 10), begin(store, 1, "b" * 64, 10)
    with store.writing() as connection:
        long_ago = moment(datetime.now(UTC) - timedelta(days=3))
        connection.execute(update(uploads_table).values(seen_at=long_ago))
    see(store, seen.id)
    assert abandoned(store, DAY) == [old.id]
    assert abandoned(store.in_project("other"), DAY) == []
    assert known_uploads(store.in_project("other"), [old.id, "f" * 32]) == {old.id}
    assert uploads.projects_of_uploads(store) == ["default"]
    assert not forget_abandoned(store, seen.id, DAY)
    assert forget_abandoned(store, old.id, DAY)
    assert upload_of(store, old.id) is None and upload_of(store, seen.id) is not None


def test_another_projects_rows_are_not_there(store: Works) -> None:
    """Every function that takes a store, asked from the other project."""
    content = _content(store, "mine")
    version = _registered(store, "net", "1", content)
    upload = begin(store, 10, "a" * 64, 1000)
    other = store.in_project("other")
    see(other, upload.id)
    forget_upload(other, upload.id)
    assert not forget_abandoned(other, upload.id, -DAY)
    with keeping(other, upload.id, "b" * 64, 10):
        pass
    assert upload_of(store, upload.id) == upload, "another project changed it"
    nothing: dict[str, object] = {
        "upload_of": upload_of(other, upload.id),
        "blob_size": blob_size(other, content),
        "blob_sizes": blob_sizes(other, [content]) or None,
        "registered_model": registered_model(other, version.model_id),
        "model_named": model_named(other, "net"),
        "registered_version": registered_version(other, version.id),
        "version_named": version_named(other, version.model_id, "1"),
        "newest_version": newest_version(other, version.model_id),
        "versions_of": versions_of(other, version.model_id, 10).versions or None,
        "forget_model": forget_model(other, version.model_id) or None,
    }
    assert [name for name, found in nothing.items() if found is not None] == []
    mine: dict[str, object] = {
        "upload_of": upload_of(store, upload.id),
        "blob_size": blob_size(store, content),
        "blob_sizes": blob_sizes(store, [content]),
        "registered_model": registered_model(store, version.model_id),
        "model_named": model_named(store, "net"),
        "registered_version": registered_version(store, version.id),
        "version_named": version_named(store, version.model_id, "1"),
        "newest_version": newest_version(store, version.model_id),
        "versions_of": versions_of(store, version.model_id, 10).versions,
        "forget_model": forget_model(store, version.model_id),
    }
    assert [name for name, found in mine.items() if not found] == []
    tested = {*nothing, "begin", "see", "forget_upload", "keeping", "abandoned", "forget_abandoned", "forget_unused"}
    tested |= {"without_rows", "register", "known_uploads", "projects_of_uploads"}
    tested |= {"contents_turn", "sizes_within", "version_source"}  # no questions of their own
    there = {
        name
        for module in (uploads, registered)
        for name, thing in vars(module).items()
        if callable(thing) and not isinstance(thing, type) and not name.startswith("_")
        if getattr(thing, "__module__", "") == module.__name__
    }
    assert there == tested, "a function without a case"


def test_an_audit_stays_that_another_job_has_for_its_report(store: Works) -> None:
    """And so does another project's of the same source."""
    content = _content(store, "mine")
    first, second = _registered(store, "net", "1", content), _registered(store, "other", "1", content)
    source = version_source("default", "net", "1")
    own, shared = (store.save(document(), source, subject="net", version="1") for _ in range(2))
    theirs = store.in_project("other").save(document(), source, subject="net", version="1")
    for version, audit_id in ((first, own), (second, shared)):
        job = jobs.submit(store, version_id=version.id, options={}, by="me", done=audit_id)
        assert job.audit_id == audit_id
    assert forget_model(store, first.model_id)
    assert [store.get(audit_id) is not None for audit_id in (own, shared)] == [False, True]
    assert store.in_project("other").get(theirs) is not None


def test_ids_that_no_database_takes(store: Works) -> None:
    """PostgreSQL refuses a NUL in a text."""
    for wrong in ("\0", "a\0b", "x" * 100_000):
        assert upload_of(store, wrong) is None
        assert blob_size(store, wrong) is None
        assert registered_model(store, wrong) is None
        assert registered_version(store, wrong) is None
        assert model_named(store, wrong) is None
        assert not forget_model(store, wrong)


def test_the_source_of_a_version_is_one_versions_alone() -> None:
    """A name may hold an @, a version not."""
    pairs = [("a", "1"), ("a@1", "1"), ("a/b", "1"), ("a", "1/b"), ("@", "1"), ("é" * 512, "v" * 128)]
    assert len({version_source("default", *pair) for pair in pairs}) == len(pairs)
    assert version_source("default", "a", "1") == "default/a@1"


def test_a_version_without_its_contents_is_not_registered_while_they_are_swept(store: Works) -> None:
    content = _content(store, "mine")
    with store.writing() as connection:
        connection.execute(delete(blobs))
    with pytest.raises(MissingBlobs):
        _registered(store, "net", "1", content)


def test_a_page_of_versions_with_many_files_is_shorter(store: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version may have 10,000 files with names of a kilobyte, and a page 200 versions."""
    content = _content(store, "net")
    made = [_registered(store, "net", str(i), content) for i in range(5)][::-1]
    each = len(json.dumps({"0.onnx": content}))
    monkeypatch.setattr("auditor.store.registered._AT_ONCE", each)
    pages, after = [], None
    while True:
        found, more = versions_of(store, made[0].model_id, 4, after)
        pages.append(found)
        if not more:
            break
        after = (found[-1].created_at, found[-1].id)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [version.id for page in pages for version in page] == [version.id for version in made]
    assert versions_of(store, "0" * 32, 4) == ([], False)
    monkeypatch.setattr("auditor.store.registered._AT_ONCE", 0)
    assert versions_of(store, made[0].model_id, 1) == ([made[0]], True)  # one there always is
