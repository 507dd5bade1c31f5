"""As root the servers run as another account, which must reach its programs and its data."""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tools.binaries import Program
from tools.terminal import Problem

Account = dict[
    str, Any
]  # keyword arguments of Popen; empty where we need no other account
ELSEWHERE = Path("/var/tmp")


def server_account(state: Path) -> Account:
    """PostgreSQL refuses to run as root: as root, another account runs both servers."""
    if os.geteuid() != 0:
        return {}
    for data in state.glob("postgres-*/PG_VERSION"):
        owner = data.stat()
        if owner.st_uid != 0:
            return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Problem(
        "PostgreSQL does not run as root, and there is neither an account 'postgres' "
        "nor 'nobody' to run it: use a normal account, or set DATABASE_URL."
    )


def data_within_reach(state: Path, account: Account) -> Path:
    """The state folder, or one elsewhere when the account cannot walk to it."""
    if not account:
        return state
    state.chmod(0o755)
    if may('cd "$1"', state, account):
        return state
    elsewhere = elsewhere_for(state)
    elsewhere.mkdir(mode=0o755, exist_ok=True)
    return ours(elsewhere)


def program_within_reach(program: Program, account: Account) -> Path:
    """The program, or a copy elsewhere when the account cannot walk to it."""
    if not account or may('test -x "$1"', program.path, account):
        return program.path
    if not program.parts:
        raise Problem(f"The account that runs the servers may not run {program.path}.")
    # Of this very file: an upgrade brings another one to the same place.
    copy = elsewhere_for(program.path, program.path.stat().st_mtime_ns)
    if not copy.exists():
        half = Path(tempfile.mkdtemp(prefix="advocacy-", dir=ELSEWHERE))
        for part in filter(
            Path.exists, (program.base / name for name in program.parts)
        ):
            shutil.copytree(part, half / part.name, symlinks=True)
        half.chmod(0o755)
        with contextlib.suppress(OSError):  # another run was quicker
            half.rename(copy)
        shutil.rmtree(half, ignore_errors=True)
    return ours(copy) / program.path.relative_to(program.base)


def elsewhere_for(path: Path, *details: int) -> Path:
    mark = hashlib.sha256(f"{path.resolve()}{details}".encode()).hexdigest()[:12]
    return ELSEWHERE / f"advocacy-{os.geteuid()}-{mark}"


def ours(folder: Path) -> Path:
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise Problem(f"{folder} belongs to somebody else: remove it and try again.")
    return folder


def may(what: str, path: Path, account: Account) -> bool:
    command = ["/bin/sh", "-c", what, "sh", str(path)]
    return (
        subprocess.run(command, cwd="/", capture_output=True, **account).returncode == 0
    )
