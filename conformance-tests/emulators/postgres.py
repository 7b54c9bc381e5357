"""Runs a PostgreSQL server with a new, empty database on the loopback interface until standard
input ends.

The process that starts it holds the other end of standard input, so that the server never outlives
it, however it ends. It needs the programs of Debian's package `postgresql`, or any others that are
on the PATH. Usage: postgres.py PORT [SETTING=VALUE...], or postgres.py --version; the role is
`postgres` and needs no password. Prints "ready" once the server takes connections.

Exits with 69 where PostgreSQL is not installed.
"""

import glob
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

NOT_INSTALLED = 69
# A process of its own, because this one may be killed: its input ends when this one does. The
# second signal is for a server that does not end in time, and its files go in any case.
WATCH = """
import os, shutil, sys, time
server, folder = int(sys.argv[1]), sys.argv[2]
sys.stdin.buffer.read()
for signal in (3, 9):
    try:
        os.kill(server, signal)
    except ProcessLookupError:
        break
    time.sleep(0.5)
shutil.rmtree(folder, ignore_errors=True)
"""


def version_of(folder):
    return [int(part) for part in re.findall(r"\d+", folder)]


def programs():
    """The folder with the newest server, where there is one."""
    found = shutil.which("initdb")
    folders = [os.path.dirname(os.path.realpath(found))] if found else []
    folders += sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=version_of, reverse=True)
    for folder in folders:
        if all(os.access(os.path.join(folder, name), os.X_OK) for name in ("initdb", "postgres")):
            return folder
    print("PostgreSQL is not installed: apt-get install postgresql", file=sys.stderr)
    sys.exit(NOT_INSTALLED)


def unprivileged():
    """Somebody to run the server as, which refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    sys.exit("there is neither a user postgres nor a user nobody to run PostgreSQL as")


def is_ready(data):
    """Whether the server says so, as pg_ctl finds it out."""
    try:
        with open(os.path.join(data, "postmaster.pid")) as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def main():
    port, settings = sys.argv[1], sys.argv[2:]
    folder = programs()
    if port == "--version":
        sys.exit(subprocess.run([os.path.join(folder, "postgres"), "--version"]).returncode)
    user = unprivileged()
    data = tempfile.mkdtemp(prefix="isobar-postgres-")
    identity = {"cwd": "/"}
    if user:
        os.chown(data, user.pw_uid, user.pw_gid)
        identity.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    # Another order of text than that of bytes, so that nothing is in order by accident; releases
    # before 15 do not have it.
    linguistic = ["--locale-provider=icu", "--icu-locale=en-US"]
    initialise = [os.path.join(folder, "initdb"), "-D", data, "-U", "postgres", "-A", "trust"]
    initialise += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    try:
        attempts = ([*initialise, *linguistic], initialise)
        runs = (subprocess.run(run, stdout=subprocess.DEVNULL, **identity) for run in attempts)
        if all(run.returncode != 0 for run in runs):
            sys.exit("initdb failed")
        options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", *settings]
        options = [argument for option in options for argument in ("-c", option)]
        server = subprocess.Popen(
            [os.path.join(folder, "postgres"), "-D", data, "-p", port, *options],
            stdin=subprocess.DEVNULL,
            **identity,
        )
        watch = [sys.executable, "-c", WATCH, str(server.pid), data]
        watcher = subprocess.Popen(watch, stdin=subprocess.PIPE)

        def end_with_parent():
            sys.stdin.buffer.read()
            watcher.stdin.close()

        threading.Thread(target=end_with_parent, daemon=True).start()
        while server.poll() is None and not is_ready(data):
            time.sleep(0.02)
        print("ready", flush=True)
        sys.exit(server.wait())
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
