"""A stand-in for the real networks: ``python -m sharing.sandbox --port 8010``.

It behaves as the networks document themselves, so connectors run against it unchanged.
"""

from sharing.sandbox.running import Sandbox, consent
from sharing.sandbox.world import Settings

__all__ = ["Sandbox", "Settings", "consent"]
