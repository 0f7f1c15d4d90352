"""The forms of lists. What the settings of a list may be is checked by the service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import CountField, DeskForm, ShortNameField
from subscribers.lists import DAYS, SETTING_LABELS, ListChanges

MONTHS = (3, 6, 9, 12, 18, 24)  # of silence, of which one can be chosen
USUAL_MONTHS = 6
_MIDDLE = {"class": "input--mid"}
_WEEKDAYS = tuple(zip(DAYS, WEEKDAYS.values(), strict=True))


class _ListForm(DeskForm):
    """What a list has from the start."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("As subscribers see it."),
        max_length=120,
        widget=forms.TextInput(attrs=_MIDDLE),
        error_messages={"required": _("Give the list a name.")},
    )
    description = forms.CharField(
        label=_("Description (optional)"),
        help_text=_("One sentence for the sign-up page."),
        max_length=1000,
        required=False,
    )
    language = forms.ChoiceField(
        label=_("Language of its pages and mails"), choices=settings.LANGUAGES, widget=forms.Select(attrs=_MIDDLE)
    )


class NewListForm(_ListForm):
    """A new list."""

    slug = ShortNameField(error_messages={"required": _("Give the list a short name.")})

    field_order = ("name", "slug", "description", "language")


class ListForm(_ListForm):
    """The settings of a list."""

    privacy_notice = forms.CharField(
        label=_("Privacy notice (optional)"),
        help_text=_("Shown under the sign-up form, and kept with each consent. Web addresses in it become links."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    opt_in = forms.ChoiceField(
        label=_("Who signs up"),
        choices=[("double", _("confirms by mail first")), ("single", _("is subscribed at once"))],
        widget=forms.Select(attrs=_MIDDLE),
    )
    weekly_day = forms.ChoiceField(
        label=_("Day of the edition that weekly subscribers get"),
        choices=_WEEKDAYS,
        widget=forms.Select(attrs=_MIDDLE),
    )
    public = forms.BooleanField(label=_("Shown on the sign-up page"), required=False)

    field_order = ("name", "description", "privacy_notice", "language", "opt_in", "weekly_day", "public")

    def __init__(self, *args: Any, present: dict[str, str], **kwargs: Any) -> None:
        """`present`: the settings of the list, whose language may be one that only the command line knows."""
        initial = present | {"public": present["public"] == "yes"}
        super().__init__(*args, **{"initial": initial} | kwargs)
        language: Any = self.fields["language"]
        if present["language"] not in dict(language.choices):
            language.choices = [*language.choices, (present["language"], present["language"])]

    def read_changes(self) -> ListChanges:
        """The settings, as the service takes them."""
        changes: ListChanges = {}
        for name in SETTING_LABELS.keys() - {"public"}:
            changes[name] = self.cleaned_data[name]  # type: ignore[literal-required]
        changes["public"] = "yes" if self.cleaned_data["public"] else "no"
        return changes


class RemoveListForm(DeskForm):
    """That a list is to be removed."""

    sure = forms.BooleanField(
        label=_(
            "Nobody can subscribe to it any more, and its short name stays taken. Who was on it, and what they were "
            "sent, stays on record. This cannot be undone."
        ),
        error_messages={"required": _("Tick the box to confirm that this list is to be removed.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "removed-%s"} | kwargs)


class AskInactiveForm(DeskForm):
    """Asks inactive subscribers whether they still want it; their number is typed as a sign that it is meant."""

    months = forms.TypedChoiceField(choices=[(each, each) for each in MONTHS], coerce=int, widget=forms.HiddenInput)
    number = CountField(
        help_text=_(
            "Each gets one mail with one button. Those who neither click it nor open an edition within 30 days are "
            "unsubscribed; they can sign up again."
        ),
        error_messages={"required": _("Type the number of subscribers who would be asked.")},
    )

    def show_number(self, to_ask: str) -> None:
        """Says how many would be asked, as the page writes it."""
        label = _("To ask %(number)s subscribers by mail, type the number")
        self["number"].label = label % {"number": to_ask}
