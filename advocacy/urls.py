"""All addresses. Everything of a tenant stands under ``/t/<slug>/``."""

from django.urls import URLPattern, URLResolver, include, path

from analytics import redirect
from common.api import unknown_address
from common.gallery import gallery
from common.health import livez, readyz
from common.mailbox import mailbox
from common.preferences import preferences
from content_library.public_files import public_file
from notifications.urls import stop_patterns
from sharing.urls import callback_patterns

handler500 = "common.away.broken"

TENANT = "t/<slug:slug>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenants.entrance_urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    # advocacy.wsgi answers these before Django; this is for the test server.
    path("l/<path:code>", redirect.view, name="short_link"),
    path("api/v1/", include("advocacy.api_urls")),
    path("api/", unknown_address),
    path("api/<path:rest>", unknown_address),
    path("m/<str:signed>", public_file, name="public_file"),
    path("preferences/", preferences, name="preferences"),
    path("ui/", gallery, name="gallery"),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("dev/mail/", mailbox, name="mailbox"),
    path(TENANT, include("tenants.urls")),
    path(TENANT, include("notifications.urls")),
    path(TENANT, include("guidelines.urls")),
    path(TENANT, include("content_library.urls")),
    path(TENANT, include("sharing.urls")),
    path(TENANT, include("analytics.urls")),
    *callback_patterns,
    *stop_patterns,
]
