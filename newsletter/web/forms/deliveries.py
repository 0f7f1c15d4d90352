"""The forms that stop, mend or close a mailing. Most of what is done to one is a button alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import DeskForm


class CloseForm(DeskForm):
    """Why a mailing counts as sent although outcomes stay unknown."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, error_messages={"required": _("Say why it can be closed.")}
    )


class BounceReasonsField(forms.MultipleChoiceField):
    """Reasons as providers gave them: which there are takes long to find, and the service knows them by itself."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        """Called by Django for each that was sent."""
        return bool(value)


class SendAgainForm(DeskForm):
    """The reasons of bounces that were ours: who bounced for them is sent it again."""

    reason = BounceReasonsField(
        label=_("Reasons"),
        error_messages={
            "required": _("Choose at least one reason."),
            "invalid_choice": _("Choose at least one reason."),
        },
    )
