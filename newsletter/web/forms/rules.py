"""The forms of suggestion rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.catalog.values import Newsletter
from newsletter.curator.articles.article_lookup import list_sources
from newsletter.curator.editions.states import RuleEffect
from newsletter.web.forms.base import DecisionForm, DeskForm, IdField, SeenField

EFFECTS = {RuleEffect.BOOST: _("More of"), RuleEffect.MUTE: _("Never"), RuleEffect.MUST: _("Always")}


class RuleForm(DeskForm):
    """A rule, and the rules that the page showed. Which rules there can be is checked by the service."""

    SERVICE_NAMES = {"source_id": "source"}

    effect = forms.ChoiceField(label=_("What"), choices=[*EFFECTS.items()])
    phrase = forms.CharField(
        label=_("Stories with the words"),
        help_text=_("In headline, standfirst or tags"),
        max_length=100,
        required=False,
    )
    source = forms.TypedChoiceField(label=_("Or from the source"), coerce=int, empty_value=None, required=False)
    section = forms.ChoiceField(label=_("Put them in"), required=False)
    seen_rules = SeenField()

    def __init__(self, newsletter: Newsletter, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source: Any = self.fields["source"]
        source.choices = [("", "—"), *((each.id, each.title or each.url) for each in list_sources())]
        section: Any = self.fields["section"]
        section.choices = [("", _("Any section with room")), *((each.key, each.title) for each in newsletter.sections)]

    def clean_seen_rules(self) -> list[str]:
        """The content hashes of the rules that the page showed."""
        return str(self.cleaned_data["seen_rules"]).split()


class RemoveRuleForm(DecisionForm):
    """Which rule is removed, as it was seen."""

    rule_id = IdField(error_messages={"required": _("The page does not say which rule. Load it again.")})
