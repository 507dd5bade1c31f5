"""The REST API's door: a bearer token names the member and, with it, the tenant."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework.views import APIView

from tenants.api_auth import SCHEME
from tenants.scoping import acting_for
from tenants.tokens import find_api_token, note_use


class TenantAPI(APIView):
    """Base of each API view: the whole answer is made inside ``acting_for(tenant)``.

    ``roles`` names who may use the view; ``action_roles`` sharpens it per viewset action.
    """

    roles: ClassVar[tuple[str, ...]] = ()
    action_roles: ClassVar[dict[str, tuple[str, ...]]] = {}

    def needed_roles(self) -> tuple[str, ...]:
        return self.action_roles.get(getattr(self, "action", None) or "", self.roles)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = find_api_token(secret.strip()) if scheme == SCHEME else None
        if token is None:
            return super().dispatch(request, *args, **kwargs)
        request.api_token = token
        request.tenant, request.membership = token.tenant, token.membership
        request.membership.tenant = token.tenant
        timezone.activate(ZoneInfo(token.tenant.time_zone))
        with acting_for(token.tenant):
            note_use(token, timezone.now())
            return super().dispatch(request, *args, **kwargs)
