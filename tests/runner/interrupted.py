"""Uses a fork server while signals come at any moment, then ends it."""

import os
import random
import signal
import threading
import time
from types import FrameType

from suite.runner.forkserver import ForkServer

TIMES = 300


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def send_signals(go: threading.Event, enough: threading.Event) -> None:
    draw = random.Random(0)
    go.wait()
    while not enough.is_set():
        time.sleep(draw.uniform(0.001, 0.004))
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    go, enough = threading.Event(), threading.Event()
    sender = threading.Thread(target=send_signals, args=(go, enough))
    sender.start()
    signal.signal(signal.SIGTERM, interrupt)
    server = ForkServer([], {})
    server.fork().close()
    came = 0
    while came < TIMES:
        try:
            go.set()
            while True:
                server._started()
        except KeyboardInterrupt:
            came += 1
    while sender.is_alive():
        try:
            enough.set()
            sender.join()
        except KeyboardInterrupt:
            continue
    server.close()
    print(f"ended after {came} interrupts")
