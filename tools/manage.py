"""./dev manage and ./dev shell: manage.py on the demo's data, whether or not it runs."""

import json
import os
import sys

from tools import environment
from tools.child import run_child
from tools.demo import DEMO, RUNNING
from tools.services import Services
from tools.supervisor import Supervisor
from tools.terminal import note, run


def main(arguments: list[str]) -> int:
    command = ["manage.py", *arguments]
    if RUNNING.exists() and Supervisor.is_running(DEMO):
        return run_child(command, os.environ | json.loads(RUNNING.read_text()))
    if not DEMO.exists():
        note("The demo has no data yet; ./dev demo makes it.")
    with Services(DEMO) as services:
        demo = environment.for_demo(8000, 8010, DEMO)
        return run_child(command, services.env | demo)


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
