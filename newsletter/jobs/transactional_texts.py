"""The texts of transactional mails, by kind and language. Nothing a stranger typed is in them."""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.states import TransactionalKind


@dataclass(frozen=True, slots=True)
class TransactionalText:
    """One kind of mail. `{list}` and `{publication}` are filled in with names the newsroom chose."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    button: str
    small: tuple[str, ...]


_ENGLISH: dict[str, TransactionalText] = {
    TransactionalKind.CONFIRM: TransactionalText(
        "Confirm: {list}",
        "One press to confirm",
        (
            "Somebody asked us to send {list} to this address. If that was you, press the button and press once "
            "more on the page that opens.",
        ),
        "Yes, send me {list}",
        ("You did not ask for this? Do nothing, and you get no more mail from us.",),
    ),
    TransactionalKind.WELCOME: TransactionalText(
        "You are signed up for {list}",
        "Welcome",
        ("You are signed up for {list}. The next one comes to this address.",),
        "Choose what you get",
        ("Every mail says at its foot which address it went to, and has a link to stop it.",),
    ),
    TransactionalKind.ALREADY_SUBSCRIBED: TransactionalText(
        "You already get {list}",
        "You already get {list}",
        (
            "Somebody, perhaps you, asked us to send {list} to this address. It comes here already, so there is "
            "nothing to do.",
        ),
        "Choose what you get",
        ("If a letter went missing, look in the folder for spam.",),
    ),
    TransactionalKind.GOODBYE: TransactionalText(
        "You no longer get {list}",
        "You no longer get {list}",
        ("Somebody with a mail sent to you pressed “stop” for {list}. If that was you, there is nothing to do.",),
        "It was not me: keep sending it",
        ("This is the only mail about it.",),
    ),
    TransactionalKind.WHICH_ADDRESS: TransactionalText(
        "This is the address you used",
        "This is the address you used",
        (
            "Somebody, perhaps you, asked {publication} which address gets its letters. It is the one this mail "
            "came to.",
        ),
        "See what you get",
        ("You did not ask? Somebody may have mistyped an address. There is nothing to do.",),
    ),
    TransactionalKind.ADDRESS: TransactionalText(
        "Change your address",
        "Change your address",
        ("You, or somebody with a mail sent to you, asked to change the address our letters go to.",),
        "Change my address",
        ("The button works for 30 minutes. You did not ask? Do nothing, and nothing changes.",),
    ),
    TransactionalKind.DETAILS: TransactionalText(
        "Your language, time zone and tracking",
        "Your settings",
        ("You, or somebody with a mail sent to you, asked to change language, time zone or tracking.",),
        "Change my settings",
        ("The button works for 30 minutes. You did not ask? Do nothing, and nothing changes.",),
    ),
    TransactionalKind.DATA: TransactionalText(
        "Download your data",
        "Your data",
        ("You, or somebody with a mail sent to you, asked for everything we know of you.",),
        "Download my data",
        ("The button works for 30 minutes. You did not ask? Do nothing.",),
    ),
    TransactionalKind.ERASE: TransactionalText(
        "Erase everything about you",
        "Erase everything about you",
        ("You, or somebody with a mail sent to you, asked us to erase everything we know of you.",),
        "Go on to erasing",
        ("The button works for 30 minutes. You did not ask? Do nothing, and nothing is erased.",),
    ),
    TransactionalKind.NEW_ADDRESS: TransactionalText(
        "Is this your new address?",
        "Is this your new address?",
        ("Somebody asked to have our letters sent to this address from now on. If that was you, press the button.",),
        "Yes, send everything here",
        ("You did not ask for this? Do nothing, and you get no more mail from us.",),
    ),
    TransactionalKind.ADDRESS_CHANGED: TransactionalText(
        "Your letters go to another address now",
        "Your letters go to another address now",
        (
            "The address our letters go to was changed, by a link that was mailed here. They no longer come to "
            "this one.",
        ),
        "See what you get",
        ("It was not you? Answer this mail, and we put it right.",),
    ),
    TransactionalKind.ADDRESS_CHANGED_BY_DESK: TransactionalText(
        "Your address was changed",
        "Your address was changed",
        (
            "Somebody at {publication} changed the address our letters to you go to. They no longer come to this one. "
            "If you asked for that, there is nothing to do.",
        ),
        "I did not ask for this: undo it",
        ("The button works for 30 days. It asks once more, and then puts this address back.",),
    ),
    TransactionalKind.ADDRESS_RESTORED: TransactionalText(
        "A change of your address was undone",
        "A change of your address was undone",
        (
            "The change of the address our letters go to was undone, by a link that was mailed to the former address. "
            "They go to the former address again.",
        ),
        "See our newsletters",
        ("Is that wrong? Answer this mail, and we put it right.",),
    ),
    TransactionalKind.STAY: TransactionalText(
        "Do you still want {list}?",
        "Do you still want {list}?",
        (
            "For a long time we have not noticed you reading {list}. That may be our mistake: some mail programs "
            "hide it.",
        ),
        "Yes, keep sending it",
        ("Do nothing, and it stops by itself in a month. That is fine, too.",),
    ),
}

_GERMAN: dict[str, TransactionalText] = {
    TransactionalKind.CONFIRM: TransactionalText(
        "Bitte bestätigen: {list}",
        "Noch ein Klick",
        (
            "Jemand hat {list} für diese Adresse bestellt. Waren Sie das, dann bestätigen Sie es über den Knopf "
            "und auf der Seite, die sich öffnet.",
        ),
        "Ja, {list} bestellen",
        ("Sie waren es nicht? Dann tun Sie nichts, und Sie bekommen keine weitere Post von uns.",),
    ),
    TransactionalKind.WELCOME: TransactionalText(
        "Sie haben {list} bestellt",
        "Willkommen",
        ("Sie haben {list} bestellt. Die nächste Ausgabe kommt an diese Adresse.",),
        "Auswählen, was kommt",
        ("Am Fuß jeder Ausgabe steht, an welche Adresse sie ging, und wie man sie abbestellt.",),
    ),
    TransactionalKind.ALREADY_SUBSCRIBED: TransactionalText(
        "Sie bekommen {list} schon",
        "Sie bekommen {list} schon",
        (
            "Jemand, vielleicht Sie, hat {list} für diese Adresse bestellt. Es kommt schon hierher, es ist "
            "nichts zu tun.",
        ),
        "Auswählen, was kommt",
        ("Fehlt eine Ausgabe, sehen Sie bitte im Spam-Ordner nach.",),
    ),
    TransactionalKind.GOODBYE: TransactionalText(
        "Sie bekommen {list} nicht mehr",
        "Sie bekommen {list} nicht mehr",
        ("Jemand mit einer an Sie gerichteten Ausgabe hat {list} abbestellt. Waren Sie das, ist nichts zu tun.",),
        "Das war ich nicht: weiter schicken",
        ("Dies ist die einzige Nachricht dazu.",),
    ),
    TransactionalKind.WHICH_ADDRESS: TransactionalText(
        "Diese Adresse haben Sie verwendet",
        "Diese Adresse haben Sie verwendet",
        (
            "Jemand, vielleicht Sie, hat {publication} gefragt, welche Adresse die Briefe bekommt. Es ist die, "
            "an die diese Nachricht ging.",
        ),
        "Ansehen, was kommt",
        ("Sie haben nicht gefragt? Dann hat sich wohl jemand vertippt. Es ist nichts zu tun.",),
    ),
    TransactionalKind.ADDRESS: TransactionalText(
        "Ihre Adresse ändern",
        "Ihre Adresse ändern",
        (
            "Sie, oder jemand mit einer an Sie gerichteten Ausgabe, möchten die Adresse ändern, an die unsere "
            "Briefe gehen.",
        ),
        "Meine Adresse ändern",
        ("Der Knopf gilt 30 Minuten. Sie waren es nicht? Dann tun Sie nichts, und nichts ändert sich.",),
    ),
    TransactionalKind.DETAILS: TransactionalText(
        "Ihre Sprache, Zeitzone und Auswertung",
        "Ihre Einstellungen",
        ("Sie, oder jemand mit einer an Sie gerichteten Ausgabe, möchten Sprache, Zeitzone oder Auswertung ändern.",),
        "Meine Einstellungen ändern",
        ("Der Knopf gilt 30 Minuten. Sie waren es nicht? Dann tun Sie nichts, und nichts ändert sich.",),
    ),
    TransactionalKind.DATA: TransactionalText(
        "Ihre Daten herunterladen",
        "Ihre Daten",
        ("Sie, oder jemand mit einer an Sie gerichteten Ausgabe, möchten alles haben, was wir über Sie wissen.",),
        "Meine Daten herunterladen",
        ("Der Knopf gilt 30 Minuten. Sie waren es nicht? Dann tun Sie nichts.",),
    ),
    TransactionalKind.ERASE: TransactionalText(
        "Alles über Sie löschen",
        "Alles über Sie löschen",
        ("Sie, oder jemand mit einer an Sie gerichteten Ausgabe, möchten, dass wir alles über Sie löschen.",),
        "Weiter zum Löschen",
        ("Der Knopf gilt 30 Minuten. Sie waren es nicht? Dann tun Sie nichts, und nichts wird gelöscht.",),
    ),
    TransactionalKind.NEW_ADDRESS: TransactionalText(
        "Ist das Ihre neue Adresse?",
        "Ist das Ihre neue Adresse?",
        ("Jemand möchte, dass unsere Briefe von nun an hierher gehen. Waren Sie das, drücken Sie den Knopf.",),
        "Ja, alles hierher schicken",
        ("Sie waren es nicht? Dann tun Sie nichts, und Sie bekommen keine weitere Post von uns.",),
    ),
    TransactionalKind.ADDRESS_CHANGED: TransactionalText(
        "Ihre Briefe gehen jetzt an eine andere Adresse",
        "Ihre Briefe gehen jetzt an eine andere Adresse",
        (
            "Die Adresse für unsere Briefe wurde geändert, über einen Link, der hierher ging. Hierher kommen sie "
            "nicht mehr.",
        ),
        "Ansehen, was kommt",
        ("Das waren nicht Sie? Antworten Sie auf diese Nachricht, und wir bringen es in Ordnung.",),
    ),
    TransactionalKind.ADDRESS_CHANGED_BY_DESK: TransactionalText(
        "Ihre Adresse wurde geändert",
        "Ihre Adresse wurde geändert",
        (
            "Jemand bei {publication} hat die Adresse geändert, an die unsere Briefe an Sie gehen. Hierher kommen sie "
            "nicht mehr. Haben Sie darum gebeten, ist nichts zu tun.",
        ),
        "Das wollte ich nicht: rückgängig machen",
        ("Der Knopf gilt 30 Tage. Er fragt noch einmal nach und setzt dann diese Adresse wieder ein.",),
    ),
    TransactionalKind.ADDRESS_RESTORED: TransactionalText(
        "Eine Änderung Ihrer Adresse wurde zurückgenommen",
        "Eine Änderung Ihrer Adresse wurde zurückgenommen",
        (
            "Die Änderung der Adresse, an die unsere Briefe gehen, wurde zurückgenommen, über einen Link, der an die "
            "frühere Adresse ging. Dorthin gehen sie jetzt wieder.",
        ),
        "Unsere Newsletter ansehen",
        ("Stimmt das nicht? Antworten Sie auf diese Nachricht, und wir bringen es in Ordnung.",),
    ),
    TransactionalKind.STAY: TransactionalText(
        "Möchten Sie {list} noch?",
        "Möchten Sie {list} noch?",
        (
            "Seit langem haben wir nicht bemerkt, dass Sie {list} lesen. Das kann an uns liegen: Manche "
            "Programme verbergen es.",
        ),
        "Ja, bitte weiter schicken",
        ("Tun Sie nichts, und es endet in einem Monat von selbst. Auch das ist in Ordnung.",),
    ),
}

_BY_LANGUAGE = {"en": _ENGLISH, "de": _GERMAN}


def get_transactional_text(kind: str, language: str) -> TransactionalText:
    """The words of a kind of mail, such as confirm or goodbye; English where a language is unknown."""
    return _BY_LANGUAGE.get(language[:2].lower(), _ENGLISH)[kind]
