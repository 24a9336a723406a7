"""Which files a model has for a runtime, and that each was hashed as it will be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from onnx import TensorProto, helper, load_model, save_model

from auditor.attest.model_files import check_unchanged, hashed_files
from auditor.attest.refusals import ChangedMeanwhile

from .conftest import FILES, Place, Said, write_model

Verify = Callable[..., Said]


def test_a_file_that_changes_between_its_hashing_and_the_end_of_the_audit_is_not_signed(place: Place) -> None:
    for name in FILES:
        files = hashed_files("m.onnx")
        check_unchanged(files)
        path = place.folder / name
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        with pytest.raises(ChangedMeanwhile, match=rf"{name} was written to between its hashing"):
            check_unchanged(files)


def test_one_that_changed_within_one_tick_of_the_clock_is_read_again(place: Place) -> None:
    """Its times may be those of before: only its content tells."""
    files = hashed_files("m.onnx")
    path = place.folder / "b.bin"
    path.write_bytes(path.read_bytes()[::-1])
    look = hashed_files("m.onnx").files[2].look
    others = [file._replace(look=look) if file.name == "b.bin" else file for file in files.files]
    with pytest.raises(ChangedMeanwhile, match=r"b\.bin"):
        check_unchanged(files._replace(files=tuple(others)))


def test_the_files_of_a_model_that_an_engine_takes_its_weights_from_are_files_too(tmp_path: Path) -> None:
    """The engine was compiled without weights: it names the model in another folder, which has them in two files."""
    inner = tmp_path / "source"
    inner.mkdir()
    write_model(inner)
    node = helper.make_node(
        "EPContext", ["x"], ["y"], domain="com.microsoft", embed_mode=0, ep_cache_context="engine.bin",
        onnx_model_filename="source/m.onnx",
    )  # fmt: skip
    (tmp_path / "engine.bin").write_bytes(b"compiled")
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8]) for name in "xy"]
    graph = helper.make_graph([node], "g", ports[:1], ports[1:])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(graph, ir_version=8).SerializeToString())
    found = hashed_files(str(tmp_path / "m.onnx"))
    assert not found.unread and {file.name for file in found.files} == {
        "m.onnx", "engine.bin", "source/m.onnx", "source/a.bin", "source/b.bin", "source/context.bin"
    }  # fmt: skip


def test_a_way_round_over_a_folder_that_becomes_a_link_is_refused(place: Place, verify: Verify) -> None:
    """``sub/../a.bin`` is ``a.bin`` by the letter, and wherever the link leads for what opens it (onnxruntime 1.32)."""
    model = load_model("m.onnx", load_external_data=False)
    model.graph.initializer[0].external_data[0].value = "sub/../a.bin"
    model.graph.initializer[1].external_data[0].value = "sub/../m.onnx"  # weights in the model's own file
    save_model(model, "m.onnx")
    sub = place.folder / "sub"
    sub.mkdir()
    files = hashed_files("m.onnx")
    check_unchanged(files)
    subjects = {file.name: file.sha256 for file in files.files}
    assert set(subjects) == {"m.onnx", "a.bin", "context.bin"}
    place.attestation.write_text(place.signer.signed(place.audit._replace(subjects=subjects).payloads())[0])
    assert verify().code == 0
    sub.rmdir()
    (place.folder / "elsewhere" / "deep").mkdir(parents=True)
    (place.folder / "elsewhere" / "a.bin").write_bytes(bytes(256))
    sub.symlink_to("elsewhere/deep")
    refused = verify()
    assert refused.code != 0 and "m.onnx names itself by a way that leads elsewhere: sub is a link" in refused.err
    with pytest.raises(ChangedMeanwhile):
        check_unchanged(files)
    model.graph.initializer[1].external_data[0].value = "a.bin"
    save_model(model, "m.onnx")
    subjects["m.onnx"] = hashlib.sha256(place.model.read_bytes()).hexdigest()
    place.attestation.write_text(place.signer.signed(place.audit._replace(subjects=subjects).payloads())[0])
    refused = verify()
    assert refused.code == 1 and "a.bin cannot be read as a file of m.onnx: sub is a link" in refused.err


def test_a_pass_of_which_readers_read_different_files_is_not_signed(place: Place) -> None:
    """Of an attribute that stands twice onnxruntime 1.32 takes the first, and other readers the last."""
    model = load_model("m.onnx", load_external_data=False)
    node = helper.make_node("Constant", [], ["v"], value=model.graph.initializer[0])
    node.attribute.append(helper.make_attribute("value", helper.make_tensor("", TensorProto.FLOAT, [1], [0.0])))
    model.graph.node.insert(0, node)
    del model.graph.initializer[0]
    save_model(model, "m.onnx")
    assert hashed_files("m.onnx").unread == {
        "attribute value": "an attribute value stands twice, and may name a file each time"
    }
    place.model.write_bytes(b"no model")
    assert hashed_files("m.onnx").unread == {
        "m.onnx": "m.onnx cannot be read as a model, and nobody knows which files it names"
    }
