"""The forms of what a user is notified of, and of webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from newsletter.jobs.notification_kinds import KIND_RULES, KindGroup, NotificationKind, WebhookForm
from newsletter.jobs.notifications.choices import Choice, Key
from newsletter.web.forms.base import DeskForm

_NO_SUCH_CHOICE = _("Something was ticked that you can no longer be notified of. Choose again.")
SHOWN = "shown"  # names the groups that the page had: a newsletter that came since is not unticked by it


class NotificationForm(DeskForm):
    """Ticks by group, made of what the user may be notified of. `sections` are for the page: heading and fields."""

    def __init__(self, choices: Iterable[Choice], names: Mapping[int, str], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self._shown = frozenset(data.getlist(SHOWN)) if data is not None else frozenset()
        self._keys: dict[str, list[Key]] = {}
        self._headings: dict[int | None, list[str]] = {}
        self._names = names
        for group in KindGroup:
            for choice in choices:
                if KIND_RULES[choice.kind].group is group:
                    self._add(group, choice)

    def _add(self, group: KindGroup, choice: Choice) -> None:
        name = f"{group.name.lower()}-{choice.newsletter_id or 0}"
        if name not in self.fields:
            self.fields[name] = forms.MultipleChoiceField(
                label=_(group.value),
                widget=forms.CheckboxSelectMultiple,
                required=False,
                choices=(),
                initial=[],
                error_messages={"invalid_choice": _NO_SUCH_CHOICE},
            )
            self._headings.setdefault(choice.newsletter_id, []).append(name)
        field: Any = self.fields[name]
        field.choices = [*field.choices, (choice.kind.value, _(choice.kind.label))]
        field.initial = [*field.initial, *([choice.kind.value] if choice.wanted else [])]
        self._keys.setdefault(name, []).append((choice.newsletter_id, choice.kind))

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The service last: heading and fields."""
        order = sorted(self._headings, key=lambda each: (each is None, self._names.get(each or 0, "")))
        return [
            (self._names.get(each or 0, str(_("The service"))), [self[name] for name in self._headings[each]])
            for each in order
        ]

    def read_wanted(self) -> dict[Key, bool]:
        """What was ticked and what was not, of the groups that the page had."""
        ticked: Mapping[str, Any] = self.cleaned_data
        return {
            key: NotificationKind(key[1]).value in ticked[name]
            for name, keys in self._keys.items()
            if name in self._shown
            for key in keys
        }


class NotificationTestForm(DeskForm):
    """Sends a test to the user: nothing to fill in, one button."""


class NamedWebhookForm(DeskForm):
    """Which webhook a button of the table tests or removes."""

    name = forms.CharField(widget=forms.HiddenInput)


class AddWebhookForm(DeskForm):
    """A new webhook. What it may be is checked by the service, whose refusals stand at the fields."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("How the desk calls it"),
        widget=forms.TextInput(attrs={"class": "input--mid"}),
        error_messages={"required": _("Give the webhook a name.")},
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=2_000,
        help_text=_("Such as https://hooks.example.com/…; it is kept encrypted, and not shown again"),
        widget=forms.URLInput(attrs={"class": "input--mid", "autocomplete": "off"}),
        error_messages={"required": _("Type the address that is posted to.")},
    )
    form = forms.ChoiceField(
        label=_("Form"),
        choices=lambda: [(value, _(label)) for value, label in WebhookForm.list_choices()],
        widget=forms.RadioSelect,
    )
    newsletter = forms.ChoiceField(label=_("About"), required=False, widget=forms.Select(attrs={"class": "input--mid"}))
    kind = forms.MultipleChoiceField(
        label=_("Only these"),
        help_text=_("None ticked: everything"),
        choices=lambda: [(kind.value, _(kind.label)) for kind in KIND_RULES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, newsletters: Iterable[tuple[str, str]], data: QueryDict | None = None) -> None:
        """`newsletters`: the slugs and names of those that it can be about."""
        super().__init__(data, initial={"form": WebhookForm.JSON.value})
        about: Any = self.fields["newsletter"]
        about.choices = [("", _("Everything")), *newsletters]
