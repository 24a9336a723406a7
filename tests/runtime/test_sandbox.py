"""What a confined process can still do, tried from inside."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.runtime import seccomp
from auditor.runtime.sandbox import Profile, cpu_profile, device_profile
from auditor.runtime.syscalls import BY_ARGUMENT, DEVICE, RUN
from tests.pace import HANG
from tests.runtime import probe

linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")

PROBE = """
import ctypes, json, os, resource, socket, sys, threading
from auditor.runtime.sandbox import cpu_profile, confine
from auditor.runtime.libc import hide_memory
allowed, outside, folder, in_memory = sys.argv[1:]
hide_memory()
made = os.memfd_create("made") if hasattr(os, "memfd_create") else -1
held = os.open(outside, os.O_RDONLY)
told = {"isolation": confine(cpu_profile([allowed], 1 << 30, 10, int(in_memory)))}

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

def anew(path, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC):
    return os.close(os.open(path, flags))

def write(size):
    with open(f"/proc/self/fd/{made}", "wb") as file:
        file.write(bytes(size))
    return os.fstat(made).st_size

tried("in memory", lambda: write(1000))
tried("too much in memory", lambda: write(1001))
tried("appended in memory", lambda: anew(f"/proc/self/fd/{made}", os.O_WRONLY | os.O_APPEND))
tried("nowhere", lambda: anew("/dev/null"))
tried("anew", lambda: anew(allowed))
tried("anew outside", lambda: anew(outside))
tried("anew beside", lambda: anew(folder + "/new"))
tried("anew in the model's folder", lambda: anew(allowed + ".json"))
tried("anew in a temporary folder", lambda: anew("/tmp/auditor-probe"))
tried("anew in shared memory", lambda: anew("/dev/shm/auditor-probe"))
tried("anew of another's", lambda: anew(f"/proc/{os.getppid()}/fd/1"))
tried("anew by its own descriptor", lambda: anew(f"/proc/self/fd/{held}"))
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
    return told_in(tmp_path_factory.mktemp("sandbox"), 0)


@pytest.fixture(scope="module")
def told_with_memory(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As a run is confined that may write 1,000 bytes to a file in memory."""
    return told_in(tmp_path_factory.mktemp("in_memory"), 1000)


def told_in(folder: Path, in_memory: int) -> dict[str, str]:
    allowed, outside = folder / "allowed", folder / "outside"
    allowed.write_text("the model")
    outside.write_text("the canary")
    folder.chmod(0o777)  # that it stays as it is is the sandbox's doing, not that of its mode
    for file in (allowed, outside):
        file.chmod(0o666)
    command = [sys.executable, "-c", PROBE, str(allowed), str(outside), str(folder), str(in_memory)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    assert answer.returncode == 0, answer.stderr
    assert (allowed.read_text(), outside.read_text()) == ("the model", "the canary")
    assert sorted(p.name for p in folder.iterdir()) == ["allowed", "outside"]
    found: dict[str, str] = json.loads(answer.stdout)
    return found


@linux
def test_what_a_run_needs_still_works(told: dict[str, str]) -> None:
    assert told["allowed"] == "'the model'"
    assert told["thread"] == "[1]"


def need(told: dict[str, str], layer: str) -> None:
    word = told["isolation"][layer]  # type: ignore[index]  # the one entry that is a dict
    if word.startswith("no: "):
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
    assert told[what] in ("PermissionError", "OSError")  # refused, or no such call


ANEW = ["anew", "anew outside", "anew beside", "anew in the model's folder", "anew in a temporary folder"]
ELSEWHERE = ["anew in shared memory", "anew of another's", "anew by its own descriptor"]


@linux
@pytest.mark.parametrize("what", [*ANEW, *ELSEWHERE, "in memory", "nowhere"])
def test_nothing_can_be_made_anew(told: dict[str, str], what: str) -> None:
    need(told, "seccomp")
    assert told[what] in ("PermissionError", "FileNotFoundError")


@linux
def test_a_file_in_memory_can_be_written_by_name_where_that_is_asked_for(told_with_memory: dict[str, str]) -> None:
    need(told_with_memory, "landlock")
    assert told_with_memory["in memory"] == "1000" and told_with_memory["nowhere"] == "None"
    assert told_with_memory["too much in memory"] == "OSError"
    assert told_with_memory["allowed"] == "'the model'"


@linux
@pytest.mark.parametrize(
    "what",
    [*ANEW, *ELSEWHERE, "append", "appended in memory", "create", "remove", "rename", "link", "folder", "mode", "touch",
     "truncate", "outside", "passwd", "list", "memory", "tcp", "fork", "exec", "more memory"],
)  # fmt: skip
def test_nothing_else_can_be_written_then(told_with_memory: dict[str, str], what: str) -> None:
    need(told_with_memory, "landlock")
    need(told_with_memory, "seccomp")
    assert told_with_memory[what] in ("PermissionError", "OSError", "FileNotFoundError")


@linux
@pytest.mark.parametrize("what", ["tcp", "udp", "unix", "fork", "exec", "kill parent", "namespace", "more memory"])
def test_there_is_no_way_out(told: dict[str, str], what: str) -> None:
    need(told, "seccomp")
    assert told[what] in ("PermissionError", "OSError")  # refused, or no such call


@linux
@pytest.mark.skipif(platform.machine() != "x86_64", reason="x32 is an interface of x86-64")
def test_the_x32_interface_is_no_way_round(told: dict[str, str]) -> None:
    need(told, "seccomp")
    assert told["x32"] == "OSError"  # no such call


HEADERS = [
    (0, ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h")),
    (1, ("/usr/include/asm-generic/unistd.h",)),
]
TABLES = {**RUN, **BY_ARGUMENT, **DEVICE}


@pytest.mark.parametrize(("column", "headers"), HEADERS, ids=["x86_64", "aarch64"])
def test_numbers_are_those_of_the_systems_headers(column: int, headers: tuple[str, ...]) -> None:
    header = next((Path(path) for path in headers if Path(path).exists()), None)
    if header is None:
        pytest.skip(f"none of {headers}: install linux-libc-dev")
    text = header.read_text()
    truth = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    truth |= {"newfstatat": truth.get("newfstatat", truth.get("fstatat", 0))}  # asm-generic gives it by another name
    ours = {name: numbers[column] for name, numbers in TABLES.items()}
    younger = {"map_shadow_stack"} - truth.keys()  # than some headers
    assert {name: number for name, number in ours.items() if number is not None and name not in younger} == {
        name: truth[name] for name in ours if name in truth
    }


MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
PID = 4242
OPENED = {"x86_64": (("open", 1), ("openat", 2)), "aarch64": (("openat", 2),)}


def kernel(machine: str, number: int, arguments: Mapping[int, int] | None = None, **kinds: bool) -> str:
    """What the filter says of a call: the program run as linux/filter.h has it."""
    words = {0: number, 4: MACHINES[machine][1]}
    for at in range(6):
        value = (arguments or {}).get(at, 0)
        words |= {16 + 8 * at: value & 0xFFFFFFFF, 20 + 8 * at: value >> 32}
    steps, at, held = seccomp.program(machine, PID, **({"devices": False} | kinds)), 0, 0
    while True:
        code, true, false, value = steps[at]
        match code:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                held, at = words[value], at + 1
            case 0x15:  # BPF_JMP | BPF_JEQ
                at += 1 + (true if held == value else false)
            case 0x45:  # BPF_JMP | BPF_JSET
                at += 1 + (true if held & value else false)
            case 0x06:  # BPF_RET
                return {0x80000000: "kill", 0x7FFF0000: "allow"}.get(value) or errno.errorcode[value & 0xFFFF]
            case _:
                raise AssertionError(f"no instruction of a filter: {code:#x}")


@pytest.mark.parametrize("devices", [False, True], ids=["cpu", "device"])
@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_not_in_the_tables_does_not_exist(machine: str, devices: bool) -> None:
    column = MACHINES[machine][0]
    allowed = {n[column] for table in ((RUN, DEVICE) if devices else (RUN,)) for n in table.values()}
    looked_at = {n[column] for n in BY_ARGUMENT.values()}
    for number in (*range(1024), *(probe.X32 | n for n in range(1024))):
        said = kernel(machine, number, devices=devices)
        if number in allowed:
            assert said == "allow", number
        elif number not in looked_at:
            assert said == "ENOSYS", number


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments_decide(machine: str) -> None:
    column = MACHINES[machine][0]

    def said(name: str, **arguments: int) -> str:
        number = BY_ARGUMENT[name][column]
        assert number is not None
        return kernel(machine, number, {int(key[1:]): value for key, value in arguments.items()})

    assert said("clone", a0=0x10000 | 0x100) == "allow"  # CLONE_THREAD
    assert said("clone", a0=17) == "EPERM"  # fork: SIGCHLD alone
    assert said("tgkill", a0=PID) == "allow"
    assert said("tgkill", a0=PID + 1) == "EPERM"
    assert said("prlimit64") == "allow"
    assert said("prlimit64", a2=0x7FFF_0000_0000) == "EPERM"  # a new limit
    assert said("prlimit64", a0=1) == "EPERM"  # of another process
    for name, flags in OPENED[machine]:
        assert said(name, **{f"a{flags}": os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK}) == "allow"
        for flag in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_TMPFILE):
            assert said(name, **{f"a{flags}": flag}) == "EPERM"
    for command in (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC):
        assert said("fcntl", a1=command) == "allow"
    for command in (fcntl.F_SETOWN, fcntl.F_SETLEASE, fcntl.F_NOTIFY, fcntl.F_SETLK, 1031):  # the last: F_SETPIPE_SZ
        assert said("fcntl", a1=command) == "EPERM"
    assert said("ioctl", a1=termios.TCGETS) == "allow"
    for request in (termios.TIOCSTI, termios.TIOCSCTTY, termios.FIONBIO):
        assert said("ioctl", a1=request) == "EPERM"
    assert said("prctl", a0=15) == "allow"  # PR_SET_NAME
    for option in (1, 4, 22, 38, 47):  # parent's death, dumpable, seccomp, no new privileges, ambient capabilities
        assert said("prctl", a0=option) == "EPERM"


@pytest.mark.parametrize("machine", MACHINES)
def test_who_may_write_in_memory_opens_files_anew_and_in_no_other_way(machine: str) -> None:
    """Landlock's first two versions refuse no truncation, but any opening to write: what is opened to be read alone may
    cut nothing off."""
    anew = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for name, flags in OPENED[machine]:
        number = BY_ARGUMENT[name][MACHINES[machine][0]]
        assert number is not None
        for allowed in (anew, anew | os.O_CLOEXEC, os.O_RDONLY | os.O_CLOEXEC):
            assert kernel(machine, number, {flags: allowed}, writes=True) == "allow"
        others = (os.O_TRUNC, os.O_CREAT, os.O_WRONLY, os.O_RDWR, os.O_TMPFILE, anew | os.O_RDWR, anew | os.O_APPEND)
        for refused in others:
            assert kernel(machine, number, {flags: refused}, writes=True) == "EPERM"


def test_another_architecture_ends_the_process() -> None:
    steps = seccomp.program("x86_64", PID, False)
    assert steps[:3] == [(0x20, 0, 0, 4), (0x15, 1, 0, 0xC000003E), (0x06, 0, 0, 0x80000000)]


NOT_SEEN = {335, 336}
"""uretprobe and uprobe of x86-64: the kernel's own, which no filter is asked about (Linux 6.14)."""


@linux
@pytest.mark.parametrize("user", [0, 65534], ids=["root", "another user"])
def test_every_call_of_the_kernels_table_tried_inside(user: int, told: dict[str, str]) -> None:
    need(told, "seccomp")
    if os.getuid() != user and os.getuid() != 0:
        if user == 0:
            pytest.skip("only root can try what is left of root's rights: run the tests as root")
        user = os.getuid()
    code = (
        "import os, resource, sys; import tests.runtime.probe as probe; user = int(sys.argv.pop());"
        "os.getuid() == user or os.setresuid(user, user, user); probe.main()"
    )
    search = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    answer = subprocess.run(
        [sys.executable, "-c", code, "--json", str(user)],
        capture_output=True, text=True, timeout=HANG, env={**os.environ, "PYTHONPATH": search},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    said = {int(number): word for number, word in json.loads(answer.stdout).items()}
    column = MACHINES[platform.machine()][0]
    allowed = {numbers[column]: name for name, numbers in RUN.items()}
    looked_at = {numbers[column]: name for name, numbers in BY_ARGUMENT.items()}
    for number, word in said.items():
        if number in allowed:
            assert word != "EPERM", allowed[number]  # ENOSYS: older kernels do not have all of them
        elif number in looked_at:
            assert word in ("EPERM", "EINVAL"), looked_at[number]  # the latter: all bits set are a thread's flags, too
        elif number not in NOT_SEEN:
            assert word == "ENOSYS", number
    assert sum(said[n] != "ENOSYS" for n in allowed if n is not None) >= len([n for n in allowed if n]) - 3


RIGHTS = """
import os, sys
from auditor.runtime.identity import give_up
print(give_up(sys.argv[1:]))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*(status[key].split()[0] for key in ("Uid", "Gid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")))
print(len(status["Groups"].split()))
"""


def rights(*files: Path) -> tuple[str, list[str], int]:
    command = [sys.executable, "-c", RIGHTS, *map(str, files)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
    who, words, groups = answer.stdout.splitlines()
    return who, words.split(), int(groups)


def rooted() -> None:
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("only root has rights to give up: run the tests as root on Linux")


@linux
def test_no_capability_is_left(tmp_path: Path) -> None:
    who, words, _ = rights(tmp_path / "none")
    assert not who.startswith("no: ")
    assert [int(word, 16) for word in words[2:5]] == [0, 0, 0]
    assert int(words[6], 16) == 0
    if os.getuid() == 0:
        assert int(words[5], 16) == 0  # and none can come back


@linux
def test_root_goes_on_as_nobody_where_nobody_may_read(tmp_path: Path) -> None:
    rooted()
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    try:
        folder.chmod(0o755)
        model = folder / "m.onnx"
        model.write_text("the model")
        model.chmod(0o644)
        assert rights(model)[0] == "nobody"
        assert rights(model)[1][:2] == ["65534", "65534"]
        assert rights(model)[2] == 0
        model.chmod(0o600)
        assert rights(model)[0] == "root without its rights"
        os.chown(model, 12345, 12345)
        assert rights(model)[0] == "the owner of the model"
        assert rights(model)[1][:2] == ["12345", "12345"]
        other = folder / "data"
        other.write_text("data of somebody else")
        other.chmod(0o600)
        os.chown(other, 12346, 12346)
        assert rights(model, other)[0] == "root without its rights"
    finally:
        shutil.rmtree(folder)


def test_a_kernel_without_landlock_gives_partial_isolation(tmp_path: Path) -> None:
    """In a process of its own: confinement cannot be taken back."""
    code = """
import json
from auditor.runtime import sandbox
sandbox._landlock = lambda profile: "no: this kernel has none"
import os, resource
made = os.memfd_create("made") if hasattr(os, "memfd_create") else -1
isolation = sandbox.confine(sandbox.cpu_profile([], 1 << 30, 10, 1000))
try:
    os.close(os.open(f"/proc/self/fd/{made}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
    opened = True
except OSError:
    opened = False
print(json.dumps([isolation, resource.getrlimit(resource.RLIMIT_FSIZE)[0], opened]))
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG)
    isolation, size, opened = json.loads(answer.stdout)
    assert size == 0, "who says which file is not there: none is written"
    assert not opened or isolation["seccomp"].startswith("no: ")
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
    if word.startswith("no: "):
        pytest.skip(f"Landlock is not to be had here ({word}): run on Linux 5.13 or later")
    assert seen == "closed"
