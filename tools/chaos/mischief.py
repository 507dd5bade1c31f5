"""What is broken on purpose, and how often it was."""

import json
import signal
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

from tools.chaos.fleet import Fleet
from tools.chaos.pressing import Crowd
from tools.chaos.servers import Fragile
from tools.roles import DATABASE, NotYet, session
from tools.servers import ADMIN

LINKEDIN = "POST /api.linkedin.com/rest/posts"
X = "POST /api.x.com/2/tweets"
FIND = "GET /api.x.com/2/users/*"
RENEW = "POST /api.x.com/2/oauth2/token"
WHOLE = {"linkedin": "* /*linkedin.com/*", "x": "* /api.x.com/*"}
SILENCE = 15  # seconds at most; it is over once the circuit is open
EVERY = 45  # seconds between two silences
AWAY = 7  # seconds without the broker
CIRCUIT = "SELECT opened_at IS NOT NULL FROM sharing_circuit WHERE network = %s"
ODD_WAITS = ("1", "2", "0", "-1", "soon", "Thu, 01 Jan 1970 00:00:00 GMT")


class Mischief:
    """Network faults several times a second, something heavier every few seconds."""

    def __init__(
        self,
        fleet: Fleet,
        servers: Fragile,
        crowd: Crowd,
        sandbox: str,
        lease: int,
        chance: Random,
    ) -> None:
        self.fleet, self.servers, self.crowd = fleet, servers, crowd
        self.sandbox, self.lease, self.chance = sandbox, lease, chance
        self.done: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()  # what the product did about it
        self.without_broker: list[tuple[float, float]] = []
        self.over = threading.Event()

    def begin(self) -> None:
        self.began = time.monotonic()
        self.threads = [
            threading.Thread(target=self.trouble_networks),
            threading.Thread(target=self.trouble_processes),
            threading.Thread(target=self.silence_networks),
        ]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        """Stop, and leave nothing broken behind."""
        self.over.set()
        for thread in self.threads:
            thread.join()
        for name in self.fleet.names("worker"):
            self.fleet.send(name, signal.SIGCONT)
        self.control("DELETE", "faults", None)

    # -- The networks ---------------------------------------------------------------

    def trouble_networks(self) -> None:
        while not self.over.wait(self.chance.uniform(0.1, 0.5)):
            what, fault = self.chance.choice(self.faults())()
            self.done[what] += 1
            self.control("POST", "faults", fault)

    def faults(self) -> list[Callable[[], tuple[str, dict[str, Any]]]]:
        return [
            self.answers_5xx,
            self.answers_5xx,
            self.drops,
            self.drops,
            self.truncates,
            self.dawdles,
            self.limits,
            self.hides_posts,
        ]

    def any_post(self) -> str:
        return self.chance.choice([LINKEDIN, X])

    def answers_5xx(self) -> tuple[str, dict[str, Any]]:
        applied = self.chance.random() < 0.5
        fault = {
            "match": self.any_post(),
            "fault": "status",
            "status": self.chance.choice([500, 502, 503, 504]),
            "applied": applied,
        }
        return f"5xx {'after' if applied else 'before'} applying", fault

    def drops(self) -> tuple[str, dict[str, Any]]:
        when = self.chance.choice(["drop_before", "drop_after"])
        fault = {"match": self.any_post(), "fault": when}
        return f"connection {when.replace('_', 'ped ')} applying", fault

    def truncates(self) -> tuple[str, dict[str, Any]]:
        return "half a body", {"match": self.any_post(), "fault": "truncate"}

    def dawdles(self) -> tuple[str, dict[str, Any]]:
        """Longer than a lease, now and then."""
        seconds = self.chance.choice([0.5, 1.5, 3, self.lease + 2])
        fault = {"match": self.any_post(), "fault": "delay", "seconds": seconds}
        return "slow answer", fault | {"applied": self.chance.random() < 0.5}

    def limits(self) -> tuple[str, dict[str, Any]]:
        """A hint that makes no sense means a minute: towards the end nobody has that."""
        is_early = time.monotonic() - self.began < 20
        waits = ODD_WAITS if is_early else ODD_WAITS[:2]
        return "429", {
            "match": self.any_post(),
            "fault": "status",
            "status": 429,
            "headers": {"Retry-After": self.chance.choice(waits)},
        }

    def hides_posts(self) -> tuple[str, dict[str, Any]]:
        match = self.chance.choice([FIND, FIND, RENEW])
        return "5xx while looking or renewing", {
            "match": match,
            "fault": "status",
            "status": 503,
        }

    def silence_networks(self) -> None:
        """Nothing of a network answers, until the product leaves it alone."""
        pause = 4.0
        networks = list(WHOLE)
        self.chance.shuffle(networks)
        while not self.over.wait(pause):
            network = networks[self.done["network silent"] % len(networks)]
            self.silence(network)
            pause = EVERY

    def silence(self, network: str) -> None:
        self.done["network silent"] += 1
        silent = {"match": WHOLE[network], "fault": "drop_before", "times": 10**6}
        self.control("POST", "faults", silent)
        opened = wait_until(partial(self.is_open, network), SILENCE)
        self.control("DELETE", "faults", None)
        self.seen["circuit opened"] += opened

    def count_circuits(self) -> None:
        """At the end: a circuit closes when a probe is answered, so somebody must wait."""
        still = sum(self.is_open(network) for network in WHOLE)
        self.seen["circuit still open at the end"] = still

    def is_open(self, network: str) -> bool:
        """Ask the product's own table; a database that is away tells nothing new."""
        try:
            with session(
                host=self.servers.socket_folder, user=ADMIN, dbname=DATABASE
            ) as run:
                rows = run(CIRCUIT, [network])
        except NotYet:
            return False
        return bool(rows and rows[0][0])

    def control(self, method: str, path: str, body: Any) -> None:
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{self.sandbox}/_sandbox/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
        )
        with suppress(OSError):
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310

    # -- Processes and stores ---------------------------------------------------------

    def trouble_processes(self) -> None:
        """A shuffled deck, so that a short run too sees each kind."""
        while True:
            deck = [
                self.kills_worker,
                self.kills_worker,
                self.stops_worker,
                self.kills_web,
                self.kills_beat,
                self.flushes,
                self.restarts_valkey,
                self.stops_valkey,
                self.takes_valkey_away,
                self.restarts_postgres,
                self.ends_tokens,
                self.recalls,
                self.recalls,
            ]
            self.chance.shuffle(deck)
            for harm in deck:
                if self.over.wait(self.chance.uniform(1, 3)):
                    return
                harm()

    def kills_worker(self) -> None:
        self.done["kill -9 of a worker"] += 1
        name = self.chance.choice(self.fleet.names("worker"))
        self.fleet.send(name, signal.SIGKILL)

    def stops_worker(self) -> None:
        """A paused machine: it wakes long after its leases are gone."""
        self.done["worker stopped longer than its lease"] += 1
        name = self.chance.choice(self.fleet.names("worker"))
        self.fleet.send(name, signal.SIGSTOP)
        wake = threading.Timer(self.lease + 3, self.fleet.send, [name, signal.SIGCONT])
        wake.daemon = True
        wake.start()

    def kills_web(self) -> None:
        self.done["kill -9 of the web server"] += 1
        self.fleet.send("web", signal.SIGKILL)

    def kills_beat(self) -> None:
        self.done["kill -9 of beat"] += 1
        self.fleet.send("beat", signal.SIGKILL)

    def flushes(self) -> None:
        self.done["Valkey emptied"] += 1
        self.servers.flush_valkey()

    def restarts_valkey(self) -> None:
        self.done["Valkey killed and started"] += 1
        self.servers.restart_valkey()

    def stops_valkey(self) -> None:
        """It takes calls and answers none."""
        self.done["Valkey stopped for a while"] += 1
        began = time.time()
        self.servers.signal_valkey(signal.SIGSTOP)
        self.over.wait(AWAY)
        self.servers.signal_valkey(signal.SIGCONT)
        self.without_broker.append((began, time.time()))

    def takes_valkey_away(self) -> None:
        self.done["Valkey away for a while"] += 1
        began = time.time()
        self.servers.restart_valkey(away=partial(self.over.wait, AWAY))
        self.without_broker.append((began, time.time()))

    def restarts_postgres(self) -> None:
        self.done["PostgreSQL immediate restart"] += 1
        self.servers.restart_postgres()

    def ends_tokens(self) -> None:
        self.done["all X tokens ended early"] += 1
        self.control("POST", "tokens/expire", {"network": "x"})

    def recalls(self) -> None:
        self.done["item recalled in flight"] += 1
        self.crowd.recall()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if condition():
            return True
        time.sleep(0.5)
    return condition()
