"""What the child may do, once it has imported its libraries and before it opens the model.

Resource limits, a user without capabilities, Landlock and seccomp: all work without privileges and cost about a
millisecond. A kernel that lacks one gives a weaker isolation, which is recorded and never a failure. Linux alone has
the last two.

For a graphics card there is a second profile: no limit on address space (CUDA maps far more than it uses), devices and
CUDA's own cache may be written, libraries may be read.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import identity, seccomp
from .libc import checked, die_with, libc, no_new_privileges


@dataclass(frozen=True, slots=True)
class Profile:
    """What stays allowed. ``memory`` None: no limit on address space."""

    read: tuple[str, ...]  # files
    folders: tuple[str, ...] = ()  # to be read with all below them
    write: tuple[str, ...] = ()
    memory: int | None = None
    cpu_seconds: int = 60
    devices: bool = False  # the profile for a graphics card
    in_memory: int = 0  # bytes that may be written to a file in memory, by its name among the descriptors


def confine(profile: Profile) -> dict[str, str]:
    """Give up every right that a run does not need; say of each layer whether it holds, and a ``level``.

    A layer that does not hold is "no: " and the reason.
    """
    parent = os.getppid()
    layers = {"rlimits": _limit(profile), "identity": identity.give_up(profile.read, keep_user=profile.devices)}
    die_with(parent)  # a change of user takes the signal back
    layers["landlock"] = _landlock(profile)
    closed = not layers["landlock"].startswith("no: ")
    if not closed:
        _write_nothing(profile)
    layers["seccomp"] = seccomp.restrict(profile.devices, writes=closed and profile.in_memory > 0)
    held = sum(not word.startswith("no: ") for word in layers.values())
    level = "full" if held == len(layers) else "partial" if held else "none"
    return {**layers, "profile": "device" if profile.devices else "cpu", "level": level}


def _limit(profile: Profile) -> str:
    import resource

    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: profile.cpu_seconds,
        resource.RLIMIT_NOFILE: 4096 if profile.devices else len(profile.read) + 64,
    }
    if not profile.devices:
        wanted[resource.RLIMIT_FSIZE] = profile.in_memory
    if profile.memory is not None:
        wanted[resource.RLIMIT_AS] = profile.memory
    try:
        for limit, value in wanted.items():
            hard = resource.getrlimit(limit)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            spare = limit == resource.RLIMIT_CPU and value != hard  # at the hard limit the signal would be SIGKILL
            resource.setrlimit(limit, (value, value + spare))
    except (OSError, ValueError) as error:
        return f"no: {error}"
    return "yes"


def _write_nothing(profile: Profile) -> None:
    """Without Landlock nobody says which file is written: then none is."""
    import resource

    if not profile.devices:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


# Landlock: linux/landlock.h. The three calls have the same number on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_FILE_EXECUTE, _FILE_WRITE, _FILE_READ, _FOLDER_READ = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_A_FILE = _FILE_EXECUTE | _FILE_WRITE | _FILE_READ | _TRUNCATE | _IOCTL
_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_RIGHTS = (1 << 16) - 1  # from ABI 5 on
_TCP, _SCOPES = 0b11, 0b11  # bind and connect (ABI 4); abstract sockets and signals (ABI 6)


def _landlock(profile: Profile) -> str:
    """Files by rule, everything else closed. A rule names the file itself, so links to it need no rule of their own."""
    if sys.platform != "linux":
        return f"no: {sys.platform} has none"
    abi = libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return "no: this kernel has none"
    rights = _RIGHTS_BY_ABI.get(abi, _RIGHTS)
    fields = (rights, _TCP, _SCOPES)[: 1 if abi < 4 else 2 if abi < 6 else 3]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    try:
        ruleset = checked(libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))
        try:
            for path in profile.read:
                _allow(ruleset, path, _FILE_READ)
            for path in profile.folders:
                _allow(ruleset, path, _FILE_READ | _FOLDER_READ | (_FILE_EXECUTE if profile.devices else 0))
            for path in profile.write:
                _allow(ruleset, path, rights & ~_FILE_EXECUTE)
            no_new_privileges()
            checked(libc().syscall(_RESTRICT_SELF, ruleset, 0))
        finally:
            os.close(ruleset)
    except OSError as error:
        return f"no: {error.strerror}"
    return f"abi {abi}"


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule; whoever opens it says so
    try:
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        if folder and not rights & _FOLDER_READ:
            return  # where a file was meant, a rule on a folder would open all below it
        rights = rights if folder else rights & _OF_A_FILE
        checked(libc().syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, handle), 0))
    finally:
        os.close(handle)


_LOCALES = "/usr/lib/locale"  # StringNormalizer wants a language's rules


def cpu_profile(files: Sequence[str], memory: int, cpu_seconds: int, in_memory: int = 0) -> Profile:
    """A run on the CPU: the model's files, the system's locales and nothing else.

    ``in_memory``: so many bytes may be written to a file that is in memory alone (memfd_create), and anything to
    nowhere. No file system has such a file, so Landlock, which has no rule for it, closes all others.
    """
    write = (os.devnull,) if in_memory else ()
    return Profile(tuple(files), (_LOCALES,), write, memory, cpu_seconds, in_memory=in_memory)


def device_profile(files: Sequence[str], libraries: Iterable[str], cpu_seconds: int) -> Profile:
    """A run on a graphics card: its libraries and its devices as well, and CUDA's cache."""
    cache = os.environ.get("CUDA_CACHE_PATH") or os.environ.get("HOME", "") + "/.nv"
    folders = (*libraries, "/usr", "/lib", "/lib64", "/opt", "/etc", "/proc", "/sys")
    return Profile(tuple(files), folders, write=("/dev", cache), cpu_seconds=cpu_seconds, devices=True)
