"""Runs an emulator's command, Python in this process and anything else below it, until standard input
ends.

The process that starts it holds the other end of standard input, so that the emulator never
outlives it, however it ends. Usage: start.py COMMAND [ARGUMENT...]
"""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import threading


# A process of its own, because this one may be killed: its input ends when this one does.
WATCH = "import os, sys; sys.stdin.buffer.read(); os.kill(int(sys.argv[1]), 9)"


def end_with_parent():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGKILL)


def run_below(program):
    child = subprocess.Popen([program, *sys.argv[2:]], stdin=subprocess.DEVNULL)
    watch = [sys.executable, "-c", WATCH, str(child.pid)]
    watcher = subprocess.Popen(watch, stdin=subprocess.PIPE)
    threading.Thread(target=end_with_parent, daemon=True).start()
    status = child.wait()
    watcher.kill()
    sys.exit(status)


def main():
    command = sys.argv[1]
    found = importlib.metadata.entry_points(group="console_scripts", name=command)
    program = shutil.which(command, path=os.path.join(sys.prefix, "bin"))
    if not found and program:
        run_below(program)
    if not found:
        sys.exit(f"{command} is not installed in {sys.prefix}")
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    (entry,) = found
    sys.exit(entry.load()())


if __name__ == "__main__":
    main()
