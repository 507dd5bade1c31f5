"""Colleagues who press Share through the REST API, and never take no answer for one."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

PATIENCE = 60  # seconds a member keeps trying
DOUBLED, CANCELLED = 0.25, 0.06  # of all presses


@dataclass
class Pressed:
    """A press that was accepted."""

    key: str
    share: str
    publications: list[str]


@dataclass
class Crowd:
    world: list[dict[str, Any]]
    port: int
    chance: Random
    accepted: dict[str, Pressed] = field(default_factory=dict)
    refused: int = 0
    gave_up: int = 0
    split: list[str] = field(default_factory=list)  # one key, two shares
    cancels: int = 0
    slowest: float = 0.0

    def press_all(self, shares: int, seconds: float, hands: int = 6) -> None:
        """Spread the presses over the time, several people at once."""
        plans = iter([self.plan(number) for number in range(shares)])
        lock = threading.Lock()
        pause = seconds * hands / shares

        def hand() -> None:
            while True:
                with lock:
                    plan = next(plans, None)
                if plan is None:
                    return
                started = time.monotonic()
                self.press(**plan)
                time.sleep(max(0.0, pause - (time.monotonic() - started)))

        threads = [threading.Thread(target=hand) for _ in range(hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def plan(self, number: int) -> dict[str, Any]:
        tenant = self.chance.choice(self.world)
        member = self.chance.choice(tenant["members"])
        body = {
            "item": self.chance.choice(tenant["items"]),
            "publications": [
                {"account": account, "text": f"In my own words, number {number}."}
                for account in member["accounts"]
            ],
        }
        return {
            "token": member["token"],
            "key": f"press-{number}",
            "body": body,
            "doubled": self.chance.random() < DOUBLED,
            "regret": self.chance.random() < CANCELLED,
        }

    def press(
        self, token: str, key: str, body: Any, doubled: bool, regret: bool
    ) -> None:
        if doubled:
            twin = threading.Thread(target=self.post, args=(token, key, body))
            twin.start()
        self.post(token, key, body)
        if doubled:
            twin.join()
        if regret and (pressed := self.accepted.get(key)):
            self.cancels += 1
            self.ask("POST", f"shares/{pressed.share}/cancel/", token, None, {})

    def post(self, token: str, key: str, body: Any) -> None:
        """Press until it is accepted or refused for good."""
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE:
            asked = time.monotonic()
            status, share = self.ask("POST", "shares/", token, key, body)
            if status in (200, 201):
                self.slowest = max(self.slowest, time.monotonic() - asked)
                self.keep(key, share)
                return
            if 400 <= status < 500:
                self.refused += 1
                return
            time.sleep(0.3)
        self.gave_up += 1

    def keep(self, key: str, share: Any) -> None:
        found = Pressed(key, share["id"], [one["id"] for one in share["publications"]])
        if self.accepted.setdefault(key, found).share != found.share:
            self.split.append(key)

    def recall(self) -> None:
        """A curator takes an item back while it is being shared."""
        tenant = self.chance.choice(self.world)
        item = self.chance.choice(tenant["items"])
        self.ask("POST", f"items/{item}/archive/", tenant["curator"], None, {})

    def ask(
        self, method: str, path: str, token: str, key: str | None, body: Any
    ) -> tuple[int, Any]:
        """Return the status and the body; 0 for no answer at all."""
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        if key:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        try:
            connection.request(method, f"/api/v1/{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()
