"""The REST API's door: a bearer token names the member and, with it, the tenant."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.api_auth import SCHEME, TokenAuthentication
from tenants.models import Membership, Role, Team, Tenant
from tenants.scoping import acting_for
from tenants.tokens import find_api_token, note_use


class TenantAPI(APIView):
    """Base of each API view: the whole answer is made inside ``acting_for(tenant)``.

    ``roles`` names who may use the view; ``action_roles`` sharpens it per viewset action.
    """

    roles: ClassVar[tuple[str, ...]] = ()
    action_roles: ClassVar[dict[str, tuple[str, ...]]] = {}
    lookup_value_converter = "uuid"

    @property
    def tenant(self) -> Tenant:
        return self.request.tenant  # type: ignore[attr-defined]

    @property
    def membership(self) -> Membership:
        return self.request.membership  # type: ignore[attr-defined]

    def needed_roles(self) -> tuple[str, ...]:
        return self.action_roles.get(getattr(self, "action", None) or "", self.roles)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        is_bearer = scheme.lower() == SCHEME.lower()
        token = find_api_token(secret.strip()) if is_bearer else None
        if token is None:
            return super().dispatch(request, *args, **kwargs)
        request.api_token = token
        request.tenant, request.membership = token.tenant, token.membership
        request.membership.tenant = token.tenant
        timezone.activate(ZoneInfo(token.tenant.time_zone))
        with acting_for(token.tenant):
            note_use(token, timezone.now())
            return super().dispatch(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Undo what the view wrote before it refused."""
        response = super().handle_exception(exc)
        if hasattr(self.request._request, "api_token"):
            transaction.set_rollback(True)
        return response


class BearerScheme(OpenApiAuthenticationExtension):
    """How the schema speaks of ``TokenAuthentication``."""

    target_class = TokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token made on the API tokens page. It names one member in one tenant.",
        }


# -- Who am I ---------------------------------------------------------------------------


class TenantShape(serializers.ModelSerializer):
    slug = serializers.CharField()

    class Meta:
        model = Tenant
        fields = ["slug", "name", "language", "time_zone"]


class TeamShape(serializers.ModelSerializer):
    class Meta:
        model = Team
        fields = ["id", "name"]


class MemberShape(serializers.ModelSerializer):
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    team = TeamShape(allow_null=True)
    tenant = TenantShape()

    class Meta:
        model = Membership
        fields = ["id", "name", "email", "roles", "team", "tenant"]


class Me(TenantAPI):
    @extend_schema(summary="Who the token is", responses=MemberShape, tags=["me"])
    def get(self, request: Request) -> Response:
        """The member whom the token stands for, and the tenant."""
        return Response(MemberShape(self.membership).data)
