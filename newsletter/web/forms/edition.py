"""The forms of an edition: its texts, a story, a box. What the values mean is checked by the service functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.curator.editions.states import BoxPlace, PickSize
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.kernel.sentences import phrase
from newsletter.web.forms.base import DeskForm

PLACES = ((BoxPlace.TOP.value, _("Below the intro")), (BoxPlace.END.value, _("Below the stories")))
SIZES = (
    (PickSize.LARGE.value, _("Lead, at full width")),
    (PickSize.MEDIUM.value, _("Medium, with blurb")),
    (PickSize.SMALL.value, _("Small")),
    (PickSize.ALSO.value, _("A line of “Also today”")),
)
SEEN = "seen_"
FORM_NAMES = {"visibility": "shown_to"}  # by the name in the service
Audiences = Iterable[tuple[str, str]]  # for whom a story or box can be, with the words; read where a form is shown


def _text(
    label: Any, hint: Any = "", *, count: str = "", rows: int = 0, serif: bool = False, most: int = 0, **attrs: Any
) -> Any:
    """A text; `rows` makes it a text area. A newline at its ends is the service's to strip.

    The page shows how many characters or words it has, where `count` asks for that, before the hint.
    """
    attrs |= {"class": "input serif" if serif else "input", "autocomplete": "off"}
    if rows:
        attrs["rows"] = rows
    widget = forms.Textarea(attrs=attrs) if rows else forms.TextInput(attrs=attrs)
    field = forms.CharField(
        label=label, help_text=hint, widget=widget, required=False, strip=False, max_length=most or None
    )
    field.count = count  # type: ignore[attr-defined]  # for the template
    return field


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, required=False, widget=forms.Select(attrs={"class": "input"})
    )


def get_service_name(name: str) -> str:
    """What the service functions call a field of these forms."""
    return next((service_name for service_name, own in FORM_NAMES.items() if own == name), name)


class SeenForm(DeskForm):
    """A form whose fields each carry what they held when the page was loaded, as “seen_NAME”."""

    def read_fields(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was sent of the form's fields, and what was seen of them; a browser sends the ones it showed.

        Raises BadInput for a field that the form has not.
        """
        values: dict[str, Any] = {}
        for key, name, field in self._list_fields():
            if isinstance(field, forms.BooleanField):
                if SEEN + name in self.data:  # an empty box is not sent
                    values[key] = bool(self.data.get(name))
            elif name in self.data:
                values[key] = self.data[name]
        if not values:
            raise BadInput(phrase("There is no field to save. There are {names}.", names=", ".join(self.fields)))
        return values, self.read_seen_fields()

    def read_seen_fields(self) -> dict[str, Any]:
        """What was seen of the fields that were sent."""
        return {
            key: bool(self.data[SEEN + name]) if isinstance(field, forms.BooleanField) else self.data[SEEN + name]
            for key, name, field in self._list_fields()
            if SEEN + name in self.data
        }

    @property
    def is_left(self) -> bool:
        """Whether its author has left the field, and is not writing any more."""
        return bool(self.data.get("left"))

    def list_sent_texts(self) -> dict[str, str]:
        """The fields that were sent, as they were written."""
        return {key: self.data[name] for key, name, _field in self._list_fields() if name in self.data}

    def describe_value(self, key: str, value: str) -> str:
        """A value of a field as its form shows it: the words of a choice, yes or no of a box."""
        field = self.fields.get(self.SERVICE_NAMES.get(key, key))
        if isinstance(field, forms.BooleanField):
            return gettext("yes") if value in ("1", "yes", "True") else gettext("no")
        if isinstance(field, forms.ChoiceField):
            return next((str(words) for code, words in cast(Any, field.choices) if code == value), value)
        return value

    def offer_audiences(self, audiences: Audiences) -> None:
        """Fills in for whom something can be; a form that only saves needs no such words, which cost a query."""
        if "shown_to" in self.fields:
            _set_choices(self, "shown_to", audiences)

    def is_text(self, key: str) -> bool:
        """Whether a field is written in, and not chosen."""
        return not isinstance(self.fields.get(self.SERVICE_NAMES.get(key, key)), forms.BooleanField | forms.ChoiceField)

    def list_typed_texts(self) -> tuple[str, ...]:
        """What was written into fields, for a page that has these no longer."""
        seen = self.read_seen_fields()
        return tuple(text for key, text in self.list_sent_texts().items() if text != seen.get(key))

    def _list_fields(self) -> Iterator[tuple[str, str, forms.Field]]:
        """The fields, each with its name in the service and here."""
        return ((get_service_name(name), name, field) for name, field in self.fields.items())

    def show_refused(self, sent: SeenForm, problem: NewsletterError) -> None:
        """Shows what was typed, as it was sent, and at its field what was wrong with it.

        What the page was filled with stays as it was, so that what a colleague wrote meanwhile is replaced only by
        whoever ticks the box that says so.
        """
        self.data, self.is_bound = sent.data, True
        self.initial = {**self.initial, **self.read_seen()}
        self.show_problem(problem)
        for each in self.differences:
            field = self.fields[self.SERVICE_NAMES.get(each.name, each.name)]
            field.replaceable = each  # type: ignore[attr-defined]  # for the template


class EditionTextsForm(SeenForm):
    """The texts of an edition."""

    subject = _text(_("Subject"), _("characters"), count="characters", serif=True)
    second_subject = _text(
        _("Second subject, for half of the subscribers"), _("empty: everybody gets the first"), serif=True
    )
    preheader = _text(_("Preheader"), _("characters"), count="characters", serif=True)
    intro = _text(_("Intro"), _("Markdown, {{ first_name | reader }} works"), rows=4, serif=True)
    signed = _text(_("Signed by"), serif=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"auto_id": "w-%s"})


class StoryForm(SeenForm):
    """One story of an edition."""

    SERVICE_NAMES = FORM_NAMES

    headline = _text(_("Headline"), _("characters, 70 read best"), count="characters", serif=True)
    blurb = _text(_("Blurb"), _("words, 20 to 40 read best"), count="words", rows=3, serif=True)
    label = _text(_("Label"))
    size = _choice(_("Size"), SIZES)
    shown_to = _choice(_("For"), ())
    publisher = _text(_("Source"))
    url = _text(_("Link"))
    plain_link = forms.BooleanField(required=False)
    image_credit = _text(_("Picture credit"), placeholder=_("Name / agency"))
    image_alt = _text(_("Alternative text"))
    image_caption = _text(_("Caption"))
    no_picture = forms.BooleanField(label=_("Remove picture"), required=False)

    def __init__(self, *args: Any, audiences: Audiences = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"auto_id": "p-%s"})
        _set_choices(self, "shown_to", audiences)

    @classmethod
    def of(
        cls, content: Mapping[str, Any], *, link_parameters: str, has_picture: bool, audiences: Audiences
    ) -> StoryForm:
        """The form of a story with this content; what it has no use for is left out."""
        initial = {**content, "shown_to": content.get("visibility", ""), "no_picture": False}
        form = cls(initial=initial, audiences=audiences)
        if link_parameters:
            form.fields["plain_link"].label = gettext("Without %(parameters)s") % {"parameters": link_parameters[:30]}
        else:
            del form.fields["plain_link"]
        if not has_picture:
            for name in ("image_credit", "image_alt", "image_caption", "no_picture"):
                del form.fields[name]
        return form


class DropStoryForm(StoryForm):
    """Removing a story: its hash as the page showed it, or the fields of its open form as they are seen there."""

    content_hash = forms.CharField(widget=forms.HiddenInput, required=False)
    picture = forms.CharField(widget=forms.HiddenInput, required=False)

    def read_story_as_seen(self) -> tuple[str, dict[str, Any]]:
        """The hash, and what was seen of the fields. Raises BadInput without either."""
        content_hash = self.data.get("content_hash", "")
        seen = self.read_seen_fields()
        if not content_hash and not seen:
            raise BadInput(phrase("This page does not say what you saw. Load it again, then decide."))
        return content_hash, seen


class BoxForm(SeenForm):
    """A box of an edition."""

    SERVICE_NAMES = FORM_NAMES

    title = _text(_("Heading"), _("optional"), serif=True, maxlength=120)
    text = _text(_("Text"), _("Markdown"), rows=3, serif=True, maxlength=5000)
    shown_to = _choice(_("For"), ())
    place = _choice(_("Place"), PLACES)

    def __init__(self, *args: Any, number: int | str = "new", audiences: Audiences = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"auto_id": f"b-%s-{number}"})
        _set_choices(self, "shown_to", audiences)


def _set_choices(form: forms.Form, name: str, audiences: Audiences) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [(value, words[:1].upper() + words[1:]) for value, words in audiences]
