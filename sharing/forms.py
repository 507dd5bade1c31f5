"""The composer's form: one box for all networks, and one for each that differs."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.ids import uuid7
from sharing.configured import Used
from sharing.connectors.text import plain_ends
from sharing.handing_off import Handed
from sharing.models import Account
from sharing.options import Options, option_name, options_in
from sharing.services import LONGEST_TEXT, Part, ShareRefused
from sharing.time_form import TimeForm

ALL = ""  # the draft's key of the words for all networks


class Words(forms.CharField):
    """What somebody typed, kept as typed but for the line ends."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 5, "class": "composer__words"})
        super().__init__(
            max_length=LONGEST_TEXT,
            required=False,
            strip=False,
            widget=widget,
            **options,
        )
        # Longer texts are answered by the server: a browser would cut them silently.
        del self.widget.attrs["maxlength"]

    def to_python(self, value: Any) -> str:
        return plain_ends(super().to_python(value) or "")


class ComposeForm(TimeForm):
    """``accounts`` are the member's own, on networks that are offered.

    ``by_hand`` are the networks on which members post themselves.
    """

    use_required_attribute = False
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    text = Words(label=_("Your words"))

    def __init__(
        self,
        *args: Any,
        accounts: Sequence[Account],
        must_read: bool,
        labels: dict[str, str],
        by_hand: Sequence[Used] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.accounts = {str(account.pk): account for account in accounts}
        self.unanswered: set[str] = set()  # accounts that something is missing for
        usable = [pk for pk, account in self.accounts.items() if account.is_connected]
        self.fields["account"] = forms.MultipleChoiceField(
            label=_("Share on"),
            choices=[(pk, self.accounts[pk].label) for pk in usable],
            required=not by_hand,
            error_messages={
                "required": _("Choose at least one account."),
                "invalid_choice": _("Choose among your connected accounts."),
            },
        )
        for pk, account in self.accounts.items():
            label = _("Different words for %(network)s") % {
                "network": labels[account.network]
            }
            self.fields[own(pk)] = Words(label=label)
        self.by_hand = {one.slug: one for one in by_hand}
        self.fields["by_hand"] = forms.MultipleChoiceField(
            choices=[(one.slug, one.network.label) for one in by_hand],
            required=False,
            error_messages={
                "invalid_choice": _("Choose among the networks that are offered here.")
            },
        )
        for slug, one in self.by_hand.items():
            label = _("Different words for %(network)s") % {
                "network": one.network.label
            }
            self.fields[own(slug)] = Words(label=label)
        if must_read:
            self.fields["read"] = forms.BooleanField(
                label=_("I have read the guidelines"),
                error_messages={
                    "required": _("Please read the guidelines and tick this box first.")
                },
            )

    def renew_key(self) -> None:
        """Give a page that came with a broken key one that can be pressed."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["key"] = str(uuid7())
        self.data = data

    def parts(self) -> list[Part]:
        """Return the words of each chosen account: its own, or those for all."""
        said = self.cleaned_data
        return [
            Part(
                self.accounts[pk],
                said[own(pk)] or said["text"],
                options=self.options(pk),
            )
            for pk in said["account"]
        ]

    def options(self, pk: str) -> Options:
        """Return the answers to what an account's network asks, as they stand here."""
        return options_in(self.data if self.is_bound else self.initial, pk)

    def handed(self) -> list[Handed]:
        """Return the words for each network that the member posts on by hand."""
        said = self.cleaned_data
        return [
            Handed(
                self.by_hand[slug].network,
                self.by_hand[slug].mode,
                said[own(slug)] or said["text"],
            )
            for slug in said["by_hand"]
        ]

    def refuse(self, refused: ShareRefused, parts: Sequence[Part]) -> None:
        """Show what ``share_item`` refused at the field where it was typed."""
        self.offer = refused.offer
        for key, sentences in refused.errors.items():
            for sentence in sentences:
                self.add_error(*self.place_of(key, sentence, parts))

    def place_of(
        self, key: str, sentence: str, parts: Sequence[Part]
    ) -> tuple[str | None, str]:
        head, _dot, rest = key.partition(".")
        if head == "guidelines" and "read" in self.fields:
            return "read", sentence
        if head == "scheduled_at":
            return "day", sentence
        if head == "by_hand":
            slug = self.cleaned_data["by_hand"][int(rest.partition(".")[0])]
            return self.words_field(slug), sentence
        if head != "publications":
            return None, sentence
        if not rest:
            return "account", sentence
        index, _dot, field = rest.partition(".")
        account = parts[int(index)].account
        pk = str(account.pk)
        if field.startswith("options."):
            self.unanswered.add(pk)
        if field == "account" or pk in self.unanswered:
            return "account", f"{account}: {sentence}"
        return self.words_field(pk), sentence

    def words_field(self, key: str) -> str:
        """Return where the words for one account or network were typed."""
        return own(key) if self.cleaned_data.get(own(key)) else "text"


def own(key: str) -> str:
    """Return the name of the field that holds an account's or a network's own words."""
    return f"text-{key}"


def typed(form: ComposeForm) -> dict[str, str]:
    """Return every text as it stands in the form, valid or not, by the draft's keys."""
    names = {ALL: "text"} | {key: own(key) for key in (*form.accounts, *form.by_hand)}
    texts = {key: words_in(form, name) for key, name in names.items()}
    for pk in form.accounts:
        texts |= answers(form, pk)
    return texts


def answers(form: ComposeForm, pk: str) -> dict[str, str]:
    """Return the answers to what a network asks, by their names in form and draft."""
    given = form.options(pk)
    return {option_name(pk, name): value for name, value in given.items()}


def words_in(form: ComposeForm, name: str) -> str:
    return plain_ends(str(form[name].value() or ""))
