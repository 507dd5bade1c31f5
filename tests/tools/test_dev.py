import errno
import os
import socket
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

from tools.ports import port_number, refuse_taken_port
from tools.terminal import ROOT, Problem


@pytest.fixture(scope="module")
def dev():
    loader = SourceFileLoader("dev_script", str(ROOT / "dev"))
    module = module_from_spec(spec_from_loader("dev_script", loader))
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_the_flag_to_change_it(taken):
    with pytest.raises(Problem) as told:
        refuse_taken_port("127.0.0.1", taken, "--port")

    assert f"Port {taken} is taken" in str(told.value)
    assert "--port" in str(told.value)


def test_a_port_taken_on_all_addresses_is_found_too():
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104
        port = server.getsockname()[1]

        with pytest.raises(Problem, match="is taken"):
            refuse_taken_port("127.0.0.1", port, "--sandbox-port")


def test_a_free_port_is_fine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert refuse_taken_port("127.0.0.1", port, "--port") is None


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(Problem, match=r"192\.0\.2\.1"):
        refuse_taken_port("192.0.2.1", 18765, "--port")


@pytest.mark.parametrize("text", ["", "http", "-1", "0", "65536", "8000.5", "٨٠٠٠"])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(Exception, match="give a number from 1 to 65535"):
        port_number(text)


def test_a_read_only_checkout_is_told_apart_from_anothers(dev):
    read_only = dev.why_unwritable(str(ROOT), OSError(errno.EROFS, "x"))
    full = dev.why_unwritable(str(ROOT), OSError(errno.ENOSPC, "x"))

    assert "is read-only" in read_only
    assert "no space left" in full


def test_a_checkout_of_root_names_both_accounts_and_the_cure(dev, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4242)

    sentence = dev.why_unwritable("/", OSError(errno.EACCES, "x"))

    assert "belongs to root" in sentence
    assert "sudo chown -R" in sentence


def test_an_unknown_command_lists_the_known_ones():
    done = subprocess.run(
        [sys.executable, "dev", "tset"], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode != 0
    assert "There is no ./dev tset" in done.stderr
    assert "./dev test" in done.stderr


def test_a_copy_in_which_nothing_can_be_written_is_refused_before_anything_starts(
    dev, tmp_path, monkeypatch
):
    def refuse(**_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(dev, "ROOT", str(tmp_path))
    monkeypatch.setattr(dev.tempfile, "TemporaryFile", refuse)

    with pytest.raises(SystemExit, match="is read-only"):
        dev.refuse_unwritable()


def test_a_half_made_virtual_environment_is_not_taken_for_a_whole_one(
    dev, tmp_path, monkeypatch
):
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(dev, "PYTHON", str(python))

    assert not dev.usable()
