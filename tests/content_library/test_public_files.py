"""Addresses for networks that fetch files: one file, for a while, without signing in."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from common.discretion import without_secrets
from content_library import public_files
from content_library.public_files import LIFE, STEP, public_address, signer
from tenants.models import Membership, Tenant

pytestmark = pytest.mark.django_db

DATA = bytes(range(256)) * 1000
NAME = "items/film.mp4"


@pytest.fixture
def address(acme: Tenant, media: Path) -> str:
    """Where a film of Acme's may be fetched."""
    return address_of(acme, media)


def address_of(tenant: Tenant, media: Path, name: str = NAME) -> str:
    path = media / "t" / str(tenant.pk) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(DATA)
    whole = public_address(tenant.pk, f"t/{tenant.pk}/{name}")
    return urlsplit(whole).path


def fetch(address: str, method: str = "get", **headers: str) -> Any:
    answer = getattr(Client(), method)(address, headers=headers)
    answer.body = b"".join(answer) if answer.streaming else answer.content
    return answer


def test_a_network_gets_the_file_without_signing_in(address: str) -> None:
    answer = fetch(address)

    assert (answer.status_code, answer["Content-Type"]) == (200, "video/mp4")
    assert (answer.body, answer["Content-Length"]) == (DATA, str(len(DATA)))
    assert answer["Accept-Ranges"] == "bytes"
    assert not answer.cookies


def test_it_may_ask_first_how_large_it_is(address: str) -> None:
    answer = fetch(address, "head")

    assert (answer.status_code, answer.body) == (200, b"")
    assert answer["Content-Length"] == str(len(DATA))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=100-", 100, len(DATA) - 1),
        ("bytes=-10", len(DATA) - 10, len(DATA) - 1),
        (f"bytes=5-{len(DATA) * 9}", 5, len(DATA) - 1),
        (f"bytes=-{len(DATA) * 9}", 0, len(DATA) - 1),
    ],
)
def test_a_player_gets_the_part_it_asks_for(
    address: str, asked: str, first: int, last: int
) -> None:
    answer = fetch(address, range=asked)

    is_whole = (first, last) == (0, len(DATA) - 1)
    assert answer.status_code == (200 if is_whole else 206)
    assert answer.body == DATA[first : last + 1]
    if not is_whole:
        assert answer["Content-Range"] == f"bytes {first}-{last}/{len(DATA)}"


@pytest.mark.parametrize("asked", [f"bytes={len(DATA)}-", "bytes=-0"])
def test_a_part_that_is_not_there_is_told(address: str, asked: str) -> None:
    answer = fetch(address, range=asked)

    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-9", "bytes=9-3", "bytes=-", "lines=0-1", "x" * 500]
)
def test_odd_wishes_get_the_whole_file(address: str, asked: str) -> None:
    assert fetch(address, range=asked).body == DATA


def test_the_address_lives_for_hours_and_stays_the_same_for_one(
    address: str, acme: Tenant, media: Path
) -> None:
    signed = address.rpartition("/")[2]
    now = time.time()

    assert public_files.read_address(signed, now + LIFE)
    assert not public_files.read_address(signed, now + LIFE + 2 * STEP)
    assert LIFE >= 3600


def test_an_address_that_expired_is_404(acme: Tenant, address: str) -> None:
    old = signer.sign_object([acme.pk.hex, NAME, int(time.time()) - 1])

    assert fetch(f"/m/{old}").status_code == 404


def test_nobody_changes_an_address_into_another_tenants(
    acme: Tenant, globex: Tenant, address: str, media: Path
) -> None:
    theirs = address_of(globex, media)
    mine, other = address.rpartition("/")[2], theirs.rpartition("/")[2]
    payload, signature = other.split(".")[0], mine.split(".")[-1]

    assert fetch(f"/m/{payload}.{signature}").status_code == 404
    assert fetch(f"/m/{mine[:-1]}").status_code == 404
    with pytest.raises(ValueError, match="another tenant"):
        public_address(acme.pk, f"t/{globex.pk}/{NAME}")


def test_a_closed_tenants_files_are_gone(acme: Tenant, address: str) -> None:
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)

    assert fetch(address).status_code == 404


@pytest.mark.parametrize("name", ["items/none.jpg", "../../secret.jpg", "items"])
def test_a_name_of_no_file_is_404(acme: Tenant, media: Path, name: str) -> None:
    address_of(acme, media)
    signed = signer.sign_object([acme.pk.hex, name, int(time.time()) + 60])

    assert fetch(f"/m/{signed}").status_code == 404


def test_a_member_sees_nothing_more_there(address: str, cora: Membership) -> None:
    assert fetch(address, "post").status_code in (403, 405)


def test_what_a_browser_could_run_is_only_downloaded(acme: Tenant, media: Path) -> None:
    report = fetch(address_of(acme, media, "items/report.pdf"))
    odd = fetch(address_of(acme, media, "items/page.html"))
    film = fetch(address_of(acme, media))

    assert report["Content-Disposition"] == odd["Content-Disposition"] == "attachment"
    assert odd["Content-Type"] == "application/octet-stream"
    assert "Content-Disposition" not in film
    for answer in (report, odd, film):
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_no_log_keeps_an_address_that_still_opens(address: str) -> None:
    """Whoever reads the log could fetch the file, until the address expires."""
    signed = address.split("/")[2]

    assert signed not in without_secrets(f"GET {address} HTTP/1.1")
