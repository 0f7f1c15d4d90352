"""Words for the state of a subscriber in many languages: what they mean, and which make a column worth a question."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from subscribers.states import SubscriptionState

SUPPRESSED = "suppressed"  # stronger than any state: never to be mailed, on no list
_STRONGEST_FIRST = (
    SUPPRESSED,
    SubscriptionState.COMPLAINED,
    SubscriptionState.BOUNCED,
    SubscriptionState.UNSUBSCRIBED,
    SubscriptionState.PENDING,
)
# Words that stand in names of files without a gap before or behind them.
_PARTS_OF_NAMES = {
    "unsub": SubscriptionState.UNSUBSCRIBED,
    "optout": SubscriptionState.UNSUBSCRIBED,
    "cleaned": SubscriptionState.BOUNCED,
    "bounce": SubscriptionState.BOUNCED,
    "complain": SubscriptionState.COMPLAINED,
    "suppress": SUPPRESSED,
    "blocklist": SUPPRESSED,
    "blacklist": SUPPRESSED,
}
OUT = frozenset(_STRONGEST_FIRST)
_SHORTEST_NO_NAME = 8  # letters; people are called Held
YES, NO = "yes", "no"
EMPTY = "(empty)"  # how a cell without anything in it is called in questions and answers
_WORD = re.compile(r"[^\W\d_]+")
_SET_APART = re.compile(r"[-–—(\[:/|*,]\s*(\w[\w ]*)")
_SHORTEST_STEM = 5  # letters of a word that may be the beginning of a longer one
_SHORTEST_SIGN = 4  # letters; a shorter one is looked for only as a whole word


def normalise_name(name: str) -> str:
    """A name as headers and words are compared: letters and digits of any script, small and without accents."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in plain if each.isalnum())


def normalise_word(text: str) -> str:
    """A cell as words are compared; one that is a symbol alone is that symbol."""
    return normalise_name(text) or "".join(text.split())


@cache
def load_meanings() -> Mapping[str, str]:
    """Words, normalised, with what they mean: yes, no, or a state. Those that mean two things are left out."""
    meanings: dict[str, set[str]] = defaultdict(set)
    for words in load_languages().values():
        for meaning in (YES, NO, *SubscriptionState, SUPPRESSED):
            for word in words.get(meaning, ()):
                meanings[normalise_word(word)].add(meaning)
    return {word: meant.pop() for word, meant in meanings.items() if len(meant) == 1}


@cache
def _load_signs() -> tuple[str, ...]:
    return tuple(
        {normalise_name(sign) for words in load_languages().values() for sign in words.get("signs", ())} - {""}
    )


@cache
def load_languages() -> Mapping[str, Mapping[str, list[str]]]:
    """Of each language, by its code, the words of each meaning as they are written."""
    return tomllib.loads(files(__package__).joinpath("state_words.toml").read_text("utf-8"))


def is_yes(text: str) -> bool:
    """Whether a cell says yes, in any language we know."""
    return load_meanings().get(normalise_word(text)) == YES


def is_no(text: str) -> bool:
    """Whether a cell says no, in any language we know, or nothing."""
    word = normalise_word(text)
    return not word or load_meanings().get(word) == NO


def find_state_of_name(name: str) -> str:
    """The state that the name of a file says its people are in, by a word in any form of it: the strongest, or "".

    Only states of those who are not to be mailed, or not yet.
    """
    plain = normalise_name(name)
    words = [normalise_name(word) for word in re.findall(r"[^\W\d_]+", name.casefold())]
    known = [(word, meaning) for word, meaning in load_meanings().items() if len(word) >= _SHORTEST_SIGN]
    found = {meaning for theirs, meaning in known if any(_is_form_of(word, theirs) for word in words)}
    found |= {meaning for part, meaning in _PARTS_OF_NAMES.items() if part in plain}
    return next((state for state in _STRONGEST_FIRST if state in found), "")


@cache
def names_joining(header: str) -> bool:
    """Whether the header of a column of dates says, in a language we know, that it is when somebody joined."""
    whole = normalise_name(header)
    out = [word for word, meaning in load_meanings().items() if meaning in OUT and not word.isascii()]
    if negates(header) or find_state_of_name(header) or any(word in whole for word in out):
        return False
    words = [normalise_name(word) for word in re.findall(r"[^\W\d_]+", header)]
    rests = ["".join(words[start:]) for start in range(len(words))]
    return any(each.startswith(_load_joining()) for each in rests) or any(
        stem in whole for stem in _load_joining() if not stem.isascii()
    )


@cache
def _load_joining() -> tuple[str, ...]:
    return tuple({normalise_name(stem) for words in load_languages().values() for stem in words.get("joined", ())})


def names_active(name: str) -> bool:
    """Whether the name of a file says, by a word in any form of it, that its people want mail."""
    words = [normalise_name(word) for word in re.findall(r"[^\W\d_]+", name.casefold())]
    known = [word for word, meaning in load_meanings().items() if meaning == SubscriptionState.ACTIVE]
    return any(word.startswith(theirs) for word in words for theirs in known if len(theirs) >= _SHORTEST_SIGN)


def _is_form_of(word: str, theirs: str) -> bool:
    return word.startswith(theirs) or (len(word) > _SHORTEST_STEM and theirs.startswith(word))


def is_word_of_leaving(text: str) -> bool:
    """Whether a text is a word for a state in which nobody is mailed."""
    return load_meanings().get(normalise_word(text), "") in OUT


def has_word_of_leaving(text: str) -> bool:
    """Whether one of the words in a text is such a word."""
    return is_word_of_leaving(text) or any(map(is_word_of_leaving, re.findall(r"[^\W\d_]+", text)))


@cache
def may_mean_leaving(tag: str) -> bool:
    """Whether a tag may say that those with it left, or want no mail: do-not-contact, opted out in 2022."""
    words = re.findall(r"[^\W\d_]+", tag)
    return is_word_of_leaving(tag) or negates(tag) or any(_is_long_word_of_leaving(word) for word in words)


def _is_long_word_of_leaving(word: str) -> bool:
    return len(word) > _SHORTEST_STEM and is_word_of_leaving(word)


def says_left(name: str) -> bool:
    """Whether a name says that its bearer left: “Ann Lee (unsubscribed)”, “DO NOT MAIL Ann”, or such a word alone."""
    folded = name.casefold()
    plain = folded.replace(" ", "").isalnum()
    words = folded.split() if plain else _WORD.findall(folded)
    if not _load_first_words_of_leaving().isdisjoint(words):
        within = ("".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, start + 5))
        if not _load_long_words_of_leaving().isdisjoint(within):
            return True
    if plain:  # nearly all names are; what follows takes ten times as long
        return False
    if is_word_of_leaving(name):
        return len(normalise_name(name)) >= _SHORTEST_NO_NAME
    return any(map(is_word_of_leaving, _SET_APART.findall(name)))


@cache
def _load_first_words_of_leaving() -> frozenset[str]:
    """The words with which those too long for a name begin, with and without accents."""
    first = {
        word.casefold().split()[0]
        for words in load_languages().values()
        for state in OUT
        for word in words.get(state, ())
        if len(normalise_name(word)) >= _SHORTEST_NO_NAME
    }
    return frozenset(first | {normalise_name(word) for word in first})


@cache
def _load_long_words_of_leaving() -> frozenset[str]:
    """Those too long for a name, without blanks, with and without accents."""
    written = {
        "".join(word.casefold().split())
        for words in load_languages().values()
        for state in OUT
        for word in words.get(state, ())
    }
    known = {word for word, meaning in load_meanings().items() if meaning in OUT}
    return frozenset(word for word in written | known if len(normalise_name(word)) >= _SHORTEST_NO_NAME)


@cache
def list_words_that_are_no_names() -> frozenset[str]:
    """The long words for those who left, in small letters, as they are written and without accents."""
    written = {word.casefold() for words in load_languages().values() for each in OUT for word in words.get(each, ())}
    known = {word for word, meaning in load_meanings().items() if meaning in OUT}
    return frozenset(word for word in written | known if says_left(word))


@cache
def _load_negations() -> frozenset[str]:
    return frozenset(normalise_name(word) for words in load_languages().values() for word in words.get("negations", ()))


@cache
def negates(text: str) -> bool:
    """Whether one of several words in a text says no: “No email”, “keine Post”, also in scripts without blanks."""
    words = [normalise_name(word) for word in re.findall(r"[^\W\d_]+", text)]
    within = [word for word in _load_negations() if len(words) == 1 and not word.isascii() and _is_dense(word)]
    return (len(words) > 1 and not _load_negations().isdisjoint(words)) or any(word in words[0] for word in within)


def _is_dense(word: str) -> bool:
    """Whether a word is of a script that puts no blanks between words: Chinese, Japanese, Korean."""
    return all("\u3040" <= each <= "\ud7a3" or "\u1100" <= each <= "\u11ff" for each in word)


@cache
def shows_state(text: str) -> bool:
    """Whether a text, a header or a cell, has a word in it that speaks of leaving, joining or consent."""
    whole = normalise_name(text)
    return load_meanings().get(whole, YES) not in (YES, NO) or any(
        sign in whole if len(sign) >= _SHORTEST_SIGN or not sign.isascii() else sign == whole for sign in _load_signs()
    )
