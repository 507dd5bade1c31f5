"""All addresses. Everything of a tenant stands under ``/t/<slug>/``."""

from django.urls import URLPattern, URLResolver, include, path

TENANT = "t/<str:slug>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
]
