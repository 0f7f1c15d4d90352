"""The forms of the list of editions and of the review: what is decided about an edition, but for sending it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.catalog.values import Newsletter
from newsletter.curator.editions.values import Pick
from newsletter.web.forms.base import DayField, DecisionForm, DeskForm

CORRECT = "correct"  # typed as a sign that somebody means it


class NewEditionForm(DeskForm):
    """A day, and whether the edition is filled with suggestions."""

    newsletter = forms.CharField(
        label=_("Newsletter"),
        widget=forms.Select(attrs={"class": "input--mid"}),
        error_messages={"required": _("Choose the newsletter.")},
    )
    date = DayField(label=_("Date"), help_text=_("Empty: today, in the newsletter’s time zone"), required=False)
    suggest = forms.BooleanField(label=_("Fill it with fresh stories that have not run"), required=False, initial=True)

    def __init__(self, *args: Any, newsletters: Iterable[Newsletter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        select = cast(forms.Select, self.fields["newsletter"].widget)
        select.choices = [(each.slug, each.name) for each in newsletters]
        self.fields["date"].widget.attrs["class"] = "input input--mid"


class ApprovalForm(DecisionForm):
    """An approval, or that it is withdrawn."""

    withdraw = forms.BooleanField(widget=forms.HiddenInput, required=False)


class ApprovalRequestForm(DecisionForm):
    """Whom somebody asks for approval: `approvers` are names by address. Who may approve is checked by the service."""

    of = forms.CharField(label=_("Ask"), widget=forms.Select, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, approvers: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "request-%s"} | kwargs)
        select = cast(forms.Select, self.fields["of"].widget)
        select.choices = [("", _("Anybody who may approve")), *approvers.items()]


class SendBackForm(DecisionForm):
    """What has to change before an edition can be approved."""

    note = forms.CharField(
        label=_("What to change"), max_length=200, error_messages={"required": _("Say what has to change.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "back-%s"} | kwargs)


class SendTestForm(DecisionForm):
    """The addresses of a test, and the variant that is sent."""

    SERVICE_NAMES = {"test_to": "addresses", "email": "addresses"}

    addresses = forms.CharField(
        label=_("Send a test to"),
        help_text=_("Addresses, with commas between them"),
        error_messages={"required": _("Give at least one address.")},
    )
    variant = forms.CharField(widget=forms.HiddenInput, required=False)

    def list_addresses(self) -> list[str]:
        """The addresses one by one."""
        return [each for each in re.split(r"[\s,;]+", self.cleaned_data["addresses"]) if each]


class SkipForm(DecisionForm):
    """Why an edition is not sent; or that it is opened again."""

    reason = forms.CharField(label=_("Reason"), max_length=250, required=False)
    open = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """Skipping takes a reason."""
        if not self.cleaned_data.get("open") and not self.cleaned_data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say why it is skipped."))
        return self.cleaned_data


class OverrideForm(DecisionForm):
    """Why a finding that blocks is overridden."""

    code = forms.CharField(widget=forms.HiddenInput)
    where = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=300, error_messages={"required": _("Say why it can be sent like this.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "override-%s"} | kwargs)


class CorrectionForm(DecisionForm):
    """What was wrong with an edition that was sent, or with a story of it."""

    SERVICE_NAMES = {"key": "story"}

    text = forms.CharField(
        label=_("What was wrong, and what is right"),
        help_text=_("It is shown in the archive at once, and in the next edition"),
        widget=forms.Textarea(attrs={"rows": 3, "class": "serif"}),
        max_length=1000,
        error_messages={"required": _("Say what was wrong, and what is right.")},
    )
    story = forms.CharField(label=_("About"), widget=forms.Select, required=False)

    def __init__(self, *args: Any, picks: Iterable[Pick], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        select = cast(forms.Select, self.fields["story"].widget)
        select.choices = [("", _("The edition")), *((each.key, each.headline[:60]) for each in picks)]


class MailCorrectionForm(DecisionForm):
    """That the corrections are mailed, at once, to all who were sent the edition."""

    sure = forms.CharField(
        label=_("Mail it to those who were sent this edition"),
        help_text=_("As a mail of its own, at once. Type the word “correct”."),
        widget=forms.TextInput(attrs={"class": "input--short", "autocomplete": "off"}),
    )

    def clean_sure(self) -> str:
        """The word."""
        word = str(self.cleaned_data["sure"])
        if word.casefold() != CORRECT:
            raise forms.ValidationError(_("To mail the corrections, type the word “correct”."))
        return word
