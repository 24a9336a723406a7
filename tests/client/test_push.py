"""``auditor push``: only what is missing goes, each byte once, and the report is that of ``auditor check``."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.commands import command
from auditor.client import pushing, remote, sending
from auditor.errors import ExitCode
from auditor.formats import formats
from tests.cli.conftest import ALEXNET_224, LENET, NAN, SAMPLES, Said

from .conftest import Server
from .stand_in import Canned

Call = Callable[..., Said]


def without_place(report: Any) -> Any:
    """What a report says whoever made it: without its path, times, and how the run was shut in."""
    said = json.loads(json.dumps(report))
    del said["audited_at"], said["model"]["path"], said["ad_hoc"]
    for key in ("seconds", "predicted_seconds", "isolation", "peak_bytes"):
        said["run"].pop(key, None)
    return said


# ---- the report


@pytest.mark.parametrize("model", [ALEXNET_224, NAN], ids=["fails", "not a number"])
@pytest.mark.parametrize("form", [form for form in formats() if form not in ("html", "json")])
def test_the_report_is_printed_as_check_prints_it(
    model: str, form: str, push: Call, auditor: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(os.path.dirname(model))
    name = os.path.basename(model)
    ours = auditor("check", name, "--no-run", "--no-store", "--format", form)
    theirs = push(name, "--format", form)
    assert theirs.code == ours.code == ExitCode.FINDINGS
    assert _timeless(theirs.out) == _timeless(ours.out)


def _timeless(text: str) -> str:
    import re

    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\+00:00|Z)?", "TIME", text)


def test_json_says_the_same_as_check(push: Call, auditor: Call) -> None:
    """With the golden vectors that lie beside the model."""
    ours = auditor("check", LENET, "--no-run", "--no-store", "--format", "json")
    theirs = push(LENET, "--format", "json")
    assert theirs.code == ours.code
    assert without_place(theirs.json) == without_place(ours.json)
    assert theirs.json["model"]["path"] == "lenet5.onnx"


def test_the_run_is_the_servers(server: Server, auditor: Call) -> None:
    ours = auditor("check", LENET, "--no-store", "--format", "json")
    theirs = auditor("push", LENET, "--server", server.url, "--format", "json")
    assert theirs.code == ours.code == ExitCode.PASS
    assert theirs.json["run"]["status"] == "ok"
    assert without_place(theirs.json) == without_place(ours.json)


def test_files_take_reports_too(push: Call, tmp_path: Path) -> None:
    """The page is the server's own: whoever has the model draws it."""
    said = push(NAN, "--quiet", "-o", f"json:{tmp_path}/a.json", "-o", f"html:{tmp_path}/a.html")
    assert (said.code, said.out, said.err) == (ExitCode.FINDINGS, "", "")
    assert json.loads((tmp_path / "a.json").read_text())["verdict"] == "fail"
    assert "nan-weights" in (tmp_path / "a.html").read_text()


def test_a_page_that_the_server_does_not_draw_is_made_without_a_picture(
    push: Call, server: Server, tmp_path: Path
) -> None:
    server.knows.instead("GET", r"/api/v1/audits/\w+", _passing(server), Canned(406))
    said = push(NAN, "-o", f"html:{tmp_path}/a.html", "--quiet")
    assert said.err.startswith("auditor: the picture is missing: ")
    assert "nan-weights" in (tmp_path / "a.html").read_text()


def test_a_page_whose_picture_is_still_to_come_is_asked_for_again(push: Call, server: Server, tmp_path: Path) -> None:
    soon = Canned(200, b"<p>it is being drawn", {"Content-Type": "text/html", "Retry-After": "0"})
    server.knows.instead("GET", r"/api/v1/audits/\w+", _passing(server), soon, soon)
    push(NAN, "-o", f"html:{tmp_path}/a.html", "--quiet")
    page = (tmp_path / "a.html").read_text()
    assert "nan-weights" in page and "being drawn" not in page


def _passing(server: Server) -> Canned:
    """The audit of a model with a fault, as the stand-in would answer."""
    from auditor.formats.json import document
    from auditor.pipeline import audit
    from auditor.policy.judge import judge
    from auditor.settings import Settings

    judged = judge(audit(NAN, Settings(run=False)))
    said = {"id": "0" * 32, "state": "done", "report": document(judged.report, judged.verdict)}
    return Canned(200, json.dumps(said).encode())


def test_options_go_with_it(server: Server, auditor: Call) -> None:
    asked = ("--no-run", "--dim", "N=1", "--input-shape", "data:1,2", "--range", "a=0:1", "--select", "nan-weights")
    auditor("push", LENET, "--server", server.url, *asked, "--seed", "3", "--rtol", "0.5", "--target-dtype", "float16")
    (audit,) = server.knows.audits.values()
    assert audit["options"] == {
        "run": False, "dims": {"N": 1}, "input-shape": {"data": [1, 2]}, "ranges": {"a": [0.0, 1.0]},
        "select": ["nan-weights"], "seed": 3, "rtol": 0.5, "target-dtype": "float16",
    }  # fmt: skip


def test_a_number_that_json_does_not_have_is_said(push: Call) -> None:
    said = push(LENET, "--rtol", "inf")
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert said.err == "auditor: --rtol inf cannot be sent to a server: JSON has finite numbers\n"


def test_it_offers_what_check_offers_but_for_files_and_the_policy() -> None:
    check, offered = ({row.name for row in command(name).settings} for name in ("check", "push"))
    policy = {"fail_on", "profile", "config", "trusted_config", "no_config", "baseline"}  # the server's own
    files = {"inputs", "custom_ops", "against", "speed_against", "provider_libraries", "provider_options", "try_target"}
    # What is pushed lies here.
    elsewhere = {"cache", "cache_size", "fetch_size", "fetch_timeout", "graph_only", "artifact_root"}
    assert check - offered == files | elsewhere | {"no_store", "db"} | policy
    assert offered - check == {"server", "token_file", "subject", "version", "wait"}


# ---- what is sent


def test_all_that_an_audit_reads_is_sent_once(server: Server, push: Call, with_data: Path) -> None:
    shutil.copytree(SAMPLES / "lenet5" / "test_data_set_0", with_data.parent / "test_data_set_0")
    (with_data.parent / "other.bin").write_bytes(b"nobody names this")
    assert push(str(with_data)).code == ExitCode.PASS
    (version,) = server.knows.versions.values()
    places = ("lenet.onnx", "lenet.bin", "test_data_set_0/input_0.pb", "test_data_set_0/output_0.pb")
    files = {place: (with_data.parent / place).read_bytes() for place in places}
    assert version["files"] == {place: sha256(data).hexdigest() for place, data in files.items()}
    assert version["path"] == "lenet.onnx"
    assert server.knows.bytes_received() == sum(map(len, files.values()))
    before = len(server.knows.received)
    assert push(str(with_data)).code == ExitCode.PASS, "the same again"
    assert len(server.knows.received) == before
    assert len(server.knows.versions) == 1


def test_only_what_is_missing_is_sent(server: Server, push: Call, with_data: Path) -> None:
    push(str(with_data))
    before = server.knows.bytes_received()
    with with_data.open("ab") as file:
        file.write(b"\x32\x00")  # doc_string of the model: other bytes, the same weights
    assert push(str(with_data), "--version", "2").code == ExitCode.PASS
    assert server.knows.bytes_received() - before == with_data.stat().st_size


def test_data_that_leads_out_of_the_folder_stays_here(server: Server, push: Call, with_data: Path) -> None:
    """A model that names a link is not made a way to a file that its sender never meant to send."""
    secret = with_data.parent.parent / "secret"
    os.rename(with_data.parent / "lenet.bin", secret)
    (with_data.parent / "lenet.bin").symlink_to(secret)
    assert push(str(with_data)).code == ExitCode.FINDINGS
    assert sha256(secret.read_bytes()).hexdigest() not in server.knows.blobs
    (version,) = server.knows.versions.values()
    assert list(version["files"]) == ["lenet.onnx"]


def test_what_is_no_model_is_sent_for_its_report(push: Call, tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"")
    assert push(str(tmp_path / "x.onnx")).code == ExitCode.FINDINGS


def test_files_of_one_content_are_sent_once(server: Server, push: Call, tmp_path: Path) -> None:
    shutil.copy(LENET, tmp_path / "m.onnx")
    for number in range(3):
        folder = tmp_path / f"test_data_set_{number}"
        shutil.copytree(SAMPLES / "lenet5" / "test_data_set_0", folder)
    assert push(str(tmp_path / "m.onnx")).code == ExitCode.PASS
    assert len(server.knows.received) == 3
    (version,) = server.knows.versions.values()
    assert len(version["files"]) == 7


# ---- names


def test_name_and_version_are_the_files(server: Server, push: Call) -> None:
    push(NAN)
    (version,) = server.knows.versions.values()
    digest = sha256(Path(NAN).read_bytes()).hexdigest()
    assert (version["model"]["name"], version["version"]) == ("nan_weights", digest[:12])


def test_name_and_version_are_said(server: Server, push: Call) -> None:
    push(NAN, "--name", "team/digits", "--version", "3")
    (version,) = server.knows.versions.values()
    assert (version["model"]["name"], version["version"]) == ("team/digits", "3")


def test_a_registry_around_it_gives_both_and_its_contract(server: Server, auditor: Call, tmp_path: Path) -> None:
    folder = tmp_path / "registry" / "lenet" / "7"
    folder.mkdir(parents=True)
    shutil.copy(LENET, folder / "model.onnx")
    config = 'backend: "onnxruntime"\ninput { name: "data" data_type: TYPE_INT8 dims: [1, 28, 28] }\n'
    (folder.parent / "config.pbtxt").write_text(config)
    ours = auditor("check", str(folder / "model.onnx"), "--no-run", "--no-store", "--format", "json")
    theirs = auditor("push", str(folder / "model.onnx"), "--server", server.url, "--no-run", "--format", "json")
    (version,) = server.knows.versions.values()
    assert (version["model"]["name"], version["version"]) == ("lenet", "7")
    assert list(version["files"]) == ["model.onnx"]
    assert version["contract"]["origin"] == "config.pbtxt", "nothing of this machine's folders"
    rules = [[finding["rule"] for finding in said.json["findings"]] for said in (ours, theirs)]
    assert "contract-mismatch" in rules[0]
    assert rules[0] == rules[1]


def test_another_content_under_a_version_is_refused_before_it_is_sent(server: Server, push: Call) -> None:
    push(NAN, "--name", "m", "--version", "1")
    before = server.knows.bytes_received()
    said = push(LENET, "--name", "m", "--version", "1")
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert said.err == f"auditor: {server.url}: there is such a version: name another (409 version-exists)\n"
    assert server.knows.bytes_received() == before


# ---- cuts


def counts(server: Server, digest: str) -> Counter[int]:
    """How often each byte of a file came."""
    found: Counter[int] = Counter()
    for name, offset, count in server.knows.received:
        if name == digest:
            found.update(range(offset, offset + count))
    return found


@pytest.mark.parametrize("loses", [0, 4000])
def test_a_push_that_is_cut_three_times_goes_on(
    loses: int, server: Server, push: Call, with_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server kept is not sent again; what it lost is, once."""
    monkeypatch.setattr(pushing, "Sending", partial(sending.Sending, piece=1 << 16))
    digest = sha256((with_data.parent / "lenet.bin").read_bytes()).hexdigest()
    server.knows.cuts = [100, 20_000, 0, 65_000]
    server.knows.loses = loses
    assert push(str(with_data)).code == ExitCode.PASS
    assert server.knows.cuts == []
    came = counts(server, digest)
    assert len(came) == (with_data.parent / "lenet.bin").stat().st_size
    assert max(came.values()) == (2 if loses else 1)


def test_a_lost_answer_to_the_last_piece_is_no_second_sending(server: Server, push: Call) -> None:
    server.knows.lost_answers = 1
    assert push(NAN).code == ExitCode.FINDINGS
    assert server.knows.bytes_received() == os.path.getsize(NAN)
    assert len(server.knows.received) == 1


def test_a_file_that_is_there_and_was_not_finished_is(server: Server, push: Call) -> None:
    server.knows.unfinished = 1
    assert push(NAN).code == ExitCode.FINDINGS
    assert [count for _, _, count in server.knows.received] == [os.path.getsize(NAN), 0]
    assert server.knows.count("POST", "/api/v1/uploads") == 1


def test_an_upload_that_was_swept_begins_anew(server: Server, push: Call) -> None:
    server.knows.instead("PATCH", ".*", Canned(404))
    assert push(NAN).code == ExitCode.FINDINGS
    assert server.knows.count("POST", "/api/v1/uploads") == 2


def test_a_proxy_that_takes_less_at_once_gets_less(server: Server, push: Call) -> None:
    server.knows.most = 70_000
    assert push(LENET).code == ExitCode.PASS
    assert max(count for _, _, count in server.knows.received) <= 70_000
    assert len(server.knows.blobs) == 3


def test_a_server_that_is_gone_for_good_is_given_up(server: Server, push: Call, pauses: list[float]) -> None:
    server.knows.cuts = [0] * 100
    said = push(NAN)
    assert (said.code, said.out) == (ExitCode.INCONCLUSIVE, "")
    assert said.err.startswith(f"auditor: {server.url} cannot be reached: ")
    assert said.err.count("\n") == 1
    assert 6 <= len(pauses) <= 10
    assert sum(pauses) < 60


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("method", ["POST", "PATCH", "GET", "HEAD"])
def test_what_fails_for_a_moment_is_asked_again(status: int, method: str, server: Server, push: Call) -> None:
    server.knows.instead(method, ".*", Canned(status), Canned(status))
    server.knows.cuts = [10]
    assert push(NAN).code == ExitCode.FINDINGS
    assert server.knows.canned == []
    assert len(server.knows.audits) == 1, "however often it was asked for"


def test_a_server_that_wants_to_be_left_alone_is(server: Server, push: Call, pauses: list[float]) -> None:
    server.knows.instead("POST", "/api/v1/models", Canned(429, b"", {"Retry-After": "17"}))
    server.knows.instead("PATCH", ".*", Canned(429, b"", {"Retry-After": "23"}))
    assert push(NAN).code == ExitCode.FINDINGS
    assert {17.0, 23.0} <= set(pauses)


def test_nobody_waits_for_an_hour(server: Server, push: Call, pauses: list[float]) -> None:
    server.knows.instead("POST", "/api/v1/models", Canned(429, b"", {"Retry-After": "3600"}))
    assert push(NAN).code == ExitCode.INCONCLUSIVE
    assert pauses == []


def test_a_file_that_changes_while_it_is_sent_is_said(
    server: Server, push: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.onnx"
    shutil.copy(NAN, path)
    registered = remote.registered

    def change(*arguments: Any) -> Any:
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        return registered(*arguments)

    monkeypatch.setattr(pushing, "registered", change)
    said = push(str(path))
    assert (said.code, said.out) == (ExitCode.INCONCLUSIVE, "")
    assert said.err == f"auditor: {path} changed while it was sent: push it again when it is written\n"


def test_a_file_that_shrinks_is_said_too(push: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    shutil.copy(NAN, path)
    registered = remote.registered

    def shrink(*arguments: Any) -> Any:
        os.truncate(path, 10)
        return registered(*arguments)

    monkeypatch.setattr(pushing, "registered", shrink)
    assert "changed while it was sent" in push(str(path)).err


# ---- waiting


def test_it_waits_for_the_report(server: Server, push: Call) -> None:
    server.knows.looks = 5
    assert push(NAN).code == ExitCode.FINDINGS
    assert server.knows.count("GET", r"/api/v1/audits/\w+") == 6


def test_without_waiting_it_says_where_the_report_will_be(server: Server, push: Call) -> None:
    said = push(NAN, "--wait", "0", "--version", "1")
    ((uid, audit),) = server.knows.audits.items()
    assert (said.code, said.out) == (ExitCode.PASS, "")
    assert said.err == f"auditor: nan_weights@1 is to be audited: {server.url}/api/v1/audits/{uid}\n"
    assert audit["state"] == "queued"


def test_a_report_that_does_not_come_is_no_pass(server: Server, push: Call) -> None:
    server.knows.looks = 1 << 40
    said = push(NAN, "--wait", "0.05", "--version", "1")
    assert (said.code, said.out) == (ExitCode.INCONCLUSIVE, "")
    assert said.err.startswith("auditor: nan_weights@1 is queued after 0.05 seconds; its report will be at http://")


@pytest.mark.parametrize(
    ("state", "line"),
    [("failed", "failed on the server: a disk"), ("cancelled", "was cancelled on the server: a disk")],
)
def test_an_audit_that_comes_to_nothing_is_no_pass(state: str, line: str, server: Server, push: Call) -> None:
    answer = {"id": "0" * 32, "state": state, "why": "a disk", "report": None}
    server.knows.instead("GET", r"/api/v1/audits/\w+", Canned(200, json.dumps(answer).encode()))
    said = push(NAN, "--version", "1")
    assert (said.code, said.out) == (ExitCode.INCONCLUSIVE, "")
    assert said.err == f"auditor: the audit of nan_weights@1 {line}\n"


# ---- wrong usage


def test_what_is_no_model_file(push: Call, tmp_path: Path) -> None:
    assert push(str(tmp_path / "none.onnx")).code == ExitCode.NOTHING
    folder = push(str(tmp_path))
    assert (folder.code, folder.err) == (
        ExitCode.USAGE, f"auditor: {tmp_path} is a folder: `auditor push` takes one model\n"
    )  # fmt: skip


def test_a_wrong_format_is_said_before_anything_is_sent(push: Call, server: Server) -> None:
    assert push(NAN, "--format", "jsn").code == ExitCode.USAGE
    assert push(NAN, "-o", "json:/nowhere/a.json").code == ExitCode.USAGE
    assert server.knows.asked == []


def test_the_server_is_named(auditor: Call, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    said = auditor("push", NAN)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "--server or AUDITOR_SERVER" in said.err
    monkeypatch.setenv("AUDITOR_SERVER", server.url)
    assert auditor("push", NAN, "--no-run").code == ExitCode.FINDINGS
