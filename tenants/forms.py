"""What admins type about people and their tenant."""

import re
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from tenants.models import ApiToken, Role, Team, Tenant

MOST_AT_ONCE = 100
ZONES = sorted(
    {"UTC", *(z for z in available_timezones() if re.match(r"[A-Z][a-z]+/", z))}
)


class RolesForm(forms.Form):
    """Roles and team: of a member, or of people to be invited."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Curators fill the library, managers see the dashboard, admins do everything. Everybody may share."
        ),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=gettext_lazy("No team"),
    )

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.for_tenant(tenant).order_by("name", "pk")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]


class InviteForm(RolesForm):
    emails = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("One, or several parted by commas or lines."),
    )
    field_order = ["emails", "roles", "team"]

    def clean_emails(self) -> list[str]:
        words = re.split(r"[\s,;]+", self.cleaned_data["emails"])
        emails = list(dict.fromkeys(word.strip("<>").lower() for word in words if word))
        if not emails:
            raise ValidationError(_("Write at least one e-mail address."))
        if len(emails) > MOST_AT_ONCE:
            raise ValidationError(
                _("At most %(most)d at once.") % {"most": MOST_AT_ONCE}
            )
        wrong = [email for email in emails if not is_email(email)]
        if wrong:
            raise ValidationError(
                [
                    _("%(email)s is no e-mail address.") % {"email": email[:80]}
                    for email in wrong[:5]
                ]
            )
        return emails


def is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


class TeamForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)


class TokenForm(forms.ModelForm):
    class Meta:
        model = ApiToken
        fields: ClassVar[list[str]] = ["name"]
        help_texts: ClassVar[dict[str, Any]] = {
            "name": gettext_lazy("What will use it, so that you know it again.")
        }


class SettingsForm(forms.ModelForm):
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("Of mails, and of pages for who chose none."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=[(zone, zone) for zone in ZONES]
    )

    class Meta:
        model = Tenant
        fields: ClassVar[list[str]] = [
            "name",
            "language",
            "time_zone",
            "hue",
            "help_name",
            "help_email",
        ]
        labels: ClassVar[dict[str, Any]] = {"hue": gettext_lazy("Colour")}
        help_texts: ClassVar[dict[str, Any]] = {
            "help_name": gettext_lazy("Whom members ask when they are in doubt."),
        }


class NewcomerForm(forms.Form):
    """The two things that a new person has to tell."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Ten characters or more; a few words are good."),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = User(email=self.email, name=self.cleaned_data.get("name", ""))
        validate_password(password, person)
        return password


class ProofForm(forms.Form):
    """The password of a person who has a sign-in already."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
