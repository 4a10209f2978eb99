"""Shuts the process that runs a plugin off from the machine's files, network and processes (Linux).

Three parts of the kernel, needed together; nothing is installed and no right is asked for:

- Landlock (since 5.13) lets the process open only what `readable` and its own scratch folder hold,
  and neither signal nor read the memory of processes outside.
- All capabilities are dropped: root could otherwise read the environment of other processes.
- A seccomp filter refuses what Landlock does not know: sockets but pairs of streams, io_uring,
  System V and POSIX message queues, tracing, namespaces, extended attributes, and changing the
  priority or limits of other processes.

It holds for the process that calls `enter`, for all its later threads and for all that it starts,
and can't be undone. What stays open is listed in SECURITY.md.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from suite.errors import UsageError
from suite.source_hash import FAMILY_PACKAGES, PROJECT_ROOT

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc")
# Processors, memory nodes and limits of control groups, which libraries size their pools by.
_MACHINE = ("/proc", "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/fs/cgroup")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
_CARDS = ("nvidia*", "dri", "kfd", "dxg")
_CARD_FACTS = ("/sys/bus/pci", "/sys/devices", "/sys/module", "/sys/class")

# Rights of Landlock, linux/landlock.h.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << n for n in range(6))
_MAKE_CHAR, _MAKE_DIR, _MAKE_REG, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK = (
    1 << n for n in range(6, 12)
)
_MAKE_SYM, _REFER, _TRUNCATE, _IOCTL_DEV = (1 << n for n in range(12, 16))
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
# Semaphores of multiprocessing and loky: by name, without a list of what others have there.
_SHARED = Path("/dev/shm")  # noqa: S108  # nothing is written there by the suite
_SHARED_MEMORY = _READ_FILE | _WRITE_FILE | _TRUNCATE | _REMOVE_FILE | _MAKE_REG
# By version of the interface: which rights it knows.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP, _SCOPES = 0b11, 0b11  # binding and connecting; abstract sockets and signals
_LANDLOCK = (444, 445, 446)  # create_ruleset, add_rule, restrict_self: on every architecture

_NO_NEW_PRIVILEGES, _DROP_FROM_BOUNDS, _AMBIENT, _CLEAR_ALL = 38, 24, 47, 4
_CAPABILITY_VERSION = 0x20080522
_SET_FILTER, _ACTION_AVAILABLE, _SPEC_ALLOW = 1, 2, 4
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NEW_NAMESPACES = 0x7E020080

# Names of system calls by architecture: number on x86-64, number on 64-bit ARM.
_CALLS = {
    "add_key": (248, 217), "bpf": (321, 280), "fanotify_init": (300, 262),
    "file_setattr": (469, 469), "fremovexattr": (199, 16), "fsetxattr": (190, 7),
    "inotify_add_watch": (254, 27), "io_uring_setup": (425, 425), "ioprio_set": (251, 30),
    "keyctl": (250, 219), "lremovexattr": (198, 15), "lsetxattr": (189, 6), "mount": (165, 40),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "msgctl": (71, 187), "msgget": (68, 186),
    "msgrcv": (70, 188), "msgsnd": (69, 189), "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "removexattr": (197, 14), "removexattrat": (466, 466), "request_key": (249, 218),
    "semctl": (66, 191), "semget": (64, 190), "semop": (65, 193), "semtimedop": (220, 192),
    "setns": (308, 268), "setxattr": (188, 5), "setxattrat": (463, 463), "shmat": (30, 196),
    "shmctl": (31, 195), "shmget": (29, 194), "socket": (41, 198), "unshare": (272, 97),
    "userfaultfd": (323, 282),
}  # fmt: skip
_SOCKETPAIR, _CLONE, _CLONE3 = (53, 199), (56, 220), (435, 435)
# Calls whose first argument is a process, and which are for the caller's own alone.
_OF_A_PROCESS = {
    "prlimit": (302, 261), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
}  # fmt: skip
_SETPRIORITY = (141, 140)
_SIGACTION, _CHILD_ENDED = (13, 134), 17
_SECCOMP, _CAPSET = (317, 277), (126, 91)
# What the kernel calls an architecture, and which column of the numbers above is its.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}


@cache
def obstacle() -> str:
    """Why this machine gives no sandbox; empty if it gives one."""
    if sys.platform != "linux":
        return f"{platform.system()} has none; Linux 5.13 or newer has"
    if platform.machine() not in _ARCHITECTURES:
        return f"the suite has no filter of system calls for {platform.machine()}"
    abi = _abi()
    if abi < 1:
        reasons = {
            errno.ENOSYS: "the kernel has no Landlock; Linux 5.13 or newer has",
            errno.EOPNOTSUPP: "Landlock is switched off; add it to the boot parameter lsm=",
        }
        other = f"the system or its container forbids Landlock ({errno.errorcode.get(-abi, -abi)})"
        return reasons.get(-abi, other)
    action = ctypes.c_uint32(_ERRNO)
    if _call(_number(_SECCOMP), _ACTION_AVAILABLE, 0, ctypes.byref(action)) < 0:
        return "the system or its container forbids seccomp"
    return ""


def require() -> None:
    """Refuse a machine that gives no sandbox.

    Raises:
        UsageError: It gives none.
    """
    if obstacle():
        raise UsageError(f"a sandbox is required, and this machine gives none: {obstacle()}. "
                         "Use another machine, or leave out --require-sandbox")  # fmt: skip


def check_closed(closed: Iterable[Path], results: Path) -> None:
    """Refuse to start where models could read what they must not, by where it lies.

    Args:
        closed: Files and folders with labels.
        results: The folder of the records. The folder for temporary files is looked at, too.

    Raises:
        UsageError: Something of it lies below a folder that every plugin may read.
    """
    import tempfile

    if obstacle():
        return
    allowed = [*map(_real, readable()), _SHARED]
    for path in (*closed, results, Path(tempfile.gettempdir())):
        real = _real(path)
        for folder in allowed:
            if real.is_relative_to(folder):
                raise UsageError(f"{path} lies below {folder}, which models may read: move it "
                                 "elsewhere, or it could be looked up by a model")  # fmt: skip
    environment = _real(sys.prefix)
    if environment.is_relative_to(_real(results)):
        raise UsageError(f"Python's environment {environment} lies in the folder of the records, "
                         f"{results}: name another folder with --results")  # fmt: skip


def description() -> str:
    """What this machine gives, as records name it: "landlock 7, seccomp" or "none: " and why."""
    reason = obstacle()
    return f"none: {reason}" if reason else f"landlock {_abi()}, seccomp"


def readable() -> Iterator[Path]:
    """Files and folders that every plugin may read: system, Python, libraries, the suite's code."""
    yield from map(Path, (*_SYSTEM, *_MACHINE))
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable)))
    yield from (PROJECT_ROOT / name for name in ("suite", *FAMILY_PACKAGES))


def homes(scratch: Path) -> dict[str, str]:
    """Environment variables that have libraries write to a folder where they may."""
    folders = {"TMPDIR": "", "HOME": "", "XDG_CACHE_HOME": ".cache", "KERAS_HOME": ".keras"}
    return {name: str(scratch / folder) for name, folder in folders.items()}


def remove_tree(folder: Path) -> None:
    """Remove a folder that a plugin wrote to, however deep; what can't be removed stays."""
    import shutil
    import subprocess

    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False)  # noqa: S603, S607


def enter(plugin: Sequence[Path], write: Iterable[Path], closed: Iterable[Path], *,
          card: bool = False) -> str:  # fmt: skip
    """Shut this process off, which must have a single thread.

    Args:
        plugin: Files of the plugin and its helpers; of a plugin in a package the package's folder.
        write: Folders of the run's own, to read and write.
        closed: What may not be read whatever the import path holds: labels, caches, results.
        card: Whether the run computes on a graphics card, whose devices stay open then.

    Returns:
        What holds now; see `description`.

    Raises:
        OSError: The kernel refused a part, though it has all of them.
    """
    reason = obstacle()
    if reason:
        return f"none: {reason}"
    sealed = [_real(path) for path in closed]
    rules = [(path, _READ) for path in (*readable(), *import_folders(sealed), *plugin)]
    rules += [(path.parent, _READ_DIR) for path in plugin if path.is_file()]
    rules += [(path, ~(_MAKE_CHAR | _MAKE_BLOCK)) for path in write]
    rules += [(Path(name), _READ_FILE | _WRITE_FILE | _IOCTL_DEV) for name in _DEVICES]
    rules.append((_SHARED, _SHARED_MEMORY))
    if card:
        rules += [(path, ~0) for name in _CARDS for path in Path("/dev").glob(name)]
        rules += [(Path(name), _READ) for name in _CARD_FACTS]
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise OSError(errno.EBUSY, "a process with several threads can't be shut off")
    _check(_prctl(_NO_NEW_PRIVILEGES, 1), "no_new_privs")
    _restrict_files(rules)
    _drop_capabilities()
    _filter_calls(filter_program())
    return description()


def _real(path: str | Path) -> Path:
    """A path without links; of one that goes in a circle as far as it goes."""
    return Path(os.path.realpath(path))


def import_folders(sealed: list[Path]) -> Iterator[Path]:
    """Folders that modules and libraries are loaded from, but those that hold what is sealed.

    Those that hold the working folder or the checkout are left out: people keep data there.
    """
    names = [*sys.path, *os.environ.get("LD_LIBRARY_PATH", "").split(":")]
    is_checkout = (PROJECT_ROOT / "pyproject.toml").is_file()
    kept_out = [*sealed, Path.cwd(), *([PROJECT_ROOT] if is_checkout else [])]
    for path in {_real(name) for name in names if name}:
        if not any(place.is_relative_to(path) for place in kept_out):
            yield path


def _restrict_files(rules: Iterable[tuple[Path, int]]) -> None:
    abi = _abi()
    handled = (1 << _RIGHTS[min(abi, max(_RIGHTS))]) - 1
    fields = [handled, *([_TCP] if abi >= 4 else []), *([_SCOPES] if abi >= 6 else [])]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    create, add, restrict = _LANDLOCK
    ruleset = _check(_call(create, attributes, len(attributes), 0), "landlock_create_ruleset")
    try:
        for path, rights in rules:
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
                try:
                    allowed = rights & handled & (~0 if path.is_dir() else _OF_FILES)
                    rule = struct.pack("=Qi", allowed, descriptor)
                    _check(_call(add, ruleset, 1, rule, 0), f"landlock_add_rule {path}")
                finally:
                    os.close(descriptor)
        _check(_call(restrict, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _drop_capabilities() -> None:
    for number in range(64):
        if _prctl(_DROP_FROM_BOUNDS, number) < 0:
            break  # not allowed to (then no_new_privs does), or behind the last one
    _prctl(_AMBIENT, _CLEAR_ALL)
    header, nothing = struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24)
    _check(_call(_number(_CAPSET), header, nothing), "capset")


def _filter_calls(program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    result = _call(_number(_SECCOMP), _SET_FILTER, _SPEC_ALLOW, head)
    _check(result, "seccomp")


def filter_program() -> bytes:
    """The filter of system calls for this process, as the kernel's BPF wants it.

    Returns:
        8 bytes an instruction.
    """
    architecture, column = _ARCHITECTURES[platform.machine()]
    refuse, unknown = _ERRNO | errno.EACCES, _ERRNO | errno.ENOSYS
    equal, at_least, any_bit = 0x15, 0x35, 0x45
    load, mask, end = 0x20, 0x54, 0x06
    number, arguments = 0, 16

    def when(test: int, value: int, verdict: int) -> list[tuple[int, int, int, int]]:
        return [(test, 0, 1, value), (end, 0, 0, verdict)]

    def unless(test: int, value: int, verdict: int) -> list[tuple[int, int, int, int]]:
        return [(test, 1, 0, value), (end, 0, 0, verdict)]

    def of(call: tuple[int, int], body: list[tuple[int, int, int, int]]) -> None:
        """What is asked of one call's arguments; it is allowed if nothing there ends it."""
        body = [*body, (end, 0, 0, _ALLOW)]
        code.extend([(equal, 0, len(body), call[column]), *body])

    code = [(load, 0, 0, 4), *unless(equal, architecture, unknown), (load, 0, 0, number)]
    if column == 0:  # the calls of x32, which have numbers of their own
        code += when(at_least, 0x40000000, unknown)
    for name, numbers in _CALLS.items():
        code += when(equal, numbers[column], unknown if name == "io_uring_setup" else refuse)
    code += when(equal, _CLONE3[column], unknown)  # C libraries then use clone, whose flags show
    first, second = (load, 0, 0, arguments), (load, 0, 0, arguments + 8)
    of(_CLONE, [first, *when(any_bit, _NEW_NAMESPACES, refuse)])
    stream = [(mask, 0, 0, 0xF), *unless(equal, 1, refuse)]
    of(_SOCKETPAIR, [first, *unless(equal, 1, refuse), second, *stream])
    own = [(equal, 1, 0, 0), (equal, 0, 1, os.getpid()), (end, 0, 0, _ALLOW), (end, 0, 0, refuse)]
    for call in _OF_A_PROCESS.values():
        of(call, [first, *own])
    of(_SETPRIORITY, [first, *unless(equal, 0, refuse), second, *own])
    # Children of a process that ignores their end take their processor time with them, uncounted.
    of(_SIGACTION, [first, *unless(equal, _CHILD_ENDED, _ALLOW), second, *unless(equal, 0, refuse),
                    (load, 0, 0, arguments + 12), *unless(equal, 0, refuse)])  # fmt: skip
    code.append((end, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


@cache
def _abi() -> int:
    """Version of Landlock's interface; an error's number, negative, where there is none."""
    result = _call(_LANDLOCK[0], None, 0, 1)
    return result if result >= 0 else -ctypes.get_errno()


def _number(call: tuple[int, int]) -> int:
    return call[_ARCHITECTURES[platform.machine()][1]]


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    # Numbers are passed as `long`: as `int` their upper half would be left to chance.
    given = (ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)
    return int(_libc().syscall(ctypes.c_long(number), *given))


def _prctl(option: int, value: int) -> int:
    return int(_libc().prctl(option, *(ctypes.c_ulong(n) for n in (value, 0, 0, 0))))


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
