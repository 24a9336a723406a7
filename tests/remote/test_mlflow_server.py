"""A tracking server of MLflow: what is listed, what is fetched, and what is said where it goes wrong.

The server here answers as mlflow 3.17 did; test_mlflow_real.py asks the real one the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.remote import http
from auditor.remote.cache import Cache
from auditor.remote.failures import (
    CutOff,
    LedAstray,
    NotAllowed,
    NotAllowedThere,
    NotThatContent,
    NotThere,
    NotUnderstood,
    TooMuch,
)
from auditor.remote.kinds import registry_at
from auditor.remote.listing import FetchLimits, ListedFile, ListedVersion, RemoteKind
from auditor.remote.tracking.server import WantedVersions, meant

from .loopback import Call, Loopback, Reply, serving
from .tracking import MLMODEL, Tracking, tracking

MODEL = bytes(range(256)) * 400
FILES = {"MLmodel": MLMODEL.format(data="model.onnx").encode(), "model.onnx": MODEL, "requirements.txt": b"onnx"}
LIMITS = FetchLimits(floor=0)


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tracking:
    for name in ("TRACKING_URI", "REGISTRY_URI", "TRACKING_USERNAME", "TRACKING_PASSWORD", "TRACKING_TOKEN"):
        monkeypatch.delenv(f"MLFLOW_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(http, "_DELAYS", ())
    return Tracking()


@pytest.fixture
def server(has: Tracking, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with tracking(has) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{server.host}")
        yield server


def opened(address: str, limits: FetchLimits = LIMITS) -> RemoteKind:
    kind = registry_at(address, limits)
    assert isinstance(kind, RemoteKind)
    return kind


def one(address: str) -> ListedVersion:
    (found,) = opened(address).versions()
    return found


def fetched(kind: RemoteKind, file: ListedFile, cache: Cache) -> bytes:
    with cache.filling() as filling:
        path = filling.fetched(kind.address, file, lambda at: kind.pieces(file, at), LIMITS, time.monotonic() + 60)
        return Path(path).read_bytes()


def test_a_version_an_alias_the_latest_and_all_of_a_model(has: Tracking, server: Loopback) -> None:
    for version in (1, 2, 10):
        has.put("det", version, FILES)
    has.aliases["det", "champion"] = "2"
    assert one("models:/det/2") == one("models:/det@champion") == one(f"mlflow://{server.host}/det/2")
    assert one("models:/det/latest").version == "10"
    found = list(opened("models:/det").versions())
    assert [v.version for v in found] == ["1", "2", "10"]
    second = found[1]
    assert (second.name, second.subject, second.registry) == ("det", "det", f"http://{server.host}")
    assert second.address == f"mlflow+http://{server.host}/det/2"
    assert one(second.address) == second
    assert second.metadata["aliases"] == "champion" and second.metadata["onnx_version"] == "1.23.2"
    assert second.contract is not None and [port.name for port in second.contract.inputs] == ["x"]
    assert (second.model.name, second.model.size) == ("model.onnx", len(MODEL)) and second.model.etag
    assert [file.name for file in second.files] == ["MLmodel"]


def test_a_version_costs_four_requests_behind_the_list(has: Tracking, server: Loopback) -> None:
    has.put("det", 1, FILES)
    list(opened("models:/det/1").versions())
    asked = [(call.path.rpartition("/")[2], call.headers.get("range")) for call in server.calls]
    one_byte = "bytes=0-0"  # whose ETag says whether the file is the one that was fetched before
    assert asked == [
        ("get", None),
        ("MLmodel", None),
        ("artifacts", None),
        ("MLmodel", one_byte),
        ("model.onnx", one_byte),
    ]


def test_what_a_version_is_made_of_is_found_where_its_source_leads(has: Tracking, server: Loopback) -> None:
    has.put("det", 1, {f"model/{name}": content for name, content in FILES.items()}, source="runs:/det-1/model")
    has.put("det", 2, FILES, source="models:/m-00b8")
    has.versions[-1]["storage_location"] = "mlflow-artifacts:/0/det-2/artifacts"
    has.put("det", 3, FILES, source=f"http://{server.host}/api/2.0/mlflow-artifacts/artifacts/0/det-3/artifacts")
    kind = opened("models:/det")
    for version in kind.versions():
        assert b"".join(kind.pieces(version.model, 0)) == MODEL
        assert b"".join(kind.pieces(version.model, 1000)) == MODEL[1000:]


def test_a_folder_with_external_data(has: Tracking, server: Loopback) -> None:
    said = MLMODEL.format(data="data").encode()
    has.put("det", 1, {"MLmodel": said, "data/model.onnx": MODEL, "data/model.onnx_data": b"abc"})
    kind = opened("models:/det/1")
    (version,) = kind.versions()
    assert version.model.name == "data/model.onnx"
    data = kind.beside(version, "model.onnx_data")
    assert data is not None and data.name == "data/model.onnx_data" and b"".join(kind.pieces(data, 0)) == b"abc"
    assert kind.beside(version, "weights.bin") is None
    fresh = opened("models:/det/1")  # that has listed nothing
    assert fresh.beside(version, "model.onnx_data") == data


def test_what_is_no_onnx_model_is_passed_over(has: Tracking, server: Loopback) -> None:
    has.put("sk", 1, {"MLmodel": b"flavors: {sklearn: {data: model.pkl}}", "model.pkl": b"x"})
    has.put("new", 1, FILES, status="PENDING_REGISTRATION")
    kind = opened("models:/")
    assert not list(kind.versions())
    assert kind.troubles == ["new 1 is PENDING_REGISTRATION: it is not audited"]


def test_ten_thousand_versions_come_page_after_page(
    has: Tracking, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5000):
        has.put(f"m{number:04}", 1, {})
        has.put(f"m{number:04}", 2, {})
    has.aliases["m4999", "live"] = "2"
    found = list(opened("models:/")._registry.versions(WantedVersions()))  # type: ignore[attr-defined]  # files of one alone
    assert len(found) == 10_000 and found[-1].aliases == ("live",)
    assert [(v.name, v.version) for v in found] == sorted((v.name, v.version) for v in found)
    assert len(server.calls) == 5 + 10
    with pytest.raises(TooMuch, match="lists more than 100 registered-models"):
        list(opened("models:/", LIMITS._replace(listing=100)).versions())


def test_a_page_that_comes_again_and_again_ends(has: Tracking, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(call: Call) -> Reply:
        return Reply(200, b'{"registered_models": [{"name": "a"}], "next_page_token": "x"}')

    with serving(answer) as server, pytest.raises(NotUnderstood, match="again and again"):
        list(opened(f"mlflow://{server.host}/").versions())


def test_a_download_that_is_cut_goes_on_from_there(has: Tracking, server: Loopback, tmp_path: Path) -> None:
    has.put("det", 1, FILES)
    kind = opened("models:/det/1")
    (version,) = kind.versions()
    has.cuts = [10_000, 20_000]
    server.calls.clear()
    assert fetched(kind, version.model, Cache(str(tmp_path / "cache"), 1 << 30)) == MODEL
    assert [call.headers.get("range") for call in server.calls] == [None, "bytes=10000-", "bytes=30000-"]
    assert server.calls[1].headers["if-range"] == version.model.etag


def test_a_file_of_another_size_than_is_said(has: Tracking, server: Loopback, tmp_path: Path) -> None:
    has.put("det", 1, FILES)
    has.sizes["0/det-1/artifacts/model.onnx"] = len(MODEL) - 1
    kind = opened("models:/det/1")
    (version,) = kind.versions()
    with pytest.raises(NotThatContent, match=r"goes on behind the 100\.0 KiB"):
        fetched(kind, version.model, Cache(str(tmp_path / "cache"), 1 << 30))


def test_artifacts_in_a_folder_of_this_machine(has: Tracking, server: Loopback, tmp_path: Path) -> None:
    """Below the folder that whoever asks has named, links followed; a server that names others is told so."""
    root, outside = tmp_path / "art", tmp_path / "outside"
    for folder in (root / "1", outside):
        folder.mkdir(parents=True)
        for name, content in {**FILES, "w.bin": b"abc"}.items():
            (folder / name).write_bytes(content)
    (root / "2").symlink_to(outside)
    (root / "3").mkdir()
    (root / "3/MLmodel").write_bytes(FILES["MLmodel"])
    (root / "3/model.onnx").symlink_to(outside / "model.onnx")
    sources = [
        (root / "1").as_uri(), str(root / "1"), outside.as_uri(), (root / "2").as_uri(), (root / "3").as_uri(),
        f"{root.as_uri()}/../outside", "file://elsewhere/art/1", f"file://{root}%00/1", f"{root.as_uri()}-not",
    ]  # fmt: skip
    for number, source in enumerate(sources, 1):
        has.put("det", number, {}, source=source)
    has.put("det", 10, FILES)
    kind = opened("models:/det", LIMITS._replace(artifact_root=str(root)))
    versions = list(kind.versions())
    for version in (*versions[:2], versions[9]):
        assert b"".join(kind.pieces(version.model, 99_999)) == MODEL[99_999:]
        assert kind.part(version.model, 0, 9) is None, "a file of this machine comes whole"
    data = kind.beside(versions[0], "w.bin")
    assert data is not None and b"".join(kind.pieces(data, 1)) == b"bc"
    for version in versions[2:9]:
        with pytest.raises((NotAllowedThere, NotUnderstood), match=r"--artifact-root|not a folder of this machine"):
            b"".join(kind.pieces(version.model, 0))
    model = kind.pieces(versions[0].model, 0)
    (root / "1/model.onnx").unlink()
    (root / "1/model.onnx").symlink_to(outside / "model.onnx")
    with pytest.raises(NotAllowedThere, match="does not lie in"):
        b"".join(model)
    refuses = opened("models:/det")
    first, *_, last = refuses.versions()
    with pytest.raises(NotAllowedThere, match="--artifact-root FOLDER says that files in it may be read"):
        refuses.pieces(first.model, 0)
    assert b"".join(refuses.pieces(last.model, 0)) == MODEL, "others lie elsewhere"


def test_what_is_missing_of_one_version_is_said_of_it_alone(has: Tracking, server: Loopback) -> None:
    has.put("det", 1, {"MLmodel": FILES["MLmodel"]})
    has.put("det", 2, {"model.onnx": MODEL})
    has.put("det", 3, FILES, source="dbfs:/somewhere")
    has.put("det", 4, {**FILES, "MLmodel": b"\xff"})
    kind = opened("models:/det")
    first, second, third, fourth = kind.versions()
    with pytest.raises(NotThere, match=r"model\.onnx, which MLmodel names, is not there"):
        kind.pieces(first.model, 0)
    assert second.troubles == ("there is no MLmodel beside the model",) and second.contract is not None
    with pytest.raises(NotUnderstood, match="dbfs: is not an address"):
        kind.pieces(third.model, 0)
    assert fourth.troubles == ("MLmodel is not UTF-8: byte 0",)
    server_says = [
        ("models:/nope", "Registered Model with name=nope not found"),
        ("models:/det/9", "name=det, version=9"),
        ("models:/det@x", "Registered model alias x not found"),
    ]
    for address, why in server_says:
        with pytest.raises(NotThere, match=why):
            one(address)


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "secret"}, "Basic YWRhOnNlY3JldA=="),
        ({"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"),
    ],
)
def test_credentials_and_what_is_said_when_they_expired(
    has: Tracking, server: Loopback, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], header: str
) -> None:
    has.put("det", 1, FILES)
    has.wants = header
    with pytest.raises(NotAllowed, match=r"401: it wants credentials; credentials are MLFLOW_TRACKING_USERNAME"):
        one("models:/det/1")
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    kind = opened("models:/det/1")
    (version,) = kind.versions()
    assert b"".join(kind.pieces(version.model, 0)) == MODEL
    has.wants = "Bearer another"
    with pytest.raises(NotAllowed, match="they may have expired") as raised:
        b"".join(kind.pieces(version.model, 0))
    assert "secret" not in str(raised.value) and "t0ken" not in str(raised.value)
    assert "t0ken" not in repr(meant("models:/")) and "YWRh" not in repr(meant("models:/"))


def test_credentials_go_to_their_own_server_alone(
    has: Tracking, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    has.put("det", 1, FILES)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    with serving(lambda call: Reply(200, MODEL)) as other:
        has.versions[0]["source"] = f"http://{other.host}/api/2.0/mlflow-artifacts/artifacts/0/x"
        kind = opened("models:/det/1")
        list(kind.versions())
        assert other.calls and all("authorization" not in call.headers for call in other.calls)
        assert all(call.headers["authorization"] == "Bearer t0ken" for call in server.calls)
        before = len(other.calls)
        with pytest.raises(NotUnderstood):
            one(f"mlflow://{other.host}/det/1")  # named itself: it is not MLFLOW_TRACKING_URI
        assert all("authorization" not in call.headers for call in other.calls[before:])


def test_an_artifact_that_leads_elsewhere_takes_no_credentials_along(
    has: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    has.put("det", 1, FILES)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken")
    with serving(lambda call: Reply(200, MODEL)) as other:

        def answer(call: Call) -> Reply:
            if call.path.endswith("/model.onnx"):
                return Reply(302, b"", {"Location": f"http://{other.host}/signed?X-Signature=1"})
            return has.answer(call)

        with serving(answer) as server:
            kind = opened(f"mlflow://{server.host}/det/1")
            (version,) = kind.versions()
            assert b"".join(kind.pieces(version.model, 0)) == MODEL
            assert all("authorization" not in call.headers for call in other.calls) and other.calls
            assert all(call.headers["authorization"] == "Bearer t0ken" for call in server.calls)


def test_a_server_that_leads_on_for_ever(has: Tracking) -> None:
    with (
        serving(lambda call: Reply(302, b"", {"Location": call.path + "x"})) as server,
        pytest.raises(LedAstray, match="at most 5 redirects"),
    ):
        one(f"mlflow://{server.host}/det/1")


def test_a_server_that_is_away_or_another(has: Tracking) -> None:
    with pytest.raises(CutOff, match="cannot be reached: Connection refused"):
        one("mlflow://127.0.0.1:9/det/1")
    with serving(lambda call: Reply(200, b"<html>")) as server, pytest.raises(NotUnderstood, match="not JSON"):
        one(f"mlflow://{server.host}/det/1")
    with serving(lambda call: Reply(404, b"nginx")) as server, pytest.raises(NotThere, match=r"is .* an MLflow server"):
        one(f"mlflow://{server.host}/det/1")


@pytest.mark.parametrize(
    ("address", "environment", "base", "wanted"),
    [
        ("models:/det/3", {"MLFLOW_TRACKING_URI": "https://m.example/ml/"}, "https://m.example/ml", ("det", "3", "")),
        (
            "models:/det@live",
            {"MLFLOW_TRACKING_URI": "http://m.example:5000"},
            "http://m.example:5000",
            ("det", "", "live"),
        ),
        ("models:/a%20b", {"MLFLOW_REGISTRY_URI": "https://r.example"}, "https://r.example", ("a b", "", "")),
        ("models:/", {"MLFLOW_TRACKING_URI": "https://ada:pw@m.example"}, "https://m.example", ("", "", "")),
        ("mlflow://m.example/", {}, "https://m.example", ("", "", "")),
        ("mlflow+http://m.example/det", {}, "http://m.example", ("det", "", "")),
        ("mlflow://localhost:5000/det/3", {}, "http://localhost:5000", ("det", "3", "")),
        (
            "mlflow+https://m.example/ml/det/3",
            {"MLFLOW_TRACKING_URI": "https://m.example/ml"},
            "https://m.example/ml",
            ("det", "3", ""),
        ),
    ],
)
def test_which_server_and_what_of_it(
    tmp_path: Path, address: str, environment: dict[str, str], base: str, wanted: tuple[str, str, str]
) -> None:
    server, found = meant(address, {"HOME": str(tmp_path), **environment})
    assert (server.base, tuple(found)) == (base, wanted)


@pytest.mark.parametrize(
    ("address", "environment", "why"),
    [
        ("models:/det/3", {}, "MLFLOW_TRACKING_URI is not set"),
        ("models:/det/3", {"MLFLOW_TRACKING_URI": "sqlite:///x.db"}, "names no server"),
        ("models:/det/Production", {"MLFLOW_TRACKING_URI": "http://m"}, "'Production' is not a version"),
        ("models:/det/3/x", {"MLFLOW_TRACKING_URI": "http://m"}, "models:/NAME/VERSION"),
        ("mlflow://ada:secret@m.example/", {}, "MLFLOW_TRACKING_PASSWORD"),
        ("mlflow:///det/3", {}, "mlflow://HOST"),
    ],
)
def test_an_address_of_another_form(tmp_path: Path, address: str, environment: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why) as raised:
        meant(address, {"HOME": str(tmp_path), **environment})
    assert "secret" not in str(raised.value)


def test_credentials_of_mlflows_own_file(tmp_path: Path) -> None:
    (tmp_path / ".mlflow").mkdir()
    text = "[mlflow]\nmlflow_tracking_username = ada\nmlflow_tracking_password = sec%ret\n"
    (tmp_path / ".mlflow/credentials").write_text(text)
    server, _ = meant("mlflow://m.example/", {"HOME": str(tmp_path), "MLFLOW_TRACKING_TOKEN": "t"})
    assert server.headers == {"Authorization": "Basic YWRhOnNlYyVyZXQ="}
