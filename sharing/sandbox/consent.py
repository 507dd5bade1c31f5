"""The consent page and the codes it gives: the same dance for every network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sharing.sandbox import pages
from sharing.sandbox.messages import Request, Response, redirect
from sharing.sandbox.people import named
from sharing.sandbox.store import Code
from sharing.sandbox.world import World


@dataclass(frozen=True)
class Rules:
    """How one network runs the dance."""

    network: str
    label: str
    scopes: Mapping[str, str]  # scope to what the page says about it
    code_seconds: float
    denied: str
    bad_scope: str
    pkce: bool = False
    client_id_param: str = "client_id"
    scope_separator: str = " "
    unticks: bool = False  # the person may leave out some of the scopes
    more_people: tuple[str, ...] = ()  # beside those of every network
    state_max: int = 2000
    needs_state: bool = False

    def scopes_of(self, asked: Mapping[str, str]) -> list[str]:
        words = asked.get("scope", "").replace(self.scope_separator, " ")
        return words.split()


def authorize(world: World, request: Request, rules: Rules) -> Response:
    """GET draws the page; POST is the press on Allow or Cancel."""
    asked = request.query
    problem = _untrustworthy(world, asked, rules)
    if problem:
        # Nobody may be sent to an address that is not known to belong to the app.
        return pages.problem(rules.label, problem)
    mistake = _mistake(asked, rules)
    if mistake:
        return _back(asked, {"error": mistake[0], "error_description": mistake[1]})
    if request.method != "POST":
        return pages.consent(rules, asked)
    if request.form.get("decision") != "allow":
        said = {"error": rules.denied, "error_description": "The member cancelled."}
        return _back(asked, said)
    name = request.form.get("other", "").strip() or request.form.get("person", "")
    scopes = _ticked(rules, asked, request.fields("scope"))
    return _back(asked, {"code": _new_code(world, rules, asked, name, scopes)})


def _ticked(
    rules: Rules, asked: Mapping[str, str], ticked: Sequence[str]
) -> tuple[str, ...]:
    """What the person left ticked; a form without ticks leaves all."""
    scopes = tuple(rules.scopes_of(asked))
    if not (rules.unticks and ticked):
        return scopes
    return tuple(scope for scope in scopes if scope in ticked)


def _new_code(
    world: World,
    rules: Rules,
    asked: Mapping[str, str],
    name: str,
    scopes: tuple[str, ...],
) -> str:
    return world.store.add_code(
        Code(
            network=rules.network,
            client_id=asked[rules.client_id_param],
            redirect_uri=asked["redirect_uri"],
            person=named(name).name,
            scopes=scopes,
            expires=world.now() + rules.code_seconds,
            challenge=asked.get("code_challenge", ""),
            challenge_method=asked.get("code_challenge_method", "plain"),
        )
    )


def _untrustworthy(world: World, asked: Mapping[str, str], rules: Rules) -> str:
    if not world.knows_app(asked.get(rules.client_id_param, "")):
        return f"This app is not registered: the {rules.client_id_param} is unknown."
    address = asked.get("redirect_uri", "")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        return "The redirect_uri is not a complete web address."
    known = world.settings.callbacks
    if known and address not in known:
        return "The redirect_uri is not registered for this app."
    return ""


def _mistake(asked: Mapping[str, str], rules: Rules) -> tuple[str, str] | None:
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "response_type must be code"
    scopes = rules.scopes_of(asked)
    if not scopes or not set(scopes) <= set(rules.scopes):
        return rules.bad_scope, "a scope is unknown or not granted to this app"
    state = asked.get("state", "")
    if len(state) > rules.state_max or (rules.needs_state and not state):
        return "invalid_request", "state is missing or too long"
    if rules.pkce:
        method = asked.get("code_challenge_method", "plain")
        if not asked.get("code_challenge") or method not in ("S256", "plain"):
            return "invalid_request", "a code_challenge is needed"
    return None


def _back(asked: Mapping[str, str], said: Mapping[str, str]) -> Response:
    answer = dict(said)
    if asked.get("state"):
        answer["state"] = asked["state"]
    address = asked["redirect_uri"]
    glue = "&" if urlsplit(address).query else "?"
    return redirect(f"{address}{glue}{urlencode(answer)}")
