"""./dev lock: pin what pyproject.toml names; with --upgrade, in the newest versions it allows.

With hashes and without any address, for every Python and system we support; installable by
uv and by pip.
"""

import subprocess
import sys

from tools.terminal import ROOT, run, step

LOCKS: dict[str, list[str]] = {"app": [], "dev": ["--group", "dev"]}
FORM = ["--universal", "--generate-hashes", "--no-header", "--no-annotate"]


def main(arguments: list[str]) -> int:
    for name, groups in LOCKS.items():
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            *FORM,
            *groups,
        ]
        command += [*arguments, "pyproject.toml", "-o", f"requirements/{name}.lock"]
        with step(f"requirements/{name}.lock"):
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
