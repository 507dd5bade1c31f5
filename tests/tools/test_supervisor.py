import os
import socket
import time

import pytest

from tools.services import Services
from tools.supervisor import Supervisor
from tools.terminal import Problem

ELSEWHERE = {
    "DATABASE_URL": "postgresql://app@/x",
    "DATABASE_OWNER_URL": "postgresql://owner@/x",
    "REDIS_URL": "redis://localhost",
}


@pytest.fixture
def supervisor(tmp_path):
    with Services(given=ELSEWHERE) as services:
        yield Supervisor(services, dict(os.environ), tmp_path)


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def shell(script):
    return ["sh", "-c", script]


def test_a_job_that_fails_is_told_with_the_end_of_its_log(supervisor):
    supervisor.begin("seed", shell("echo no room for people; exit 7"))

    with pytest.raises(Problem, match="seed ended with code 7") as told:
        supervisor.finish("seed")

    assert "no room for people" in str(told.value)


def test_what_a_job_says_it_has_done_is_shown_while_it_runs(supervisor, capsys):
    supervisor.begin("prepare", shell("echo '  ✓ tables (0.1 s)'; echo noise"))

    supervisor.follow("prepare")

    assert capsys.readouterr().err == "  ✓ tables (0.1 s)\n"


def test_a_process_that_falls_at_the_start_ends_the_demo(supervisor, closed_port):
    supervisor.launch("web", shell("echo bad setting; exit 3"))

    with pytest.raises(Problem, match="web ended with code 3") as told:
        supervisor.wait_until_ready(closed_port)

    assert "bad setting" in str(told.value)


def test_a_program_that_is_missing_is_one_sentence(supervisor, closed_port):
    supervisor.launch("web", ["/no/such/program"])

    with pytest.raises(Problem, match="web cannot be started"):
        supervisor.wait_until_ready(closed_port)


def test_a_process_that_falls_later_starts_again(supervisor, capsys):
    supervisor.launch("worker", shell("echo up; exit 1"))

    give_up = time.monotonic() + 10
    while (
        supervisor.log("worker").read_text() != "up\nup\n"
        and time.monotonic() < give_up
    ):
        supervisor.look_after(timeout=0.1)

    assert supervisor.log("worker").read_text() == "up\nup\n"
    assert "worker ended with code 1 and starts again in 1 s" in capsys.readouterr().err


def test_one_state_folder_serves_one_run_at_a_time(tmp_path):
    with Services(tmp_path, given=ELSEWHERE):
        assert Supervisor.is_running(tmp_path)
        with pytest.raises(Problem, match="in use by another"):
            Services(tmp_path, given=ELSEWHERE).__enter__()

    assert not Supervisor.is_running(tmp_path)
