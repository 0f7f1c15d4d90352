"""The forms that undo a change of an edition, and restore what it was."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.curator.editions.revision_changes import Address
from newsletter.web.forms.base import DeskForm, IdField

_UNSEEN = _("This page does not say what you saw. Load it again, then restore.")


class UndoForm(DeskForm):
    """Which change is undone."""

    act = IdField(error_messages={"required": _("The page does not say which change. Load it again.")})


class RestoreForm(DeskForm):
    """Which fields and parts (“part|field”; none: all) get the values they had after the number `since`."""

    since = IdField(error_messages={"required": _UNSEEN})
    upto = IdField(error_messages={"required": _UNSEEN})
    address = forms.CharField(widget=forms.HiddenInput, required=False)

    def read_wanted(self) -> list[Address] | None:
        """What is restored; None: everything."""
        address = self.cleaned_data["address"]
        if not address:
            return None
        part, _separator, field = address.partition("|")
        return [(part, field)]
