"""The forms that say which box of an edition is meant. What a box holds is a form of forms/edition.py."""

from __future__ import annotations

from django import forms

from newsletter.web.forms.base import DecisionForm, DeskForm, IdField


class BoxNumberForm(DeskForm):
    """The box that is changed, or removed; none: a new one. Nothing of it is refused: a stranger is told nothing."""

    do = forms.CharField(widget=forms.HiddenInput, required=False)
    box = IdField(required=False)


class DropBoxForm(DecisionForm):
    """The box that is removed, as it was seen."""

    box = IdField(required=False)
