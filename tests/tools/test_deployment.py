"""What the deployment files promise, as far as it shows without a container."""

import re

import pytest
import yaml

from tools.terminal import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
APPLICATION = ("web", "worker", "beat")
NOT_OF_DJANGO = {
    "POSTGRES_PASSWORD",
    "DATABASE_OWNER_PASSWORD",
    "DATABASE_PASSWORD",
    "PORT",
}


def documented():
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = [
        match[1] for line in lines if (match := re.match(r"#?([A-Z][A-Z0-9_]*)=", line))
    ]
    return [name for name in names if not name.startswith("NETWORK_")]


def test_every_setting_is_documented_in_the_order_of_the_settings():
    source = (ROOT / "advocacy/settings.py").read_text()
    read = re.findall(r"""\benv\.\w+\(\s*["']([A-Z0-9_]+)["']""", source)

    assert [n for n in documented() if n not in NOT_OF_DJANGO] == list(
        dict.fromkeys(read)
    )


def test_no_secret_has_a_value_in_the_example():
    example = (ROOT / ".env.example").read_text()

    assert not re.findall(
        r"^(?:\w*(?:PASSWORD|SECRET|_KEY)\w*|TOKEN_KEYS)=.+", example, re.M
    )


def test_every_variable_the_compose_file_asks_for_is_in_the_example():
    asked = re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text())

    assert set(asked) == NOT_OF_DJANGO


@pytest.mark.parametrize("service", APPLICATION)
def test_the_application_never_gets_the_password_of_a_role_above_its_own(service):
    environment = COMPOSE[service]["environment"]

    assert (
        environment["POSTGRES_PASSWORD"] == environment["DATABASE_OWNER_PASSWORD"] == ""
    )
    assert "advocacy_app" in environment["DATABASE_URL"]
    assert "DATABASE_OWNER_URL" not in environment


@pytest.mark.parametrize("service", [*APPLICATION, "db", "redis"])
def test_every_lasting_service_is_watched_and_comes_back(service):
    assert COMPOSE[service]["healthcheck"]["test"]
    assert COMPOSE[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", APPLICATION)
def test_nothing_starts_before_the_tables_are_there(service):
    waits_for = COMPOSE[service]["depends_on"]

    assert waits_for["migrate"]["condition"] == "service_completed_successfully"


def test_the_image_holds_locked_packages_and_no_root_process():
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert "--require-hashes" in dockerfile
    assert dockerfile.index("\nUSER advocacy") < dockerfile.index("\nCMD ")


def test_the_image_takes_every_application_and_nothing_unnamed():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    taken = {line[1:] for line in lines if line.startswith("!")}
    applications = {path.parent.name for path in ROOT.glob("*/apps.py")} - {"demo"}

    assert "*" in lines
    assert applications < taken
