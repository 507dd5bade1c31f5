"""Servers that members name: only those of the open Internet are called, and by https."""

import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sharing import networks
from sharing.connectors import errors, guard
from sharing.connectors.guard import is_public, is_server, server_of
from sharing.connectors.http import Http, NeverSent
from sharing.connectors.types import Credentials, Tokens


@pytest.mark.parametrize(
    "typed",
    [
        "social.example",
        " Social.Example ",
        "https://social.example",
        "https://social.example/",
        "https://social.example:443/@ana",
        "@ana@social.example",
        "ana@social.example",
        "https://social.example/@ana/1?x=1#y",
    ],
)
def test_a_server_is_understood_however_it_is_written(typed):
    assert server_of(typed) == "https://social.example"


def test_a_name_in_any_script_is_asked_for_as_dns_knows_it():
    assert server_of("smørrebrød.example") == "https://xn--smrrebrd-64af.example"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "social",
        "http://social.example",
        "ftp://social.example",
        "https://social.example:8443",
        "https://social.example:0",
        "https://social.example:99999",
        "https://ana:secret@social.example",
        "https://social.example@evil.example",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0x7f000001",
        "[::1]",
        "https://[::1]/",
        "localhost",
        "localhost.",
        "social.example.",
        "db.localhost",
        "printer.local",
        "wiki.intranet",
        "metadata.google.internal",
        "router.home.arpa",
        "a..example",
        "-a.example",
        "a-.example",
        "a_b.example",
        "a b.example",
        "a.example\\@evil.example",
        "a.example\r\nHost: evil.example",
        "a.example%2f.evil.example",
        f"{'a' * 64}.example",
        f"{'a.' * 127}example",
        "\u2024.example",
        "xn--a.\ud800",
        "https://",
        "https://[",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_public_server_is_none(typed):
    assert server_of(typed) == ""


@given(st.text(max_size=300))
@example("https://1.1.1.1.example")
def test_whatever_is_typed_gives_a_plain_address_or_nothing(typed):
    server = server_of(typed)

    assert server == "" or (is_server(server) and server.startswith("https://"))
    assert not set(server.removeprefix("https://")) & set(":/@?#[]%\\ \r\n")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.3",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "2001:0:53aa:64c:0:fbff:80ff:fffe",
        "not an address",
    ],
)
def test_an_address_inside_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"],
)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


def resolves_to(monkeypatch, *addresses):
    """Let every name lead to these, and note where connections go."""
    tried = []

    def resolve(host, port, *args, **kwargs):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses
        ]

    def connect(address, *args, **kwargs):
        tried.append(address)
        raise OSError("nobody there")

    monkeypatch.setattr(guard.socket, "getaddrinfo", resolve)
    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return tried


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "10.0.0.8"])
def test_a_name_that_leads_inside_is_never_called(monkeypatch, inside):
    tried = resolves_to(monkeypatch, "1.1.1.1", inside)

    with pytest.raises(NeverSent):
        Http(guarded=True).request("GET", "https://social.example/api")

    assert tried == []


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch):
    tried = resolves_to(monkeypatch, "1.1.1.1")

    with pytest.raises(NeverSent):
        Http(guarded=True).request("GET", "https://social.example/api")

    assert tried == [("1.1.1.1", 443)]


@pytest.mark.parametrize(
    "url",
    [
        "http://social.example/api",
        "https://social.example:8443/api",
        "https://127.0.0.1/api",
        "https://1.1.1.1/api",
        "https://[::1]/api",
        "https://localhost/api",
    ],
)
def test_another_port_scheme_or_a_number_is_never_called(monkeypatch, url):
    tried = resolves_to(monkeypatch, "1.1.1.1")

    with pytest.raises(NeverSent):
        Http(guarded=True).request("GET", url)

    assert tried == []


def test_networks_of_one_server_are_called_as_before(monkeypatch):
    tried = resolves_to(monkeypatch, "1.1.1.1")

    with pytest.raises(NeverSent):
        Http().request("GET", "https://api.example/v1")

    assert tried == [("api.example", 443)]


def test_the_consent_s_own_calls_are_guarded_too(monkeypatch):
    """A library speaks them, over the same way out."""
    tried = resolves_to(monkeypatch, "169.254.169.254")
    server = networks.get("mastodon")(Credentials("a", "b")).at(
        "https://social.example"
    )
    calls = (
        lambda: server.register("A", "https://a.example", "https://a.example/cb"),
        lambda: server.exchange("code", "https://a.example/cb", "v" * 43),
        lambda: server.profile(Tokens("t", server="https://social.example")),
        lambda: server.revoke(Tokens("t", server="https://social.example")),
    )

    for call in calls:
        with pytest.raises(errors.ConnectorError):
            call()

    assert tried == []
