"""What every network must keep. A network's test inherits this and adds its answers."""

import ast
import inspect
import json
import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from sharing import networks
from sharing.connectors import errors
from sharing.connectors.base import Connector, ServersConnector
from sharing.connectors.types import (
    Credentials,
    Media,
    Metrics,
    Pending,
    Post,
    Posted,
    Profile,
    Tokens,
)

CANARY = "canary-7b1f-token"
SECRET = "canary-9c2e-secret"
LINK = "https://go.example.com/l/k3Yq"
NAMES = ("name", "username", "display_name", "handle", "displayName")
CALLBACK = "https://app.example.com/connect/somewhere/callback/"


JUNK = (None, True, -1, 10**400, float("inf"), "x", [], [None], ["x"], {"a": None})


def spoilt(answer):
    """The answer with one of its values after the other replaced by what it never was."""
    whole = {"whole": answer}
    places = [(whole, "whole")]
    for holder, key in places:
        value = holder[key]
        if isinstance(value, dict):
            places += [(value, name) for name in list(value)]
        elif isinstance(value, list):
            places += [(value, index) for index in range(len(value))]
    for holder, key in places:
        kept = holder[key]
        for junk in JUNK:
            holder[key] = junk
            yield json.dumps(whole["whole"])
        holder[key] = kept


def no_file():
    raise AssertionError("the file was opened")


class Contract:
    """What holds for every network, however its members connect."""

    slug: ClassVar[str]
    server: ClassVar[str] = ""  # one of them, where there are many
    own_id: ClassVar[str] = (
        ""  # the member's as the answer has it, if it is kept longer
    )
    publish_url: ClassVar[str]
    accepted: ClassVar[dict[str, Any]]  # what `responses` answers to a good post
    remote_id: ClassVar[str]
    url: ClassVar[str]
    profile_url: ClassVar[str]
    profile_answer: ClassVar[dict[str, Any]]
    profile: ClassVar[Profile]
    duplicate: ClassVar[dict[str, Any]] = {}
    pending: ClassVar[Pending | None] = None  # where a good post is worked on first
    metrics_url: ClassVar[str] = ""
    metrics_method: ClassVar[str] = responses.GET
    metrics_answer: ClassVar[dict[str, Any]] = {}
    measured: ClassVar[Metrics | None] = None

    profile_id = "urn:li:person:ab12"
    post = Post(
        "Good news from the grid",
        LINK,
        "A title",
        "A description",
        key="019aa7d2-5b1c-7a3e-9c41-6f2d8b7e0c15",
    )

    @property
    def tokens(self) -> Tokens:
        ends = datetime.now(UTC) + timedelta(hours=1)
        return Tokens(CANARY, f"{CANARY}-refresh", ends, (), self.server)

    @pytest.fixture
    def wire(self) -> Iterator[responses.RequestsMock]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
            yield wire

    def made(self, base_url: str | None = None) -> Any:
        made = networks.get(self.slug)(Credentials("an-app", SECRET), base_url)
        if isinstance(made, ServersConnector):
            return made.at(self.server)
        return made

    @pytest.fixture
    def connector(self) -> Connector:
        return self.made()

    def publish(self, connector: Connector, **options: Any) -> Any:
        post = options.pop("post", self.post)
        return connector.publish(self.tokens, self.profile_id, post, **options)

    @property
    def good(self) -> Posted | Pending:
        """What a good post comes to."""
        return self.pending or Posted(self.remote_id, self.url)

    def answers(self, wire: responses.RequestsMock, **answer: Any) -> None:
        wire.add(responses.POST, self.publish_url, **answer)

    def exchange_answers(self, wire: Any, connector: Any, **answer: Any) -> None:
        """What the network says to a code; some trade a second time."""
        wire.add(responses.POST, connector.TOKEN_URL, **answer)

    def refresh_answers(self, wire: Any, connector: Any, **answer: Any) -> None:
        wire.add(responses.POST, connector.TOKEN_URL, **answer)

    def metrics_answers(self, wire: responses.RequestsMock) -> None:
        wire.add(self.metrics_method, self.metrics_url, json=self.metrics_answer)

    def sent(self, wire: responses.RequestsMock) -> list[Any]:
        """The requests that publish."""
        requests = [call.request for call in wire.calls]
        return [one for one in requests if one.url.split("?")[0] == self.publish_url]

    # Facts

    def test_the_slug_is_the_module_name(self, connector):
        assert inspect.getmodule(type(connector)).__name__.split(".")[-1] == self.slug

    def test_the_facts_are_stated(self, connector):
        assert connector.label
        assert connector.icon.startswith("M")
        assert connector.limits.max_chars > 0
        assert connector.scopes

    def test_the_module_is_plain_python(self, connector):
        tree = ast.parse(inspect.getsource(inspect.getmodule(type(connector))))
        imported = {
            alias.name
            for node in ast.walk(tree)
            for alias in getattr(node, "names", ())
        } | {getattr(node, "module", "") for node in ast.walk(tree)}

        assert not any(str(name).startswith("django") for name in imported)

    def test_each_rate_is_stated_once(self, connector):
        names = [rate.name for rate in connector.rates]

        assert len(set(names)) == len(names)
        assert all(0 < rate.stop <= rate.calls for rate in connector.rates)

    # Text

    def test_composing_twice_changes_nothing(self, connector):
        once = connector.compose("Read https://src.example.com/a today", LINK, "")

        assert connector.compose(once, LINK) == once

    def test_a_pasted_source_address_becomes_the_tracked_link(self, connector):
        source = "https://src.example.com/a"

        text = connector.compose(f"Look: {source}, it is good", LINK, source)

        assert text == f"Look: {LINK}, it is good"

    def test_a_text_over_the_limit_is_refused_before_any_call(self, connector, wire):
        too_long = Post("a" * (connector.limits.max_chars + 1), LINK)

        with pytest.raises(errors.Refused, match="too long"):
            self.publish(connector, post=too_long)

        assert len(wire.calls) == 0

    def test_the_longest_text_is_fine(self, connector):
        assert connector.check("a" * connector.limits.max_chars) == []

    def test_an_invisible_character_is_refused(self, connector):
        assert connector.check("a\x00b")

    # Files

    @pytest.mark.parametrize("size", [0, 4 * 1024**3])
    def test_a_file_of_impossible_size_is_refused_before_any_call(
        self, connector, wire, size
    ):
        for rule in connector.limits.media:
            if size and rule.most_bytes is None:
                continue
            file = Media(rule.kind, rule.types[0], size, no_file)
            post = replace(self.post, media=(file,) * rule.least)

            with pytest.raises(errors.Refused) as caught:
                self.publish(connector, post=post)

            assert caught.value.reason == "media"
        assert len(wire.calls) == 0

    # Publishing

    def test_the_remote_id_and_address_come_back(self, connector, wire):
        self.answers(wire, **self.accepted)

        assert self.publish(connector) == self.good

    def test_the_token_travels_in_its_header_alone(self, connector, wire):
        self.answers(wire, **self.accepted)

        self.publish(connector)

        request = wire.calls[0].request
        assert request.headers["Authorization"] == f"Bearer {CANARY}"
        assert CANARY not in f"{request.url}{request.body!r}"

    def test_the_same_post_gives_the_same_bytes(self, connector, wire):
        self.answers(wire, **self.accepted)
        self.answers(wire, **self.accepted)

        self.publish(connector)
        self.publish(connector)

        first, second = self.sent(wire)
        assert first.body == second.body

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (302, errors.Unknown),
            (401, errors.Disconnected),
            (404, errors.Refused),
            (408, errors.Unknown),
            (422, errors.Refused),
            (429, errors.TryLater),
            (500, errors.Unknown),
            (502, errors.Unknown),
            (503, errors.Unknown),
        ],
    )
    def test_a_status_has_one_meaning(self, connector, wire, status, error):
        self.answers(wire, status=status, json={})

        with pytest.raises(error):
            self.publish(connector)

        assert len(wire.calls) == 1

    @pytest.mark.parametrize("body", [b"", b"<html>fine</html>", b"[]", b'{"data":'])
    def test_a_success_without_an_id_proves_nothing(self, connector, wire, body):
        self.answers(wire, status=200, body=body)

        with pytest.raises(errors.Unknown):
            self.publish(connector)

    def test_silence_after_sending_is_unknown(self, connector, wire):
        late = requests.ReadTimeout(ReadTimeoutError(None, "/", "Read timed out."))
        self.answers(wire, body=late)

        with pytest.raises(errors.Unknown):
            self.publish(connector)

    def test_a_connection_never_made_is_proof_of_not_sending(self, connector, wire):
        refused = requests.ConnectionError(NewConnectionError(None, "refused"))
        self.answers(wire, body=refused)

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert caught.value.not_sent

    def test_nothing_is_sent_after_the_deadline(self, connector, wire):
        self.answers(wire, **self.accepted)

        with pytest.raises(errors.TryLater):
            self.publish(connector, deadline=time.monotonic() - 1)

        assert len(wire.calls) == 0

    def test_the_wait_asked_for_is_told(self, connector, wire):
        self.answers(wire, status=429, headers={"Retry-After": "37"})

        with pytest.raises(errors.TryLater) as caught:
            self.publish(connector)

        assert caught.value.after == 37

    @pytest.mark.parametrize("junk", ["", "0", "-1", "1000000000", "soon", "\u0663"])
    def test_no_header_of_a_rate_spoils_a_post(self, connector, wire, junk):
        kinds = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
        parts = ("limit", "remaining", "reset")
        noise = {f"{kind}-{part}": junk for kind in kinds for part in parts}
        headers = noise | {"Retry-After": junk} | self.accepted.get("headers", {})
        self.answers(wire, **self.accepted | {"headers": headers})

        assert self.publish(connector) == self.good

    def test_a_duplicate_is_told_apart(self, connector, wire):
        if not self.duplicate:
            pytest.skip("this network does not refuse the same text")
        self.answers(wire, **self.duplicate)

        with pytest.raises(errors.Duplicate):
            self.publish(connector)

    @pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
    def test_no_secret_is_in_any_error_or_log(self, connector, wire, caplog, status):
        caplog.set_level(logging.DEBUG)
        self.answers(wire, status=status, json={"detail": f"Bearer {CANARY}"})

        with pytest.raises(errors.ConnectorError) as caught:
            self.publish(connector)

        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert CANARY not in told + caplog.text
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None

    def test_the_sandbox_address_reroutes_every_call(self, wire):
        base = "http://localhost:8010"
        rerouted = self.publish_url.replace("https://", f"{base}/")
        wire.add(responses.POST, rerouted, **self.accepted)

        assert self.publish(self.made(base)) == self.good

    # The member

    def test_the_profile_is_read(self, connector, wire):
        wire.add(responses.GET, self.profile_url, json=self.profile_answer)

        assert connector.profile(self.tokens) == self.profile

    @pytest.mark.parametrize("body", ["<html>", "{}", '{"sub": 5, "data": []}'])
    def test_an_odd_profile_is_a_calm_error(self, connector, wire, body):
        wire.add(responses.GET, self.profile_url, body=body)

        with pytest.raises(errors.TryLater):
            connector.profile(self.tokens)

    @pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "\ud800", {"a": []}, 5, None])
    def test_a_name_that_cannot_be_kept_is_made_fit(self, connector, wire, name):
        def spoilt(value):
            if isinstance(value, dict):
                return {key: spoilt(part) for key, part in value.items()} | {
                    key: name for key in NAMES if key in value
                }
            return value

        wire.add(responses.GET, self.profile_url, json=spoilt(self.profile_answer))

        told = connector.profile(self.tokens)

        for text in (told.name, told.handle):
            assert len(text) <= 200
            assert "\0" not in text
            text.encode()

    @pytest.mark.parametrize("odd", ["9" * 5000, "\u0663\u0664", "1\0", "1/../2"])
    def test_an_id_that_cannot_be_kept_is_no_id(self, connector, wire, odd):
        text = json.dumps(self.profile_answer)
        own = self.own_id or self.profile.remote_id.rpartition(":")[2]
        body = text.replace(json.dumps(own), json.dumps(odd))
        wire.add(responses.GET, self.profile_url, body=body)

        with pytest.raises(errors.TryLater):
            connector.profile(self.tokens)

    def test_an_endless_id_of_a_post_proves_nothing(self, connector, wire):
        own = self.remote_id.rpartition(":")[2]
        said = json.dumps(self.accepted).replace(own, "9" * 5000)
        self.answers(wire, **json.loads(said))

        with pytest.raises(errors.Unknown):
            self.publish(connector)

    def test_whatever_a_profile_holds_is_told_or_a_calm_error(self, connector):
        for body in spoilt(deepcopy(self.profile_answer)):
            with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
                wire.add(responses.GET, self.profile_url, body=body)
                with suppress(errors.ConnectorError):
                    told = connector.profile(self.tokens)
                    assert isinstance(told.avatar_url or "", str)

    def test_whatever_metrics_hold_is_a_number_or_nothing(self, connector):
        if not self.metrics_url:
            pytest.skip("this network tells no numbers")
        for body in spoilt(deepcopy(self.metrics_answer)):
            with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
                wire.add(self.metrics_method, self.metrics_url, body=body)
                with suppress(errors.ConnectorError):
                    told = connector.metrics(self.tokens, [self.remote_id])
                    numbers = [one for post in told.values() for one in astuple(post)]
                    assert all(one is None or 0 <= one < 2**63 for one in numbers)

    def test_metrics_are_told_or_left_out(self, connector, wire):
        if self.metrics_url:
            self.metrics_answers(wire)

        told = connector.metrics(self.tokens, [self.remote_id, "999"])

        expected = {self.remote_id: self.measured} if self.measured else {}
        assert told == expected
        assert connector.measures == bool(self.measured)


class ConnectorContract(Contract):
    """A network that is connected on its own consent page (OAuth 2).

    State the facts as class attributes; the tests come by inheritance.
    """

    # Consent

    def test_the_consent_address_names_app_scopes_and_state(self, connector):
        verifier = connector.new_verifier()

        url = connector.authorize_url("st4te", CALLBACK, connector.challenge(verifier))

        asked = {key: one[0] for key, one in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{connector.AUTHORIZE_URL}?")
        assert asked["response_type"] == "code"
        assert asked["state"] == "st4te"
        assert asked["redirect_uri"] == CALLBACK
        scopes = asked["scope"].split(connector.scope_separator)
        assert sorted(scopes) == sorted(connector.scopes)
        assert asked[connector.client_id_param] == "an-app"
        assert asked.get("code_challenge_method") == (
            "S256" if connector.pkce else None
        )
        assert SECRET not in url

    def test_a_verifier_is_long_and_new_each_time(self, connector):
        assert len(connector.new_verifier()) >= 43
        assert connector.new_verifier() != connector.new_verifier()

    def test_the_sandbox_address_reroutes_the_consent_page(self):
        base = "http://localhost:8010"
        connector = self.made(base)

        page = connector.AUTHORIZE_URL.replace("https://", f"{base}/")
        assert connector.authorize_url("s", CALLBACK, "c").startswith(page)

    def test_a_denied_consent_is_a_calm_message(self, connector):
        for error in connector.denied_errors:
            with pytest.raises(errors.Denied, match="cancelled"):
                connector.code_from({"error": error, "state": "s"})

    @pytest.mark.parametrize(
        ("params", "error"),
        [
            ({"error": "invalid_scope"}, errors.OperatorAction),
            ({"error": "server_error"}, errors.TryLater),
            ({}, errors.Refused),
            ({"code": "x" * 5000}, errors.Refused),
        ],
    )
    def test_a_callback_without_a_code_says_why(self, connector, params, error):
        with pytest.raises(error):
            connector.code_from(params)

    def test_a_code_becomes_tokens(self, connector, wire):
        answer = {
            "access_token": "fresh",
            "expires_in": 3600,
            "scope": ",".join(connector.scopes),
            "token_type": "bearer",
        }
        self.exchange_answers(wire, connector, json=answer)

        tokens = connector.exchange("c0de", CALLBACK, "v" * 43)

        sent = wire.calls[0].request
        form = {key: one[0] for key, one in parse_qs(sent.body).items()}
        assert (form["code"], form["redirect_uri"]) == ("c0de", CALLBACK)
        if not connector.basic_auth:
            assert form[connector.client_id_param] == "an-app"
            assert form["client_secret"] == SECRET
            assert "Authorization" not in sent.headers
        assert tokens.access_token == "fresh"
        assert set(tokens.scopes) == set(connector.scopes)
        assert timedelta(minutes=59) < tokens.expires_at - datetime.now(UTC)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ({"status": 400, "json": {"error": "invalid_grant"}}, errors.Refused),
            (
                {"status": 401, "json": {"error": "invalid_client"}},
                errors.OperatorAction,
            ),
            ({"status": 200, "json": {"error": "invalid_grant"}}, errors.Refused),
            ({"status": 200, "body": "<html>"}, errors.TryLater),
            ({"status": 200, "json": {"access_token": 5}}, errors.TryLater),
            ({"status": 200, "json": {"access_token": "a\r\nb"}}, errors.TryLater),
            ({"status": 200, "json": {"access_token": "\ud800"}}, errors.TryLater),
            (
                {"json": {"access_token": "a", "refresh_token": {"a": 1}}},
                errors.TryLater,
            ),
            (
                {"json": {"access_token": "a", "refresh_token": "\ud800"}},
                errors.TryLater,
            ),
            ({"status": 302, "headers": {"Location": "https://e/"}}, errors.TryLater),
            ({"status": 429, "headers": {"Retry-After": "9"}}, errors.TryLater),
            ({"status": 503, "body": "down"}, errors.TryLater),
            ({"body": requests.ReadTimeout("late")}, errors.TryLater),
        ],
    )
    def test_a_failed_exchange_names_whose_turn_it_is(
        self, connector, wire, caplog, answer, error
    ):
        caplog.set_level(logging.DEBUG)
        self.exchange_answers(wire, connector, **answer)

        with pytest.raises(error) as caught:
            connector.exchange(f"{CANARY}-code", CALLBACK, "v" * 43)

        told = "".join(traceback.format_exception(caught.value)) + caplog.text
        assert CANARY not in told
        assert SECRET not in told
        assert caught.value.__context__ is None

    @pytest.mark.parametrize(
        "seconds", [1e14, -1e14, float("inf"), "nan", "1e999", [], "soon"]
    )
    def test_an_end_that_no_calendar_has_is_no_end(self, connector, wire, seconds):
        answer = {"access_token": "fresh", "expires_in": seconds, "scope": "s" * 500}
        body = json.dumps(answer | {"token_type": "bearer"})
        self.exchange_answers(wire, connector, body=body)

        try:
            tokens = connector.exchange("c0de", CALLBACK, "v" * 43)
        except errors.TryLater:
            return

        assert tokens.expires_at is None
        assert all(len(scope) <= 80 for scope in tokens.scopes)

    # Refreshing: by the kit, whether or not this network gives refresh tokens

    def test_refreshing_keeps_the_old_refresh_token_when_none_comes(
        self, connector, wire
    ):
        answer = {"access_token": "fresh", "token_type": "bearer", "expires_in": 60}
        self.refresh_answers(wire, connector, json=answer)

        tokens = connector.refresh(self.tokens)

        assert tokens.access_token == "fresh"
        assert tokens.refresh_token == self.tokens.refresh_token

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (
                {"status": 400, "json": {"error": "invalid_request"}},
                errors.Disconnected,
            ),
            ({"status": 400, "json": {"error": "invalid_grant"}}, errors.Disconnected),
            (
                {"status": 401, "json": {"error": "invalid_client"}},
                errors.OperatorAction,
            ),
            (
                {"status": 400, "json": {"error": "invalid_client"}},
                errors.OperatorAction,
            ),
            ({"status": 429}, errors.TryLater),
            ({"status": 500}, errors.TryLater),
            ({"status": 503}, errors.TryLater),
            ({"status": 200, "body": "<html>"}, errors.TryLater),
            ({"body": requests.ReadTimeout("late")}, errors.TryLater),
            ({"body": requests.ConnectionError("reset")}, errors.TryLater),
        ],
    )
    def test_only_a_refusal_ends_the_connection(self, connector, wire, answer, error):
        self.refresh_answers(wire, connector, **answer)

        with pytest.raises(error):
            connector.refresh(self.tokens)

    def test_scopes_of_another_kind_are_a_calm_error_or_none(self, connector, wire):
        answer = {"access_token": "fresh", "token_type": "bearer", "scope": True}
        self.refresh_answers(wire, connector, json=answer)

        with suppress(errors.TryLater):
            assert connector.refresh(self.tokens).access_token == "fresh"

    def test_without_a_refresh_token_the_member_must_reconnect(self, connector, wire):
        with pytest.raises(errors.Disconnected):
            connector.refresh(Tokens(CANARY))

        assert len(wire.calls) == 0

    @pytest.mark.parametrize("status", [200, 400, 401])
    def test_a_token_the_network_forgot_counts_as_revoked(
        self, connector, wire, status
    ):
        if not connector.REVOKE_URL:
            pytest.skip("this network takes no revocation")
        wire.add(responses.POST, connector.REVOKE_URL, status=status)

        connector.revoke(self.tokens)

        assert all(CANARY in call.request.body for call in wire.calls)


class SignInContract(Contract):
    """A network that is connected with a password made for us: what was typed signs in."""

    answers_typed: ClassVar[dict[str, str]]
    secret_field: ClassVar[str]  # the one of them that nobody may see again
    sign_in_url: ClassVar[str]
    signed_in: ClassVar[dict[str, Any]]  # the answer that holds tokens
    wrong_password: ClassVar[dict[str, Any]]
    refresh_url: ClassVar[str]
    refreshed: ClassVar[dict[str, Any]]
    ended: ClassVar[dict[str, Any]]  # when the session may not be renewed

    def sign_in(self, connector: Any) -> Tokens:
        return connector.sign_in(self.answers_typed | {self.secret_field: SECRET})

    def test_it_asks_for_what_signs_in(self, connector):
        asked = {ask.name: ask for ask in connector.asks_to_connect}

        assert set(self.answers_typed) | {self.secret_field} <= set(asked)
        assert [name for name, ask in asked.items() if ask.secret] == [
            self.secret_field
        ]

    def test_what_was_typed_becomes_tokens(self, connector, wire):
        wire.add(responses.POST, self.sign_in_url, json=self.signed_in)

        tokens = self.sign_in(connector)

        assert tokens.access_token
        assert tokens.refresh_token
        assert set(connector.scopes) <= set(tokens.scopes)
        assert SECRET not in repr(tokens)

    def test_a_wrong_password_is_said_at_its_field(self, connector, wire):
        wire.add(responses.POST, self.sign_in_url, **self.wrong_password)

        with pytest.raises(errors.Mistyped) as caught:
            self.sign_in(connector)

        assert caught.value.field == self.secret_field

    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 200, "body": "<html>"},
            {"status": 200, "json": {"error": "Oops"}},
            {"status": 200, "json": {"accessJwt": 5, "access_token": 5}},
            {"status": 302, "headers": {"Location": "https://e.example/"}},
            {"status": 429, "headers": {"Retry-After": "9"}},
            {"status": 500, "body": "down"},
            {"status": 503, "json": {}},
            {"body": requests.ReadTimeout("late")},
            {"body": requests.ConnectionError("reset")},
        ],
    )
    def test_an_odd_sign_in_is_a_calm_error_without_the_password(
        self, connector, wire, caplog, answer
    ):
        caplog.set_level(logging.DEBUG)
        wire.add(responses.POST, self.sign_in_url, **answer)

        with pytest.raises((errors.TryLater, errors.Refused)) as caught:
            self.sign_in(connector)

        told = "".join(traceback.format_exception(caught.value)) + caplog.text
        assert SECRET not in told + repr(caught.value)
        assert caught.value.__context__ is None

    def test_a_session_is_renewed_with_a_new_pair(self, connector, wire):
        wire.add(responses.POST, self.refresh_url, json=self.refreshed)

        tokens = connector.refresh(self.tokens)

        sent = wire.calls[0].request
        assert sent.headers["Authorization"] == f"Bearer {CANARY}-refresh"
        assert tokens.access_token != CANARY
        assert tokens.refresh_token not in ("", f"{CANARY}-refresh")
        assert tokens.server == self.server

    def test_only_a_refusal_ends_the_connection(self, connector, wire):
        for answer, error in (
            (self.ended, errors.Disconnected),
            ({"status": 429}, errors.TryLater),
            ({"status": 500}, errors.TryLater),
            ({"status": 200, "body": "<html>"}, errors.TryLater),
            ({"body": requests.ReadTimeout("late")}, errors.TryLater),
        ):
            wire.reset()
            wire.add(responses.POST, self.refresh_url, **answer)

            with pytest.raises(error):
                connector.refresh(self.tokens)

    def test_without_a_refresh_token_the_member_must_reconnect(self, connector, wire):
        with pytest.raises(errors.Disconnected):
            connector.refresh(Tokens(CANARY, server=self.server))

        assert len(wire.calls) == 0
