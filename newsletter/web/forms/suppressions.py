"""The forms of the suppression list, and of which domains may sign up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import DeskForm, ParsedField
from subscribers.states import DomainVerdict
from subscribers.suppressions import LONGEST_REASON, parse_expiry


class SuppressForm(DeskForm):
    """An address, or a domain, that must not be mailed."""

    SERVICE_NAMES = {"email": "address"}

    address = forms.CharField(
        label=_("Address, or @example.com for a whole domain"),
        max_length=320,
        error_messages={"required": _("Type an address or a domain.")},
    )
    reason = forms.CharField(
        label=_("Why (optional)"),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("asked")}),
    )
    until = ParsedField(
        label=_("Until (optional)"),
        help_text=_("It ends when this day begins, at 00:00 UTC."),
        parse=parse_expiry,
        required=False,
        widget=forms.TextInput(attrs={"type": "date", "class": "input--mid"}),
    )


class LiftForm(DeskForm):
    """Which address is removed from the list, and that it is meant."""

    address = forms.CharField(widget=forms.HiddenInput)
    sure = forms.BooleanField(
        label=_("It may be mailed again, whatever the reason was."),
        error_messages={"required": _("Tick the box to confirm that it may be mailed again.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "lifted-%s"} | kwargs)


class LiftComplaintForm(LiftForm):
    """Which complaint is lifted, and that it is meant."""

    sure = forms.BooleanField(
        label=_("They asked for mail again, though they complained."),
        error_messages={"required": _("Tick the box to confirm that they asked for mail again.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "complained-%s"} | kwargs)


class SuppressionFileForm(DeskForm):
    """A file of addresses that must not be mailed."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={"required": _("Choose a CSV file.")},
    )


class DomainRuleForm(DeskForm):
    """Whether addresses at a domain may sign up."""

    domain = forms.CharField(
        label=_("Domain"),
        max_length=255,
        widget=forms.TextInput(attrs={"class": "input--mid", "placeholder": "example.com"}),
        error_messages={"required": _("Type a domain, such as example.com.")},
    )
    verdict = forms.ChoiceField(
        label=_("Rule"),
        choices=[(DomainVerdict.DENY.value, _("may not sign up")), (DomainVerdict.ALLOW.value, _("may sign up"))],
        widget=forms.Select(attrs={"class": "input--mid"}),
    )


class RemoveDomainRuleForm(DeskForm):
    """Which rule a button of the table removes."""

    domain = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "removed-%s"} | kwargs)
