"""Runs s3s-fs, a server by the authors of s3s that speaks S3, on the loopback interface until standard
input ends.

The process that starts it holds the other end of standard input, so that the server never outlives
it, however it ends. It is found in target/tools/bin, where `cargo install --root target/tools`
puts it, or on the PATH. Usage: s3s_fs.py PORT, or s3s_fs.py --version; it takes the access key
`test` with the secret `test`, and keeps objects in a directory that goes with it.

Exits with 69 where s3s-fs is not installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading

NOT_INSTALLED = 69
TOOLS = os.path.join(os.path.dirname(__file__), "../../target/tools/bin")
INSTALL = (
    "s3s-fs is not installed; in the checkout, run: cargo install --locked --features binary "
    "--root target/tools s3s-fs --version 0.14.1"
)
# A process of its own, because this one may be killed: its input ends when this one does.
WATCH = """
import os, shutil, sys
sys.stdin.buffer.read()
try:
    os.kill(int(sys.argv[1]), 9)
except ProcessLookupError:
    pass
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""


def find():
    program = shutil.which("s3s-fs", path=TOOLS) or shutil.which("s3s-fs")
    if not program:
        print(INSTALL, file=sys.stderr)
        sys.exit(NOT_INSTALLED)
    return program


def main():
    program = find()
    port = sys.argv[1]
    if port == "--version":
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        print(asked.stdout.split()[-1])
        return
    folder = tempfile.mkdtemp(prefix="s3s-fs-")
    keys = ["--access-key", "test", "--secret-key", "test"]
    server = subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", port, *keys, folder], stdin=subprocess.DEVNULL
    )
    watch = [sys.executable, "-c", WATCH, str(server.pid), folder]
    watcher = subprocess.Popen(watch, stdin=subprocess.PIPE)

    def end_with_parent():
        sys.stdin.buffer.read()
        watcher.stdin.close()

    threading.Thread(target=end_with_parent, daemon=True).start()
    status = server.wait()
    watcher.stdin.close()
    watcher.wait()
    sys.exit(status)


if __name__ == "__main__":
    main()
