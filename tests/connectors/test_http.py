"""The way out, over real sockets."""

import contextlib
import io
import logging
import multiprocessing
import socket
import threading
import time

import pytest
import requests
from urllib3.exceptions import NewConnectionError

from sharing.connectors import bodies, errors, http
from sharing.connectors.http import Http, NeverSent, NoAnswer, TooLate, reroute
from sharing.sandbox import Sandbox


@pytest.fixture
def serve():
    """Answer each connection with the given bytes; returns the port and what came."""
    opened = []

    def serve(*answers, hold=0.0):
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)
        came = []

        def run():
            for answer in answers:
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    speak(connection, answer)

        def speak(connection, answer):
            with connection:
                came.append(connection.recv(65536))
                time.sleep(hold)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)  # unread bytes would reset the answer

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1], came

    yield serve
    for listener in opened:
        listener.close()


def ok(body=b"{}", *headers):
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("https://api.x.com/2/tweets", None, "https://api.x.com/2/tweets"),
        ("https://api.x.com/2/tweets", "http://s:1", "http://s:1/api.x.com/2/tweets"),
        ("https://a.io/p?q=1#f", "http://s:1/in/", "http://s:1/in/a.io/p?q=1#f"),
    ],
)
def test_a_base_address_reroutes_host_and_path(url, base, expected):
    assert reroute(url, base) == expected


def test_a_refused_connection_was_never_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NeverSent):
        Http().request("POST", f"http://127.0.0.1:{port}/", data=b"x")


def test_a_name_that_does_not_exist_was_never_sent():
    with pytest.raises(NeverSent):
        Http().request("POST", "http://no-such-host.invalid/", data=b"x")


def test_a_hang_up_after_the_request_is_no_answer(serve):
    port, came = serve(b"")

    with pytest.raises(NoAnswer):
        Http().request("POST", f"http://127.0.0.1:{port}/", data=b"x")

    assert b"POST /" in came[0]


def test_an_earlier_failure_being_handled_is_not_mistaken_for_this_one(serve):
    port, _came = serve(b"")

    with pytest.raises(NoAnswer):
        try:
            raise requests.ConnectionError(NewConnectionError(None, "the first try"))
        except requests.ConnectionError:
            Http().request("POST", f"http://127.0.0.1:{port}/", data=b"x")


def test_a_late_answer_is_no_answer(serve, monkeypatch):
    monkeypatch.setattr(http, "READ_SECONDS", 0.1)
    port, _came = serve(ok(), hold=0.4)

    with pytest.raises(NoAnswer):
        Http().request("POST", f"http://127.0.0.1:{port}/", data=b"x")


@pytest.fixture
def dripping():
    """A server that sends a beginning, then a byte at a time, for as long as one listens."""
    opened, ended = [], threading.Event()

    def dripping(beginning):
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def run():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(beginning)
                    while not ended.wait(0.05):
                        connection.sendall(b"x")

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1]

    yield dripping
    ended.set()
    for listener in opened:
        listener.close()


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 20",
    ],
    ids=["body", "open end", "chunk", "header", "status"],
)
def test_an_answer_that_drips_holds_nobody(dripping, monkeypatch, beginning):
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.4)
    port, began = dripping(beginning), time.monotonic()

    with contextlib.suppress(NoAnswer, NeverSent):
        assert not Http().request("GET", f"http://127.0.0.1:{port}/").complete

    assert time.monotonic() - began < 3


def test_a_large_file_is_given_the_time_it_takes():
    def patience(megabytes, guarded=False):
        body = b"x" * megabytes * 1024 * 1024
        request = requests.Request("PUT", "https://a.example", data=body)
        return http.patience_for(request.prepare(), guarded) - http.TOTAL_SECONDS

    assert patience(0) == 0
    assert patience(5) == patience(5, guarded=True) == 80
    assert patience(64) == 1024
    assert patience(64, guarded=True) == http.LONGEST_TO_ANYBODY


def test_an_expired_deadline_opens_no_socket(serve):
    port, came = serve(ok())

    with pytest.raises(TooLate):
        Http().request("GET", f"http://127.0.0.1:{port}/", deadline=time.monotonic())

    assert came == []


def test_a_redirect_is_an_answer_and_not_followed(serve):
    port, came = serve(
        b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    )

    answer = Http().request("GET", f"http://127.0.0.1:{port}/a")

    assert (answer.status, len(came)) == (302, 1)


def test_a_huge_answer_is_cut_and_marked(serve):
    port, _came = serve(ok(b"x" * (http.MAX_BODY + 5)))

    answer = Http().request("GET", f"http://127.0.0.1:{port}/")

    assert not answer.complete
    assert len(answer.body) == http.MAX_BODY
    assert answer.json() == {}


def test_a_body_that_breaks_off_leaves_the_headers(serve):
    port, _came = serve(b"HTTP/1.1 201 OK\r\nX-Id: 7\r\nContent-Length: 99\r\n\r\n{")

    answer = Http().request("POST", f"http://127.0.0.1:{port}/", data=b"x")

    assert (answer.headers["x-id"], answer.complete) == ("7", False)


def test_the_environment_gives_no_proxy_and_no_password(serve, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    port, came = serve(ok())

    Http().request("GET", f"http://127.0.0.1:{port}/")

    assert b"authorization" not in came[0].lower()


def test_no_cookie_is_kept(serve):
    port, came = serve(
        ok(b"{}", "Set-Cookie: a=1", "Connection: close"),
        ok(b"{}", "Connection: close"),
    )

    for _ in range(2):
        Http().request("GET", f"http://127.0.0.1:{port}/")

    assert b"cookie" not in came[1].lower()


def test_a_header_that_cannot_be_written_was_never_sent():
    with pytest.raises(NeverSent):
        Http().request("GET", "http://127.0.0.1:1/", headers={"Authorization": "ж"})


def test_the_log_has_no_query_and_no_secret(serve, caplog):
    caplog.set_level(logging.INFO, "sharing.connectors")
    port, _came = serve(ok())

    Http().request("GET", f"http://127.0.0.1:{port}/p", params={"code": "s3cret"})

    assert "/p -> 200" in caplog.text
    assert "s3cret" not in caplog.text


def test_an_answer_with_broken_headers_puts_no_address_into_the_log(serve, caplog):
    """The library writes the whole address then, and some networks want tokens there."""
    broken = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header at all\r\n\r\n{}"
    port, _came = serve(broken)

    with caplog.at_level(logging.DEBUG):
        Http().request("GET", f"http://127.0.0.1:{port}/a?upload=s3cret-address")

    assert "s3cret-address" not in caplog.text


def test_threads_share_the_pool():
    with Sandbox() as sandbox:
        url = f"{sandbox.url}/_sandbox/health"
        statuses = []

        def ask():
            statuses.extend(Http().request("GET", url).status for _ in range(20))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert statuses == [200] * 160


def _pool_of_child(queue):
    queue.put(not http._pools._adapters)


def test_a_forked_worker_opens_its_own_sockets():
    http._pools.adapter()
    fork = multiprocessing.get_context("fork")
    queue = fork.Queue()
    child = fork.Process(target=_pool_of_child, args=(queue,))

    child.start()
    forgotten = queue.get(timeout=10)
    child.join()

    assert forgotten


def slow_reader(seconds):
    """A server whose line takes that long for what is sent; returns its port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    came = []

    def run():
        with contextlib.suppress(OSError), listener, listener.accept()[0] as connection:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                connection.settimeout(0.05)
                with contextlib.suppress(TimeoutError):
                    came.append(len(connection.recv(4096)))
                    if not came[-1]:
                        return
                time.sleep(0.02)
            connection.settimeout(5)
            while sum(came) < 3_000_000 and (not came or came[-1]):
                came.append(len(connection.recv(1 << 20)))
            connection.sendall(ok(b'{"id": 1}'))

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def test_a_large_body_may_take_longer_than_connecting(monkeypatch):
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.5)
    port = slow_reader(1.0)

    answer = Http().request("PUT", f"http://127.0.0.1:{port}/", data=bytes(3_000_000))

    assert answer.json() == {"id": 1}


def test_a_stream_is_read_as_it_is_sent_and_tells_that_it_lives(monkeypatch):
    monkeypatch.setattr(bodies, "BEAT_SECONDS", 0.2)
    beats = []
    stream = bodies.Stream(
        io.BytesIO(bytes(3_000_000)), 3_000_000, lambda: beats.append(1)
    )
    port = slow_reader(1.0)

    answer = Http().request("PUT", f"http://127.0.0.1:{port}/", data=stream)

    assert answer.ok
    assert beats


def test_who_lost_the_post_stops_sending_its_file(monkeypatch):
    monkeypatch.setattr(bodies, "BEAT_SECONDS", -1.0)

    def lost():
        raise errors.Stopped

    stream = bodies.Stream(io.BytesIO(bytes(3_000_000)), 3_000_000, lost)

    with pytest.raises(errors.Stopped):
        Http().request("PUT", f"http://127.0.0.1:{slow_reader(0.2)}/", data=stream)


def test_a_body_that_never_ends_its_way_is_given_up(monkeypatch):
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.3)
    monkeypatch.setattr(http, "LONGEST_SENDING", 0.1)

    with pytest.raises((NoAnswer, NeverSent)):
        Http().request(
            "PUT", f"http://127.0.0.1:{slow_reader(3)}/", data=bytes(9_000_000)
        )
