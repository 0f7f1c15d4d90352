"""The forms of subscribers: adding one, and what can be changed of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import DeskForm, IdField
from subscribers import tiers
from subscribers.attributes import LONGEST_NAME, ProfileChanges, list_attributes
from subscribers.imports.attribute_values import LONGEST_TAG
from subscribers.suppressions import LONGEST_REASON

_TOO_OLD = _("This page is too old to save from. Load it again.")


class AddSubscriberForm(DeskForm):
    """A new subscriber of a list. Whether there is such an address is checked by the service."""

    list = forms.CharField(widget=forms.HiddenInput)
    email = forms.CharField(
        label=_("Address"),
        widget=forms.EmailInput(attrs={"class": "input--mid", "autocomplete": "off"}),
        error_messages={"required": _("Type the address.")},
    )
    first_name = forms.CharField(
        label=_("First name (optional)"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"class": "input--mid"}),
    )
    reason = forms.CharField(
        label=_("Where did they agree? (optional)"),
        help_text=_(
            "Such as “signed the sheet at the fair, 3 May”: it is kept as the proof of consent, and they get the next "
            "edition. Leave it empty, and a mail asks them to confirm first."
        ),
        max_length=500,
        required=False,
    )


class AddressForm(DeskForm):
    """Another address of a subscriber, in the place of the one that the page showed."""

    email = forms.CharField(
        label=_("New address"),
        help_text=_("The old address gets a mail about it, with a link to undo it."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Type the new address.")},
    )
    seen_address = forms.CharField(widget=forms.HiddenInput, error_messages={"required": _TOO_OLD})


class LeaveForm(DeskForm):
    """Which list the subscription ends to, and that it is meant."""

    list = IdField(error_messages={"required": _("Say which list. Load the page again.")})
    sure = forms.BooleanField(
        label=_("Only the subscriber can undo this."),
        error_messages={"required": _("Tick the box to confirm that they are to be unsubscribed.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "left-%s"} | kwargs)


class UntagForm(DeskForm):
    """Which tag a button takes off."""

    tag = forms.CharField(
        widget=forms.HiddenInput, error_messages={"required": _("Say which tag. Load the page again.")}
    )


class JoinForm(DeskForm):
    """One more list for a subscriber, who is asked to confirm unless it is known where they agreed."""

    SERVICE_NAMES = {"email": "list"}

    list = forms.ChoiceField(label=_("Add to a list"), error_messages={"required": _("Choose a list.")})
    reason = forms.CharField(
        label=_("Where did they agree? (optional)"),
        help_text=_("Kept as the proof of consent. Leave it empty, and a mail asks them to confirm first."),
        max_length=500,
        required=False,
    )

    def __init__(self, *args: Any, lists: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "joined-%s"} | kwargs)
        choices: Any = self.fields["list"]
        choices.choices = [*lists]


class SuppressPersonForm(DeskForm):
    """Never mails a subscriber again, on any list."""

    why = forms.CharField(label=_("Why (optional)"), max_length=LONGEST_REASON, required=False)
    sure = forms.BooleanField(
        label=_("Never mail this address again, on no list, whoever adds it."),
        error_messages={"required": _("Tick the box to confirm that this address is not to be mailed.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "suppressed-%s"} | kwargs)


class DataForm(DeskForm):
    """Downloads what is known of a subscriber: nothing to fill in, one button."""


class EraseForm(DeskForm):
    """Erases a subscriber who asked for it."""

    sure = forms.BooleanField(
        label=_("They asked for erasure. This cannot be undone."),
        error_messages={"required": _("Tick the box to confirm that they asked for it.")},
    )


class DetailsForm(DeskForm):
    """The name and the tier of a subscriber, one more tag, and one attribute."""

    first_name = forms.CharField(label=_("First name"), max_length=LONGEST_NAME, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=LONGEST_NAME, required=False)
    tier = forms.ChoiceField(label=_("Tier"), choices=lambda: [(each, each) for each in tiers.list_tiers()])
    tier_until = forms.CharField(
        label=_("Until (optional)"),
        help_text=_("The last day. Empty: for good."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "date"}),
    )
    tag = forms.CharField(label=_("Add a tag (optional)"), max_length=LONGEST_TAG, required=False)
    attribute = forms.ChoiceField(
        label=_("Set an attribute (optional)"),
        choices=lambda: [("", ""), *((each.slug, each.name) for each in list_attributes())],
        required=False,
    )
    value = forms.CharField(
        label=_("Value of the attribute"), help_text=_("Empty removes it."), max_length=1000, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = [each.slug for each in list_attributes()]
        self.SERVICE_NAMES = {"until": "tier_until"} | dict.fromkeys(slugs, "value")
        if not slugs:
            del self.fields["attribute"], self.fields["value"]
        if "T" in str(self["tier_until"].value() or ""):  # an instant, which only programs give
            self.fields["tier_until"].widget.attrs["type"] = "text"

    def read_changes(self) -> ProfileChanges:
        """What is to be changed, as the service takes it."""
        given = self.cleaned_data
        changes: ProfileChanges = {"tier": given["tier"]}
        if "tier_until" in self.data:
            changes["tier_until"] = given["tier_until"]
        if "first_name" in self.data:
            changes["first_name"] = given["first_name"]
        if "last_name" in self.data:
            changes["last_name"] = given["last_name"]
        if given["tag"]:
            changes["add_tags"] = [given["tag"]]
        if given.get("attribute"):
            changes["attributes"] = {given["attribute"]: given["value"]}
        return changes
