"""The machine under every order of steps that Hypothesis can think of.

Three workers take claim, mark, call and record apart, and may fall or be paused between
any two; leases end; sweeps come; members cancel and answer. The far side keeps its own
list of posts: it is the judge. ``MACHINE_EXAMPLES=2000`` looks further.
"""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import requests
import responses
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from sharing import circuit, publishing, services, settling, sweeping
from sharing.connectors import errors
from sharing.connectors.types import Tokens
from sharing.invariants import check_all
from sharing.models import Account, Publication, Reason, State
from sharing.models.publication import IN_FLIGHT
from sharing.publishing import Outcome, Work
from tenants.models import Membership, Role, Tenant
from tenants.scoping import acting_for
from tests.sharing.conftest import LINKEDIN_POSTS, X_POSTS, make_account, make_item

pytestmark = pytest.mark.django_db

ANSWERS = (
    "ok",
    "ok",
    "applied, then 500",
    "500",
    "applied, then silence",
    "silence",
    "applied, half an answer",
    "429",
    "401",
    "refused connection",
    "400",
)
POLLED = (*ANSWERS, "working", "working", "no after all")
SNAIL_POSTS = "https://api.snail.example/posts"
SNAIL_JOBS = re.compile(r"https://api\.snail\.example/jobs/\d+")
Reply = tuple[int, dict[str, str], str]
REFUSALS: dict[str, Reply] = {
    "500": (500, {}, ""),
    "429": (429, {"Retry-After": "1"}, ""),
    "401": (401, {}, "{}"),
    "400": (400, {}, "{}"),
}
SILENCES = {
    "silence": requests.exceptions.ReadTimeout,
    "refused connection": requests.exceptions.InvalidURL,  # proof of nothing sent
}


class Network:
    """The far side. LinkedIn refuses the same words twice; X, to be strict, does not.

    Nor does Snail, which takes a post and has it out when it likes.
    """

    def __init__(self) -> None:
        self.posts: dict[str, list[str]] = {}  # words -> ids
        self.ids = count(7_000_000_000_000_000_000)
        self.answer = "ok"
        self.out: set[str] = set()  # what Snail has finished

    def post(self, words: str, urn: str) -> str | None:
        """Keep the post and return its id; None when the words stand there already."""
        standing = self.posts.setdefault(words, [])
        if standing and urn:
            return None
        standing.append(f"{urn}{next(self.ids)}")
        return standing[-1]

    def linkedin(self, request: Any) -> Reply:
        words = request.body.decode()
        return self.reply(
            words,
            "urn:li:share:",
            lambda post_id: (201, {"x-restli-id": post_id}, ""),
            lambda: (422, {}, f'{{"code":"DUPLICATE_POST {self.posts[words][0]}"}}'),
        )

    def x(self, request: Any) -> Reply:
        return self.reply(
            request.body.decode(),
            "",
            lambda post_id: (201, {}, f'{{"data": {{"id": "{post_id}"}}}}'),
            lambda: (403, {}, '{"detail": "duplicate content"}'),
        )

    def snail(self, request: Any) -> Reply:
        return self.reply(
            request.body.decode(),
            "",
            lambda post_id: (202, {}, f'{{"job": "{post_id}"}}'),
            lambda: (500, {}, ""),
        )

    def job(self, request: Any) -> Reply:
        """Tell of one job; it is finished while nobody looks, or refused."""
        answer, self.answer = self.answer, "ok"
        if answer in REFUSALS:
            return REFUSALS[answer]
        if answer in SILENCES:
            raise SILENCES[answer]
        post_id = request.url.rsplit("/", 1)[1]
        if post_id not in self.out and answer == "working":
            return 200, {}, f'{{"job": "{post_id}", "after": 5}}'
        if post_id not in self.out and answer == "no after all":
            for ids in self.posts.values():
                ids[:] = [one for one in ids if one != post_id]
            return 200, {}, '{"state": "refused"}'
        self.out.add(post_id)
        told = f'{{"state": "out", "id": "{post_id}"}}'
        return 200, {}, told if answer in ("ok", "working", "no after all") else "{"

    def finished(self, _request: Any) -> Reply:
        if self.answer in ("500", "silence"):
            self.answer = "ok"
            return 503, {}, ""
        found = [
            f'{{"id": "{one}", "text": {words[9:-1]}}}'
            for words, ids in self.posts.items()
            for one in ids
            if one in self.out
        ]
        return 200, {}, f'{{"posts": [{", ".join(found)}]}}'

    def reply(
        self,
        words: str,
        urn: str,
        made: Callable[[str], Reply],
        twice: Callable[[], Reply],
    ) -> Reply:
        answer, self.answer = self.answer, "ok"
        if answer in REFUSALS:
            return REFUSALS[answer]
        if answer in ("silence", "refused connection"):
            raise SILENCES[answer]
        post_id = self.post(words, urn)
        if answer == "applied, then silence":
            raise SILENCES["silence"]
        if answer != "ok":
            return (500 if answer == "applied, then 500" else 201), {}, '{"da'
        return made(post_id) if post_id else twice()

    def timeline(self, _request: Any) -> Reply:
        if self.answer in ("500", "silence"):
            self.answer = "ok"
            return 503, {}, ""
        found = [
            f'{{"id": "{ids[0]}", "text": {words[9:-1]}}}'
            for words, ids in self.posts.items()
            if ids and words.startswith('{"text": ')
        ]
        return 200, {}, f'{{"meta": {{}}, "data": [{", ".join(found)}]}}'


@dataclass
class Worker:
    """How far a worker has come with what it holds."""

    work: Work | None = None
    tokens: Tokens | None = None
    marked: bool = False
    outcome: Outcome | None = None


class Machine(RuleBasedStateMachine):
    only: int | None = None  # press for this account alone

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.network = Network()
        self.workers = [Worker(), Worker(), Worker()]
        self.pressed: list[Any] = []  # publications, in their order
        self.mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self.mock.start()
        self.mock.add_callback("POST", LINKEDIN_POSTS, self.network.linkedin)
        self.mock.add_callback("POST", X_POSTS, self.network.x)
        self.mock.add_callback("POST", SNAIL_POSTS, self.network.snail)
        self.mock.add_callback("GET", SNAIL_POSTS, self.network.finished)
        self.mock.add_callback("GET", SNAIL_JOBS, self.network.job)
        circuit.memory.forget()

    def teardown(self) -> None:
        try:
            if self.pressed:
                self.the_queries_agree()
        finally:
            self.leave()

    def leave(self) -> None:
        self.mock.stop(allow_assert=False)
        self.mock.reset()
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize()
    def people(self) -> None:
        tenant = Tenant.objects.create(slug="machine", name="Machine", language="en")
        user = User.objects.create_user("ma@machine.example", name="Ma")
        with acting_for(tenant):
            self.member = Membership.objects.create(
                tenant=tenant, user=user, roles=[Role.EMPLOYEE]
            )
        self.tenant = tenant
        self.item = make_item(tenant)
        slugs = ("linkedin", "x", "snail")
        self.accounts = [make_account(self.member, one) for one in slugs]
        self.mock.add_callback(
            "GET",
            f"https://api.x.com/2/users/{self.accounts[1].remote_id}/tweets",
            self.network.timeline,
        )

    # -- What people do ---------------------------------------------------------------

    @precondition(lambda self: len(self.pressed) < 4)
    @rule(which=st.integers(0, 2), number=st.integers(0, 1))
    def press(self, which: int, number: int) -> None:
        """The same number is the same press, whoever repeats it."""
        which = which if self.only is None else self.only
        with acting_for(self.tenant):
            account = Account.objects.for_tenant(self.tenant).get(
                pk=self.accounts[which].pk
            )
            try:
                share = services.share_item(
                    by=self.member,
                    item=self.item,
                    parts=[services.Part(account, f"In my own words, {number}.")],
                    idempotency_key=f"{which}-{number}",
                    now=timezone.now() - timedelta(seconds=1),
                )
            except services.ShareRefused:
                return
            publication = share.publications.get()
            if publication.pk not in self.pressed:
                self.pressed.append(publication.pk)

    @precondition(lambda self: self.pressed)
    @rule(which=st.integers(0, 3))
    def cancel(self, which: int) -> None:
        publishing.cancel(self.row(which), reason=Reason.BY_MEMBER)

    @precondition(lambda self: self.pressed)
    @rule(which=st.integers(0, 3))
    def answer(self, which: int) -> None:
        """A member who was asked looks, and tells the truth."""
        publication = self.row(which)
        if publication.is_unconfirmed:
            out = bool(self.posts_of(publication))
            publishing.declare(publication, is_out=out)
        elif publication.can_retry:
            self.reconnect()
            publishing.release(publication, reason=Reason.RETRY)

    def reconnect(self) -> None:
        with acting_for(self.tenant):
            Account.objects.for_tenant(self.tenant).update(
                state=Account.State.CONNECTED,
                expires_at=datetime.now(UTC) + timedelta(days=9),
            )

    # -- What workers do ----------------------------------------------------------------

    @precondition(lambda self: self.pressed)
    @rule(
        number=st.integers(0, 2),
        which=st.integers(0, 3),
        answer=st.sampled_from(ANSWERS),
        steps=st.integers(1, 5),
        falls=st.booleans(),
    )
    def work(
        self, number: int, which: int, answer: str, steps: int, falls: bool
    ) -> None:
        """Go some steps of claim, prepare, mark, call, record; then pause, or fall."""
        for _ in range(steps):
            self.step(number, which, answer)
        if falls:
            self.workers[number] = Worker()

    @precondition(lambda self: self.pressed)
    @rule(which=st.integers(0, 3), answer=st.sampled_from(ANSWERS))
    def bell(self, which: int, answer: str) -> None:
        """A fourth worker that nothing ever disturbs."""
        self.network.answer = answer
        publishing.publish(self.tenant.pk, self.row(which).pk)

    def step(self, number: int, which: int, answer: str) -> None:
        worker = self.workers[number]
        if worker.work is None:
            worker.work = publishing.claim(self.tenant.pk, self.row(which).pk)
        elif worker.tokens is None:
            self.prepare(number, worker.work)
        elif not worker.marked:
            worker.marked = publishing.start_sending(worker.work)
            if not worker.marked:
                self.workers[number] = Worker()
        elif worker.outcome is None:
            self.network.answer = answer
            worker.outcome = publishing.send(worker.work, worker.tokens)
        else:
            publishing.record(worker.work.publication, worker.outcome)
            self.workers[number] = Worker()

    def prepare(self, number: int, work: Work) -> None:
        try:
            self.workers[number].tokens, _ = publishing.prepare(work)
        except errors.ConnectorError as error:
            publishing.record(work.publication, error)
            self.workers[number] = Worker()

    # -- What time and sweeps do --------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 10, 130]), sweeps=st.booleans())
    def time_passes(self, minutes: int, sweeps: bool) -> None:
        """For the database and for the workers alike."""
        passed = timedelta(minutes=minutes)
        with acting_for(self.tenant):
            Publication.objects.for_tenant(self.tenant).update(
                lease_until=F("lease_until") - passed,
                not_before=F("not_before") - passed,
                unknown_since=F("unknown_since") - passed,
                sending_at=F("sending_at") - passed,
            )
        for worker in self.workers:
            if worker.work:
                worker.work.started -= passed.total_seconds()
                if worker.work.publication.sending_at:
                    worker.work.publication.sending_at -= passed
        if sweeps:
            sweeping.reap_expired()

    @rule(answer=st.sampled_from(POLLED))
    def settle(self, answer: str) -> None:
        with acting_for(self.tenant):
            pending = Publication.objects.for_tenant(self.tenant).filter(
                state=State.PENDING
            )
            pending.update(not_before=F("not_before") - timedelta(minutes=10))
        for tenant_id, publication_id in sweeping.unsettled():
            self.network.answer = answer
            settling.settle(tenant_id, publication_id)

    # -- What must hold -----------------------------------------------------------------

    @invariant()
    def nobody_posts_twice(self) -> None:
        assert max(map(len, self.network.posts.values()), default=0) <= 1

    @invariant()
    def rows_tell_the_truth(self) -> None:
        rows = self.rows()
        assert {row.pk for row in rows} == set(self.pressed), "lost"
        for row in rows:
            standing = self.posts_of(row)
            if row.state == State.PUBLISHED:
                assert standing, row
                assert row.remote_id in ("", *standing)
            if row.state in (State.CANCELLED, State.FAILED):
                assert not standing, (row, row.reason)
            if row.state == State.PENDING:
                assert row.handle["job"] in standing
        # What was accepted holds up nobody, whatever becomes of it.
        busy = [row for row in rows if row.state in IN_FLIGHT and not row.handle]
        lanes = Counter(row.account_id for row in busy)
        assert max(lanes.values(), default=0) <= 1, "two at once for one account"

    def the_queries_agree(self) -> None:
        broken = {one.invariant.code for one in check_all() if one.broken}
        # Time jumps here, which the three queries about time notice.
        assert broken <= {"I3", "I4", "I9"}

    def rows(self) -> list[Publication]:
        if not self.pressed:
            return []
        with acting_for(self.tenant):
            return list(Publication.objects.for_tenant(self.tenant))

    def row(self, which: int) -> Publication:
        with acting_for(self.tenant):
            rows = Publication.objects.for_tenant(self.tenant)
            return rows.get(pk=self.pressed[which % len(self.pressed)])

    def posts_of(self, publication: Publication) -> list[str]:
        link = publication.card["link"]
        return [
            post_id
            for words, ids in self.network.posts.items()
            if link in words
            for post_id in ids
        ]


class Slow(Machine):
    """Everything at the network that pends: its road has the most steps."""

    only = 2


class NoJitter:
    """The same choices must lead the same way."""

    @staticmethod
    def uniform(_low: float, high: float) -> float:
        return high


@pytest.mark.parametrize("machine", [Machine, Slow])
def test_no_order_of_accidents_loses_or_repeats_a_post(
    machine: type[Machine], monkeypatch: pytest.MonkeyPatch, snail_network: None
) -> None:
    monkeypatch.setattr(publishing.outcomes, "JITTER", NoJitter)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get("MACHINE_EXAMPLES", "40")),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
