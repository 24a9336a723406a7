"""The system calls that a run may make, with their numbers on x86-64 and on aarch64 (None: it has no such call).

The numbers are those of asm/unistd.h; a test holds them to the system's headers. What is not named here does not exist
for a run: the kernel answers ENOSYS, and the C library falls back or fails.
"""

from collections.abc import Mapping
from typing import TypeAlias

Numbers: TypeAlias = tuple[int | None, int | None]

RUN: Mapping[str, Numbers] = {
    # memory
    "brk": (12, 214), "madvise": (28, 233), "map_shadow_stack": (453, None), "membarrier": (324, 283),
    "mmap": (9, 222), "mprotect": (10, 226), "mremap": (25, 216), "munmap": (11, 215),
    # files: Landlock says which, and none is opened for writing
    "access": (21, None), "close": (3, 57), "dup": (32, 23), "faccessat": (269, 48), "faccessat2": (439, 439),
    "fstat": (5, 80), "getcwd": (79, 17), "getdents64": (217, 61), "lseek": (8, 62), "lstat": (6, None),
    "newfstatat": (262, 79), "poll": (7, None), "ppoll": (271, 73), "pread64": (17, 67), "preadv": (295, 69),
    "pselect6": (270, 72), "read": (0, 63), "readlink": (89, None), "readlinkat": (267, 78), "readv": (19, 65),
    "select": (23, None), "stat": (4, None), "statx": (332, 291), "write": (1, 64), "writev": (20, 66),
    # threads
    "exit": (60, 93), "futex": (202, 98), "gettid": (186, 178),
    "rseq": (334, 293), "sched_getaffinity": (204, 123), "sched_yield": (24, 124), "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    # itself, and what anybody may know
    "arch_prctl": (158, None), "exit_group": (231, 94), "getcpu": (309, 168), "getegid": (108, 177),
    "geteuid": (107, 175), "getgid": (104, 176), "getpid": (39, 172), "getppid": (110, 173),
    "getrandom": (318, 278), "getrlimit": (97, 163), "getrusage": (98, 165), "getuid": (102, 174),
    "restart_syscall": (219, 128), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "sigaltstack": (131, 132), "sysinfo": (99, 179), "times": (100, 153),
    "uname": (63, 160),
    # time
    "clock_getres": (229, 114), "clock_gettime": (228, 113), "clock_nanosleep": (230, 115),
    "gettimeofday": (96, 169), "nanosleep": (35, 101), "time": (201, None),
}  # fmt: skip
"""What a run on the CPU needs, whatever its arguments: seen in real runs, and what other C libraries use for the
same."""

BY_ARGUMENT: Mapping[str, Numbers] = {
    "clone": (56, 220), "fcntl": (72, 25), "ioctl": (16, 29), "open": (2, None), "openat": (257, 56),
    "prctl": (157, 167), "prlimit64": (302, 261), "tgkill": (234, 131),
}  # fmt: skip
"""Allowed with some arguments, which `seccomp.program` looks at."""

DEVICE: Mapping[str, Numbers] = {
    # files
    "dup2": (33, None), "dup3": (292, 24), "fallocate": (285, 47), "fdatasync": (75, 83), "flock": (73, 32),
    "fstatfs": (138, 44), "fsync": (74, 82), "ftruncate": (77, 46), "memfd_create": (319, 279),
    "mkdir": (83, None), "mkdirat": (258, 34), "pwrite64": (18, 68), "pwritev": (296, 70), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "statfs": (137, 43), "truncate": (76, 45),
    "umask": (95, 166), "unlink": (87, None), "unlinkat": (263, 35),
    # its daemons
    "bind": (49, 200), "connect": (42, 203), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_pwait": (281, 22), "epoll_wait": (232, None), "eventfd2": (290, 19), "getpeername": (52, 205),
    "getsockname": (51, 204), "getsockopt": (55, 209), "pipe": (22, None), "pipe2": (293, 59),
    "recvfrom": (45, 207), "recvmsg": (47, 212), "sendmsg": (46, 211), "sendto": (44, 206),
    "setsockopt": (54, 208), "shutdown": (48, 210), "socket": (41, 198), "socketpair": (53, 199),
    "timerfd_create": (283, 85), "timerfd_settime": (286, 86),
    # memory, shared and by node
    "get_mempolicy": (239, 236), "mbind": (237, 235), "mincore": (27, 232), "mlock": (149, 228),
    "mlock2": (325, 284), "munlock": (150, 229), "semctl": (66, 191), "semget": (64, 190), "semop": (65, 193),
    "semtimedop": (220, 192), "set_mempolicy": (238, 237), "shmat": (30, 196), "shmctl": (31, 195),
    "shmdt": (67, 197), "shmget": (29, 194),
    # itself
    "capget": (125, 90), "getgroups": (115, 158), "getpriority": (140, 141), "getresgid": (120, 150),
    "getresuid": (118, 148), "rt_sigtimedwait": (128, 137), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "wait4": (61, 260),
}  # fmt: skip
"""What a graphics card's driver needs besides: a cache, its daemons, shared memory. Landlock still says where it may
write."""
