"""Find Chromium for the browser tests, or install Debian's where we may."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.terminal import say, step

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji")


def find_chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    for name in ([named] if named else []) + [*NAMES, *ON_MACOS]:
        if program := shutil.which(name):
            return program
    return None


def find_or_install_chromium() -> str | None:
    return find_chromium() or (install_chromium() if may_install() else None)


def may_install() -> bool:
    return (
        os.geteuid() == 0
        and Path("/etc/debian_version").exists()
        and bool(shutil.which("apt-get"))
    )


def install_chromium() -> str | None:
    say(
        "No Chromium here: installing Debian's for the browser tests (about 80 MB, once)."
    )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = {
        "package lists": ["apt-get", "update", "-q"],
        "chromium": ["apt-get", "install", "-yq", "--no-install-recommends", *PACKAGES],
    }
    for what, argv in steps.items():
        with step(f"apt-get: {what}"):
            done = subprocess.run(argv, env=env, capture_output=True, text=True)
        if done.returncode:
            say("\n".join((done.stdout + done.stderr).splitlines()[-8:]))
            break
    return find_chromium()
