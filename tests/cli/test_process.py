"""What only a process of its own shows: imports, pipes, signals, terminals, limits."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import resource
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli.commands import SUMMARIES
from tests.pace import HANG

from .conftest import ALEXNET_224, LENET, SAMPLES

Process = Callable[..., "subprocess.CompletedProcess[str]"]
HEAVY = ("alembic", "numpy", "onnx", "onnxruntime", "rich", "sqlalchemy")
COMMANDS = ((), ("db",), *(tuple(name.split()) for name in SUMMARIES))


def imported(*arguments: str, cwd: Path | None = None) -> tuple[int, set[str]]:
    """The exit code of a command line, and every module that it imported: beside those of the interpreter's start, to
    which a package that is installed may add what it likes."""
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom auditor.cli.app import run\n"
        f"code = run({list(arguments)!r})\n"
        "sys.stderr.write('\\n'.join(set(sys.modules) - before)); sys.exit(code)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False, cwd=cwd)
    return done.returncode, set(done.stderr.splitlines())


def test_help_imports_nothing_that_a_command_needs() -> None:
    code, modules = imported("--help")
    assert code == 0
    assert modules.isdisjoint(HEAVY)
    ours = {name for name in modules if name.startswith("auditor")}
    assert ours == {
        "auditor", "auditor.cli", "auditor.cli.app", "auditor.cli.commands", "auditor.cli.terminal",
        "auditor.cli.typed", "auditor.cli.words", "auditor.errors", "auditor.sessions", "auditor.sessions.faults",
        "auditor.sessions.listening",
    }  # fmt: skip


# What a check without a run, weights and a store does without; each costs as much as dozens of our own modules.
NOT_NEEDED = (
    "argparse", "ast", "dataclasses", "datetime", "difflib", "hashlib", "inspect", "ipaddress", "locale", "logging",
    "pathlib", "pkgutil", "platform", "shutil", "socket", "subprocess", "tempfile", "tomllib", "traceback", "typer",
    "urllib", "uuid", "zipfile",
)  # fmt: skip
PACKAGES_NOT_NEEDED = (
    "auditor.batch.run", "auditor.evidence.deep", "auditor.runtime.", "auditor.shapes.ops.rare", "auditor.store",
    "auditor.targets", "auditor.weights",
)  # fmt: skip
OF_A_RUN = {"auditor.runtime.outcome", "auditor.runtime.request"}  # the words that rules and reports have for one


def test_a_static_check_imports_what_it_needs(tmp_path: Path) -> None:
    arguments = ("check", LENET, "--no-run", "--no-weights", "--no-store", "--format", "json")
    code, modules = imported(*arguments, cwd=tmp_path)
    assert code == 0
    assert modules.isdisjoint(HEAVY)
    assert modules.isdisjoint(NOT_NEEDED)
    assert not {name for name in modules if name.startswith(PACKAGES_NOT_NEEDED)} - OF_A_RUN
    assert {name for name in modules if name.startswith("auditor.formats.")} <= {
        "auditor.formats.json",
        "auditor.formats.parts",
        "auditor.formats.parts.repairs",
    }


def test_a_check_that_runs_the_model_imports_nothing_of_the_look_in_depth(tmp_path: Path) -> None:
    code, modules = imported("check", LENET, "--no-weights", "--no-store", "--format", "json", cwd=tmp_path)
    assert code == 0
    assert "auditor.runtime.parent" in modules
    assert modules.isdisjoint(HEAVY)
    unneeded = ("auditor.evidence.deep", "auditor.runtime.deep", "auditor.targets")
    assert not [name for name in modules if name.startswith(unneeded)]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_80_columns(process: Process, command: tuple[str, ...]) -> None:
    done = process(*command, "--help", env={"COLUMNS": "200"})
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert not re.search(r"\w\.\.\.$", done.stdout, re.MULTILINE)  # where click cuts a text off


def test_version(interpreter: Process) -> None:
    assert re.fullmatch(r"auditor \d+\.\d+\.\d+\n", interpreter("--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "code"), [("rules --format json", 0), (f"check {ALEXNET_224} --no-store --no-run", 1)]
)
def test_nobody_reads_on(arguments: str, code: int) -> None:
    command = f"{sys.executable} -m auditor {arguments} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=HANG, check=False)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_output(process: Process) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "auditor", "rules"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=HANG, check=False)
    assert (done.returncode, done.stderr) == (2, "auditor: the result cannot be written: No space left on device\n")
    done = process("check", LENET, "--no-run", "--no-store", "-q", "-o", "json:/dev/full")
    assert (done.returncode, done.stderr) == (2, "auditor: cannot write /dev/full: No space left on device\n")


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(streams: str, tmp_path: Path) -> None:
    """A file that is opened then has the number of a standard stream, and the verdict is the same."""
    env = {**os.environ, "AUDITOR_DB": str(tmp_path / "reports.db")}
    for model, code in ((LENET, 0), (ALEXNET_224, 1)):
        command = f"exec {sys.executable} -m auditor check {model} {streams}"
        done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, timeout=HANG, check=False)
        assert (done.returncode, done.stderr) == (code, "")
    with sqlite3.connect(tmp_path / "reports.db") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert plain.execute("SELECT count(*) FROM audits").fetchone() == (2,)


def test_interrupted() -> None:
    program = (
        "import sys, time\nfrom auditor import pipeline\n"
        "def slow(*_): print('begun', flush=True); time.sleep(60)\n"
        "pipeline.load = slow\n"
        f"from auditor.cli.app import run\nsys.exit(run(['check', {LENET!r}, '--no-store']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None and child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=HANG)
    assert child.returncode == 130
    assert (out, err) == ("", "")


def on_a_terminal(*arguments: str, **env: str) -> str:
    """What a command writes to a terminal of 80 columns, or of so many as COLUMNS says."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(env.get("COLUMNS", "80")), 0, 0))
    environment = {**{k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR")}, "TERM": "xterm", **env}
    command = [sys.executable, "-m", "auditor", *arguments]
    with subprocess.Popen(command, stdout=child, stderr=child, stdin=child, env=environment) as started:
        os.close(child)
        said = b""
        while select.select([parent], [], [], HANG)[0]:
            try:
                said += os.read(parent, 65536)
            except OSError:  # the other end is closed
                break
        started.wait(HANG)
    os.close(parent)
    return said.decode().replace("\r\n", "\n")


STATIC = ("check", ALEXNET_224, "--no-run", "--no-weights", "--no-store")


def test_colours_and_progress_on_a_terminal() -> None:
    said = on_a_terminal(*STATIC, COLUMNS="300")  # wherever this tree lies, the line is whole
    assert "\x1b[1;31mFAIL\x1b[0m" in said
    assert said.startswith("auditing ")
    before, _, report = said.rpartition("\r\x1b[K")
    assert "auditing" not in report and "... propagating\r" in before
    assert "\n" not in before, "each word takes the place of the one before"


def test_what_is_told_on_standard_error_is_never_broken() -> None:
    """The terminal wraps a long line, and it can be copied; nothing of ours breaks it."""
    name = "n" * 150
    said = on_a_terminal("check", "none.onnx", "--no-store", "--no-config", "--select", name, COLUMNS="40")
    assert said == f"auditor: there is no rule '{name}'; `auditor rules` lists them\n"
    assert said == on_a_terminal("batch", "none", "--no-store", "--no-config", "--select", name, COLUMNS="40")
    said = on_a_terminal("check", LENET, "--format", "jsno", COLUMNS="40")
    assert said.count("\n") == 1 and said.endswith("there are csv, github, html, json, junit, markdown, sarif, text\n")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"CI": "true"}], ids=str)
def test_no_colours_where_nobody_wants_them(env: dict[str, str]) -> None:
    assert "\x1b[1;31m" not in on_a_terminal(*STATIC, **env)


def test_a_pipe_has_no_colours(process: Process) -> None:
    assert "\x1b" not in process(*STATIC).stdout


def test_a_terminal_that_knows_no_unicode(interpreter: Process, tmp_path: Path) -> None:
    path = tmp_path / "größe.onnx"
    path.write_bytes(Path(LENET).read_bytes())
    done = interpreter("check", str(path), "--no-run", "--no-store", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "gr\\xf6\\xdfe" in "".join(done.stdout.split())  # wherever the path was broken


def test_a_full_disk(tmp_path: Path) -> None:
    """The database may not grow: the report is printed all the same, a line says what happened, and it is no pass."""
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "check", LENET, "--no-run", "--no-weights"],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
        env={**os.environ, "AUDITOR_DB": str(tmp_path / "reports.db")},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 4
    assert done.stdout.startswith("PASS")
    assert re.fullmatch(r"auditor: the report was not stored: [^\n]+\n", done.stderr)


def test_a_newer_database(process: Process, tmp_path: Path) -> None:
    where = tmp_path / "reports.db"
    assert process("db", "upgrade", env={"AUDITOR_DB": str(where)}).returncode == 0
    with sqlite3.connect(where) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    for command in (("history", LENET), ("show", "1")):
        done = process(*command, env={"AUDITOR_DB": str(where)})
        assert done.returncode == 2
        assert "newer" in done.stderr
        assert done.stderr.count("\n") == 1
    done = process("check", LENET, "--no-run", "--no-weights", env={"AUDITOR_DB": str(where)})
    assert done.returncode == 4  # a report that was to be kept is nowhere
    assert "newer" in done.stderr


def test_help_starts_fast() -> None:
    """At most ten times `python -c pass`, by the CPU's time: others compute on this machine too."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def best(*arguments: str) -> float:
        times = []
        for _ in range(7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True, env=env)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(times)

    assert best("-m", "auditor", "--help") <= 10 * best("-c", "pass")


def test_every_sample_at_80_columns(process: Process) -> None:
    samples = [str(path) for path in sorted(SAMPLES.rglob("*.onnx"))]
    done = process("check", *samples, "--no-run", "--no-store")
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if str(SAMPLES) not in line]
    assert max(map(len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines)
