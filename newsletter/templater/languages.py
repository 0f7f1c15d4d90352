"""The templates' own words, by language, and the direction each language is written in."""

from __future__ import annotations

from dataclasses import dataclass

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class MailTexts:
    """One language's words. `{n}` and `{newsletter}` are filled in by the template."""

    reader: str  # stands in for an unknown first name
    minute: str
    minutes: str
    read: str  # the button of the lead
    picture: str
    corrections: str
    correction_subject: str  # {subject} is that of the edition
    correction_intro: str
    corrected_on: str  # {day}
    also: str
    forward: str
    signup: str
    sent_to: str
    preferences: str
    unsubscribe: str
    browser: str
    reply: str
    subscribe: str  # {newsletter}
    members: str  # above what only they get
    privacy: str
    imprint: str


_MAIL_TEXTS = {
    "en": MailTexts(
        reader="reader",
        minute="{n}\u00a0min\u00a0read",
        minutes="{n}\u00a0min\u00a0read",
        read="Read the story",
        picture="Picture:",
        corrections="Corrections",
        correction_subject="Correction: {subject}",
        correction_intro="In {newsletter} of {day} we got something wrong.",
        corrected_on="Corrected on {day}",
        also="Also today",
        forward="Forward this to a friend",
        signup="Were you forwarded this? Sign up",
        sent_to="This was sent to",
        preferences="Change what we send you",
        unsubscribe="Unsubscribe from {newsletter}",
        browser="View in browser",
        reply="Write to us:",
        subscribe="Get {newsletter} by e-mail",
        members="For members",
        privacy="Privacy notice",
        imprint="Imprint",
    ),
    "de": MailTexts(
        reader="liebe Leserin, lieber Leser",
        minute="{n}\u00a0Minute",
        minutes="{n}\u00a0Minuten",
        read="Weiterlesen",
        picture="Bild:",
        corrections="Korrekturen",
        correction_subject="Korrektur: {subject}",
        correction_intro="In {newsletter} vom {day} stand etwas Falsches.",
        corrected_on="Berichtigt am {day}",
        also="Außerdem heute",
        forward="An Freunde weiterleiten",
        signup="Wurde Ihnen das weitergeleitet? Hier bestellen",
        sent_to="Dies ging an",
        preferences="Auswählen, was wir Ihnen schicken",
        unsubscribe="{newsletter} abbestellen",
        browser="Im Browser ansehen",
        reply="Schreiben Sie uns:",
        subscribe="{newsletter} als E-Mail bestellen",
        members="Für Mitglieder",
        privacy="Datenschutz",
        imprint="Impressum",
    ),
}


def get_mail_texts(language: str) -> MailTexts:
    """The words of a language tag such as "de-AT"; English where we have none."""
    return _MAIL_TEXTS.get(get_base_language(language), _MAIL_TEXTS["en"])


def get_base_language(language: str) -> str:
    """The first part of a language tag: "de" of "de-AT"."""
    return language.replace("_", "-").split("-")[0].lower()


def get_direction(language: str) -> str:
    """ "rtl" for scripts that run from right to left, else "ltr"."""
    return "rtl" if get_base_language(language) in RIGHT_TO_LEFT else "ltr"
