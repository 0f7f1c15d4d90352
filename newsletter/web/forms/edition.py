"""The forms of an edition: its texts, a story, a box. What the values mean is checked by the service functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.curator.editions.states import BoxPlace, PickSize
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError
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


class SeenForm(DeskForm):
    """A form whose fields each carry what they held when the page was loaded, as “seen_NAME”."""

    def read_fields(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was sent of the form's fields, and what was seen of them; a browser sends the ones it showed.

        Raises BadInput for a field that the form has not.
        """
        sent = self.data
        service_names = {name: service_name for service_name, name in self.SERVICE_NAMES.items()}
        values: dict[str, Any] = {}
        seen: dict[str, Any] = {}
        for name, field in self.fields.items():
            key = service_names.get(name, name)
            if isinstance(field, forms.BooleanField):
                if SEEN + name in sent:  # an empty box is not sent
                    values[key], seen[key] = bool(sent.get(name)), bool(sent[SEEN + name])
            else:
                if name in sent:
                    values[key] = sent[name]
                if SEEN + name in sent:
                    seen[key] = sent[SEEN + name]
        if not values:
            raise BadInput(phrase("There is no field to save. There are {names}.", names=", ".join(self.fields)))
        return values, seen

    def show_refused(self, sent: SeenForm, problem: NewsletterError) -> None:
        """Shows what was typed, as it was sent, and at its field what was wrong with it.

        What the page was filled with stays as it was: a refusal shows nobody what a colleague wrote meanwhile.
        """
        self.data, self.is_bound = sent.data, True
        self.initial = {**self.initial, **({} if isinstance(problem, Conflict) else self.read_seen())}
        self.show_problem(problem)


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

    SERVICE_NAMES = {"visibility": "shown_to"}

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


class BoxForm(SeenForm):
    """A box of an edition."""

    SERVICE_NAMES = {"visibility": "shown_to"}

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
