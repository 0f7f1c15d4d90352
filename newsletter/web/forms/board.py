"""The forms of the board besides its texts: a place in the running order, a decision, presence, the filter."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.curator.editions.pool import PoolFilter
from newsletter.curator.editions.states import PoolState
from newsletter.web.forms.base import DecisionForm, DeskForm, IdField, SeenField


class PickForm(DeskForm):
    """An article and where it goes: behind a story, into a section, or where it fits."""

    article = IdField(error_messages={"required": _("Say which article.")})
    after = forms.CharField(widget=forms.HiddenInput, required=False)
    section = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(required=False)

    def read_place(self) -> tuple[str | None, str | None]:
        """Behind which story it goes, and into which section."""
        after, section = parse_place(self.cleaned_data["after"])
        return after, section or self.cleaned_data["section"] or None


class MoveForm(DeskForm):
    """Where a story goes, and its number as somebody saw it."""

    after = forms.CharField(widget=forms.HiddenInput, required=False)
    number = IdField(required=False)

    def clean_after(self) -> str:
        """It may be empty, for the top of the running order, but not missing."""
        if "after" not in self.data:
            raise forms.ValidationError(_("Say behind which story."))
        after: str = self.cleaned_data["after"]
        return after

    def read_place(self) -> tuple[str | None, str | None]:
        """Behind which story it goes, or on top of which section."""
        return parse_place(self.cleaned_data["after"])


def parse_place(text: str) -> tuple[str | None, str | None]:
    """A place in the running order, as forms name it: “KEY”, behind that story, or “#SECTION”, on top of it."""
    return (None, text[1:] or None) if text.startswith("#") else (text or None, None)


class AdoptHeadlineForm(DecisionForm):
    """The headline that a story's page has now takes the place of the one that somebody saw."""

    seen_headline = SeenField()


class UnsavedTextForm(DeskForm):
    """A text that is given up: one's own, of a field of a part, or anybody's, by its number."""

    text = IdField(required=False)
    part = forms.CharField(widget=forms.HiddenInput, required=False)
    field = forms.CharField(widget=forms.HiddenInput, required=False)


class PresenceForm(DeskForm):
    """That somebody is at the board, which part they edit, or that they left."""

    part = forms.CharField(widget=forms.HiddenInput, required=False)
    gone = forms.BooleanField(widget=forms.HiddenInput, required=False)


class PoolFilterForm(DeskForm):
    """What the pool shows. It comes with every change of an article, too, which answers with the pool."""

    q = forms.CharField(label=_("Search all words of articles"), required=False)
    state = forms.CharField(required=False)
    source = IdField(required=False)
    tag = forms.CharField(label=_("Tag"), required=False)

    def read_filter(self) -> PoolFilter:
        """The filter. What is longer than its field holds finds nothing anyway."""
        sent = self.require_valid()
        return PoolFilter(
            query=sent["q"][:100],
            state=sent["state"] or PoolState.OFFERED,
            source_id=sent["source"],
            tag=sent["tag"][:40],
        )
