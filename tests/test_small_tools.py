"""The small tools that keep the start short do what the library's large ones do."""

from __future__ import annotations

import copy
import hashlib
import pickle
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from functools import cached_property
from pathlib import Path

import pytest

import auditor.formats
import auditor.rules
import auditor.shapes.ops
from auditor.hashing import LITTLE, blake2b, sha256, sha256_of_many
from auditor.modules import module_names
from auditor.record import Record
from tests import settings
from tests.conftest import ending
from tests.pace import HANG, until
from tests.ports import kept_port, port_of
from tests.stutter import descendants, stuttering


class Point(Record):
    x: int
    y: int = 2

    @cached_property
    def sum(self) -> int:
        return self.x + self.y


class Point3(Point):
    z: int = 3


class Itself(Record, eq=False):
    x: int


def test_a_record_is_as_a_frozen_dataclass_is() -> None:
    point = Point(1)
    assert point == Point(1, 2) == Point(y=2, x=1) and point != Point(2) and point != (1, 2)
    assert point.sum == 3 and point == Point(1) and hash(point) == hash(Point(1))
    assert repr(point) == "Point(x=1, y=2)"
    assert point._replace(y=5) == Point(1, 5) and point._replace(x=4).sum == 6
    assert Point3(1) != Point(1) and Point3(1)._fields == ("x", "y", "z")
    assert copy.copy(point) == point and pickle.loads(pickle.dumps(point)) == point
    match Point3(7, 8):
        case Point(x, y):
            assert (x, y) == (7, 8)
    assert bool(point)


def test_a_record_is_frozen_and_takes_its_fields_alone() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 2  # type: ignore[misc]  # it is frozen
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    for wrong in ((), (1, 2, 3)):
        with pytest.raises(TypeError, match=r"Point\.__init__"):
            Point(*wrong)


def test_a_record_may_be_equal_to_itself_alone() -> None:
    one = Itself(1)
    assert one == one and one != Itself(1) and len({one, Itself(1)}) == 2


@pytest.mark.parametrize("data", [b"", b"abc", bytes(100_000)])
def test_hashes_are_those_of_the_library(data: bytes) -> None:
    assert sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()
    assert blake2b(data, digest_size=10).hexdigest() == hashlib.blake2b(data, digest_size=10).hexdigest()
    for size in (0, LITTLE):
        sha = sha256_of_many(size)
        sha.update(data)
        assert sha.hexdigest() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("package", [auditor.rules, auditor.formats, auditor.shapes.ops])
def test_modules_are_those_that_pkgutil_finds(package: object) -> None:
    path = package.__path__  # type: ignore[attr-defined]  # of a package
    assert module_names(path) == sorted(m.name for m in pkgutil.iter_modules(path) if not m.ispkg)


def test_modules_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("package/__init__.py", "package/two.py", "package/one.py", "package/inner/__init__.py"):
            archive.writestr(name, "")
    assert module_names([str(tmp_path / "a.zip" / "package")]) == ["one", "two"]


def test_what_waits_for_ever_fails_where_it_waits() -> None:
    says = r"a test has waited for 0.05 s for what never came, at .*:\d+"
    with pytest.raises(pytest.fail.Exception, match=says), ending(0.05, "a test"):
        threading.Event().wait()
    with ending(HANG, "a test"):
        pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 1, "that of this test goes on"


def test_settings_that_are_joined_are_all_there() -> None:
    both = settings.together([settings.SETTINGS[name]() for name in ("busy", "haswell", "umask", "shuffled", "tmpdir")])
    assert both.busy == 2 and both.env == {"OPENBLAS_CORETYPE": "Haswell"} and both.umask == 0o077
    assert both.arguments == ("--shuffle", "0") and both.tmp and both.user is None


def test_what_stutters_is_held_and_goes_on() -> None:
    """A child of a child: it is seen stopped while the block lasts, and never behind it."""
    deeper = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", deeper], stdin=subprocess.PIPE) as child:
        until(lambda: len(descendants(child.pid)) == 1, "the child of the child")
        with stuttering(child.pid, seed=0):
            until(lambda: "T" in descendants(child.pid).values(), "one that is held")
        until(lambda: "T" not in descendants(child.pid).values(), "its release")  # who runs the suite may hold it, too
        child.communicate(b"\n")
    assert descendants(child.pid) == {}


def test_a_kept_port_is_for_a_server_of_ours() -> None:
    with kept_port() as kept:
        where = "127.0.0.1", port_of(kept)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(where, HANG)
        with socket.create_server(where), socket.create_connection(where, HANG):
            pass
        without = socket.socket()  # as the kernel looks for a port: not among those that are kept
        with without, pytest.raises(OSError, match="already in use"):
            without.bind(where)
