"""A sandbox of its own for every test."""

import pytest

from sharing.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running
