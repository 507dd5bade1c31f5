"""Run the sandbox: ``python -m sharing.sandbox --port 8010 --state .local/sandbox``."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from types import FrameType

from sharing.sandbox.server import Server
from sharing.sandbox.world import Settings, World


def main(arguments: list[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    clients = dict(
        _pair(client) for client in chosen.client or ["demo-client:demo-secret"]
    )
    settings = Settings(
        clients=clients,
        callbacks=tuple(chosen.callback or ()),
        linkedin_per_day=chosen.linkedin_per_day,
        linkedin_app_per_day=chosen.linkedin_app_per_day,
        linkedin_oldest_version=chosen.linkedin_oldest_version,
        x_per_quarter_hour=chosen.x_per_quarter_hour,
        x_app_per_day=chosen.x_app_per_day,
        tiktok_audited=not chosen.tiktok_unaudited,
        tiktok_webhook=chosen.tiktok_webhook,
        instagram_deauthorize=chosen.instagram_deauthorize,
        instagram_deletion=chosen.instagram_deletion,
    )
    try:
        server = Server((chosen.host, chosen.port), World(settings, chosen.state))
    except OSError as error:
        sys.stderr.write(f"Cannot listen on port {chosen.port}: {error.strerror}.\n")
        return 1
    _stop_on_signals(server)
    sys.stdout.write(f"Network sandbox: http://{chosen.host}:{server.server_port}/\n")
    sys.stdout.flush()
    server.serve_forever(0.2)
    server.server_close()
    return 0


def _stop_on_signals(server: Server) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stopping.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _pair(client: str) -> tuple[str, str]:
    name, _, secret = client.partition(":")
    return name, secret


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sharing.sandbox", description=__doc__
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--state", help="folder that keeps posts and consents")
    parser.add_argument("--client", action="append", help="id:secret, may be repeated")
    parser.add_argument(
        "--callback", action="append", help="allow only these callbacks"
    )
    parser.add_argument(
        "--linkedin-per-day", type=int, default=Settings.linkedin_per_day
    )
    parser.add_argument(
        "--linkedin-app-per-day", type=int, default=Settings.linkedin_app_per_day
    )
    parser.add_argument(
        "--linkedin-oldest-version", default=Settings.linkedin_oldest_version
    )
    parser.add_argument(
        "--x-per-quarter-hour", type=int, default=Settings.x_per_quarter_hour
    )
    parser.add_argument("--x-app-per-day", type=int, default=Settings.x_app_per_day)
    parser.add_argument("--tiktok-unaudited", action="store_true")
    parser.add_argument(
        "--tiktok-webhook", default="", help="send signed messages there"
    )
    for name in ("deauthorize", "deletion"):
        said = f"call there, signed, on {name}"
        parser.add_argument(f"--instagram-{name}", default="", help=said)
    return parser


if __name__ == "__main__":
    sys.exit(main())
