"""``/accounts/…``: sign-in. What stands here goes before the pages of allauth."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("magic/", views.magic, name="magic"),
    path("magic/<str:token>/", views.magic_confirm, name="magic_confirm"),
    path("profile/", views.profile, name="profile"),
    path("email/", views.closed),
    path("confirm-email/", views.closed),
    path("confirm-email/<str:key>/", views.closed),
    path("login/code/confirm/", views.closed),
]
