"""Verdicts that go back to where a model comes from: asked for by name, said where they do not arrive."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import pytest
import urllib3

from auditor.remote import http
from auditor.remote.ocidist.attaching import Attached
from auditor.remote.writing_back import ENVELOPE, REPORT, ToWrite, written_back
from tests import forked

from . import oci_pushing as push
from .oci_registry import Registry, digest_of, registry
from .test_oci import debians
from .tracking import MLMODEL, Tracking, tracking

_debians = debians  # the fixture, of this module too
SOUND = onnx.parser.parse_model(
    '<ir_version: 8, opset_import: ["": 17]> g (float[2, 4] x) => (float[2, 4] y) { y = Relu(x) }'
).SerializeToString()
TAGS = {"auditor.verdict": "pass", "auditor.rules": "abc"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_DELAYS", ())


@pytest.fixture
def has() -> Iterator[Tracking]:
    found = Tracking()
    found.put("det", 1, {"MLmodel": MLMODEL.format(data="model.onnx").encode(), "model.onnx": SOUND})
    yield found


def test_tags_of_a_version(has: Tracking, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracking(has) as server:
        address = f"mlflow+http://{server.host}/det/1"
        assert written_back(ToWrite(address, TAGS)) == ""
        assert has.tags["det", "1"] == TAGS
        gone = written_back(ToWrite(f"mlflow+http://{server.host}/det/9", TAGS))
        assert gone == f"http://{server.host}: Model Version (name=det, version=9) not found"
        has.wants = "Bearer t0ken"
        assert "may whoever MLFLOW_TRACKING_USERNAME or _TOKEN names write tags?" in written_back(
            ToWrite(address, TAGS)
        )
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
        assert written_back(ToWrite(address, TAGS)) == ""
    assert "cannot be reached" in written_back(ToWrite(address, TAGS))


def referrers(host: str, digest: str) -> list[dict[str, object]]:
    """As a client by the specification finds them: by the API, else by the tag."""
    for path in (f"referrers/{digest}", f"manifests/{digest.replace(':', '-')}"):
        headers = {"Accept": push.INDEX}
        answer = urllib3.request("GET", f"http://{host}/v2/team/det/{path}", headers=headers)
        if answer.status == 200:
            found: list[dict[str, object]] = json.loads(answer.data)["manifests"]
            return found
    return []


@pytest.mark.parametrize("kind", ["debian", "with referrers", "without"])
def test_a_report_is_found_by_whoever_asks_for_referrers(kind: str, request: pytest.FixtureRequest) -> None:
    has = Registry(referrers=kind == "with referrers")
    with registry(has) as server:
        host = str(request.getfixturevalue("debians")) if kind == "debian" else server.host
        digest = push.put(host, [push.titled(host, "model.onnx", SOUND)], "v1")
        address = f"oci://{host}/team/det:v1/model.onnx"
        for verdict in (b"{}", b"{}", b'{"a": 1}'):  # the same again makes no second one
            what = ToWrite(
                address, digest=digest, documents=(Attached("report.json", REPORT, verdict),), said={"a": "b"}
            )
            assert written_back(what) == ""
        first, second = referrers(host, digest)
        assert first["artifactType"] == second["artifactType"] == REPORT and first["digest"] != second["digest"]
        assert (digest.replace(":", "-") in has.tags) == (kind == "without")
        where = f"http://{host}/v2/team/det/manifests/{first['digest']}"
        manifest = json.loads(urllib3.request("GET", where, headers={"Accept": push.MANIFEST}).data)
        assert manifest["subject"]["digest"] == digest and manifest["annotations"] == {"a": "b"}
        assert manifest["layers"][0]["digest"] in {digest_of(b"{}"), digest_of(b'{"a": 1}')}
        assert manifest["subject"]["size"] == push.size_of(host, digest)


def test_what_a_registry_does_not_take_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    has = Registry()
    with registry(has) as server:
        digest = push.put(server.host, [push.titled(server.host, "model.onnx", SOUND)], "v1")
        report = (Attached("report.json", REPORT, b"{}"),)
        what = ToWrite(f"oci://{server.host}/team/det:v1", digest=digest, documents=report)
        has.tokens, has.login = ["one"], "Basic YWRhOnNlY3JldA=="
        assert "docker login" in written_back(what)
        gone = what._replace(digest=digest_of(b"gone"))
        has.tokens = []
        assert "is not there (404)" in written_back(gone)
        has.referrers = False
        push.put(server.host, [], digest.replace(":", "-"))  # somebody's own artifact
        assert "is not a list of referrers: it is not written over" in written_back(what)


def test_batch_writes_tags_only_where_it_is_asked_to(has: Tracking, auditor: Callable[..., forked.Ended]) -> None:
    with tracking(has) as server:
        where = {"MLFLOW_TRACKING_URI": f"http://{server.host}"}
        ended = auditor("batch", "models:/det", "--no-run", **where)
        assert (ended.status, has.tags) == (0, {})
        ended = auditor("batch", "models:/det", "--no-run", "--set-tag", **where)
        assert ended.status == 0, ended.err
        tags = has.tags["det", "1"]
        assert tags["auditor.verdict"] == "pass" and tags["auditor.policy"] == "none" and tags["auditor.audited_at"]
        has.tags.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(has, "tags", _Full())
            ended = auditor("batch", "models:/det", "--no-run", "--set-tag", **where)
        assert ended.status == 4 and "det/1 is not written back" in ended.err


class _Full(dict[tuple[str, str], dict[str, str]]):
    def setdefault(self, key: object, default: object = None) -> dict[str, str]:
        raise OSError("the database is full")


def test_batch_attaches_its_report(auditor: Callable[..., forked.Ended], tmp_path: Path) -> None:
    with registry(Registry()) as server:
        digest = push.put(server.host, [push.titled(server.host, "model.onnx", SOUND)], "v1")
        ended = auditor("batch", f"oci://{server.host}/team/det", "--no-run", "--attach", "--format", "json")
        assert ended.status == 0, ended.err
        (found,) = referrers(server.host, digest)
        manifest = json.loads(
            urllib3.request("GET", f"http://{server.host}/v2/team/det/manifests/{found['digest']}").data
        )
        layer = manifest["layers"][0]["digest"]
        report = json.loads(urllib3.request("GET", f"http://{server.host}/v2/team/det/blobs/{layer}").data)
        assert report["verdict"] == "pass" and report["model"]["path"] == f"oci://{server.host}/team/det:v1/model.onnx"
        assert str(tmp_path) not in json.dumps(report)


BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def _signed(folder: Path, model: bytes) -> Path:
    """What `auditor attest` writes of a model, as far as it is read here: nobody asks whether it holds."""
    digest = digest_of(model).removeprefix("sha256:")
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model.onnx", "digest": {"sha256": digest}}],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {},
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    envelope = {"payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": [{"sig": "eA=="}]}
    bundle = {"mediaType": BUNDLE, "verificationMaterial": {}, "dsseEnvelope": envelope}
    (folder / "signed.json").write_text(f"{json.dumps(envelope)}\n{json.dumps(bundle)}\n")
    return folder / "signed.json"


def test_an_attestation_goes_beside_the_artifact_that_it_is_about(
    auditor: Callable[..., forked.Ended], tmp_path: Path
) -> None:
    with registry(Registry()) as server:
        digest = push.put(server.host, [push.titled(server.host, "model.onnx", SOUND)], "v1")
        other = push.put(server.host, [push.titled(server.host, "model.onnx", b"nonsense")], "v2")
        where = f"oci://{server.host}/team/det"
        signed = _signed(tmp_path, SOUND)
        ended = auditor("batch", where, "--no-run", "--attach", "--attestation", str(signed))
        assert ended.status == 1, ended.err  # the second is no model
        kinds = [sorted(str(one["artifactType"]) for one in referrers(server.host, d)) for d in (digest, other)]
        assert kinds == [[REPORT, BUNDLE, ENVELOPE], [REPORT]], "a bundle of Sigstore is an artifact of its own"
        ended = auditor("batch", f"{where}:v2", "--no-run", "--attach", "--attestation", str(signed))
        assert "is about none of these models" in ended.err
        ended = auditor("batch", where, "--attestation", str(signed))
        assert ended.status == 2 and "--attestation goes beside the report" in ended.err


def test_gate_writes_the_verdict_of_its_policy(
    has: Tracking, auditor: Callable[..., forked.Ended], tmp_path: Path
) -> None:
    (tmp_path / "auditor.toml").write_text("run = false\n[limits]\nnodes = { max = 0 }\n")
    with tracking(has) as server:
        ended = auditor("gate", "models:/det", "--set-tag", MLFLOW_TRACKING_URI=f"http://{server.host}")
        assert ended.status == 1, ended.err
        tags = has.tags["det", "1"]
        assert tags["auditor.verdict"] == "fail" and tags["auditor.policy"].endswith("auditor.toml")
    ended = auditor("gate", ".", "--set-tag")
    assert ended.status == 2 and "no SOURCE is models:/..." in ended.err


@pytest.mark.parametrize(
    ("option", "why"), [("--set-tag", "no SOURCE is models:/..."), ("--attach", "no SOURCE is oci://...")]
)
def test_where_nothing_can_be_written_back(option: str, why: str, auditor: Callable[..., forked.Ended]) -> None:
    ended = auditor("batch", ".", option)
    assert ended.status == 2 and why in ended.err
