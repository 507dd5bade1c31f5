"""The one-screen form of an item: words, address, picture, topics, window, texts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from common import networks
from content_library import topics
from content_library.addresses import clean_address
from content_library.media import BadPicture, read_picture
from content_library.media_form import MediaEditor
from content_library.models import Item, SuggestedText, Topic
from content_library.services import COLUMNS, Content, Suggestion
from tenants.models import Membership, Tenant

TEXTS = 6
MOST_TEXTS = 20
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
CHOOSE_AGAIN = _(
    "Choose the picture once more: a browser does not let us keep it for you."
)
CHANGED_MEANWHILE = _(
    "Somebody else has changed this item since you opened it. "
    "Look at it first; saving again replaces it with yours."
)


class AddressField(forms.CharField):
    """A web address; comes out as it is stored."""

    widget = forms.URLInput(
        {"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}
    )

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return clean_address(text) if text else ""


class PictureField(forms.FileField):
    """An upload that comes out as a JPEG of ours, whatever it was."""

    widget = forms.FileInput({"accept": "image/jpeg,image/png,image/webp,image/gif"})

    def to_python(self, data: Any) -> ContentFile | None:
        if data in self.empty_values:
            return None
        try:
            return read_picture(data)
        except BadPicture as bad:
            raise ValidationError(str(bad.sentence)) from None


class MomentField(forms.DateTimeField):
    """A moment in the tenant's time zone, as the browser's own picker sends it."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def clean(self, value: Any) -> datetime | None:
        moment = super().clean(value)
        if moment is not None and not EARLIEST <= moment < LATEST:
            raise ValidationError(_("Choose a moment between 2000 and 2099."))
        return moment


class ItemForm(forms.Form):
    source_url = AddressField(
        label=_("Web address"),
        required=False,
        help_text=_(
            "The page that people open. Not needed with pictures, a video or a PDF."
        ),
    )
    title = forms.CharField(label=_("Title"), max_length=200)
    summary = forms.CharField(
        label=_("Summary"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Two or three sentences: what it is about."),
    )
    why = forms.CharField(
        label=_("Why your network cares"),
        max_length=300,
        required=False,
        help_text=_("One line on what the people you know get out of it."),
    )
    source_name = forms.CharField(
        label=_("Source"),
        max_length=80,
        required=False,
        help_text=_("Who published it, such as “Our blog”."),
    )
    picture = PictureField(
        label=_("Picture"),
        required=False,
        help_text=_("JPEG, PNG, WebP or GIF, up to 10 MB."),
    )
    remove_picture = forms.BooleanField(
        label=_("Remove the present picture"), required=False
    )
    image_alt = forms.CharField(
        label=_("Picture description"),
        max_length=300,
        required=False,
        help_text=_("What there is to see, for those who cannot see it."),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics"), required=False, widget=forms.CheckboxSelectMultiple
    )
    new_topics = forms.CharField(
        label=_("New topics"),
        max_length=300,
        required=False,
        help_text=_("Part several with commas."),
    )
    starts_at = MomentField(label=_("From"), required=False)
    ends_at = MomentField(label=_("Until"), required=False)
    based_on = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: QueryDict | None,
        files: MultiValueDict[str, Any] | None,
        *,
        tenant: Tenant,
        item: Item | None,
    ) -> None:
        super().__init__(data, files, initial=initial_of(item))
        known = Topic.objects.for_tenant(tenant).order_by("name")
        choices = [(topic.name, topic.name) for topic in known]
        self.fields["topics"].choices = choices  # type: ignore[attr-defined]
        self.item = item

    def clean_new_topics(self) -> list[str]:
        names = topics.tidy(self.cleaned_data["new_topics"].split(","))
        if any(len(name) > topics.LONGEST for name in names):
            raise ValidationError(_("A topic has 60 characters at most."))
        return names

    def clean(self) -> None:
        if len(self.topic_names()) > topics.MOST:
            self.add_error(
                "topics",
                _("%(most)s topics are the most an item can be about.")
                % {"most": topics.MOST},
            )
        if self.cleaned_data.get("based_on", "") != moment_of(self.item):
            self.data = cast(QueryDict, self.data).copy()
            self.data["based_on"] = moment_of(self.item)
            self.add_error(None, CHANGED_MEANWHILE)

    def topic_names(self) -> list[str]:
        chosen = self.cleaned_data.get("topics", [])
        return topics.tidy([*chosen, *self.cleaned_data.get("new_topics", [])])


def initial_of(item: Item | None) -> dict[str, Any]:
    if item is None:
        return {}
    values = {name: getattr(item, name) for name in ("source_url", *COLUMNS)}
    chosen = [topic.name for topic in item.topics.all()]
    return values | {"topics": chosen, "based_on": moment_of(item)}


def moment_of(item: Item | None) -> str:
    """Return what differs once somebody else has saved the item."""
    return item.updated_at.isoformat() if item else ""


class TextForm(forms.Form):
    """One suggested text; left empty it is none."""

    network = forms.ChoiceField(label=_("For"), required=False)
    text = forms.CharField(
        label=_("Text"),
        max_length=3000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, known: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gone = [(slug, slug) for slug in known if networks.label_of(slug) == slug]
        self.fields["network"].choices = [  # type: ignore[attr-defined]
            ("", _("All networks")),
            *networks.choices(),
            *gone,
        ]


class ItemEditor:
    """The item's form and its suggested texts as one, valid or not as a whole."""

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        by: Membership,
        item: Item | None,
    ) -> None:
        self.is_bound, self.item = data is not None, item
        self.approves = data is not None and data.get("action") == "approve"
        # A press that only moves or uploads files saves nothing yet.
        self.saves = data is not None and not self.is_about_files(data)
        self.media = MediaEditor(data, files, by=by, item=item)
        self.form = ItemForm(data, files, tenant=by.tenant, item=item)
        texts = list(suggested_texts(item)) if item else []
        rows = [{"network": text.network, "text": text.text} for text in texts]
        formset = forms.formset_factory(
            TextForm,
            extra=max(0, TEXTS - len(rows)),
            max_num=MOST_TEXTS,
            absolute_max=MOST_TEXTS,
        )
        self.texts = formset(
            data,
            initial=[] if self.is_bound else rows,
            prefix="texts",
            form_kwargs={"known": sorted({text.network for text in texts} - {""})},
        )
        if self.is_bound and not self.saves:
            leave_unjudged([self.form, *self.texts.forms])

    @staticmethod
    def is_about_files(data: QueryDict) -> bool:
        return "media-do" in data or data.get("action") == "upload"

    def is_valid(self) -> bool:
        parts = [self.form.is_valid(), self.texts.is_valid(), self.media.is_valid()]
        if all(parts):
            return True
        self.ask_for_picture_again()
        return False

    def refuse(self, error: ValidationError) -> None:
        """Show what the service refused where the curator typed it."""
        by_field = error.message_dict if hasattr(error, "error_dict") else {}
        if "media" in by_field:
            self.media.errors += by_field["media"]
        else:
            self.form.add_error(None, error)
        self.ask_for_picture_again()

    def ask_for_picture_again(self) -> None:
        if self.form.files.get("picture") and "picture" not in self.form.errors:
            self.form.add_error("picture", CHOOSE_AGAIN)

    def content(self) -> Content:
        values = self.form.cleaned_data
        rows = [form.cleaned_data for form in self.texts if form.cleaned_data]
        return Content(
            title=values["title"],
            source_url=values["source_url"],
            summary=values["summary"],
            why=values["why"],
            source_name=values["source_name"],
            image_alt=values["image_alt"],
            starts_at=values["starts_at"],
            ends_at=values["ends_at"],
            topics=self.form.topic_names(),
            suggested_texts=[
                Suggestion(row["text"], row["network"]) for row in rows if row["text"]
            ],
            media=self.media.chosen(),
        )


def leave_unjudged(parts: Iterable[forms.Form]) -> None:
    """Show these forms as they are typed, without a word about what is missing yet."""
    for form in parts:
        form._errors = ErrorDict()  # type: ignore[attr-defined]


def suggested_texts(item: Item) -> Any:
    texts = SuggestedText.objects.for_tenant(item.tenant_id).filter(item=item)
    return texts.order_by("position", "pk")


class LibraryQuery(forms.Form):
    """What the list is asked for; anything odd is as if it were not there."""

    shelf = forms.CharField(required=False, max_length=12)
    q = forms.CharField(required=False, max_length=100)
