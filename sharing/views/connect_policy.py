"""Where a form of ours may lead away to: the consent pages of the networks.

Chromium holds the redirect after a form post against ``form-action`` too.
"""

from urllib.parse import urlsplit

from django.http import HttpResponse

from sharing import networks
from sharing.configured import network_called
from sharing.connectors.base import OAuth2Connector, ServersConnector
from sharing.connectors.http import reroute


def may_leave_to_connect(response: HttpResponse) -> HttpResponse:
    """Allow the response's forms to end on a network's consent page."""
    response._csp_update = {"form-action": consent_origins()}  # type: ignore[attr-defined]
    return response


def consent_origins() -> list[str]:
    origins = set()
    for network in map(network_called, networks.all_networks()):
        if isinstance(network, ServersConnector) or not isinstance(
            network, OAuth2Connector
        ):
            continue  # begun on a page of ours that leads on without a form
        parts = urlsplit(reroute(network.AUTHORIZE_URL, network.base_url))
        origins.add(f"{parts.scheme}://{parts.netloc}")
    return sorted(origins)
