"""A plugin that tries to reach what is closed to models. A trick that works is told in an error."""

import ctypes
import gc
import mmap
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

from suite.contract import Plugin, Source

LIBC = ctypes.CDLL(None, use_errno=True)
SCORED = 360


def opened(secret):
    return Path(secret["label"]).read_bytes()


def by_descriptor(secret):
    path = os.open(secret["label"], os.O_PATH)  # which reads nothing
    return Path(f"/proc/self/fd/{path}").read_bytes()


def by_symbolic_link(secret):
    os.symlink(secret["label"], link := tempfile.mkdtemp() + "/link")
    return Path(link).read_bytes()


def by_hard_link(secret):
    os.link(secret["label"], link := tempfile.mkdtemp() + "/link")
    return Path(link).read_bytes()


def moved(secret):
    return Path(shutil.move(secret["spare"], tempfile.mkdtemp())).read_bytes()


def mapped(secret):
    with open(secret["label"], "rb") as file:
        return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[:]


def by_c(secret):
    return LIBC.open(os.fsencode(secret["label"]), os.O_RDONLY) >= 0


def by_a_child(secret):
    return subprocess.run(["/bin/cat", secret["label"]], capture_output=True).stdout


def by_io_uring(secret):
    return LIBC.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0


def listed(secret):
    return os.listdir(Path(secret["label"]).parent)


def records(secret):
    return Path(secret["record"]).read_bytes()


def overwritten(secret):
    return Path(secret["spare"]).write_bytes(b"mine")


def scratch_of_others(secret):
    return os.listdir(Path(tempfile.gettempdir()).parent)


def environment_of_the_suite(secret):
    return Path(f"/proc/{secret['suite']}/environ").read_bytes()


def memory_of_the_suite(secret):
    return open(f"/proc/{secret['suite']}/mem", "rb")


def files_of_the_suite(secret):
    return [os.readlink(file) for file in Path(f"/proc/{secret['suite']}/fd").iterdir()]


def environment_of_the_guard(secret):
    return Path(f"/proc/{os.getppid()}/environ").read_bytes()


def traced(secret):
    attach, detach = 16, 17
    if LIBC.ptrace(attach, secret["suite"], 0, 0) < 0:
        return False
    os.waitpid(secret["suite"], 0)
    return LIBC.ptrace(detach, secret["suite"], 0, 0) == 0


def signalled(secret):
    return os.kill(secret["suite"], 0) is None


def slowed(secret):
    return os.setpriority(os.PRIO_PROCESS, secret["suite"], 1) is None


def limited(secret):
    limit = resource.prlimit(secret["suite"], resource.RLIMIT_CORE)
    return resource.prlimit(secret["suite"], resource.RLIMIT_CORE, limit)


def marked(secret):
    return os.setxattr(secret["label"], "user.mine", b"1") is None


def by_tcp(secret):
    return socket.create_connection(("127.0.0.1", secret["port"]), timeout=5)


def by_udp(secret):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"label?", ("127.0.0.1", secret["port"]))


def listening(secret):
    return socket.create_server(("127.0.0.1", 0))


def by_a_named_socket(secret):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect(secret["socket"]) is None


def by_a_named_datagram(secret):
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return pair[0].sendto(b"label?", secret["socket"] + "-datagram")


def by_an_abstract_socket(secret):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect("\0" + secret["socket"]) is None


def shared_memory(secret):
    return LIBC.shmget(0x5EC7, 4096, 0o1600) >= 0


def segments(secret):
    """Memory that another process shares by number."""
    return LIBC.shmctl(0, 13, ctypes.create_string_buffer(200)) >= 0  # SHM_STAT


def watched(secret):
    return LIBC.inotify_add_watch(LIBC.inotify_init(), b"/dev/shm", 0x100) >= 0


def rescheduled(secret):
    policy = os.sched_getscheduler(secret["suite"])
    parameter = os.sched_getparam(secret["suite"])
    return os.sched_setscheduler(secret["suite"], policy, parameter) is None


def children_uncounted(secret):
    """A process that ignores the end of its children never has their processor time."""
    return signal.signal(signal.SIGCHLD, signal.SIG_IGN) is not None


def a_namespace(secret):
    new_user = 0x10000000
    return LIBC.unshare(new_user) == 0


def in_memory(secret):
    """Arrays as long as the labels of the scored images, wherever the process has them."""
    arrays = [a for a in gc.get_objects() if isinstance(a, np.ndarray)]
    frame = sys._getframe()
    while frame is not None:
        arrays += [a for a in frame.f_locals.values() if isinstance(a, np.ndarray)]
        frame = frame.f_back
    return [a for a in arrays if a.dtype == np.uint8 and a.shape == (SCORED,)]


TRICKS = (
    opened, by_descriptor, by_symbolic_link, by_hard_link, moved, mapped, by_c, by_a_child,
    by_io_uring, listed, records, overwritten, scratch_of_others, environment_of_the_suite,
    memory_of_the_suite, files_of_the_suite, environment_of_the_guard, traced, signalled, slowed,
    limited, marked, by_tcp, by_udp, listening, by_a_named_socket, by_a_named_datagram,
    by_an_abstract_socket, shared_memory, segments, watched, rescheduled, children_uncounted,
    a_namespace, in_memory,
)  # fmt: skip


def everyday(secret):
    """What models need: a failure of any of it is an error."""
    import multiprocessing

    folder = Path(tempfile.mkdtemp())
    (folder / "file").write_text("mine")
    (folder / "file").chmod(0o600)
    (folder / "file").rename(folder / "other")
    assert Path.home().is_relative_to(Path(tempfile.gettempdir()))
    assert multiprocessing.Semaphore().acquire()
    socket.socketpair()
    os.nice(1)
    os.setpriority(os.PRIO_PROCESS, os.getpid(), 2)
    resource.prlimit(os.getpid(), resource.RLIMIT_CORE)
    Path("written.txt").write_text("to the working folder")
    with multiprocessing.Pool(1) as pool:
        assert pool.map(abs, [-1]) == [1]
    threading.Thread(target=int).start()
    command = [sys.executable, "-c", "import numpy, multiprocessing as m; m.Pool(1).map(abs, [1])"]
    subprocess.run(command, check=True)
    return False


def learns_on(secret):
    threading.Thread(target=lambda: threading.Event().wait(60), daemon=True).start()


def learns_later(secret):
    timer = threading.Timer(60, opened, [secret])
    timer.daemon = True
    timer.start()


KNOWN = {trick.__name__: trick for trick in (*TRICKS, everyday, learns_on, learns_later)}


class Model:
    def __init__(self, trick, secret):
        self.trick, self.secret = trick, secret

    def fit(self, X, y):
        try:
            answer = KNOWN[self.trick](self.secret)
        except OSError:
            if self.trick == "everyday":
                raise
            answer = None
        if answer:
            raise RuntimeError("it works")

    def predict(self, X):
        return np.zeros(len(X), np.uint8)


def build(*, seed, threads, trick, **secret):
    return Model(trick, secret)


PLUGIN = Plugin(
    title="tricks",
    family="fake",
    view="flat",
    build=build,
    params={"trick": "", "label": "", "spare": "", "record": "", "suite": 0, "port": 0,
            "socket": ""},
    parameters=lambda model: 0,
    source=Source(name="a fake"),
)  # fmt: skip
