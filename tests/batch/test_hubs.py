"""The Hugging Face cache and the ONNX model zoo."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from auditor.batch import sources
from auditor.errors import CannotLook

from .by_hand import MODEL, put, put_external, refs, report, said


def hugging(cache: Path, revision: str, files: dict[str, bytes]) -> Path:
    """A cache as huggingface_hub lays it out."""
    repository = cache / "models--org--net"
    for name, data in files.items():
        blob = put(repository / "blobs" / hashlib.sha256(data).hexdigest(), data)
        link = repository / "snapshots" / revision / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    put(repository / "refs/main", revision)
    return repository


def test_a_hugging_face_cache(tmp_path: Path) -> None:
    external = put_external(tmp_path / "made/model.onnx", "model.onnx_data")
    data = external.with_name("model.onnx_data").read_bytes()
    old, new = "1" * 40, "2" * 40
    hugging(tmp_path / "hub", old, {"onnx/model.onnx": MODEL})
    repository = hugging(
        tmp_path / "hub",
        new,
        {
            "config.json": b'{"model_type": "bert", "hidden_size": 8}',
            "onnx/model.onnx": external.read_bytes(),
            "onnx/model.onnx_data": data,
            "onnx/model_fp16.onnx": MODEL,
        },
    )
    snapshot = repository / "snapshots" / new
    for path in (tmp_path / "hub", repository):
        found = refs(path)
        assert [(r.name, r.version) for r in found] == [
            ("org/net/onnx/model", old),
            ("org/net/onnx/model", new),
            ("org/net/onnx/model_fp16", new),
        ]
        assert not any(r.troubles for r in found)
        assert found[1].files == tuple(
            str(snapshot / n) for n in ("onnx/model.onnx", "onnx/model.onnx_data", "config.json")
        )
        assert found[1].metadata["refs"] == "main" and found[1].metadata["model_type"] == "bert"
        assert "refs" not in found[0].metadata
    assert [r.version for r in refs(snapshot)] == [new, new]
    assert not [f for f in report(found[1]).findings if f.severity == "error"]


def test_a_hugging_face_repository_and_its_broken_config(tmp_path: Path) -> None:
    put(tmp_path / "config.json", '{"architectures": ["Net"]}')
    put(tmp_path / "onnx/model_int8.onnx")
    (ref,) = refs(tmp_path)
    assert sources.source_at(str(tmp_path)).kind == "huggingface"
    assert ref.name == f"{tmp_path.name}/onnx/model_int8" and ref.metadata["variant"] == "onnx/model_int8.onnx"
    hugging(tmp_path / "hub", "3" * 40, {"config.json": b"{" * 3, "model.onnx": MODEL})
    (ref,) = refs(tmp_path / "hub")
    assert "config.json is not JSON" in ref.troubles[0]


def zoo(folder: Path, **changes: object) -> Path:
    put(folder / "vision/net-1.onnx")
    metadata = {
        "model_sha": hashlib.sha256(MODEL).hexdigest(),
        "model_bytes": len(MODEL),
        "tags": ["vision", "classification"],
        "io_ports": {
            "inputs": [{"name": "x", "shape": ["batch", 4], "type": "tensor(float)"}],
            "outputs": [{"name": "y", "shape": ["batch", 4], "type": "tensor(float)"}],
        },
    } | changes
    entry = {"model": "Net", "model_path": "vision/net-1.onnx", "opset_version": 17, "metadata": metadata}
    put(folder / "ONNX_HUB_MANIFEST.json", json.dumps([entry, {"model": "x"}, entry | {"model_path": "../x.onnx"}]))
    return folder


def test_what_the_zoo_says_of_a_model_is_kept_and_bad_entries_end_nothing(tmp_path: Path) -> None:
    put(tmp_path / "a/net-7.onnx")
    entries = [
        5,
        {"model": "lost"},
        {"model_path": "/etc/net.onnx"},
        {"model_path": "a/../../net.onnx"},
        {"model": "Net", "model_path": "a/net-7.onnx", "onnx_version": "1.2.1", "opset_version": 7},
    ]
    put(tmp_path / "ONNX_HUB_MANIFEST.json", json.dumps(entries))
    source = sources.source_at(str(tmp_path))
    (ref,) = source.models()
    assert (ref.name, ref.version) == ("a/net-7", "")
    assert ref.metadata == {"model": "Net", "onnx_version": "1.2.1", "opset_version": "7"}
    assert [trouble.partition(" of ")[0] for trouble in source.troubles] == [f"entry {n}" for n in (1, 2, 3, 4)]


def test_the_zoos_manifest(tmp_path: Path) -> None:
    source = sources.source_at(str(zoo(tmp_path)))
    (ref,) = source.models()
    assert (ref.name, ref.metadata["model"], ref.metadata["tags"]) == ("vision/net-1", "Net", "vision, classification")
    assert len(source.troubles) == 2 and "no model_path" in source.troubles[0] and "leads out" in source.troubles[1]
    assert said(ref) == [] and refs(tmp_path / "ONNX_HUB_MANIFEST.json") == [ref]


@pytest.mark.parametrize(
    ("changes", "rule", "expected", "actual"),
    [
        ({"model_sha": "0" * 64}, "contract-hash-mismatch", "0" * 64, hashlib.sha256(MODEL).hexdigest()),
        (
            {"io_ports": {"inputs": [{"name": "x", "shape": [1, 5], "type": "tensor(double)"}]}},
            "contract-mismatch",
            "float64",
            "float32",
        ),
        (
            {"io_ports": {"outputs": [{"name": "y", "shape": [1, 5], "type": "tensor(float)"}]}},
            "contract-mismatch",
            "[1, 5]",
            "[N, 4]",
        ),
    ],
)
def test_where_the_zoo_and_the_model_disagree_both_are_named(
    tmp_path: Path, changes: dict[str, object], rule: str, expected: str, actual: str
) -> None:
    (ref,) = refs(zoo(tmp_path, **changes))
    assert (rule, expected, actual) in [(f.rule, f.expected, f.actual) for f in said(ref)]


@pytest.mark.parametrize(
    "changes", [{"model_sha": 3}, {"model_sha": "xyz"}, {"io_ports": [1]}, {"io_ports": {"inputs": [{}]}}]
)
def test_an_entry_of_the_zoo_that_cannot_be_read(tmp_path: Path, changes: dict[str, object]) -> None:
    (ref,) = refs(zoo(tmp_path, **changes))
    assert [f.rule for f in said(ref)] == ["unreadable-contract"] and len(ref.troubles) == 1


def test_a_zoo_whose_manifest_is_no_json(tmp_path: Path) -> None:
    put(tmp_path / "ONNX_HUB_MANIFEST.json", "{")
    with pytest.raises(CannotLook, match="not JSON"):
        refs(tmp_path)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("models--org--net/snapshots/abc", "huggingface"),
        ("models--org--net/others/abc", "folder"),
        ("net/snapshots/abc", "folder"),
    ],
)
def test_a_revision_of_the_cache_is_known_by_its_place(tmp_path: Path, place: str, kind: str) -> None:
    """models--<organisation>--<name>/snapshots/<revision>, without any configuration.

    https://huggingface.co/docs/huggingface_hub/guides/manage-cache
    """
    put(tmp_path / place / "model.onnx")
    assert sources.source_at(str(tmp_path / place)).kind == kind


def test_a_branch_is_a_small_file_that_holds_a_revision(tmp_path: Path) -> None:
    """huggingface_hub writes forty characters: what holds more than a thousand bytes is something else."""
    revision = "4" * 40
    repository = hugging(tmp_path, revision, {"model.onnx": MODEL})
    put(repository / "refs/v1", revision.ljust(1000))
    put(repository / "refs/padded", revision.ljust(1001))
    put(repository / "refs/other", "5" * 40)
    (ref,) = refs(tmp_path)
    assert ref.metadata["refs"] == "main, v1"
