"""``auditor watch`` of a registry that lies elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests import forked
from tests.installed import path_of_this_tree
from tests.pace import HANG, until

from .oci_pushing import put, titled
from .oci_registry import Registry, registry
from .stand_in import COMMIT, Shelf
from .test_writing_back import SOUND
from .tracking import MLMODEL, Tracking, tracking

FILES = {"MLmodel": MLMODEL.format(data="model.onnx").encode(), "model.onnx": SOUND}


def test_new_versions_are_told_and_tagged_until_it_is_ended(tmp_path: Path) -> None:
    has = Tracking()
    has.put("det", 1, FILES)
    with tracking(has) as server:
        asked_for = ["watch", "models:/", "--every", "1s", "--no-run", "--set-tag", "-j", "1"]
        process = subprocess.Popen(
            [sys.executable, "-m", "auditor", *asked_for],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
            env={**os.environ, "MLFLOW_TRACKING_URI": f"http://{server.host}", "PYTHONPATH": path_of_this_tree()},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert f" PASS mlflow+http://{server.host}/det/1 version 1: nothing found" in line
            server.calls.clear()

            def looked_twice() -> bool:
                assert process.poll() is None
                return sum(call.path.endswith("model-versions/search") for call in list(server.calls)) >= 2

            until(looked_twice, "the next looks")
            asked = [call.path for call in list(server.calls)]
            has.put("det", 2, FILES)
            line = process.stdout.readline()
            assert f"{server.host}/det/2 version 2: nothing found (audited before, elsewhere)" in line
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=HANG)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, out, err) == (0, "", "")
    assert not [path for path in asked if "artifacts" in path]  # the second look was at the list alone
    assert has.tags["det", "1"]["auditor.verdict"] == "pass"


def test_once_tells_what_is_new_and_what_is_away(auditor: Callable[..., forked.Ended]) -> None:
    with registry(Registry()) as server, registry(Registry(tokens=["x"], login="nobody")) as closed:
        put(server.host, [titled(server.host, "model.onnx", SOUND)], "v1")
        where = f"oci://{server.host}/team/det"
        ended = auditor("watch", where, "--once", "--no-run")
        assert (ended.status, ended.err) == (0, "") and ended.out.endswith("version v1: nothing found\n")
        ended = auditor("watch", where, "--once", "--no-run")
        assert (ended.status, ended.out, ended.err) == (0, "", "")
        put(server.host, [titled(server.host, "model.onnx", b"nonsense")], "v1")  # the tag was moved
        ended = auditor("watch", where, f"oci://{closed.host}/team/det", "--once", "--no-run", "--attach")
        assert ended.status == 1 and ended.out.count("\n") == 1 and "FAIL" in ended.out
        assert ended.err.count("\n") == 1 and "docker login" in ended.err


def test_the_hub_is_listed_again_where_its_commit_is_another(tmp_path: Path, shelf: Shelf) -> None:
    """Else one question is asked a turn, with the ETag of the last answer."""
    shelf.repositories["org/name"] = {"good.onnx": SOUND}
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "watch", "hf://org/name", "--every", "1s", "--no-run", "-j", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "HF_ENDPOINT": shelf.url, "PYTHONPATH": path_of_this_tree()},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert f"PASS hf://org/name@{COMMIT}/good.onnx" in process.stdout.readline()

        def asked_twice() -> bool:
            assert process.poll() is None
            return sum("if-none-match" in one.headers for one in list(shelf.asked)) >= 2

        until(asked_twice, "the next looks")
        asked = list(shelf.asked)
        shelf.commit = "f" * 40
        assert f"version {shelf.commit}" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (0, "")
    assert sum("/tree/" in one.path for one in asked) == 1
