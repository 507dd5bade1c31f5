"""What was uploaded is kept as it came, and the pages show it."""

import urllib.error
import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request as Sent

from sharing.sandbox.files import Files
from sharing.sandbox.messages import Request
from sharing.sandbox.store import StoredPost


def read(url):
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
        return answer.read(), answer.headers


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("image/png", "image/png"),
        ("video/mp4", "video/mp4"),
        ("application/pdf", "application/pdf"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
    ],
)
def test_a_file_is_shown_and_can_do_nothing_else(sandbox, kind, told):
    name = sandbox.world.store.files.add(kind, b"<script>")

    body, headers = read(f"{sandbox.url}/_sandbox/files/{name}")

    assert body == b"<script>"
    assert headers["Content-Type"] == told
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_file_nobody_has_is_not_found(sandbox):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        read(f"{sandbox.url}/_sandbox/files/none")


def test_files_in_a_folder_outlive_the_program(tmp_path):
    name = Files(tmp_path).add("image/png", b"pixels")

    again = Files(tmp_path)
    assert again.get(name).body == b"pixels"
    assert again.get("../sandbox.jsonl") is None
    again.clear()
    assert Files(tmp_path).get(name) is None


def test_a_post_shows_its_files_as_people_see_them(sandbox):
    store = sandbox.world.store
    files = {
        kind: store.files.add(f"{kind}/x", b"x")
        for kind in ("image", "video", "document", "thumbnail")
    }
    media = [
        {"kind": kind, "file": name, "alt": "A <mast>", "title": f"T {kind}"}
        for kind, name in files.items()
    ]
    store.add_post(
        StoredPost(
            network="x", id="1", person="Bo", author="2", text="Look", at=1.0,
            fingerprint="f", card={"source": "https://e.com", "title": "C"}, media=media,
        )
    )  # fmt: skip

    page, headers = read(sandbox.url)
    html = page.decode()

    picture, below = html.split('class="card"')
    assert f'src="/_sandbox/files/{files["image"]}" alt="A &lt;mast&gt;"' in picture
    assert f'aria-label="T video" src="/_sandbox/files/{files["video"]}"' in picture
    assert f'href="/_sandbox/files/{files["document"]}">T document<' in picture
    assert files["thumbnail"] in below
    assert (
        "img-src 'self' data:; media-src 'self'" in headers["Content-Security-Policy"]
    )


@given(body=st.binary(), value=st.text("aæ 1\r\n", max_size=9))
def test_a_form_of_parts_is_read_byte_by_byte(body, value):
    sent = Sent(
        "POST",
        "http://h/",
        files={"media": ("a.mp4", body, "video/mp4")},
        data={"segment": value},
    ).prepare()
    headers = {"content-type": sent.headers["Content-Type"]}

    parts = Request("POST", "/", headers=headers, body=sent.body).parts

    assert (parts["media"].body, parts["media"].content_type) == (body, "video/mp4")
    assert parts["segment"].text == value


def test_the_record_of_requests_counts_bytes_instead_of_keeping_them(sandbox):
    url = f"{sandbox.url}/api.x.com/2/nothing"
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, b"\0" * 5, headers)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request, timeout=10)  # noqa: S310

    assert sandbox.requests[-1]["body"] == "5 bytes"


def test_addresses_are_handed_out_as_the_caller_reached_us():
    asked = Request("GET", "/", headers={"host": "sandbox:8010"})

    assert asked.base == "http://sandbox:8010"
