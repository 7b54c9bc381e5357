"""Runs an emulator's command in this process until standard input ends.

The process that starts it holds the other end of standard input, so that the emulator never
outlives it, however it ends. Usage: start.py COMMAND [ARGUMENT...]
"""

import importlib.metadata
import os
import signal
import sys
import threading


def end_with_parent():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGKILL)


def main():
    command = sys.argv[1]
    found = importlib.metadata.entry_points(group="console_scripts", name=command)
    if not found:
        sys.exit(f"{command} is not installed in {sys.prefix}")
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    (entry,) = found
    sys.exit(entry.load()())


if __name__ == "__main__":
    main()
