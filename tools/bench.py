"""./dev bench: run the measurements of `benchmarks/` on servers that sync to disk."""

import subprocess
import sys

from tools import environment, messages
from tools.services import Services, forget
from tools.terminal import ROOT, STATE, run, step

BENCH = STATE / "bench"
PREPARATIONS = {
    "database tables": ["migrate", "--database", "owner", "--noinput", "-v", "0"],
    "static files": ["collectstatic", "--noinput", "-v", "0"],
}


def main(arguments: list[str]) -> int:
    messages.compile_catalogues()
    forget(BENCH)
    # Never the database of the environment: what a measurement writes is rubbish.
    with Services(BENCH, given={}) as services:
        env = services.env | environment.for_bench(BENCH)
        for what, words in PREPARATIONS.items():
            with step(what):
                subprocess.run(
                    [sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=True
                )
        command = [sys.executable, "-m", "benchmarks", *arguments]
        return subprocess.run(command, cwd=ROOT, env=env).returncode


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
