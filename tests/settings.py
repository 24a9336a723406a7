"""The suite on other machines than this one: ``python -m tests.settings [NAME[+NAME...]...] [-- PYTEST ARGUMENTS]``.

Each setting is what some machine is like, as far as one machine can be like another; each runs the whole suite, or what
the arguments after ``--`` say. Names joined by ``+`` are one run in all those settings at once: where it passes, it
passes in each. It ends with a table, and with 1 where a test failed anywhere.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from tests.installed import package_folders
from tests.stutter import stuttering

ROOT = Path(__file__).parents[1]
NOBODY = 65534
_BUSY = "while True: pass"


class Setting(NamedTuple):
    """How pytest is started: what goes before it, behind it, into its environment, and beside it."""

    before: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    busy: int = 0  # loops that run meanwhile
    stutter: bool = False  # each of its processes is late now and then, alone
    umask: int = 0o022
    tmp: str = ""  # what TMPDIR is called, in a folder that is new
    user: int | None = None


def features() -> str:
    """What NumPy can be told to do without here, all of it."""
    from numpy._core._multiarray_umath import __cpu_dispatch__ as known
    from numpy._core._multiarray_umath import __cpu_features__ as held

    return " ".join(name for name in known if held.get(name, False))


SETTINGS: dict[str, Callable[[], Setting]] = {
    "plain": Setting,
    "busy": lambda: Setting(busy=2),
    "stutter": lambda: Setting(stutter=True),
    "haswell": lambda: Setting(env={"OPENBLAS_CORETYPE": "Haswell"}),
    "nehalem": lambda: Setting(env={"OPENBLAS_CORETYPE": "Nehalem"}),
    "numpy": lambda: Setting(env={"NPY_DISABLE_CPU_FEATURES": features()}),
    "one-core": lambda: Setting(before=("taskset", "-c", f"{min(os.sched_getaffinity(0))}")),
    "tmpdir": lambda: Setting(tmp="somewhere else, größer"),
    "umask": lambda: Setting(umask=0o077),
    "nobody": lambda: Setting(user=NOBODY),
    "shuffled": lambda: Setting(arguments=("--shuffle", "0")),
    "shuffled-again": lambda: Setting(arguments=("--shuffle", "0")),
}


def together(settings: Sequence[Setting]) -> Setting:
    """One setting that is all of these; of two that say the same thing differently, the last."""
    found = Setting()
    for one in settings:
        found = Setting(
            found.before + one.before,
            found.arguments + one.arguments,
            {**found.env, **one.env},
            found.busy + one.busy,
            found.stutter or one.stutter,
            found.umask | one.umask,
            one.tmp or found.tmp,
            found.user if one.user is None else one.user,
        )
    return found


class Counted(NamedTuple):
    passed: int
    failed: int
    skipped: int
    minutes: float


def main(arguments: Sequence[str]) -> int:
    ours, _, theirs = _parted(arguments)
    parser = argparse.ArgumentParser(prog="python -m tests.settings", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SETTINGS)}; each if none is given")
    names = parser.parse_args(ours).names or list(SETTINGS)
    if unknown := [part for name in names for part in name.split("+") if part not in SETTINGS]:
        parser.error(f"there is no setting {unknown[0]!r}; there are {', '.join(SETTINGS)}")
    rows: dict[str, Counted | str] = {}
    for name in names:
        print(f"== {name}", flush=True)
        rows[name] = run(together([SETTINGS[part]() for part in name.split("+")]), theirs)
    width = max(map(len, ("setting", *rows))) + 1
    print(f"{'setting':{width}}{'passed':>8}{'failed':>8}{'skipped':>9}{'minutes':>9}")
    for name, row in rows.items():
        if isinstance(row, str):
            print(f"{name:{width}}{row}")
        else:
            print(f"{name:{width}}{row.passed:8}{row.failed:8}{row.skipped:9}{row.minutes:9.1f}")
    return int(any(isinstance(row, Counted) and (row.failed or not row.passed) for row in rows.values()))


def _parted(arguments: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:at]), at < len(arguments), list(arguments[at + 1 :])


def run(setting: Setting, more: Sequence[str]) -> Counted | str:
    """What the suite says in this setting, or why it cannot be had here."""
    if setting.before and shutil.which(setting.before[0]) is None:
        return f"left out: there is no {setting.before[0]} here"
    if setting.user is not None and os.geteuid():
        return "left out: only root can be another user"
    with ExitStack() as held:
        scratch = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="auditor-")))
        scratch.chmod(0o755)
        env, root, python = {**os.environ, **setting.env}, ROOT, sys.executable
        if setting.tmp or setting.user is not None:
            tmp = scratch / (setting.tmp or "tmp")
            tmp.mkdir()
            env["TMPDIR"] = str(tmp)
        if setting.user is not None:
            root = _copied(scratch)
            env |= {"HOME": str(scratch / "home"), "PYTHONPATH": os.pathsep.join([str(root), *package_folders()])}
            python = _python_of(setting.user, env)
            if not python:
                return (
                    f"left out: user {setting.user} may run no Python {sys.version_info[0]}.{sys.version_info[1]} here"
                )
            _give_ruff(scratch / "home" / ".local" / "bin")
            (scratch / "bin").mkdir()
            (scratch / "bin" / "auditor").write_text(f'#!/bin/sh\nexec "{python}" -m auditor "$@"\n')
            (scratch / "bin" / "auditor").chmod(0o755)
            env["PATH"] = f"{scratch / 'bin'}{os.pathsep}{env['PATH']}"
            for path in (scratch, *scratch.rglob("*")):
                os.chown(path, setting.user, setting.user, follow_symlinks=False)
        held.enter_context(_busy(setting.busy))
        found = scratch / "found.xml"
        command = [*setting.before, python, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={found}"]
        began = time.monotonic()
        suite = subprocess.Popen(
            [*command, *setting.arguments, *more],
            cwd=root, env=env, umask=setting.umask, user=setting.user, group=setting.user,
            extra_groups=None if setting.user is None else [],
        )  # fmt: skip
        with suite, stuttering(suite.pid, time.time_ns()) if setting.stutter else nullcontext():
            suite.wait()
        return _counted(found, (time.monotonic() - began) / 60)


def _copied(scratch: Path) -> Path:
    """The files of this tree as git knows them, for somebody who may not come to this folder."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (scratch / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, scratch / "tree" / name)
    return scratch / "tree"


def _python_of(user: int, env: Mapping[str, str]) -> str:
    """A Python of this version that this user may run, with what the tests need: perhaps ours lies in root's home."""
    for python in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        command = [python, "-c", "import numpy, onnxruntime, pytest"]
        try:
            done = subprocess.run(
                command, env=env, user=user, group=user, extra_groups=[], cwd="/", capture_output=True, check=False
            )
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return ""


def _give_ruff(folder: Path) -> None:
    """ruff where its module looks for it in a user's home: a program lies in no folder of packages."""
    folder.mkdir(parents=True)
    found = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found:
        shutil.copy2(found, folder)


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    started = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(loops)]
    try:
        yield
    finally:
        for loop in started:
            loop.kill()
            loop.wait()


def _counted(found: Path, minutes: float) -> Counted:
    if not found.exists():
        return Counted(0, 1, 0, minutes)
    suites = list(ElementTree.parse(found).getroot().iter("testsuite"))
    tests, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites) for name in ("tests", "failures", "errors", "skipped")
    )
    return Counted(tests - failures - errors - skipped, failures + errors, skipped, minutes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
