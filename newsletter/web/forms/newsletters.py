"""The forms of a newsletter: its settings, and its sponsors."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from newsletter.catalog.newsletter_settings import read_settings
from newsletter.catalog.settings_fields import FORM_SETTINGS, NewsletterFields, NewsletterSetting, SettingKind
from newsletter.catalog.values import Newsletter
from newsletter.kernel.resources import list_mail_templates
from newsletter.web.forms.base import DayField, DeskForm, IdField, ShortNameField, WebAddressField
from subscribers import lists

_INPUTS: dict[SettingKind, tuple[type[forms.Widget], dict[str, str]]] = {
    SettingKind.NUMBER: (forms.TextInput, {"class": "input--short", "inputmode": "numeric"}),
    SettingKind.DAY: (forms.DateInput, {"class": "input--mid", "type": "date"}),
    SettingKind.ADDRESS: (forms.TextInput, {"inputmode": "email"}),
    SettingKind.WEB_ADDRESS: (forms.URLInput, {"placeholder": "https://"}),
}


def _list_lists() -> list[tuple[str, str]]:
    return [(each.slug, each.name) for each in lists.list_lists()]


class SettingsForm(DeskForm):
    """The settings of a newsletter, one field each. What they may be is checked by the service, as for the commands."""

    def __init__(self, newsletter: Newsletter, *args: Any, disabled: bool = False, **kwargs: Any) -> None:
        self.seen = read_settings(newsletter, [each.name for each in FORM_SETTINGS])
        super().__init__(*args, **{"initial": self.seen, "auto_id": "s-%s"} | kwargs)
        for setting in FORM_SETTINGS:
            self.fields[setting.name] = forms.CharField(
                label=_(setting.label),
                help_text=_(setting.hint) if setting.hint else "",
                required=False,
                disabled=disabled,
                widget=_build_input(setting, self.seen[setting.name]),
            )
        self.style_controls()

    def read_changes(self) -> NewsletterFields:
        """What was sent; without what the page did not send."""
        return cast(NewsletterFields, {name: value for name, value in self.cleaned_data.items() if name in self.data})


def _build_input(setting: NewsletterSetting, present: str) -> forms.Widget:
    if setting.choices is not None:
        return forms.Select(choices=[(value, _(label)) for value, label in setting.choices.list_choices()])
    if setting.kind is SettingKind.TEMPLATE:
        known = list_mail_templates(settings.CONFIG.templates_dir)
        return forms.Select(choices=[(name, name) for name in sorted({*known, present})])
    kind, attrs = _INPUTS.get(setting.kind, (forms.TextInput, {}))
    limits = {"maxlength": str(setting.most)} if setting.most and setting.kind is SettingKind.TEXT else {}
    return kind(attrs=attrs | limits | ({"required": "required"} if setting.required else {}))


class NewNewsletterForm(DeskForm):
    """A new newsletter, with what none can be without; the rest is set on its page."""

    SERVICE_NAMES = {"list_id": "list"}

    name = forms.CharField(label=_("Name"), max_length=120, error_messages={"required": _("Give it a name.")})
    slug = ShortNameField(error_messages={"required": _("Give it a short name.")})
    list = forms.ChoiceField(
        label=_("List"), choices=_list_lists, error_messages={"required": _("Choose the list that it is sent to.")}
    )
    from_email = forms.CharField(
        label=_("Sender's address"),
        widget=forms.EmailInput(),
        error_messages={"required": _("Give the address that it is sent from.")},
    )
    postal_address = forms.CharField(
        label=_("Postal address"),
        help_text=_("Stands in the footer of every mail; the law asks for it."),
        max_length=300,
        error_messages={"required": _("Give the postal address.")},
    )
    zone = forms.CharField(label=_("Time zone"), help_text=_("Such as Europe/London"), initial="UTC", max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "new-%s"} | kwargs)


class SponsorForm(DeskForm):
    """A sponsor, and the days for which the box is theirs."""

    label = forms.CharField(
        label=_("Label"),
        help_text=_("A paid box must say so, like “Sponsored by Upland Ferries”"),
        max_length=60,
        error_messages={"required": _("Give the label: a paid box must say so.")},
    )
    headline = forms.CharField(
        label=_("Headline"), max_length=120, error_messages={"required": _("Give the headline of the box.")}
    )
    text = forms.CharField(label=_("Text"), max_length=400, required=False)
    url = WebAddressField(label=_("Link"), error_messages={"required": _("Give the address that the box links to.")})
    first = DayField(label=_("First day"), error_messages={"required": _("Give the first day.")})
    last = DayField(label=_("Last day"), help_text=_("Empty: the first day alone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "sponsor-%s"} | kwargs)

    def clean(self) -> dict[str, Any]:
        """One day, where no last one is given."""
        return self.cleaned_data | {"last": self.cleaned_data.get("last") or self.cleaned_data.get("first")}


class RemoveSponsorForm(DeskForm):
    """Which sponsor is removed."""

    sponsor_id = IdField(error_messages={"required": _("The page does not say which sponsor. Load it again.")})
