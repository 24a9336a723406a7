"""seccomp: which system calls the kernel still answers, as a program of classic BPF. Linux on x86-64 and aarch64."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from .libc import checked, libc, no_new_privileges

# The numbers of asm/unistd.h; a test holds both tables to the system's headers.
_X86_64 = {
    "accept": 43, "accept4": 288, "add_key": 248, "bind": 49, "bpf": 321, "chmod": 90, "chown": 92, "chroot": 161,
    "clock_settime": 227, "clone": 56, "clone3": 435, "connect": 42, "creat": 85, "delete_module": 176,
    "execve": 59, "execveat": 322, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "fchown": 93, "fchownat": 260,
    "finit_module": 313, "fork": 57, "fremovexattr": 199, "fsetxattr": 190, "fsopen": 430, "futimesat": 261,
    "init_module": 175, "io_uring_enter": 426, "io_uring_setup": 425, "kexec_file_load": 320, "kexec_load": 246,
    "keyctl": 250, "kill": 62, "lchown": 94, "link": 86, "linkat": 265, "listen": 50, "lremovexattr": 198,
    "lsetxattr": 189, "memfd_create": 319, "mkdir": 83, "mkdirat": 258, "mknod": 133, "mknodat": 259, "mount": 165,
    "move_mount": 429, "mq_open": 240, "msgget": 68, "open": 2, "open_by_handle_at": 304, "openat": 257,
    "openat2": 437, "perf_event_open": 298, "personality": 135, "pidfd_open": 434, "pidfd_send_signal": 424,
    "pivot_root": 155, "prlimit64": 302, "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101,
    "reboot": 169, "removexattr": 197, "rename": 82, "renameat": 264, "renameat2": 316, "request_key": 249,
    "rmdir": 84, "semget": 64, "sendmmsg": 307, "sendmsg": 46, "sendto": 44, "setgid": 106, "setns": 308,
    "setrlimit": 160, "settimeofday": 164, "setuid": 105, "setxattr": 188, "shmget": 29, "socket": 41,
    "socketpair": 53, "swapon": 167, "symlink": 88, "symlinkat": 266, "tgkill": 234, "tkill": 200, "truncate": 76,
    "umount2": 166, "unlink": 87, "unlinkat": 263, "unshare": 272, "userfaultfd": 323, "utime": 132,
    "utimensat": 280, "utimes": 235, "vfork": 58,
}  # fmt: skip
_AARCH64 = {
    "accept": 202, "accept4": 242, "add_key": 217, "bind": 200, "bpf": 280, "chroot": 51, "clock_settime": 112,
    "clone": 220, "clone3": 435, "connect": 203, "delete_module": 106, "execve": 221, "execveat": 281,
    "fchmod": 52, "fchmodat": 53, "fchmodat2": 452, "fchown": 55, "fchownat": 54, "finit_module": 273,
    "fremovexattr": 16, "fsetxattr": 7, "fsopen": 430, "init_module": 105, "io_uring_enter": 426, "io_uring_setup": 425,
    "kexec_file_load": 294, "kexec_load": 104, "keyctl": 219, "kill": 129, "linkat": 37, "listen": 201,
    "lremovexattr": 15, "lsetxattr": 6, "memfd_create": 279, "mkdirat": 34, "mknodat": 33, "mount": 40,
    "move_mount": 429, "mq_open": 180, "msgget": 186, "open_by_handle_at": 265, "openat": 56, "openat2": 437,
    "perf_event_open": 241, "personality": 92, "pidfd_open": 434, "pidfd_send_signal": 424, "pivot_root": 41,
    "prlimit64": 261, "process_vm_readv": 270, "process_vm_writev": 271, "ptrace": 117, "reboot": 142,
    "removexattr": 14, "renameat": 38, "renameat2": 276, "request_key": 218, "semget": 190, "sendmmsg": 269,
    "sendmsg": 211, "sendto": 206, "setgid": 144, "setns": 268, "setrlimit": 164, "settimeofday": 170,
    "setuid": 146, "setxattr": 5, "shmget": 194, "socket": 198, "socketpair": 199, "swapon": 224, "symlinkat": 36,
    "tgkill": 131, "tkill": 130, "truncate": 45, "umount2": 39, "unlinkat": 35, "unshare": 97, "userfaultfd": 282,
    "utimensat": 88,
}  # fmt: skip
_ARCHITECTURES = {"x86_64": (0xC000003E, 317, _X86_64), "aarch64": (0xC00000B7, 277, _AARCH64)}  # AUDIT_ARCH, seccomp

# Looked at by their arguments, or answered "no such call" so that the C library falls back to one that is.
_BY_ARGUMENT = frozenset({"clone", "open", "openat", "prlimit64", "tgkill"})
_ABSENT = frozenset({"clone3", "openat2"})
# CUDA keeps a cache, talks to its daemons and shares memory; Landlock still says where it may write.
_CUDA_NEEDS = frozenset({
    "chmod", "connect", "fchmod", "fchmodat", "fchmodat2", "memfd_create", "mkdir", "mkdirat", "rename", "renameat",
    "renameat2", "semget", "sendmsg", "sendto", "shmget", "socket", "socketpair", "truncate", "unlink", "unlinkat",
})  # fmt: skip

_CLONE_THREAD = 0x00010000
_X32 = 0x40000000  # every call once more, under a number that the tables do not have
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | 0o20000000  # the last: O_TMPFILE without O_DIRECTORY

_Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, value
_KILL: _Instruction = (0x06, 0, 0, 0x80000000)
_ALLOW: _Instruction = (0x06, 0, 0, 0x7FFF0000)
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45


def restrict(devices: bool) -> str:
    """No exec, no new process, no socket, no change to a file system, no signal to others, no other namespace.

    ``devices``: leave what a graphics card's driver needs. Gives "yes", or "no: " and the reason.
    """
    known = _ARCHITECTURES.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return f"no: not written for {platform.machine()} on {sys.platform}"
    architecture, call, numbers = known
    instructions = program(architecture, numbers, os.getpid(), devices)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    pointer = struct.pack("HxxxxxxP", len(instructions), ctypes.addressof(buffer))
    filter_mode, all_threads = 1, 1  # threads that a library has started obey as well
    try:
        no_new_privileges()
        checked(libc().syscall(call, filter_mode, all_threads, pointer))
    except OSError as error:
        return f"no: {error.strerror}"
    return "yes"


def program(architecture: int, numbers: dict[str, int], pid: int, devices: bool) -> list[_Instruction]:
    """What the kernel runs over struct seccomp_data at each system call: the number at 0, the architecture at 4."""
    made = [_load(4), (_EQUAL, 1, 0, architecture), _KILL, _load(0)]
    if "fork" in numbers:  # x86-64, whose x32 calls would slip through
        made += [(_AT_LEAST, 0, 1, _X32), _error(errno.ENOSYS)]
    for name in sorted(_ABSENT):
        made += [(_EQUAL, 0, 1, numbers[name]), _error(errno.ENOSYS)]
    made += _only_if(numbers["clone"], (_low(0), (_ANY_BIT, 1, 0, _CLONE_THREAD)))
    made += _only_if(numbers["tgkill"], (_low(0), (_EQUAL, 1, 0, pid)))  # abort() signals its own process
    null = (_EQUAL, 1, 0, 0)  # with a null pointer the call only reads a limit
    made += _only_if(numbers["prlimit64"], (_low(2), null), (_low(2) + 4, null))
    if not devices:
        for name, flags in (("openat", 2), ("open", 1)):
            if name in numbers:
                made += _only_if(numbers[name], (_low(flags), (_ANY_BIT, 0, 1, _WRITES)))
    looked_at = _BY_ARGUMENT | _ABSENT | (_CUDA_NEEDS if devices else frozenset())
    for name, number in sorted(numbers.items()):
        if name not in looked_at:
            made += [(_EQUAL, 0, 1, number), _error(errno.EPERM)]
    return [*made, _ALLOW]


def _only_if(number: int, *checks: tuple[int, _Instruction]) -> list[_Instruction]:
    """Allow a call if the words at these offsets pass their tests; a test that passes skips the error behind it."""
    body = [step for offset, test in checks for step in (_load(offset), test, _error(errno.EPERM))]
    return [(_EQUAL, 0, len(body) + 1, number), *body, _ALLOW]


def _low(argument: int) -> int:
    """Where the low half of a call's argument lies (both architectures are little-endian)."""
    return 16 + 8 * argument


def _load(offset: int) -> _Instruction:
    return 0x20, 0, 0, offset


def _error(number: int) -> _Instruction:
    return 0x06, 0, 0, 0x00050000 | number
