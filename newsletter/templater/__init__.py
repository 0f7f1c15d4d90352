"""From a briefing, plain values, to a mail: Jinja2 → MJML → premailer. Pure: no Django, no network.

    Briefing ─compose data─▶ Jinja2 (autoescape) ─▶ mjml ─▶ premailer ─▶ slim ─▶ Rendered.html
             └────────────▶ Jinja2 (plain)  ───────────────────────────────────▶ Rendered.text

`render` never raises for what editors or template authors do wrong: it collects `problems`. Per recipient
only merge tokens differ; `merge_fields.personalise_mail` fills them where a provider does not do it itself.
"""

from __future__ import annotations

from newsletter.templater.rendering import render

__all__ = ["render"]
