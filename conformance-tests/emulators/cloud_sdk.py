"""Runs an emulator of the Google Cloud SDK on the loopback interface until standard input ends.

The process that starts it holds the other end of standard input, so that the emulator never outlives it, however it ends.
"""

import glob
import os
import shutil
import subprocess
import sys
import threading

NOT_INSTALLED = 69
# A process of its own, because this one may be killed: its input ends when this one does.
WATCH = "import os, sys; sys.stdin.buffer.read(); os.kill(int(sys.argv[1]), 9)"


def missing(what):
    print(what, file=sys.stderr)
    sys.exit(NOT_INSTALLED)


def gcloud(variable, *arguments):
    program = shutil.which("gcloud")
    if not program:
        missing(f"the Google Cloud SDK is not installed: install it, or set {variable}")
    asked = subprocess.run([program, *arguments], capture_output=True, text=True)
    return asked.stdout.strip()


def find(title, component, archive, variable):
    """The emulator's archive and what it is a release of."""
    named = os.environ.get(variable)
    if named:
        jar, release = named, f"named by {variable}"
    else:
        root = gcloud(variable, "info", "--format=value(installation.sdk_root)")
        found = glob.glob(os.path.join(root, "platform", component, archive))
        jar = found[0] if found else ""
        release = gcloud(variable, "info", "--format=value(basic.version)")
    if not os.path.isfile(jar):
        missing(f"{title}'s emulator is not installed: gcloud components install {component}")
    if not shutil.which("java"):
        missing(f"{title}'s emulator needs Java, which is not installed")
    return jar, release


def run(title, component, archive, variable, main):
    """Does what the command line asks: a port to listen on, or --version."""
    port = sys.argv[1]
    jar, release = find(title, component, archive, variable)
    if port == "--version":
        print(release)
        return
    server = subprocess.Popen(
        ["java", "-Xmx512m", "-cp", jar, main, "--host=127.0.0.1", f"--port={port}"],
        stdin=subprocess.DEVNULL,
    )
    watch = [sys.executable, "-c", WATCH, str(server.pid)]
    watcher = subprocess.Popen(watch, stdin=subprocess.PIPE)

    def end_with_parent():
        sys.stdin.buffer.read()
        watcher.stdin.close()

    threading.Thread(target=end_with_parent, daemon=True).start()
    status = server.wait()
    watcher.kill()
    sys.exit(status)
