"""Where a form of ours may lead away to: the consent pages of the offered networks.

Chromium holds the redirect after a form post against ``form-action`` too.
"""

from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse

from sharing.configured import offered_networks
from sharing.connectors.base import OAuth2Connector, ServersConnector
from sharing.connectors.http import reroute
from tenants.door import MemberRequest


def may_leave_to_connect(
    request: MemberRequest, response: HttpResponse
) -> HttpResponse:
    """Allow the response's forms to end on a network's consent page."""
    response._csp_update = {"form-action": consent_origins(request.tenant.pk)}  # type: ignore[attr-defined]
    return response


def consent_origins(tenant_id: UUID) -> list[str]:
    origins = set()
    for network in offered_networks(tenant_id):
        if isinstance(network, ServersConnector) or not isinstance(
            network, OAuth2Connector
        ):
            continue  # begun on a page of ours that leads on without a form
        parts = urlsplit(reroute(network.AUTHORIZE_URL, network.base_url))
        origins.add(f"{parts.scheme}://{parts.netloc}")
    return sorted(origins)
