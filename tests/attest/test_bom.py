"""``auditor bom``: a bill by CycloneDX's own schema, with facts that are known from elsewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from onnx import load_model, save_model

from auditor.attest.bom import BilledModel, bill_of_materials
from auditor.attest.model_files import hashed_files
from auditor.pipeline import audit
from auditor.policy.judge import judge
from auditor.settings import Settings

from .conftest import FILES, Place, program

LENET = Path(__file__).parents[2] / "sample_models" / "lenet5" / "lenet5.onnx"
STATIC = Settings(run=False)


def bill(path: Path, metadata: dict[str, str]) -> dict[str, Any]:
    judgement = judge(audit(path, STATIC))
    text = bill_of_materials(BilledModel("lenet", "3", metadata, "0" * 64, ""), judgement, hashed_files(str(path)))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found: dict[str, Any] = json.loads(text)
    return found


def said(component: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in component["properties"]}


def test_a_model_with_its_facts() -> None:
    """LeNet-5 has 61,706 parameters; the sizes are those that its graph declares."""
    found = bill(LENET, {})
    model = found["metadata"]["component"]
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert (model["type"], model["name"], model["version"]) == ("machine-learning-model", "lenet", "3")
    assert model["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(LENET.read_bytes()).hexdigest()}]
    assert model["modelCard"]["modelParameters"]["inputs"] == [{"format": "data: float32[N, 1, 32, 32]"}]
    assert model["modelCard"]["modelParameters"]["outputs"] == [{"format": "output: float32[N, 10]"}]
    facts, proto = said(model), load_model(LENET)
    operators = [node.op_type for node in proto.graph.node]
    assert facts["auditor:parameters"] == "61706" and facts["auditor:verdict"] == "pass"
    assert facts["onnx:opset:ai.onnx"] == str(proto.opset_import[0].version)
    assert facts["onnx:producer"].startswith(proto.producer_name)
    assert (facts["auditor:run"], facts["onnx:ir-version"]) == ("not run", str(proto.ir_version))
    assert {k: v for k, v in facts.items() if k.startswith("onnx:operator:")} == {
        f"onnx:operator:{name}": str(operators.count(name)) for name in operators
    }
    assert facts["auditor:not-looked-at"] == "run: left out by --no-run" and "licenses" not in model


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"license": "Apache-2.0"}, [{"license": {"id": "Apache-2.0"}}]),
        ({"License": "MIT OR Apache-2.0"}, [{"expression": "MIT OR Apache-2.0"}]),
        ({"licence": "ask the museum"}, [{"license": {"name": "ask the museum"}}]),
        ({"license": "a\x1b[31m", "author": "MIT"}, [{"license": {"name": "a\\x1b[31m"}}]),
    ],
)
def test_a_licence_of_which_the_model_speaks(metadata: dict[str, str], expected: list[Any]) -> None:
    (found,) = bill(LENET, metadata)["metadata"]["component"]["licenses"]
    found.get("license", {}).pop("acknowledgement", None)
    assert [found] == expected


def test_the_program_writes_one_of_all_files_whatever_the_verdict(place: Place) -> None:
    model = load_model(str(place.model), load_external_data=False)
    model.metadata_props.add(key="license", value="MIT")
    save_model(model, str(place.model))
    (place.folder / "a.bin").write_bytes(b"\0\0\xc0\x7f" * 64)  # NaN
    done = program(place.folder, "bom", "m.onnx", "--no-run", "-o", "bom.json")
    assert (done.code, done.out) == (0, ""), done.err
    found = json.loads((place.folder / "bom.json").read_text())
    main = found["metadata"]["component"]
    assert said(main)["auditor:verdict"] == "fail" and "nan-weights" in said(main)["auditor:reason"]
    assert main["licenses"][0]["license"]["id"] == "MIT"
    expected = {name: hashlib.sha256((place.folder / name).read_bytes()).hexdigest() for name in FILES}
    assert {row["name"]: row["hashes"][0]["content"] for row in found["components"]} == expected
    assert next(row for row in found["dependencies"] if row["ref"] == "model")["dependsOn"]


def test_a_file_that_is_not_there_is_said(place: Place) -> None:
    (place.folder / "context.bin").unlink()
    found = bill(place.model, {})
    assert {row["name"] for row in found["components"]} == {"m.onnx", "a.bin", "b.bin"}
    facts = said(found["metadata"]["component"])
    assert facts["auditor:not-hashed"].startswith("context.bin: context.bin cannot be read as a file of ")
