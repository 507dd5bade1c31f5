"""The sandbox as a program of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sharing.sandbox import Sandbox
from tests.sandbox.walking import ask, connect, connector, post_of

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "sharing.sandbox"]


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*arguments):
        program = subprocess.Popen(  # noqa: S603
            [*PROGRAM, "--port", "0", "--state", str(tmp_path), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(program)
        said = program.stdout.readline()
        return program, re.search(r"http://[\w.:]+", said).group()

    yield start
    for program in started:
        program.kill()
        program.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_when_asked(start, number):
    program, url = start()
    assert ask("GET", f"{url}/_sandbox/health")[0] == 200

    program.send_signal(number)

    assert program.wait(timeout=5) == 0


def test_posts_and_consents_survive_being_killed(start):
    class Running:
        consent = staticmethod(Sandbox.consent.__get__(object()))

    program, Running.url = start()
    tokens, profile = connect(Running, "x")
    network = connector(Running, "x")
    posted = network.publish(tokens, profile.remote_id, post_of(network))
    fresh = network.refresh(tokens)
    program.kill()
    program.wait()

    _program, Running.url = start()

    network = connector(Running, "x")
    assert network.metrics(fresh, [posted.remote_id])
    assert network.profile(network.refresh(fresh)).name == profile.name


def test_a_torn_last_line_of_the_journal_does_no_harm(tmp_path):
    with Sandbox(folder=tmp_path) as sandbox:
        network = connector(sandbox, "linkedin")
        tokens, profile = connect(sandbox, "linkedin")
        network.publish(tokens, profile.remote_id, post_of(network))
    with (tmp_path / "sandbox.jsonl").open("a") as journal:
        journal.write('{"kind": "post", "netw')

    with Sandbox(folder=tmp_path) as sandbox:
        assert len(sandbox.posts()) == 1


def test_a_taken_port_is_one_clear_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(  # noqa: S603
            [*PROGRAM, "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )

    assert ended.returncode == 1
    assert ended.stderr == f"Cannot listen on port {port}: Address already in use.\n"


def test_it_needs_nothing_but_python():
    script = (
        "import sys, sharing.sandbox.__main__\n"
        "extra = {'django', 'requests', 'regex', 'oauthlib'} & set(sys.modules)\n"
        "sys.exit(f'imported {extra}' if extra else 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], env=environment, timeout=20
    )

    assert ended.returncode == 0


def test_the_apps_it_knows_are_chosen_on_the_command_line(start):
    _program, url = start("--client", "my-app:my-secret")

    status, said = ask(
        "GET",
        f"{url}/x.com/i/oauth2/authorize?client_id=demo-client&redirect_uri=https://h/",
    )

    assert status == 400
    assert "not registered" in said
