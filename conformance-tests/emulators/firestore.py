"""Runs Google's own Firestore emulator on the loopback interface until standard input ends.

The process that starts it holds the other end of standard input, so that the emulator never
outlives it, however it ends. It needs Java and the component `cloud-firestore-emulator` of the
Google Cloud SDK, found through `gcloud info` or named by FIRESTORE_EMULATOR_JAR. Usage:
firestore.py PORT, or firestore.py --version, which prints the release of the SDK.

Exits with 69 where something of that is not installed.
"""

import os
import shutil
import subprocess
import sys
import threading

NOT_INSTALLED = 69
JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
# A process of its own, because this one may be killed: its input ends when this one does.
WATCH = "import os, sys; sys.stdin.buffer.read(); os.kill(int(sys.argv[1]), 9)"


def missing(what):
    print(what, file=sys.stderr)
    sys.exit(NOT_INSTALLED)


def gcloud(*arguments):
    program = shutil.which("gcloud")
    if not program:
        missing("the Google Cloud SDK is not installed: install it, or set FIRESTORE_EMULATOR_JAR")
    asked = subprocess.run([program, *arguments], capture_output=True, text=True)
    return asked.stdout.strip()


def find():
    """The emulator's archive and what it is a release of."""
    named = os.environ.get("FIRESTORE_EMULATOR_JAR")
    if named:
        jar, release = named, "named by FIRESTORE_EMULATOR_JAR"
    else:
        jar = os.path.join(gcloud("info", "--format=value(installation.sdk_root)"), JAR)
        release = gcloud("info", "--format=value(basic.version)")
    if not os.path.isfile(jar):
        missing("Firestore's emulator is not installed: gcloud components install cloud-firestore-emulator")
    if not shutil.which("java"):
        missing("Firestore's emulator needs Java, which is not installed")
    return jar, release


def main():
    port = sys.argv[1]
    jar, release = find()
    if port == "--version":
        print(release)
        return
    server = subprocess.Popen(
        ["java", "-Xmx512m", "-cp", jar, MAIN, "--host=127.0.0.1", f"--port={port}"],
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


if __name__ == "__main__":
    main()
