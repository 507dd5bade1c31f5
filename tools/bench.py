"""./dev bench: run the measurements of `benchmarks/` on servers that sync to disk."""

import sys

from tools import environment, messages
from tools.child import run_child
from tools.services import Services, forget
from tools.terminal import STATE, Problem, run, step

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
                if run_child(["manage.py", *words], env):
                    raise Problem(f"manage.py {words[0]} failed.")
        return run_child(["-m", "benchmarks", *arguments], env)


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
