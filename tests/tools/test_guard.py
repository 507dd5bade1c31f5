"""However a run ends, nothing of it stays."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
import redis

from tools import roles
from tools.services import Services
from tools.terminal import ROOT

RUN = """
import json, signal, sys
from pathlib import Path
from tools.services import Services

# Whoever started the tests may ignore Ctrl-C; a program of a person does not.
signal.signal(signal.SIGINT, signal.default_int_handler)

with Services(given={}) as services:
    log = services.state / "child.log"
    services.start("child", ["sh", "-c", "echo $$; exec sleep 1000"], services.env, log)
    while not log.exists() or not log.read_text().strip():
        pass
    found = {"guard": services.guard.pid, "child": int(log.read_text())}
    print(json.dumps(services.addresses | found | {"state": str(services.state)}), flush=True)
    sys.stdin.read()
"""


@contextmanager
def a_run():
    """A program that holds servers and a child process until it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as program:
        try:
            yield program, json.loads(program.stdout.readline())
        finally:
            program.kill()


def lives(pid):
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    )
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")


def everything_is_gone(found):
    socket_folder = Path(found["REDIS_URL"].removeprefix("unix://")).parent
    give_up = time.monotonic() + 15
    while time.monotonic() < give_up:
        alive = [name for name in ("guard", "child") if lives(found[name])]
        if (
            not alive
            and not socket_folder.exists()
            and not Path(found["state"]).exists()
        ):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_parent_leaves_no_process_and_no_folder(how):
    with a_run() as (program, found):
        program.send_signal(how)

        assert everything_is_gone(found)


def test_a_run_that_ends_leaves_no_process_and_no_folder():
    with a_run() as (program, found):
        program.stdin.close()
        program.wait()

        assert everything_is_gone(found)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_killed_guard_takes_servers_and_children_along():
    with a_run() as (_, found):
        client = redis.Redis.from_url(found["REDIS_URL"])
        assert client.ping()

        os.kill(found["guard"], signal.SIGKILL)

        give_up = time.monotonic() + 15
        while (lives(found["child"]) or answers(client)) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not lives(found["child"])
        assert not answers(client)
        client.close()


def answers(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


@pytest.fixture(scope="module")
def servers():
    with Services(given={}) as services:
        yield services.addresses


def rights(url):
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user::text, rolsuper, rolbypassrls, rolcreatedb,"
                " (SELECT count(*) FROM pg_database WHERE datdba = pg_roles.oid)"
                " FROM pg_roles WHERE rolname = current_user"
            )
            return cursor.fetchone()
    finally:
        connection.close()


def test_the_application_owns_nothing_and_bypasses_nothing(servers):
    assert rights(servers["DATABASE_URL"]) == ("advocacy_app", False, False, False, 0)


def test_the_owner_may_make_test_databases_but_bypasses_nothing(servers):
    assert rights(servers["DATABASE_OWNER_URL"]) == (
        "advocacy_owner",
        False,
        False,
        True,
        1,
    )


def test_a_given_superuser_becomes_the_owner_and_never_the_application(
    servers, tmp_path
):
    admin = servers["DATABASE_OWNER_URL"].replace("advocacy_owner", "postgres")
    keep = tmp_path / "kept.json"

    first = roles.provision(admin, keep)
    second = roles.provision(admin, keep)

    assert first == second
    assert first["DATABASE_OWNER_URL"] == admin
    assert rights(first["DATABASE_URL"]) == ("advocacy_app", False, False, False, 0)
    assert keep.stat().st_mode & 0o777 == 0o600


def test_a_given_role_that_may_make_no_other_is_both(servers, tmp_path):
    owner = servers["DATABASE_OWNER_URL"]

    urls = roles.provision(owner, tmp_path / "kept.json")

    assert urls == {"DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}
