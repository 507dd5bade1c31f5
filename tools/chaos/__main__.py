"""Real PostgreSQL, Valkey, web and workers; a sandbox that answers badly on purpose;
kills, pauses, flushes and restarts. At the end the sandbox's own record is the judge:
exit code 1 for any lost or duplicated post, any phantom, any broken invariant.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
from functools import partial
from random import Random, SystemRandom
from typing import Any

from tools import environment
from tools.chaos.fleet import Fleet
from tools.chaos.mischief import Mischief, wait_until
from tools.chaos.pressing import Crowd
from tools.chaos.servers import Fragile
from tools.chaos.verdict import Verdict, judge, still_moving
from tools.services import forget
from tools.supervisor import is_ready
from tools.terminal import ROOT, STATE, Problem, note, run, say, step, tail

CHAOS = STATE / "chaos"
WORKERS, THREADS = 2, 8
LEASE, ASK_AFTER = 6, 20
TIMES = {
    "PUBLISHING_LEASE_SECONDS": str(LEASE),
    "PUBLISHING_SWEEP_SECONDS": "1",
    "PUBLISHING_SETTLE_SECONDS": "2",
    "PUBLISHING_ASK_AFTER_SECONDS": str(ASK_AFTER),
    "PUBLISHING_RETRY_LADDER": "1,2,3,4,5",
    "PUBLISHING_PROBE_SECONDS": "1",
}
FAILPOINTS = (
    "after_claim=exit@0.004,in_preparation=exit@0.01,before_sending=pause:8@0.01,"
    "after_sending_commit=exit@0.004,after_send=exit@0.004,"
    "before_record_commit=exit@0.004,after_record=exit@0.002,in_probe=exit@0.02,"
    "in_renewal=pause:1@0.2"
)
PATIENCE = 60  # seconds in which something must settle, until everything has


def main(argv: list[str]) -> int:
    options = arguments(argv)
    seed = options.seed if options.seed is not None else SystemRandom().randrange(10**6)
    say(f"seed {seed}: ./dev chaos --shares {options.shares} --seed {seed}")
    forget(CHAOS)
    CHAOS.mkdir(parents=True)
    servers = Fragile(CHAOS)
    try:
        with step("PostgreSQL and Valkey"):
            addresses = servers.open()
        return play(servers, addresses, options.shares, Random(seed))  # noqa: S311
    finally:
        servers.stop()


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--shares", type=int, default=160, help="how many presses")
    parser.add_argument("--seed", type=int, help="repeat the choices of another run")
    return parser.parse_args(argv)


def play(
    servers: Fragile, addresses: dict[str, str], shares: int, chance: Random
) -> int:
    web, sandbox = free_port(), free_port()
    env = surroundings(addresses, web, sandbox)
    fleet = Fleet(env, CHAOS)
    try:
        with step("the product, and people in it"):
            world = prepare(fleet, env, web, sandbox, members=max(30, shares // 8))
        crowd = Crowd(world, web, Random(chance.random()))  # noqa: S311
        address = f"http://127.0.0.1:{sandbox}"
        mischief = Mischief(fleet, servers, crowd, address, LEASE, chance)
        fleet.watch()
        with step(f"{shares} presses while everything breaks"):
            mischief.begin()
            crowd.press_all(shares, seconds=shares * 0.28)
            mischief.end()
        with step("until nothing moves"):
            settled = wait_for_calm(servers.socket_folder)
        verdict = judge(servers.socket_folder, address, crowd)
        holds = invariants(env)
        mischief.count_circuits()
        carried_on = went_on_without_broker(verdict, mischief)
        tell(verdict, crowd, mischief, fleet, settled)
        return 0 if verdict.is_clean and holds and carried_on else 1
    finally:
        fleet.close()


def went_on_without_broker(verdict: Verdict, mischief: Mischief) -> bool:
    """Whether posts kept standing up while no bell could be rung."""
    windows = mischief.without_broker
    count = sum(began < at < ended for began, ended in windows for at in verdict.times)
    mischief.seen["posts sent while Valkey was away"] = count
    return bool(count) or not windows


def wait_for_calm(folder: str) -> bool:
    """True when nothing moves any more; false when for long nothing came of it."""

    def has_moved(before: int) -> bool:
        return still_moving(folder) < before

    while left := still_moving(folder):
        if not wait_until(partial(has_moved, left), PATIENCE):
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def surroundings(addresses: dict[str, str], web: int, sandbox: int) -> dict[str, str]:
    networks: dict[str, str] = {}
    for network in environment.NETWORKS:
        networks |= {
            f"NETWORK_{network}_BASE_URL": f"http://127.0.0.1:{sandbox}",
            f"NETWORK_{network}_CLIENT_ID": "demo-client",
            f"NETWORK_{network}_CLIENT_SECRET": "demo-secret",
        }
    own = environment.for_tests() | environment.places(CHAOS) | TIMES | networks
    own |= {"PUBLIC_URL": f"http://localhost:{web}", "LOG_LEVEL": "INFO"}
    return {**os.environ, **addresses, **own}


def prepare(
    fleet: Fleet, env: dict[str, str], web: int, sandbox: int, members: int
) -> Any:
    (CHAOS / "mail").mkdir()
    fleet.launch(
        "sandbox",
        f"sharing.sandbox --port {sandbox} --state {CHAOS / 'sandbox'}"
        " --linkedin-per-day 100000 --x-per-quarter-hour 100000"
        " --linkedin-app-per-day 1000000 --x-app-per-day 1000000",
    )
    must(env, ["manage.py", "migrate", "--database", "owner", "--noinput", "-v", "0"])
    told = must(
        env, ["-m", "tools.chaos.seed", f"http://127.0.0.1:{sandbox}", str(members)]
    )
    fleet.launch(
        "web",
        f"gunicorn advocacy.wsgi:application --bind 127.0.0.1:{web} --preload"
        " --worker-class gthread --workers 2 --threads 4 --graceful-timeout 5"
        " --no-control-socket",
    )
    fleet.env = env | {"FAILPOINTS": FAILPOINTS}
    for number in range(WORKERS):
        fleet.launch(
            f"worker{number}",
            "celery --app advocacy worker --loglevel INFO --pool threads"
            f" --concurrency {THREADS} --hostname w{number}@%h"
            " --without-gossip --without-mingle --without-heartbeat",
        )
    fleet.launch(
        "beat",
        "celery --app advocacy beat --loglevel INFO --pidfile="
        f" --schedule={CHAOS / 'beat'}",
    )
    if not wait_until(lambda: is_ready(web), 60):
        raise Problem(f"The web server is not ready:\n{tail(CHAOS / 'web.log', 8)}")
    return json.loads(told)


def must(env: dict[str, str], argv: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, *argv], cwd=ROOT, env=env, capture_output=True, text=True
    )
    if done.returncode:
        raise Problem(f"{' '.join(argv)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def invariants(env: dict[str, str]) -> bool:
    done = subprocess.run(
        [sys.executable, "manage.py", "check_publications"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    say(f"\n{done.stdout}{done.stderr[-2000:]}")
    return done.returncode == 0


def tell(
    verdict: Verdict, crowd: Crowd, mischief: Mischief, fleet: Fleet, settled: bool
) -> None:
    mischief.done["worker ended at a failpoint"] = fleet.broken_at_failpoints
    for what, count in sorted(mischief.done.items()):
        say(f"{count:6}  {what}")
    say("")
    mischief.seen["shares cancelled at once by their member"] = crowd.cancels
    for what, count in sorted(mischief.seen.items()):
        say(f"{count:6}  {what}")
    say("")
    rows = {
        "faults injected": mischief.done.total(),
        "shares accepted": len(crowd.accepted),
        "publications": verdict.publications,
        "published": verdict.published,
        "settled late": verdict.late,
        "parked for a person": verdict.parked.total(),
        "lost": len(verdict.lost),
        "duplicated": len(verdict.duplicated),
        "phantom": len(verdict.phantom),
    }
    for name, count in rows.items():
        say(f"{name:>22}  {count}")
    say(f"\nstates {dict(verdict.states)}; parked {dict(verdict.parked)}")
    say(
        f"presses refused {crowd.refused}, given up {crowd.gave_up}, slowest accepted"
        f" {crowd.slowest:.1f} s"
    )
    for sentence in verdict.lost + verdict.duplicated + verdict.phantom:
        say(f"  ✗ {sentence}")
    if not settled:
        note("Something still moves.")


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
