"""The form before connecting, drawn from what the network says it asks for."""

from collections.abc import Mapping

from django import forms
from django.http import QueryDict

from sharing.connectors.base import Connector
from sharing.connectors.types import Ask
from sharing.services import translated

LONGEST = 500


class ConnectForm(forms.Form):
    """What was typed is kept when something is wrong with it, a secret never is."""

    def __init__(
        self,
        network: Connector,
        data: QueryDict | None = None,
        initial: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        for ask in network.asks_to_connect:
            self.fields[ask.name] = field_for(ask)

    @property
    def answers(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.cleaned_data.items()}


def field_for(ask: Ask) -> forms.CharField:
    kind = forms.PasswordInput if ask.secret else forms.TextInput
    plain = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(
        label=translated(ask.label),
        help_text=translated(ask.help),
        max_length=LONGEST,
        required=ask.needed,
        widget=kind(plain | {"placeholder": ask.placeholder}),
    )
