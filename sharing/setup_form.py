"""What admins type about a network: mode, app, plain settings. Secrets are write-only."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from sharing.connectors.modes import AppOption, Mode
from sharing.models import NetworkSetup
from sharing.services import translated
from sharing.setting_up import Change, Overview


class SetupForm(forms.Form):
    use_required_attribute = False

    def __init__(self, overview: Overview, data: Any = None) -> None:
        row = overview.row
        initial = {"mode": row.mode, "client_id": row.client_id} if row else {}
        super().__init__(data, initial=initial, auto_id="network-%s")
        self.overview = overview
        self.fields["mode"] = forms.ChoiceField(
            label=_("How members share here"),
            choices=modes_of(overview),
            widget=forms.RadioSelect,
            required=False,
        )
        if overview.takes_app:
            self.add_app()
        for option in overview.network.app_options:
            field = field_for(option)
            field.initial = row.options.get(option.name, "") if row else ""
            self.fields[f"option-{option.name}"] = field

    def add_app(self) -> None:
        no_filling = {"autocomplete": "off", "spellcheck": "false"}
        self.fields["client_id"] = forms.CharField(
            label=_("The app's key (client ID)"),
            max_length=200,
            required=False,
            widget=forms.TextInput(attrs=no_filling),
        )
        kept = self.overview.has_secret
        self.fields["client_secret"] = forms.CharField(
            label=_("The app's secret"),
            max_length=1000,
            required=False,
            help_text=_(
                "A secret is stored and is never shown. Leave empty to keep it."
            )
            if kept
            else _("It is stored encrypted and never shown again."),
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        row, client_id = self.overview.row, said.get("client_id", "")
        is_same = row is not None and row.client_id == client_id
        has_secret = is_same and self.overview.has_secret
        if client_id and not said.get("client_secret") and not has_secret:
            self.add_error("client_secret", _("Enter the secret of this app."))
        if said.get("client_secret") and not client_id:
            self.add_error("client_id", _("Enter the key that this secret belongs to."))
        return said

    @property
    def options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("option-")]

    @property
    def change(self) -> Change:
        said = self.cleaned_data
        options = {
            name.removeprefix("option-"): str(value)
            for name, value in said.items()
            if name.startswith("option-") and value not in (None, "")
        }
        return Change(
            mode=said["mode"],
            client_id=said.get("client_id", ""),
            client_secret=said.get("client_secret", ""),
            options=options,
        )


def modes_of(overview: Overview) -> list[tuple[str, str]]:
    usual = _("As usual: %(mode)s") % {"mode": overview.usual_words}
    modes = [*overview.network.works_in(), Mode.OFF]
    found = [(str(mode), str(NetworkSetup.Mode(mode).label)) for mode in modes]
    return [("", usual), *found]


def field_for(option: AppOption) -> forms.Field:
    words: dict[str, Any] = {
        "label": translated(option.label),
        "help_text": translated(option.help),
        "required": False,
    }
    if option.choices:
        choices = [(value, translated(label)) for value, label in option.choices]
        return forms.ChoiceField(choices=[("", _("As usual")), *choices], **words)
    if option.most is not None:
        return forms.IntegerField(min_value=1, max_value=option.most, **words)
    if option.pattern:
        return forms.RegexField(rf"\A(?:{option.pattern})\Z", **words)
    return forms.CharField(max_length=200, **words)
