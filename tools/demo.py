"""./dev demo: the whole product with a living organisation in it, under one supervisor."""

import argparse
import json
import os
import signal
import sys
import time
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from tools import environment, messages
from tools.ports import port_number, refuse_taken_port
from tools.prepare import SIGN_INS
from tools.services import Services, forget
from tools.supervisor import Supervisor
from tools.terminal import BOLD, ROOT, STATE, Problem, note, paint, run, say, step

DEMO = STATE / "demo"
RUNNING = DEMO / "running.json"  # the environment of a demo that runs, for ./dev manage


def main(argv: list[str]) -> int:
    options = arguments(argv)
    started = time.monotonic()
    if Supervisor.is_running(DEMO):
        raise Problem("A demo runs from this checkout already: stop that one first.")
    refuse_taken_port(options.host, options.port, "--port")
    refuse_taken_port(options.host, options.sandbox_port, "--sandbox-port")
    if options.reset:
        reset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    with Services(DEMO) as services:
        try:
            serve(services, options, started)
        except KeyboardInterrupt:
            note("\nStopping …")
        finally:
            RUNNING.unlink(missing_ok=True)
    return 0


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--port", type=port_number, default=8000)
    parser.add_argument("--sandbox-port", type=port_number, default=8010)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--reset", action="store_true", help="delete the demo's data first"
    )
    options = parser.parse_args(argv)
    if options.port == options.sandbox_port:
        parser.error("--port and --sandbox-port must differ")
    return options


def reset() -> None:
    with step("the former demo is deleted"):
        if RUNNING.exists() and Supervisor.is_running(DEMO):
            raise Problem(
                "A demo runs from this checkout: stop it before you reset it."
            )
        forget(DEMO)
    if "DATABASE_URL" in os.environ:
        note("  - the database that DATABASE_URL names is left as it is")


def serve(services: Services, options: argparse.Namespace, started: float) -> None:
    own = environment.for_demo(options.port, options.sandbox_port, DEMO)
    own["ALLOWED_HOSTS"] = "localhost,127.0.0.1" if is_local(options.host) else "*"
    write_private(RUNNING, services.addresses | own)
    supervisor = Supervisor(services, services.env | own, DEMO)
    prepare(supervisor)
    with step("web, worker, beat and network sandbox"):
        for name, command in processes(options).items():
            supervisor.launch(name, command)
        supervisor.wait_until_ready(options.port)
    greet(supervisor, options, time.monotonic() - started)
    supervisor.watch()


def is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def write_private(path: Path, content: dict[str, str]) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as file:
        json.dump(content, file)


# -- What runs --------------------------------------------------------------------


def prepare(supervisor: Supervisor) -> None:
    (DEMO / "mail").mkdir(mode=0o700, exist_ok=True)
    messages.compile_catalogues()
    styles = StaticFiles(DEMO / "static.stamp")
    if not styles.are_collected():
        supervisor.begin(
            "collectstatic", manage("collectstatic", "--noinput", "--clear")
        )
    supervisor.begin("prepare", [sys.executable, "-m", "tools.prepare", str(DEMO)])
    supervisor.follow("prepare")
    if not styles.are_collected():
        with step("static files"):
            supervisor.finish("collectstatic")
        styles.remember()


def manage(*words: str) -> list[str]:
    return [sys.executable, "manage.py", *words]


def processes(options: argparse.Namespace) -> dict[str, list[str]]:
    host, port, sandbox_port = options.host, options.port, options.sandbox_port
    hooks = f"http://localhost:{port}/connect/instagram/hooks"
    commands = {
        "sandbox": f"sharing.sandbox --host {host} --port {sandbox_port}"
        f" --instagram-deauthorize {hooks}/deauthorize/"
        f" --instagram-deletion {hooks}/deletion/"
        f" --tiktok-webhook http://localhost:{port}/connect/tiktok/hooks/events/",
        "web": f"gunicorn advocacy.wsgi:application --bind {host}:{port} --preload"
        " --worker-class gthread --workers 2 --threads 4"
        " --graceful-timeout 5 --no-control-socket"
        " --logger-class advocacy.access_log.AccessLog --access-logfile -",
        "worker": "celery --app advocacy worker --loglevel INFO"
        " --pool threads --concurrency 8"
        " --without-gossip --without-mingle --without-heartbeat",
        "beat": "celery --app advocacy beat --loglevel INFO --pidfile=",
    }
    folders = {
        "sandbox": ["--state", str(DEMO / "sandbox")],
        "beat": ["--schedule", str(DEMO / "beat-schedule")],
    }
    return {
        name: [sys.executable, "-m", *command.split(), *folders.get(name, [])]
        for name, command in commands.items()
    }


class StaticFiles:
    """Collected again only after one of them, or a package that brings some, changed."""

    def __init__(self, stamp: Path) -> None:
        self.stamp = stamp
        self.mark = self.fingerprint()

    def fingerprint(self) -> str:
        digest = sha256((ROOT / "requirements/dev.lock").read_bytes())
        for path in sorted((ROOT / "static").rglob("*")):
            if path.is_file():
                digest.update(
                    f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes()
                )
        return digest.hexdigest()

    def are_collected(self) -> bool:
        return self.stamp.exists() and self.stamp.read_text() == self.mark

    def remember(self) -> None:
        self.stamp.write_text(self.mark)


def greet(supervisor: Supervisor, options: argparse.Namespace, seconds: float) -> None:
    say(
        f"\n{paint(f'http://localhost:{options.port}', BOLD)}   ready after {seconds:.1f} s\n"
    )
    say((DEMO / SIGN_INS).read_text().rstrip())
    say(f"\nNetwork sandbox  http://localhost:{options.sandbox_port}")
    say(f"Logs             {DEMO.relative_to(ROOT)}/*.log")
    say("Ctrl-C stops everything; the data stays until ./dev demo --reset.\n")


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
