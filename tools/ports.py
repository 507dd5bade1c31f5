"""Say which port is taken, and by which flag to choose another, before anything starts."""

import argparse
import errno
import socket

from tools.terminal import Problem


def port_number(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"{text!r} is no port: give a number from 1 to 65535"
    )


def refuse_taken_port(host: str, port: int, flag: str) -> None:
    """Raise the sentence to show when nothing of ours could listen there."""
    other = f"choose another one with {flag}, for example {flag} {suggestion(port)}"
    try:
        bind(host, port)
    except PermissionError:
        raise Problem(f"Port {port} is reserved for root: {other}.") from None
    except socket.gaierror:
        raise Problem(
            f"{host} is no address of this machine: use another --host."
        ) from None
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise Problem(
                f"{host} is no address of this machine: use another --host."
            ) from None
        if not is_open(port):
            reason = error.strerror or error
            raise Problem(
                f"Nothing can listen on {host} port {port} ({reason}): {other}."
            ) from None
    else:
        if not is_open(port):
            return
    raise Problem(f"Port {port} is taken by another program: stop it, or {other}.")


def bind(host: str, port: int) -> None:
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    )[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def is_open(port: int) -> bool:
    """Whether somebody answers on what a browser calls localhost."""
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True


def suggestion(port: int) -> int:
    nearby = range(max(port + 1, 1024), min(max(port, 1024) + 100, 65536))
    return next((number for number in nearby if not is_open(number)), 18000)
