"""What the audit log is asked for: it stands in the address of the page, so that links can lead there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.accounts import audit_log
from newsletter.web.audit_words import get_action_label
from newsletter.web.forms.base import DayField, DeskForm, WholeNumberField

_LONGEST_TEXT = 254


def _list_actions() -> list[tuple[str, Any]]:
    found = ((each, get_action_label(each)) for each in audit_log.list_actions())
    return [("", _("Any action")), *sorted(found, key=lambda each: str(each[1]).casefold())]


class AuditFilterForm(DeskForm):
    """Which entries. Nothing is required: an empty form asks for all."""

    user = forms.CharField(label=_("User"), required=False, max_length=_LONGEST_TEXT)
    action = forms.ChoiceField(label=_("Action"), choices=_list_actions, required=False)
    newsletter = forms.ChoiceField(label=_("Newsletter"), required=False)
    edition = WholeNumberField(label=_("Edition (number)"), required=False)
    subscriber = forms.CharField(label=_("Subscriber (address or number)"), required=False, max_length=_LONGEST_TEXT)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("Until"), required=False)

    def __init__(self, *args: Any, newsletters: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["newsletter"]
        choices.choices = [("", _("All newsletters")), *newsletters]
        for name in ("edition", "subscriber", "user"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """Called by Django; a period that ends before it begins holds nothing."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first. Give a later one."))
        return self.cleaned_data
