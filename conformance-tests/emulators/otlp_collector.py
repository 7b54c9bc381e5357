"""Runs rotel, a collector of OpenTelemetry by Streamfold, on the loopback interface until standard input ends, and prints
the spans that it gets.

The process that starts it holds the other end of standard input, so that the collector never outlives it, however it ends.
It is found beside the Python that runs this, where `./test` installs it. Usage: otlp_collector.py HTTP_PORT GRPC_PORT FOLDER.
"""

import importlib.util
import os
import subprocess
import sys
import threading

# A process of its own, because this one may be killed: its input ends when this one does.
WATCH = "import os, sys; sys.stdin.buffer.read(); os.kill(int(sys.argv[1]), 9)"


def main():
    http, grpc, folder = sys.argv[1:]
    found = importlib.util.find_spec("rotel")
    if not found:
        sys.exit("rotel is not installed: pip install -r conformance-tests/emulators/requirements.txt")
    agent = os.path.join(os.path.dirname(found.origin), "rotel-agent")
    child = subprocess.Popen(
        [
            agent,
            "start",
            f"--otlp-http-endpoint=127.0.0.1:{http}",
            f"--otlp-grpc-endpoint=127.0.0.1:{grpc}",
            f"--pid-file={folder}/pid",
            f"--log-file={folder}/log",
            "--exporter=blackhole",
            "--disable-batching",
            "--debug-log=traces",
            "--debug-log-verbosity=detailed",
        ],
        stdin=subprocess.DEVNULL,
    )
    watch = [sys.executable, "-c", WATCH, str(child.pid)]
    watcher = subprocess.Popen(watch, stdin=subprocess.PIPE)

    def end_with_parent():
        sys.stdin.buffer.read()
        watcher.stdin.close()

    threading.Thread(target=end_with_parent, daemon=True).start()
    status = child.wait()
    watcher.stdin.close()
    watcher.wait()
    sys.exit(status)


if __name__ == "__main__":
    main()
