"""Tenants, who belongs to them, and what was done there."""

from tenants.models.audit import AuditEntry
from tenants.models.invitation import Invitation
from tenants.models.membership import Membership, Role, Team
from tenants.models.tenant import Tenant
from tenants.models.token import ApiToken

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Invitation",
    "Membership",
    "Role",
    "Team",
    "Tenant",
]
