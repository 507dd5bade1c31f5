"""Settings for the runs the tools make; the names are those of `.env.example`."""

import base64
import json
import os
import secrets
from pathlib import Path

from tools.terminal import STATE

NETWORKS = ("LINKEDIN", "X")
IN_DEMO = (*NETWORKS, "INSTAGRAM", "TIKTOK", "MASTODON", "BLUESKY")
SETTINGS = {"DJANGO_SETTINGS_MODULE": "advocacy.settings"}


def token_key() -> str:
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()


def for_tests() -> dict[str, str]:
    return SETTINGS | {
        "PUBLIC_URL": "http://localhost:8000",
        "SECRET_KEY": "only-for-tests-" + "0123456789abcdef" * 3,
        "TOKEN_KEYS": "k1:"
        + base64.b64encode(b"only for tests, never elsewhere!").decode(),
        "DEMO": "0",
        "NETWORKS_WITHOUT_APP": "0",
        "TESTING": "1",
    }


def like_production() -> dict[str, str]:
    """What `manage.py check --deploy` should judge."""
    return SETTINGS | {
        "PUBLIC_URL": "https://advocacy.example.org",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "TOKEN_KEYS": token_key(),
        "DEMO": "0",
    }


def for_bench(state: Path) -> dict[str, str]:
    """As in production, but reachable without TLS."""
    return (
        like_production()
        | {
            "PUBLIC_URL": "http://localhost:8000",
            "ALLOWED_HOSTS": "*",
            "LOG_LEVEL": "WARNING",
        }
        | places(state)
    )


def for_demo(
    port: int, sandbox_port: int, state: Path = STATE / "demo"
) -> dict[str, str]:
    sandbox = f"http://localhost:{sandbox_port}"
    networks: dict[str, str] = {}
    for network in IN_DEMO:
        networks |= {
            f"NETWORK_{network}_BASE_URL": sandbox,
            f"NETWORK_{network}_CLIENT_ID": "demo-client",
            f"NETWORK_{network}_CLIENT_SECRET": "demo-secret",
        }
    networks["NETWORK_TIKTOK_AUDIT"] = "audited"
    return (
        SETTINGS
        | {"DEMO": "1", "PUBLIC_URL": f"http://localhost:{port}"}
        | kept_secrets(state / "secrets.json")
        | networks
        | places(state)
    )


def places(state: Path) -> dict[str, str]:
    folders = {
        "MAIL_DIR": "mail",
        "MEDIA_ROOT": "media",
        "SPOOL_DIR": "spool",
        "STATIC_ROOT": "static",
    }
    return {name: str(state / folder) for name, folder in folders.items()}


def kept_secrets(path: Path) -> dict[str, str]:
    """Random once, then the same: what they encrypted stays readable."""
    if not path.exists():
        fresh = {"SECRET_KEY": secrets.token_urlsafe(60), "TOKEN_KEYS": token_key()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(fresh, file)
    kept: dict[str, str] = json.loads(path.read_text())
    return kept
