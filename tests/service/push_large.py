"""A model with 2 GiB of external data is pushed to a real server, and cut off three times on the way.

``python -m tests.service.push_large [MIB]`` prints what went over the wire, how long it took, and how much memory
client and server had at most. The data is a sparse file of zeros, so the disk takes it once: as the server's.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.pace import HANG

_BLOCK = 1 << 18


class Cutter:
    """Hands connections on to a server, and cuts what goes through when so many bytes have gone up."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self._port, self._cuts = port, cuts
        self.up = 0
        self.made = 0
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            here, _ = self._socket.accept()
            there = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._pass, args=(here, there, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(there, here, False), daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket, up: bool) -> None:
        with suppress(OSError):
            while block := source.recv(_BLOCK):
                if up and self._is_cut(len(block)):
                    break
                to.sendall(block)
        for one in (source, to):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _is_cut(self, count: int) -> bool:
        with self._lock:
            self.up += count
            if self._cuts and self.up >= self._cuts[0]:
                del self._cuts[0]
                self.made += 1
                return True
            return False


def make_model(folder: Path, mebibytes: int) -> Path:
    """Rows out of a table of zeros that lies in a file of its own."""
    from onnx import TensorProto, helper

    rows = mebibytes * 256
    table = TensorProto(name="table", data_type=TensorProto.FLOAT, dims=[rows, 1024])
    table.data_location = TensorProto.EXTERNAL
    table.external_data.add(key="location", value="table.bin")
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "rows"], ["y"])], "g",
        [helper.make_tensor_value_info("rows", TensorProto.INT64, ["N"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1024])], [table],
    )  # fmt: skip
    path = folder / "large.onnx"
    path.write_bytes(
        helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )
    (folder / "table.bin").touch()
    os.truncate(folder / "table.bin", mebibytes << 20)
    return path


class Served(NamedTuple):
    port: int
    pid: int


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """``auditor serve`` on a port that is free."""
    env = {**os.environ, "AUDITOR_DB": str(folder / "reports.db"), "XDG_DATA_HOME": str(folder)}
    command = [sys.executable, "-m", "auditor", "serve", "--port", "0", "--storage", str(folder / "storage")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert found, (folder / "log").read_text()
            yield Served(int(found[1]), process.pid)
        finally:
            process.terminate()
            process.wait(HANG)


def peak_of(pid: int) -> int:
    """KiB of memory that a process had at most."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def http_process(supervisor: int) -> int:
    """The one that answers: a child of the supervisor."""
    for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
        if b"auditor.service.http" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return int(pid)
    raise LookupError("there is no process that answers")


def main(mebibytes: int) -> int:
    size = mebibytes << 20
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        model = make_model(folder, mebibytes)
        with served(folder) as server:
            answering = http_process(server.pid)
            before = peak_of(answering)
            cutter = Cutter(server.port, [size // 4, size // 2, size * 3 // 4])
            env = {**os.environ, "AUDITOR_TOKEN": "", "XDG_CONFIG_HOME": str(folder)}
            command = [sys.executable, "-m", "auditor", "push", str(model), "--no-run", "--format", "json"]
            command += ["--server", f"http://127.0.0.1:{cutter.port}"]
            began = time.monotonic()
            with (folder / "report.json").open("w") as out:
                process = subprocess.Popen(command, stdout=out, env=env)
                _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
            grown = peak_of(answering) - before
        report = json.loads((folder / "report.json").read_text())
        check = subprocess.run(
            [sys.executable, "-m", "auditor", "check", str(model), "--no-run", "--no-store", "--format", "json"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        ours = json.loads(check.stdout)
        for said in (report, ours):
            del said["audited_at"], said["model"]["path"], said["ad_hoc"]
    sent = cutter.up
    print(f"{mebibytes} MiB, cut {cutter.made} times: {seconds:.1f} s, exit code {os.waitstatus_to_exitcode(status)}")
    print(f"sent {sent:,} bytes, {sent / size:.4f} of the model's; client {used.ru_maxrss >> 10} MiB at most")
    print(f"the server's process grew by {grown / 1024:.1f} MiB")
    print(f"the report is {'that of check' if report == ours else 'NOT that of check'}")
    good = report == ours and cutter.made == 3 and sent < 2 * size
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2048))
