"""What a confined process can still do, tried from inside."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.runtime import seccomp
from auditor.runtime.sandbox import Profile, cpu_profile, device_profile
from tests.pace import HANG

linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")

PROBE = """
import ctypes, json, os, resource, socket, sys, threading
from auditor.runtime.sandbox import cpu_profile, confine
from auditor.runtime.libc import hide_memory
allowed, outside, folder = sys.argv[1:]
hide_memory()
told = {"isolation": confine(cpu_profile([allowed], 1 << 30, 10))}

def tried(name, action):
    try:
        told[name] = repr(action())[:80]
    except OSError as error:
        told[name] = type(error).__name__
    except Exception as error:
        told[name] = "other: " + repr(error)

def in_a_thread():
    started = []
    thread = threading.Thread(target=lambda: started.append(1))
    thread.start(); thread.join()
    return started

def raw(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result

tried("allowed", lambda: open(allowed).read())
tried("thread", in_a_thread)
tried("outside", lambda: open(outside).read())
tried("passwd", lambda: open("/etc/passwd").read())
tried("list", lambda: os.listdir(folder))
tried("memory", lambda: open("/proc/self/mem", "rb").read(1))
tried("write", lambda: open(allowed, "w"))
tried("append", lambda: os.open(allowed, os.O_RDWR))
tried("create", lambda: open(folder + "/new", "x"))
tried("remove", lambda: os.unlink(allowed))
tried("rename", lambda: os.rename(allowed, allowed + "2"))
tried("link", lambda: os.symlink(allowed, folder + "/link"))
tried("folder", lambda: os.mkdir(folder + "/sub"))
tried("mode", lambda: os.chmod(allowed, 0o777))
tried("touch", lambda: os.utime(allowed))
tried("truncate", lambda: os.truncate(allowed, 0))
tried("tcp", lambda: socket.create_connection(("127.0.0.1", 9), 1))
tried("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)))
tried("unix", lambda: socket.socketpair())
tried("fork", os.fork)
tried("exec", lambda: os.execv("/bin/true", ["true"]))
tried("kill parent", lambda: os.kill(os.getppid(), 0))
tried("more memory", lambda: resource.prlimit(0, resource.RLIMIT_AS, (-1, -1)))
tried("namespace", lambda: raw({"x86_64": 272}.get(os.uname().machine, 97), 0x10000000))
if os.uname().machine == "x86_64":
    tried("x32", lambda: raw(0x40000000 | 41, 1, 1, 0))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("sandbox")
    allowed, outside = folder / "allowed", folder / "outside"
    allowed.write_text("the model")
    outside.write_text("the canary")
    command = [sys.executable, "-c", PROBE, str(allowed), str(outside), str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    assert answer.returncode == 0, answer.stderr
    assert allowed.read_text() == "the model"
    assert sorted(p.name for p in folder.iterdir()) == ["allowed", "outside"]
    found: dict[str, str] = json.loads(answer.stdout)
    return found


@linux
def test_what_a_run_needs_still_works(told: dict[str, str]) -> None:
    assert told["allowed"] == "'the model'"
    assert told["thread"] == "[1]"


def need(told: dict[str, str], layer: str) -> None:
    word = told["isolation"][layer]  # type: ignore[index]  # the one entry that is a dict
    if word.startswith("no"):
        pytest.skip(f"{layer} is not to be had here ({word}): run on Linux 5.13 or later, x86-64 or aarch64")


@linux
@pytest.mark.parametrize("what", ["outside", "passwd", "list", "memory"])
def test_no_other_file_can_be_read(told: dict[str, str], what: str) -> None:
    need(told, "landlock")
    assert told[what] == "PermissionError"


@linux
@pytest.mark.parametrize(
    "what", ["write", "append", "create", "remove", "rename", "link", "folder", "mode", "touch", "truncate"]
)
def test_nothing_can_be_written(told: dict[str, str], what: str) -> None:
    need(told, "seccomp")
    assert told[what] == "PermissionError"


@linux
@pytest.mark.parametrize("what", ["tcp", "udp", "unix", "fork", "exec", "kill parent", "namespace", "more memory"])
def test_there_is_no_way_out(told: dict[str, str], what: str) -> None:
    need(told, "seccomp")
    assert told[what] == "PermissionError"


@linux
@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is an interface of x86-64")
def test_the_x32_interface_is_no_way_round(told: dict[str, str]) -> None:
    need(told, "seccomp")
    assert told["x32"] == "OSError"  # no such call


HEADERS = {
    "_X86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "_AARCH64": ("/usr/include/asm-generic/unistd.h",),
}


@pytest.mark.parametrize("table", HEADERS)
def test_numbers_are_those_of_the_systems_headers(table: str) -> None:
    header = next((Path(path) for path in HEADERS[table] if Path(path).exists()), None)
    if header is None:
        pytest.skip(f"none of {HEADERS[table]}: install linux-libc-dev")
    named = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    truth = {name: int(number) for name, number in named}
    ours: dict[str, int] = getattr(seccomp, table)
    known = {name: number for name, number in ours.items() if name in truth}
    assert known == {name: truth[name] for name in known}
    assert len(known) >= len(ours) - 1  # fchmodat2 is younger than some headers


def test_a_kernel_without_landlock_gives_partial_isolation(tmp_path: Path) -> None:
    """In a process of its own: confinement cannot be taken back."""
    code = """
import json
from auditor.runtime import sandbox
sandbox._landlock = lambda profile: "no: this kernel has none"
print(json.dumps(sandbox.confine(sandbox.cpu_profile([], 1 << 30, 10))))
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG)
    isolation = json.loads(answer.stdout)
    assert isolation["landlock"] == "no: this kernel has none"
    assert isolation["level"] == "partial"


def test_profiles() -> None:
    assert cpu_profile(["m.onnx"], 5, 7) == Profile(("m.onnx",), ("/usr/lib/locale",), memory=5, cpu_seconds=7)
    device = device_profile(["m.onnx"], ["/libraries"], 7)
    assert device.memory is None
    assert device.read == ("m.onnx",)
    assert "/libraries" in device.folders
    assert device.write[0] == "/dev"


def test_a_folder_where_a_file_was_meant_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the canary")
    code = """
import sys
from auditor.runtime.sandbox import cpu_profile, confine
word = confine(cpu_profile([sys.argv[1]], 1 << 30, 10))["landlock"]
try:
    print(open(sys.argv[1] + "/secret").read())
except PermissionError:
    print("closed")
print(word)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    seen, word = subprocess.run(command, capture_output=True, text=True, timeout=HANG).stdout.splitlines()
    if word.startswith("no"):
        pytest.skip(f"Landlock is not to be had here ({word}): run on Linux 5.13 or later")
    assert seen == "closed"
