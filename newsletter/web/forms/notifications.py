"""The form of what a user is notified of: a group of ticks for each newsletter, and one for the service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from newsletter.jobs.notification_kinds import KIND_RULES, KindGroup, NotificationKind
from newsletter.jobs.notifications.choices import Choice, Key

_NO_SUCH_CHOICE = "Something was ticked that you can no longer be notified of. Choose again."
SHOWN = "shown"  # names the groups that the page had: a newsletter that came since is not unticked by it


class NotificationForm(forms.Form):
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
                label=group.value,
                widget=forms.CheckboxSelectMultiple,
                required=False,
                choices=(),
                initial=[],
                error_messages={"invalid_choice": _NO_SUCH_CHOICE},
            )
            self._headings.setdefault(choice.newsletter_id, []).append(name)
        field: Any = self.fields[name]
        field.choices = [*field.choices, (choice.kind.value, choice.kind.label)]
        field.initial = [*field.initial, *([choice.kind.value] if choice.wanted else [])]
        self._keys.setdefault(name, []).append((choice.newsletter_id, choice.kind))

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The service last: heading and fields."""
        order = sorted(self._headings, key=lambda each: (each is None, self._names.get(each or 0, "")))
        return [
            (self._names.get(each or 0, "The service"), [self[name] for name in self._headings[each]]) for each in order
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
