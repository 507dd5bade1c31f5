"""What a network module inherits from: pick one."""

from sharing.connectors.connector import Connector
from sharing.connectors.oauth2 import OAuth2Connector
from sharing.connectors.servers import ServersConnector
from sharing.connectors.signing_in import SignInConnector

__all__ = ["Connector", "OAuth2Connector", "ServersConnector", "SignInConnector"]
