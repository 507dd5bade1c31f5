"""What a network module inherits from: pick one."""

from sharing.connectors.connector import Connector
from sharing.connectors.oauth2 import OAuth2Connector

__all__ = ["Connector", "OAuth2Connector"]
