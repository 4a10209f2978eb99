"""As `sitecustomize`: a clock that jumps by up to a day at every call, in all processes.

What tells the time of day jumps; `time.monotonic` and `time.perf_counter` do not, as on a machine
whose clock is set.
"""

import ctypes
import gc
import random
import time
from datetime import datetime

LARGEST_SECONDS = 86_400

_time = time.time
_draw = random.Random()

time.time = lambda: _time() + _draw.uniform(-LARGEST_SECONDS, LARGEST_SECONDS)
time.time_ns = lambda: int(time.time() * 1e9)
# The class stays the one that pandas' compiled code was built for, where a subclass in its place
# ends the process: its method is replaced, which Python itself allows for no class written in C.
(_methods,) = gc.get_referents(datetime.__dict__)
_methods["now"] = classmethod(lambda cls, tz=None: cls.fromtimestamp(time.time(), tz))
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))
