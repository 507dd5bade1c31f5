"""The editor of a guideline: its title, introduction and rules on one page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from guidelines.advice import advise, words
from guidelines.models import Guideline, GuidelineVersion
from guidelines.services import RuleText
from tenants.models import Tenant

MOST_RULES = 30
ROWS = "rules"
TITLE_TAKEN = _("There is a guideline of this title already.")
NO_RULE = _("Write at least one rule before you publish.")
CHANGED_MEANWHILE = _(
    "Somebody else has changed these guidelines since you opened them. "
    "Look at their text first; saving again replaces it with yours."
)
PARTS = [part.name for part in fields(RuleText)]


@dataclass(frozen=True)
class GuidelineText:
    """A guideline as the editor holds it."""

    title: str = ""
    introduction: str = ""
    rules: Sequence[RuleText] = ()

    def fingerprint(self) -> str:
        """Return what differs once somebody else has changed the text."""
        return sha256(repr(asdict(self)).encode()).hexdigest()[:16]


def text_of(version: GuidelineVersion) -> GuidelineText:
    rules = version.rules.order_by("position")
    return GuidelineText(
        version.guideline.title,
        version.introduction,
        tuple(RuleText(rule.do, rule.dont, rule.example) for rule in rules),
    )


# -- Rows that are added, moved and removed by a button, with a script or without ----------


def typed_text(data: Mapping[str, str]) -> GuidelineText:
    """Return what was typed so far, right or wrong."""
    rules = []
    for row in range(MOST_RULES):
        if f"{ROWS}-{row}-do" not in data:
            break
        parts = {part: data.get(f"{ROWS}-{row}-{part}", "") for part in PARTS}
        rules.append(RuleText(**parts))
    return GuidelineText(
        data.get("title", ""), data.get("introduction", ""), tuple(rules)
    )


def rearranged(text: GuidelineText, change: str) -> GuidelineText:
    """Return the text after ``add``, ``up-2``, ``down-2`` or ``remove-2``."""
    verb, _dash, number = change.partition("-")
    rules = list(text.rules)
    if verb == "add" and len(rules) < MOST_RULES:
        rules.append(RuleText(""))
    elif verb in MOVES and number.isdecimal() and int(number[:4]) < len(rules):
        MOVES[verb](rules, int(number))
    return replace(text, rules=tuple(rules))


def swap_with(offset: int) -> Callable[[list[RuleText], int], None]:
    def swap(rules: list[RuleText], row: int) -> None:
        other = row + offset
        if 0 <= other < len(rules):
            rules[row], rules[other] = rules[other], rules[row]

    return swap


MOVES: dict[str, Callable[[list[RuleText], int], object]] = {
    "up": swap_with(-1),
    "down": swap_with(1),
    "remove": list.pop,
}


# -- The form -----------------------------------------------------------------------------


class GuidelineForm(forms.Form):
    title = forms.CharField(
        label=_("Title"),
        max_length=120,
        help_text=_("What members see above the rules."),
    )
    introduction = forms.CharField(
        label=_("Introduction"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Two or three sentences: why there are guidelines at all."),
    )
    based_on = forms.CharField(widget=forms.HiddenInput, required=False)


class RuleForm(forms.Form):
    """One rule; a row left empty is no rule."""

    LINES = {"rows": 2}
    do = forms.CharField(
        label=_("Do"),
        max_length=300,
        widget=forms.Textarea(LINES),
        error_messages={"required": _("Say what to do; a rule begins with that.")},
    )
    dont = forms.CharField(
        label=_("Don't"), max_length=300, required=False, widget=forms.Textarea(LINES)
    )
    example = forms.CharField(
        label=_("Example"), max_length=500, required=False, widget=forms.Textarea(LINES)
    )

    def rule(self) -> RuleText:
        return RuleText(**{part: self.cleaned_data.get(part, "") for part in PARTS})


RuleRows = forms.formset_factory(
    RuleForm, extra=0, max_num=MOST_RULES, absolute_max=MOST_RULES, validate_max=True
)


class GuidelineEditor:
    """Title, introduction and rules as one form, valid or not as a whole."""

    def __init__(
        self,
        data: QueryDict | None,
        *,
        text: GuidelineText,
        stands: str,
        guideline: Guideline | None,
        based_on: str | None = None,
    ) -> None:
        """Show ``text``; ``stands`` is the fingerprint of what is stored at present."""
        self.is_bound, self.stands, self.guideline = data is not None, stands, guideline
        self.publishes = data is not None and data.get("action") == "publish"
        initial = {
            "title": text.title,
            "introduction": text.introduction,
            "based_on": stands if based_on is None else based_on,
        }
        # Rows that are sent say everything; compared with others they might seem unfilled.
        rows = [] if self.is_bound else [asdict(rule) for rule in text.rules]
        self.form = GuidelineForm(data, initial=initial)
        self.rows = RuleRows(
            data,
            initial=rows,
            prefix=ROWS,
            form_kwargs={"empty_permitted": True, "use_required_attribute": False},
        )
        self.count = len([rule for rule in text.rules if rule != RuleText("")])
        self.advice = advise(text.introduction, text.rules)
        self.words = words(text.introduction, text.rules)

    def is_valid(self, tenant: Tenant) -> bool:
        if not all([self.form.is_valid(), self.rows.is_valid()]):
            return False
        guidelines = Guideline.objects.for_tenant(tenant)
        if self.guideline:
            guidelines = guidelines.exclude(pk=self.guideline.pk)
        if guidelines.filter(title=self.form.cleaned_data["title"]).exists():
            self.form.add_error("title", TITLE_TAKEN)
        if self.publishes and not self.rules():
            self.form.add_error(None, NO_RULE)
        if self.form.cleaned_data["based_on"] != self.stands:
            self.form.data = {**self.form.data.dict(), "based_on": self.stands}  # type: ignore[attr-defined]
            self.form.add_error(None, CHANGED_MEANWHILE)
        return not self.form.errors

    def rules(self) -> list[RuleText]:
        rules = [form.rule() for form in self.rows]
        return [rule for rule in rules if rule != RuleText("")]

    def content(self) -> dict[str, Any]:
        """Return what is saved of a valid form."""
        form = self.form.cleaned_data
        return {
            "title": form["title"],
            "introduction": form["introduction"],
            "rules": self.rules(),
        }
