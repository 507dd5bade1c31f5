"""Instagram Login: a code, a token of an hour, a token of sixty days that renews itself.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
(read 2026-08)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sharing.connectors import errors
from sharing.connectors.connector import GONE, plain_name
from sharing.connectors.http import Answer, NeverSent, NoAnswer
from sharing.connectors.oauth2 import APP, expiry, is_token, split_scopes
from sharing.connectors.text import _
from sharing.connectors.types import Profile, Tokens
from sharing.networks.instagram.graph import HOST, Graph, id_of
from sharing.networks.instagram.problems import Kind, problem_of

PROFESSIONAL = {"BUSINESS", "MEDIA_CREATOR", "CREATOR"}
FIELDS = "user_id,username,name,account_type,profile_picture_url"

_PERSONAL = _(
    "This is a personal Instagram account, and Instagram lets other apps post to professional ones only. "
    "In the Instagram app, open Settings, Account type and tools, and switch to a professional account: "
    "it is free and can be undone. Then connect again."
)

Refusal = Callable[[], errors.ConnectorError]


class Login(Graph):
    """Consent, tokens and who it is."""

    AUTHORIZE_URL = "https://www.instagram.com/oauth/authorize"
    TOKEN_URL = "https://api.instagram.com/oauth/access_token"  # noqa: S105
    EXCHANGE_URL: ClassVar[str] = f"{HOST}/access_token"
    REFRESH_URL: ClassVar[str] = f"{HOST}/refresh_access_token"
    scope_separator = ","
    refreshable = True
    renew_before = timedelta(days=10)  # of sixty; by then it is old enough

    def code_from(self, params: Mapping[str, str]) -> str:
        return super().code_from(params).removesuffix("#_")

    def exchange(
        self, code: str, redirect_uri: str, code_verifier: str | None = None
    ) -> Tokens:
        app = self.credentials
        form = {
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": code,
        }
        short = self._token("POST", self.TOKEN_URL, form, self._exchange_refused)
        swap = {
            "grant_type": "ig_exchange_token",
            "client_secret": app.client_secret,
            "access_token": short["access_token"],
        }
        long = self._token("GET", self.EXCHANGE_URL, swap, self._exchange_refused)
        granted = split_scopes(short.get("permissions") or short.get("scope"))
        return _kept(long, granted or self.scopes)

    def refresh(self, tokens: Tokens) -> Tokens:
        """The token itself is traded for one of sixty days; one that ended never is."""
        if not tokens.refresh_token:
            raise self.error(errors.Disconnected, GONE, reason="no_refresh_token")
        if tokens.expires_at is not None and tokens.expires_at <= datetime.now(UTC):
            raise self.error(errors.Disconnected, GONE, reason="expired")
        asked = {
            "grant_type": "ig_refresh_token",
            "access_token": tokens.refresh_token,
        }
        fresh = self._token("GET", self.REFRESH_URL, asked, self._refresh_refused)
        granted = split_scopes(fresh.get("permissions"))
        return _kept(fresh, granted or tokens.scopes)

    def _token(
        self, method: str, url: str, asked: Mapping[str, str], refused: Refusal
    ) -> Mapping[str, Any]:
        """One call for a token. Each errand is free of the secrets it carried."""
        answer: Answer | None = None
        headers = {"Accept": "application/json"}
        with suppress(NeverSent, NoAnswer):
            if method == "POST":
                answer = self.http.request(method, url, headers=headers, data=asked)
            else:
                answer = self.http.request(method, url, headers=headers, params=asked)
        if answer is None:
            raise self.silence(creates=False)
        token = _unwrapped(answer.json())
        if not answer.ok or not is_token(token.get("access_token")):
            raise self._login_problem(answer, refused)
        return token

    def _login_problem(self, answer: Answer, refused: Refusal) -> errors.ConnectorError:
        """Two forms of errors: Graph's, and an older one where people sign in."""
        said = answer.json()
        problem = problem_of(answer)
        words = str(said.get("error_message") or (problem.message if problem else ""))
        if answer.status < 500 and _is_about_the_app(words):
            return self.error(errors.OperatorAction, APP, reason="app")
        if "error_type" in said and answer.status < 500 and answer.status != 429:
            return refused()
        if problem is None:
            return self._sort_token_answer(answer, refused)
        kind = problem.meaning.kind if problem.meaning else None
        if kind is Kind.TOKEN:
            return refused()
        if kind is Kind.SHAKY:
            return self.silence(creates=False)
        return self.explain(answer, None) or self._sort_token_answer(answer, refused)

    def profile(self, tokens: Tokens) -> Profile:
        """Whom the token belongs to; a personal account is told how to become another."""
        refused: errors.ConnectorError | None = None
        try:
            answer = self.call(
                "GET", self.at("me"), tokens=tokens, params={"fields": FIELDS}
            )
        except errors.QuestionRefused:
            refused = self.error(errors.Refused, _PERSONAL, reason="personal")
        if refused is not None:
            raise refused
        data = _unwrapped(answer.json())
        kind = data.get("account_type")
        if not id_of(data, "user_id"):
            raise self.odd()
        if isinstance(kind, str) and kind.upper() not in PROFESSIONAL:
            raise self.error(errors.Refused, _PERSONAL, reason="personal")
        picture = data.get("profile_picture_url")
        handle = plain_name(data.get("username"))
        return Profile(
            remote_id=id_of(data, "user_id"),
            handle=handle,
            name=plain_name(data.get("name")) or handle,
            avatar_url=picture if isinstance(picture, str) else None,
            callback_id=id_of(data),
        )


def _kept(answer: Mapping[str, Any], scopes: tuple[str, ...]) -> Tokens:
    """The token is its own refresh token."""
    token = str(answer["access_token"])
    return Tokens(token, token, expiry(answer.get("expires_in")), scopes)


def _unwrapped(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Some answers stand alone, some in a list of one."""
    wrapped = answer.get("data")
    if isinstance(wrapped, list) and wrapped and isinstance(wrapped[0], dict):
        return wrapped[0]
    return answer


def _is_about_the_app(words: str) -> bool:
    said = words.lower()
    return any(
        word in said for word in ("client secret", "client_secret", "platform app")
    )
