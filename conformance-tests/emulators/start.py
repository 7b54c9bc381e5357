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


def end_with_parent(child=None):
    sys.stdin.buffer.read()
    if child:
        child.kill()
    os.kill(os.getpid(), signal.SIGKILL)


def main():
    command = sys.argv[1]
    found = importlib.metadata.entry_points(group="console_scripts", name=command)
    program = shutil.which(command, path=os.path.join(sys.prefix, "bin"))
    if not found and program:
        child = subprocess.Popen([program, *sys.argv[2:]], stdin=subprocess.DEVNULL)
        threading.Thread(target=end_with_parent, args=(child,), daemon=True).start()
        sys.exit(child.wait())
    if not found:
        sys.exit(f"{command} is not installed in {sys.prefix}")
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    (entry,) = found
    sys.exit(entry.load()())


if __name__ == "__main__":
    main()
