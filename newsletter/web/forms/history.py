"""The form that restores what an edition was."""

from __future__ import annotations

from django import forms

from newsletter.curator.editions.revision_changes import Address
from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number


class RestoreForm(forms.Form):
    """Which fields and parts (“part|field”; none: all) get the values they had after the number `since`."""

    since = forms.CharField(widget=forms.HiddenInput)
    upto = forms.CharField(widget=forms.HiddenInput)
    address = forms.CharField(widget=forms.HiddenInput, required=False)

    def read(self) -> tuple[int, int, list[Address] | None]:
        """Since when, the last number that was seen, and what. Raises BadInput."""
        since, upto = (parse_whole_number(self.data.get(name, "")) for name in ("since", "upto"))
        if since is None or upto is None:
            raise BadInput("This page does not say what you saw. Load it again, then restore.", "since")
        address = self.data.get("address", "")
        if not address:
            return since, upto, None
        part, _, field = address.partition("|")
        return since, upto, [(part, field)]
