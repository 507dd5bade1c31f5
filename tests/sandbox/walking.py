"""The real connectors, pointed at a sandbox."""

import json
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

from sharing import networks
from sharing.connectors.base import OAuth2Connector
from sharing.connectors.types import Credentials, Post, Profile, Tokens

LINK = "https://go.example.com/l/k3Yq"
APP = Credentials("demo-client", "demo-secret")


def callback(slug: str) -> str:
    return f"https://app.example.com/connect/{slug}/callback/"


def connector(sandbox, slug: str, credentials: Credentials = APP) -> OAuth2Connector:
    made = networks.get(slug)(credentials, sandbox.url)
    assert isinstance(made, OAuth2Connector)
    return made


def params(url: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


def connect(sandbox, slug: str, person: str = "Signe Holm") -> tuple[Tokens, Profile]:
    """Walk the whole consent as a member does."""
    network = connector(sandbox, slug)
    verifier = network.new_verifier()
    page = network.authorize_url("st4te", callback(slug), network.challenge(verifier))
    code = network.code_from(params(sandbox.consent(page, person)))
    proof = verifier if network.pkce else None
    tokens = network.exchange(code, callback(slug), proof)
    return tokens, network.profile(tokens)


def post_of(network: OAuth2Connector, text: str = "Good news") -> Post:
    return Post(network.compose(text, LINK), LINK, "A title", "A description")


def ask(method: str, url: str, body: object = None, **headers: str):
    """A bare call; returns status and parsed answer."""
    data = None if body is None else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if data:
        names.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data, names, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, _parsed(answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, _parsed(answer.read())


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()
