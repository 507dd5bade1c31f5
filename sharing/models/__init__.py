"""Social accounts, shares, and each share's publications."""

from sharing.models.account import Account, ConnectAttempt, ServerApp
from sharing.models.budget import Budget
from sharing.models.circuit import Circuit
from sharing.models.gate import PublishingGate
from sharing.models.link import TrackedLink
from sharing.models.publication import Publication, PublicationEvent, Reason, State
from sharing.models.rules import SharingRules
from sharing.models.setup import NetworkSetup
from sharing.models.share import Draft, Share

__all__ = [
    "Account",
    "Budget",
    "Circuit",
    "ConnectAttempt",
    "Draft",
    "NetworkSetup",
    "Publication",
    "PublicationEvent",
    "PublishingGate",
    "Reason",
    "ServerApp",
    "Share",
    "SharingRules",
    "State",
    "TrackedLink",
]
