"""Folders, globs, files and manifests; and that without a contract nobody speaks of one."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from auditor.batch import sources
from auditor.batch.sources.parts.files import make_up
from auditor.batch.sources.parts.registry import Registry, SourceRow
from auditor.errors import NothingToAudit, UsageError
from auditor.pipeline import audit
from auditor.settings import Settings
from tests.pace import check_grows, cpu_of

from .by_hand import MODEL, put, put_external, refs, report, said


@pytest.mark.parametrize("registry", sources.registries(), ids=lambda registry: registry.kind)
def test_a_registry_says_what_it_is(registry: type[Registry], tmp_path: Path) -> None:
    """Its row stands in docs/registries.md, no two have one kind, and none lies where nothing is."""
    assert isinstance(registry.row, SourceRow) and all(registry.row[:3])
    page = Path(__file__).parents[2] / "docs" / "registries.md"
    assert f"| {' | '.join(registry.row)} |" in page.read_text().splitlines()
    assert not registry.is_at(str(tmp_path / "nothing"))
    assert [other for other in sources.registries() if other.kind == registry.kind] == [registry]


def test_a_folder_gives_every_model_below_it_by_its_way_there(tmp_path: Path) -> None:
    for name in ("b/deep/er/two.onnx", "a.onnx", "b/One.ONNX"):
        put(tmp_path / name)
    put(tmp_path / "b/readme.md", "no model")
    put(tmp_path / ".git/x.onnx")
    assert [r.name for r in refs(tmp_path)] == ["a", "b/One", "b/deep/er/two"]
    assert all(r.files == (r.path,) and not r.troubles and r.contract is None for r in refs(tmp_path))


def test_odd_names_are_names(tmp_path: Path) -> None:
    names = [b"line\nbreak.onnx", b"not utf-8 \xff.onnx", b"\x1b[31mred.onnx", b"-rf.onnx"]
    for name in names:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(MODEL)
    found = refs(tmp_path)
    assert sorted(os.fsencode(r.name) + b".onnx" for r in found) == sorted(names)
    assert all(report(r).totals.nodes == 1 for r in found)


def test_links_in_a_circle_and_out_of_the_folder(tmp_path: Path) -> None:
    top = tmp_path / "models"
    put(top / "a/model.onnx")
    put(tmp_path / "elsewhere/other.onnx")
    (top / "a/again").symlink_to(top)
    (top / "round").symlink_to("round")
    (top / "out").symlink_to(tmp_path / "elsewhere")
    (top / "broken.onnx").symlink_to("nowhere")
    (top / "loop.onnx").symlink_to("loop.onnx")
    (top / "latest.onnx").symlink_to("a/model.onnx")
    source = sources.source_at(str(top))
    found = {r.name: r.troubles for r in source.models()}
    assert list(found) == ["broken", "latest", "loop", "a/model"]
    assert found["latest"] == found["a/model"] == ()
    assert "leads nowhere" in found["broken"][0] and "leads nowhere" in found["loop"][0]
    assert len(source.troubles) == 1 and "not followed" in source.troubles[0] and "/out" in source.troubles[0]


def test_a_named_pipe_is_a_model_that_cannot_be_audited(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.onnx")
    (ref,) = refs(tmp_path)
    assert ref.troubles == ("not a regular file but a named pipe",)
    assert [f.rule for f in report(ref).findings] == ["unreadable-model"]


def test_a_folder_that_may_not_be_entered_is_said(tmp_path: Path) -> None:
    put(tmp_path / "closed/model.onnx")
    (tmp_path / "closed").chmod(0)
    source = sources.source_at(str(tmp_path))
    try:
        found = list(source.models())
    finally:
        (tmp_path / "closed").chmod(0o755)
    if os.geteuid():
        assert not found and "cannot be entered" in source.troubles[0]
    else:  # root enters everything
        assert len(found) == 1


def test_external_data_belongs_to_the_model_and_what_is_left_over_is_said(tmp_path: Path) -> None:
    put_external(tmp_path / "model.onnx", "model.onnx.data")
    put_external(tmp_path / "nested.onnx", "data/weights.data")
    put(tmp_path / "plain.onnx")
    put(tmp_path / "plain.onnx_data", b"left over")
    put(tmp_path / "stray/old.onnx.data", b"left over")
    missing = put_external(tmp_path / "missing.onnx", "gone.bin")
    (tmp_path / "gone.bin").unlink()
    outside = put_external(tmp_path / "sub/outside.onnx", "../secret.bin")
    source = sources.source_at(str(tmp_path))
    found = {Path(r.path).name: r for r in source.models()}
    assert found["model.onnx"].files == (str(tmp_path / "model.onnx"), str(tmp_path / "model.onnx.data"))
    assert found["nested.onnx"].files[1] == str(tmp_path / "data/weights.data")
    assert not found["model.onnx"].troubles and not found["nested.onnx"].troubles
    assert found[missing.name].troubles == ("external data 'gone.bin' is missing",)
    assert found[outside.name].troubles == ("external data '../secret.bin' leads out of the model's folder",)
    assert found[outside.name].files == (str(outside),)
    assert found["plain.onnx"].troubles == ("'plain.onnx_data' looks like external data, and no model here names it",)
    assert source.troubles == [f"{tmp_path / 'stray/old.onnx.data'}: data of no model"]


def test_ten_times_the_files_are_walked_in_ten_times_the_time(tmp_path: Path) -> None:
    for folder in (tmp_path / "few" / "0", *(tmp_path / "many" / f"{n}" for n in range(10))):
        folder.mkdir(parents=True)
        for file in range(2000):
            os.close(os.open(folder / f"{file}.onnx", os.O_CREAT | os.O_WRONLY))

    def walked(name: str) -> int:
        return sum(1 for _ in sources.source_at(str(tmp_path / name)).models())

    assert (walked("few"), walked("many")) == (2_000, 20_000)
    check_grows(lambda: cpu_of(lambda: walked("few")), lambda: cpu_of(lambda: walked("many")), 20)


def test_a_glob_and_a_file(tmp_path: Path) -> None:
    for name in ("v1/model.onnx", "v2/model.onnx", "v2/notes.txt"):
        put(tmp_path / name)
    assert [r.path for r in refs(f"{tmp_path}/*/model.onnx")] == [str(tmp_path / f"v{n}/model.onnx") for n in (1, 2)]
    (only,) = refs(tmp_path / "v1/model.onnx")
    assert (only.name, only.path) == ("model", str(tmp_path / "v1/model.onnx"))
    with pytest.raises(NothingToAudit):
        sources.source_at(str(tmp_path / "nothing"))


def test_why_a_file_is_not_there_is_said_without_its_path(tmp_path: Path) -> None:
    """In the system's words, which `strerror` knows; a name that no file can have is none of its errors."""
    put(tmp_path / "list.csv", "path\ngone.onnx\n")
    (tmp_path / "link.onnx").symlink_to("nowhere")
    why = os.strerror(errno.ENOENT)
    assert refs(tmp_path / "list.csv")[0].troubles == (f"the model is not there: {why}",)
    assert refs(tmp_path / "link.onnx")[0].troubles == (f"a link that leads nowhere: {why}",)
    assert make_up("nul\0.onnx").troubles == ("the model is not there: embedded null byte",)


def test_a_manifest_in_csv(tmp_path: Path) -> None:
    put(tmp_path / "models/a.onnx")
    sha = hashlib.sha256(MODEL).hexdigest()
    put(
        tmp_path / "list.csv",
        f"path,name,version,sha256,owner\nmodels/a.onnx,alpha,3,{sha},ann\nmodels/b.onnx,,,,\n,nothing,,,\n"
        f"models/a.onnx,beta,1,{'0' * 64},\nmodels/a.onnx,gamma,1,abc,\n",
    )
    source = sources.source_at(str(tmp_path / "list.csv"))
    alpha, gone, beta, gamma = source.models()
    assert (alpha.name, alpha.version, alpha.metadata) == ("alpha", "3", {"owner": "ann"})
    assert gone.name == "models/b" and "not there" in gone.troubles[0]
    assert source.troubles == ["line 4 has no path"]
    assert said(alpha) == []
    (wrong,) = said(beta)
    assert (wrong.rule, wrong.expected, wrong.actual) == ("contract-hash-mismatch", "0" * 64, sha)
    assert [f.rule for f in said(gamma)] == ["unreadable-contract"]


def test_a_manifest_in_json_lines(tmp_path: Path) -> None:
    put(tmp_path / "a.onnx")
    put(tmp_path / "list.jsonl", '{"path": "a.onnx", "name": "a", "version": 2}\n\nnonsense\n[]\n{"name": "x"}\n')
    source = sources.source_at(str(tmp_path / "list.jsonl"))
    assert [(r.name, r.version) for r in source.models()] == [("a", "2")]
    assert [t.partition(":")[0] for t in source.troubles] == [
        "line 3 is not JSON",
        "line 4 is not an object",
        "line 5 has no path",
    ]


def test_a_manifest_without_paths_is_none(tmp_path: Path) -> None:
    put(tmp_path / "list.csv", "model,version\na,1\n")
    with pytest.raises(UsageError, match="path"):
        refs(tmp_path / "list.csv")


def test_without_a_contract_the_rules_are_silent_and_not_in_the_coverage(tmp_path: Path) -> None:
    done = audit(put(tmp_path / "model.onnx"), Settings(run=False, weights=False))
    assert not [f for f in done.findings if "contract" in f.rule]
    assert not [m for m in done.coverage.skipped if "contract" in m.what]


def test_a_glob_gives_its_files_in_order_whatever_the_file_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import glob

    paths = [str(put(tmp_path / name)) for name in ("a.onnx", "b.onnx", "c.onnx")]
    monkeypatch.setattr(glob, "iglob", lambda *_, **__: iter([paths[1], paths[2], paths[0]]))
    assert [r.path for r in refs(f"{tmp_path}/*.onnx")] == paths


def test_models_in_other_forms_are_passed_over_and_said(tmp_path: Path) -> None:
    for name in ("m.ort", "packed/m.onnx.GZ", "packed/weights.safetensors", "packed/readme.md"):
        put(tmp_path / name)
    put_external(tmp_path / "owner/m.onnx", "m.safetensors")  # as its external data, and so no other form
    source = sources.source_at(str(tmp_path))
    assert [r.name for r in source.models()] == ["owner/m"]
    assert source.troubles == [
        f"{tmp_path}: passed over, for only .onnx files are audited: 'm.ort'",
        f"{tmp_path}/packed: passed over, for only .onnx files are audited: 'm.onnx.GZ', 'weights.safetensors'",
    ]
