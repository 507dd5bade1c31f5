"""The addresses that name no tenant yet."""

from django.urls import path

from tenants.views import entrance

urlpatterns = [
    path("", entrance.home, name="home"),
    path("workplaces/", entrance.workplaces, name="workplaces"),
    path("invitations/<str:token>/", entrance.invitation, name="invitation"),
]
