"""The words of the mails that readers are owed, by kind and language. Nothing a stranger typed is in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One kind of mail. `{list}` and `{publication}` are filled in with names the newsroom chose."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    button: str
    small: tuple[str, ...]


_ENGLISH = {
    "confirm": Words(
        "Confirm: {list}",
        "One press to confirm",
        (
            "Somebody asked us to send {list} to this address. If that was you, press the button and press once more on the page that opens.",
        ),
        "Yes, send me {list}",
        ("You did not ask for this? Do nothing, and you get no more mail from us.",),
    ),
    "welcome": Words(
        "You are signed up for {list}",
        "Welcome",
        ("You are signed up for {list}. The next one comes to this address.",),
        "Choose what you get",
        ("Every mail says at its foot which address it went to, and has a link to stop it.",),
    ),
    "already": Words(
        "You already get {list}",
        "You already get {list}",
        (
            "Somebody, perhaps you, asked us to send {list} to this address. It comes here already, so there is nothing to do.",
        ),
        "Choose what you get",
        ("If a letter went missing, look in the folder for spam.",),
    ),
    "goodbye": Words(
        "You no longer get {list}",
        "You no longer get {list}",
        ("Somebody with a mail sent to you pressed “stop” for {list}. If that was you, there is nothing to do.",),
        "It was not me: keep sending it",
        ("This is the only mail about it.",),
    ),
    "which": Words(
        "This is the address you used",
        "This is the address you used",
        (
            "Somebody, perhaps you, asked {publication} which address gets its letters. It is the one this mail came to.",
        ),
        "See what you get",
        ("You did not ask? Somebody may have mistyped an address. There is nothing to do.",),
    ),
}

_GERMAN = {
    "confirm": Words(
        "Bitte bestätigen: {list}",
        "Noch ein Klick",
        (
            "Jemand hat {list} für diese Adresse bestellt. Waren Sie das, dann bestätigen Sie es über den Knopf und auf der Seite, die sich öffnet.",
        ),
        "Ja, {list} bestellen",
        ("Sie waren es nicht? Dann tun Sie nichts, und Sie bekommen keine weitere Post von uns.",),
    ),
    "welcome": Words(
        "Sie haben {list} bestellt",
        "Willkommen",
        ("Sie haben {list} bestellt. Die nächste Ausgabe kommt an diese Adresse.",),
        "Auswählen, was kommt",
        ("Am Fuß jeder Ausgabe steht, an welche Adresse sie ging, und wie man sie abbestellt.",),
    ),
    "already": Words(
        "Sie bekommen {list} schon",
        "Sie bekommen {list} schon",
        (
            "Jemand, vielleicht Sie, hat {list} für diese Adresse bestellt. Es kommt schon hierher, es ist nichts zu tun.",
        ),
        "Auswählen, was kommt",
        ("Fehlt eine Ausgabe, sehen Sie bitte im Spam-Ordner nach.",),
    ),
    "goodbye": Words(
        "Sie bekommen {list} nicht mehr",
        "Sie bekommen {list} nicht mehr",
        ("Jemand mit einer an Sie gerichteten Ausgabe hat {list} abbestellt. Waren Sie das, ist nichts zu tun.",),
        "Das war ich nicht: weiter schicken",
        ("Dies ist die einzige Nachricht dazu.",),
    ),
    "which": Words(
        "Diese Adresse haben Sie verwendet",
        "Diese Adresse haben Sie verwendet",
        (
            "Jemand, vielleicht Sie, hat {publication} gefragt, welche Adresse die Briefe bekommt. Es ist die, an die diese Nachricht ging.",
        ),
        "Ansehen, was kommt",
        ("Sie haben nicht gefragt? Dann hat sich wohl jemand vertippt. Es ist nichts zu tun.",),
    ),
}

_BY_LANGUAGE = {"en": _ENGLISH, "de": _GERMAN}


def words_for(kind: str, language: str) -> Words:
    """The words of a kind of mail (confirm, welcome, already, goodbye, which); English where a language is unknown."""
    return _BY_LANGUAGE.get(language[:2].lower(), _ENGLISH)[kind]
