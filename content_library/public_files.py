"""Addresses at which a network fetches a file itself: signed, short-lived, without login.

Whoever has one sees that one file, until it expires. It says which tenant's file it is,
so a name of another tenant's is another signature.
"""

import time
from typing import IO
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from common.files import send_file
from content_library.uploads.kinds import content_type_of
from tenants.models import Tenant

LIFE = 6 * 60 * 60  # seconds at least; a network may come back for a file
STEP = 60 * 60  # within which the address stays the same

signer = Signer(salt="content_library.public_files", sep=".")


def folder_of(tenant_id: UUID) -> str:
    """Return where all files of a tenant lie."""
    return f"t/{tenant_id}/"


def public_address(tenant_id: UUID, name: str) -> str:
    """Return the address of a stored file of this tenant, good for six hours at least."""
    folder = folder_of(tenant_id)
    if not name.startswith(folder):
        raise ValueError("the file of another tenant")
    until = (int(time.time()) + LIFE) // STEP * STEP + STEP
    signed = signer.sign_object([tenant_id.hex, name.removeprefix(folder), until])
    return f"{settings.PUBLIC_URL}{reverse('public_file', args=[signed])}"


def read_address(signed: str, now: float) -> str | None:
    """Return the name of the file; None when it expired or was never given out."""
    try:
        tenant, name, until = signer.unsign_object(signed)
    except (BadSignature, ValueError):
        return None
    if until < now or not Tenant.objects.filter(pk=tenant, is_active=True).exists():
        return None
    return f"{folder_of(UUID(tenant))}{name}"


@require_safe
def public_file(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Exactly the bytes that were meant, whole or in parts."""
    name = read_address(signed, time.time())
    if name is None:
        raise Http404
    content_type = content_type_of(name)
    response = send_file(request, *opened(name), content_type)
    if not content_type.startswith(("image/", "video/")):
        response["Content-Disposition"] = "attachment"  # no page of ours shows it
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Robots-Tag"] = "noindex"
    return response


def opened(name: str) -> tuple[IO[bytes], int]:
    """Return the stored file and its size, or 404."""
    try:
        size = default_storage.size(name)
        return default_storage.open(name, "rb"), size
    except (OSError, ValueError):  # there is none; no name of ours
        raise Http404 from None
