"""Runs a command on a terminal of its own and writes what it shows to stdout: terminal.py COMMAND ARGUMENT ..."""

import os
import pty
import select
import subprocess
import sys

# Our own hold on the inner end stays until all is read, and it controls nobody: where the
# last one lets go of it, or its session ends, Linux may say "end" before what is not read yet.
outer, inner = pty.openpty()
program = subprocess.Popen(sys.argv[1:], stdin=inner, stdout=inner, stderr=inner, start_new_session=True)
shown = b""
while program.poll() is None:
    if select.select([outer], [], [], 0.02)[0]:
        shown += os.read(outer, 65536)
os.set_blocking(outer, False)
while True:
    try:
        shown += os.read(outer, 65536)
    except BlockingIOError:
        break
sys.stdout.buffer.write(shown)
sys.exit(program.returncode)
