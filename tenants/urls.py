"""``/t/<slug>/…``: people and the tenant itself."""

from django.urls import path

from tenants.views import inviting, members, settings, teams, tokens

app_name = "tenants"
urlpatterns = [
    path("people/", members.people, name="people"),
    path("people/invite/", inviting.invite, name="invite"),
    path("people/invitations/", inviting.invitations, name="invitations"),
    path(
        "people/invitations/<uuid:invitation_id>/resend/",
        inviting.resend_invitation,
        name="resend",
    ),
    path(
        "people/invitations/<uuid:invitation_id>/revoke/",
        inviting.revoke_invitation,
        name="revoke",
    ),
    path("people/teams/", teams.teams, name="teams"),
    path("people/teams/<uuid:team_id>/", teams.team, name="team"),
    path("people/<uuid:member_id>/", members.member, name="member"),
    path("people/<uuid:member_id>/deactivate/", members.deactivate, name="deactivate"),
    path("people/<uuid:member_id>/reactivate/", members.reactivate, name="reactivate"),
    path("settings/", settings.settings, name="settings"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path(
        "settings/tokens/<uuid:token_id>/revoke/",
        tokens.revoke_token,
        name="revoke_token",
    ),
]
