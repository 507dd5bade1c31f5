"""Who asks the REST API, and whether they may. Apart from ``api.py``: settings name these."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer adv_…``; ``TenantAPI`` has already looked the token up."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        token = getattr(request._request, "api_token", None)
        if token is not None:
            return token.membership.user, token
        if request.headers.get("Authorization"):
            raise AuthenticationFailed
        return None

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'


class IsMember(BasePermission):
    """The token's member has one of the view's ``roles`` (none named: any member)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        membership = getattr(request, "membership", None)
        if membership is None:
            return False
        roles = view.needed_roles()
        return not roles or membership.has_role(*roles)
