"""Tokens at rest open only where they were sealed."""

import base64
import os
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from common.ids import uuid7
from sharing import vault

TENANT, ROW = uuid7(), uuid7()


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


@given(st.text(min_size=1))
def test_what_was_sealed_opens_in_its_place(plain: str) -> None:
    sealed = vault.seal(plain, tenant=TENANT, row=ROW, column="access_token")

    assert vault.unseal(sealed, tenant=TENANT, row=ROW, column="access_token") == plain


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"tenant": uuid7(), "row": ROW, "column": "access_token"},
        {"tenant": TENANT, "row": uuid7(), "column": "access_token"},
        {"tenant": TENANT, "row": ROW, "column": "refresh_token"},
    ],
)
def test_a_ciphertext_moved_elsewhere_does_not_open(elsewhere: dict[str, Any]) -> None:
    sealed = vault.seal("secret", tenant=TENANT, row=ROW, column="access_token")

    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed, **elsewhere)


@given(st.binary(min_size=1, max_size=80))
def test_noise_does_not_open(noise: bytes) -> None:
    with pytest.raises(vault.Unreadable):
        vault.unseal(noise, tenant=TENANT, row=ROW, column="access_token")


def test_an_old_key_still_reads_and_the_first_one_writes(settings: Any) -> None:
    old, new = key("2025"), key("2026")
    place = {"tenant": TENANT, "row": ROW, "column": "access_token"}
    settings.TOKEN_KEYS = old
    sealed = vault.seal("secret", **place)

    settings.TOKEN_KEYS = f"{new},{old}"
    assert vault.unseal(sealed, **place) == "secret"
    assert b"2026" in vault.seal("secret", **place)[:10]

    settings.TOKEN_KEYS = new
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed, **place)


def test_equal_secrets_look_different() -> None:
    place: dict[str, Any] = {"tenant": TENANT, "row": UUID(int=1), "column": "c"}

    assert vault.seal("secret", **place) != vault.seal("secret", **place)


@pytest.mark.parametrize("setting", ["", "a", "a:short", ":AAAA", "a:not base64"])
def test_a_useless_key_is_refused(setting: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        vault.keys(setting)
