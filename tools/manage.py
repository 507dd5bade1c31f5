"""./dev manage and ./dev shell: manage.py on the demo's data, whether or not it runs."""

import json
import os
import signal
import subprocess
import sys

from tools import environment
from tools.demo import DEMO, RUNNING
from tools.guard import dies_with_parent
from tools.services import Services
from tools.supervisor import Supervisor
from tools.terminal import ROOT, note, run


def main(arguments: list[str]) -> int:
    if RUNNING.exists() and Supervisor.is_running(DEMO):
        return call(arguments, {**os.environ, **json.loads(RUNNING.read_text())})
    if not DEMO.exists():
        note("The demo has no data yet; ./dev demo makes it.")
    with Services(DEMO) as services:
        return call(arguments, services.env | environment.for_demo(8000, 8010, DEMO))


def call(arguments: list[str], env: dict[str, str]) -> int:
    command = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=env,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    while True:
        try:
            return command.wait()
        except KeyboardInterrupt:
            continue  # the command got it too, and decides


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
