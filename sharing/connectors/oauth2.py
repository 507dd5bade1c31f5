"""OAuth 2 for any network that speaks it, on requests-oauthlib."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

import requests
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session

from sharing.connectors import errors
from sharing.connectors.connector import GONE, SILENT, Connector
from sharing.connectors.http import (
    FAILURES,
    USER_AGENT,
    Answer,
    NeverSent,
    NoAnswer,
    Route,
    answer_of,
    reroute,
)
from sharing.connectors.modes import Finding
from sharing.connectors.rates import sane
from sharing.connectors.text import Sentence, _
from sharing.connectors.types import Tokens

_CANCELLED = _("You cancelled at %(network)s, so nothing was connected.")
_NO_CODE = _("%(network)s sent you back without an answer. Please connect again.")
_EXPIRED = _("The answer from %(network)s is no longer valid. Please connect again.")
APP = _("%(network)s does not accept this app. Please tell an administrator.")

_APP_KNOWN = _("%(network)s knows the app, and takes its secret.")
_APP_SILENT = _("%(network)s cannot be reached at the moment. Please test again later.")
_APP_UNTOLD = _("%(network)s did not tell whether it knows the app.")
_ONLY_CONSENT = _(
    "Whether the app has the products, the permissions and the callback address shows"
    " when the first account is connected."
)

# RFC 6749: these speak about the app, so no member must lose a connection over them.
_APP_ERRORS = {
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
}
# What the library stumbles over in an answer that is no answer.
ODDITIES = (
    OAuth2Error,
    ArithmeticError,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
    Warning,
)
_FOR_NOW = {"server_error", "temporarily_unavailable"}

# What RFC 6749 lets tokens and scopes consist of, and what our columns can hold.
_TOKEN = re.compile(r"[\x20-\x7e]{1,8192}")
_SCOPE = re.compile(r"[\x21-\x7e]{1,80}")
_MOST_SCOPES = 50


class _Dance(OAuth2Session):
    """The library's session under the rules of our HTTP helper."""

    def __init__(self, client_id: str, redirect_uri: str | None, route: Route):
        super().__init__(client_id, redirect_uri=redirect_uri)
        self.trust_env = False
        self.mount("https://", route)
        self.headers["User-Agent"] = USER_AGENT

    def resolve_redirects(self, *args: Any, **kwargs: Any) -> Iterable[Any]:
        return iter(())


class _Unusable(Exception):
    """A token answer that is not a token, kept aside until it can be sorted."""

    def __init__(self, answer: Answer):
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


class OAuth2Connector(Connector):
    """A network that members connect by consenting on its own page."""

    AUTHORIZE_URL: str
    TOKEN_URL: str
    REVOKE_URL: str = ""
    pkce: ClassVar[bool] = False
    basic_auth: ClassVar[bool] = False  # the secret in a header instead of the form
    client_id_param: ClassVar[str] = "client_id"  # some call it otherwise
    scope_separator: ClassVar[str] = " "
    denied_errors: ClassVar[frozenset[str]] = frozenset({"access_denied"})
    server: str = ""  # the one this connector speaks to, where there are many

    # Consent

    def authorize_url(
        self, state: str, redirect_uri: str, code_challenge: str | None = None
    ) -> str:
        """Where to send the member's browser."""
        extra = {}
        if self.pkce:
            if not code_challenge:
                raise ValueError(f"{self.slug} needs a code challenge")
            extra = {"code_challenge": code_challenge, "code_challenge_method": "S256"}
        session = OAuth2Session(
            self.credentials.client_id,
            redirect_uri=redirect_uri,
            scope=self.scope_separator.join(self.scopes),
        )
        url, _state = session.authorization_url(
            self.AUTHORIZE_URL, state=state, **extra
        )
        return reroute(self._with_own_names(url), self.base_url)

    def _with_own_names(self, url: str) -> str:
        """The library knows one name for an app's id."""
        page, _, query = url.partition("?")
        named = [
            (self.client_id_param if name == "client_id" else name, value)
            for name, value in parse_qsl(query)
        ]
        return f"{page}?{urlencode(named)}"

    @staticmethod
    def new_verifier() -> str:
        """A fresh PKCE secret; keep it with the state until the member comes back."""
        return secrets.token_urlsafe(48)

    @staticmethod
    def challenge(verifier: str) -> str:
        """The S256 challenge of a verifier, for ``authorize_url``."""
        digest = hashlib.sha256(verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def code_from(self, params: Mapping[str, str]) -> str:
        """The code in a callback's query, or the error that the callback reports."""
        problem = params.get("error", "")
        if problem in self.denied_errors:
            raise self.error(errors.Denied, _CANCELLED)
        if problem in _FOR_NOW:
            raise self.error(errors.TryLater, SILENT, reason="unreachable")
        if problem:
            raise self.error(errors.OperatorAction, APP, reason="authorize")
        code = params.get("code", "")
        if not code or len(code) > 4096:
            raise self.error(errors.Refused, _NO_CODE, reason="no_code")
        return code

    # Tokens

    def exchange(
        self, code: str, redirect_uri: str, code_verifier: str | None = None
    ) -> Tokens:
        """Trade the callback's code for tokens. Do it at once: codes live seconds."""
        session = self._session(redirect_uri)
        proof: dict[str, Any] = (
            {"code_verifier": code_verifier} if code_verifier else {}
        )

        def fetch() -> Mapping[str, Any]:
            if self.basic_auth:
                basic = requests.auth.HTTPBasicAuth(*self._secret_pair())
                return session.fetch_token(
                    self.TOKEN_URL,
                    code=code,
                    auth=basic,
                    include_client_id=False,
                    **proof,
                )
            return session.fetch_token(
                self.TOKEN_URL,
                code=code,
                auth=_unsigned,
                include_client_id=False,
                body=urlencode(self._app_form()),
                **proof,
            )

        return self._tokens(self._fetch(fetch, self._exchange_refused))

    def refresh(self, tokens: Tokens) -> Tokens:
        """A new pair. Store it before use: the old refresh token may be dead already."""
        if not tokens.refresh_token:
            raise self.error(errors.Disconnected, GONE, reason="no_refresh_token")
        session = self._session(None)
        extra: dict[str, Any] = {}
        if self.basic_auth:
            extra["auth"] = requests.auth.HTTPBasicAuth(*self._secret_pair())
        else:
            extra |= self._app_form()

        def fetch() -> Mapping[str, Any]:
            return session.refresh_token(
                self.TOKEN_URL, refresh_token=tokens.refresh_token, **extra
            )

        return self._tokens(self._fetch(fetch, self._refresh_refused), before=tokens)

    def revoke(self, tokens: Tokens) -> None:
        """Tell the network to forget us. A token it no longer knows is fine."""
        if not self.REVOKE_URL:
            return
        for token in filter(None, (tokens.refresh_token, tokens.access_token)):
            self._revoke(token)

    def _revoke(self, token: str) -> None:
        form = {"token": token} | ({} if self.basic_auth else self._app_form())
        auth = self._secret_pair() if self.basic_auth else None
        problem: errors.ConnectorError | None = None
        try:
            answer = self.http.request("POST", self.REVOKE_URL, data=form, auth=auth)
        except (NeverSent, NoAnswer):
            problem = self.silence(creates=False)
        if problem is None and not answer.ok and answer.status not in (400, 401, 404):
            problem = self.sort(answer, creates=False)
        if problem is not None:
            raise problem

    def check_app(self, redirect_uri: str) -> list[Finding]:
        """Ask for tokens with a code that nobody got: is it the code that is refused?

        A server looks at the app first (RFC 6749, 5.2).
        """
        verifier = self.new_verifier() if self.pkce else None
        known: bool | None = None
        told = _APP_UNTOLD
        try:
            self.exchange("no-such-code", redirect_uri, verifier)
        except errors.OperatorAction:
            known, told = False, APP
        except errors.Refused:
            known, told = True, _APP_KNOWN
        except errors.TryLater as later:
            told = _APP_UNTOLD if later.reason == "bad_answer" else _APP_SILENT
        return [
            Finding(known, Sentence(told, network=self.label)),
            Finding(None, Sentence(_ONLY_CONSENT)),
        ]

    # Behind the dance

    def _secret_pair(self) -> tuple[str, str]:
        return self.credentials.client_id, self.credentials.client_secret

    def _app_form(self) -> dict[str, str]:
        """The app's name and proof, where they travel in the form."""
        client_id, client_secret = self._secret_pair()
        return {self.client_id_param: client_id, "client_secret": client_secret}

    def _session(self, redirect_uri: str | None) -> _Dance:
        route = Route(self.base_url, guarded=self.http.guarded)
        session = _Dance(self.credentials.client_id, redirect_uri, route)
        for kind in ("access_token_response", "refresh_token_response"):
            session.register_compliance_hook(kind, _only_tokens)
        return session

    def _fetch(
        self,
        fetch: Callable[[], Mapping[str, Any]],
        refused: Callable[[], errors.ConnectorError],
    ) -> Mapping[str, Any]:
        problem: errors.ConnectorError | None = None
        try:
            token = fetch()
        except _Unusable as unusable:
            problem = self._sort_token_answer(unusable.answer, refused)
        except FAILURES:
            problem = self.silence(creates=False)
        except ODDITIES:
            problem = self.odd()
        if problem is not None:
            # Outside the except block, so that no chain leads back to the secrets.
            raise problem
        return token

    def _sort_token_answer(
        self, answer: Answer, refused: Callable[[], errors.ConnectorError]
    ) -> errors.ConnectorError:
        said = answer.json().get("error")
        code = said if isinstance(said, str) else ""
        is_down = code in _FOR_NOW or answer.status in (408, 429)
        if is_down or answer.status >= 500:
            wait = sane(self.wait(answer))
            return self.error(errors.TryLater, SILENT, after=wait, reason="no_answer")
        if code in _APP_ERRORS or answer.status in (401, 403):
            return self.error(errors.OperatorAction, APP, reason="app")
        if said or answer.status == 400:
            return refused()
        return self.odd()

    def _exchange_refused(self) -> errors.ConnectorError:
        return self.error(errors.Refused, _EXPIRED, reason="code")

    def _refresh_refused(self) -> errors.ConnectorError:
        return self.error(errors.Disconnected, GONE, reason="refresh_refused")

    def _tokens(
        self, answer: Mapping[str, Any], before: Tokens | None = None
    ) -> Tokens:
        scopes = split_scopes(answer.get("scope"))
        if not scopes:
            scopes = before.scopes if before else self.scopes
        former = before.refresh_token if before else None
        refresh = answer.get("refresh_token") or former
        if refresh is not None and not is_token(refresh):
            raise self.odd()
        return Tokens(
            access_token=str(answer["access_token"]),
            refresh_token=refresh,
            expires_at=expiry(answer.get("expires_in")),
            scopes=scopes,
            server=before.server if before else self.server,
        )


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The app's proof stands in the form; without a word the library adds a header."""
    return request


def _only_tokens(response: requests.Response) -> requests.Response:
    """Let the library see nothing but a token; it would print the rest in errors."""
    answer = answer_of(response)
    token = answer.json().get("access_token")
    if not answer.ok or not is_token(token):
        raise _Unusable(answer)
    return response


def is_token(value: object) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def split_scopes(value: object) -> tuple[str, ...]:
    """Scopes as the networks write them: parted by blanks, by commas, or as a list."""
    words = value if isinstance(value, (list, tuple, set)) else [str(value or "")]
    scopes = (scope for word in words for scope in str(word).replace(",", " ").split())
    return tuple(filter(_SCOPE.fullmatch, scopes))[:_MOST_SCOPES]


def expiry(seconds: object) -> datetime | None:
    try:
        return datetime.now(UTC) + timedelta(seconds=float(str(seconds)))
    except (ValueError, OverflowError):
        return None
