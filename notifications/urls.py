"""A member's notices, under ``/t/<slug>/``; and the way out of the mails, outside."""

from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("notices/got/", views.got, name="got_all"),
    path("notices/<uuid:notice_id>/", views.open_notice, name="open"),
    path("notices/<uuid:notice_id>/got/", views.got, name="got"),
]

stop_patterns = [
    path("mails/stop/<str:token>/", views.stop_notices, name="stop_notices"),
]
