"""All addresses. Everything of a tenant stands under ``/t/<slug>/``."""

from django.urls import URLPattern, URLResolver, include, path

from common.gallery import gallery
from common.preferences import preferences

TENANT = "t/<str:slug>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("preferences/", preferences, name="preferences"),
    path("ui/", gallery, name="gallery"),
]
