"""In which encoding a file of text is. Pure: its first bytes in, the name of a codec out."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from charset_normalizer import from_bytes

from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers.imports.header_words import load_header_names, load_letters, load_written_names
from subscribers.imports.state_words import load_languages, load_meanings, normalise_name

SAMPLE_BYTES = 2**20
_GUESSED_FROM = 2**16  # bytes, around the first that are not ASCII
_WORDS_FROM = 2**14  # bytes of these in which words are looked for
# Of alphabets that are Latin all through; the first that fits counts.
_LATIN = ("cp1252", "mac_roman", "cp1250")
# Where hardly a letter is ASCII, charset-normalizer tells these apart well.
_OTHERS = (
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
)
# All of them, each as wide as programs write it.
_ALL = (
    *_LATIN,
    *(each for each in _OTHERS if each not in ("shift_jis", "euc_kr")),
    "cp932",
    "cp949",
    "cp874",
    "cp1257",
    "cp1258",
    "iso8859_2",
    "mac_latin2",
    "mac_cyrillic",
    "cp850",
    "cp852",
    "cp866",
)
# with a character beyond ASCII
_CELL = compile_bounded(LINE, r"[^,;|\t\r\n\"]*[^\x00-\x7f,;|\t\r\n\"][^,;|\t\r\n\"]*")
_CELL_END = re.compile(r"[,;|\t\r\n\"]")
_LONGEST_WORD, _SHORTEST_WORD = 40, 3  # characters; a shorter one counts in other scripts
_MOSTLY = 0.6  # of the bytes beyond ASCII
_LONG_RUN = re.compile(rb"[\x80-\xff]{3,}")
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def detect_encoding(sample: bytes) -> str:
    """The codec for a file that begins like this. Stray bytes in UTF-8 are the reader's affair (csv.py)."""
    if sample[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if b"\x00" in sample[:4096]:
        return _detect_utf16(sample[:4096])
    if _is_utf8(sample):
        return "utf-8-sig"
    start = max(next(at for at, byte in enumerate(sample) if byte > 0x7F) - 1024, 0)
    return _guess(sample[start : start + _GUESSED_FROM])


def _detect_utf16(sample: bytes) -> str:
    """UTF-16 without a mark has a zero for every other byte where it is ASCII. Anything else is refused as UTF-8."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.1 * half else "utf-8-sig"


def _is_utf8(sample: bytes) -> bool:
    """Whether it is UTF-8, but for some stray bytes."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # the last character may be cut off
    except UnicodeDecodeError:
        beyond = sum(byte > 0x7F for byte in sample)
        return sum(map(len, _UTF8_LETTER.findall(sample))) > _MOSTLY * beyond
    return True


def _guess(sample: bytes) -> str:
    """The codec in which the file has most words we know, of headers and states; else the likeliest by its letters.

    Where several read them alike, that which has the letters of their language: Excel writes ő as cp1252 has õ.
    """
    words = sample[:_WORDS_FROM]
    known = {codec: _weigh_words(words, codec) for codec in _ALL}
    most = max(known.values())
    likeliest = _find_by_letters(sample)
    same = [codec for codec in known if known[codec] == most]
    language = _find_language(words, same[0]) if most else ""
    if not language:
        return likeliest if likeliest in same or not most else same[0]
    letters = load_letters(language)
    return max(same, key=lambda codec: (_count_encodable(letters, codec), codec == likeliest))


def _find_language(sample: bytes, codec: str) -> str:
    """The code of the language most of whose words are in a file; "" where that is none, or more than one."""
    cells = {normalise_name(cell) for cell in _CELL_END.split(sample.decode(codec, "replace"))}
    found = {language: len(cells & words) for language, words in _load_vocabularies().items()}
    most = max(found.values())
    likeliest = [language for language, count in found.items() if count == most]
    return likeliest[0] if most and len(likeliest) == 1 else ""


@cache
def _load_vocabularies() -> Mapping[str, frozenset[str]]:
    """Of each language the words of headers and states, normalised."""
    words: dict[str, set[str]] = defaultdict(set)
    for language, names in load_written_names().items():
        words[language] |= {*map(normalise_name, names)}
    for language, meanings in load_languages().items():
        words[language] |= {normalise_name(word) for each in meanings.values() for word in each}
    return {language: frozenset(each - {""}) for language, each in words.items()}


def _count_encodable(letters: Mapping[str, int], codec: str) -> int:
    return sum(count for letter, count in letters.items() if letter.encode(codec, "ignore"))


def _weigh_words(sample: bytes, codec: str) -> int:
    """How many letters of the cells that are not ASCII are in words we know."""
    cells = {cell.strip() for cell in _CELL.findall(sample.decode(codec, "replace"))}
    words = {normalise_name(cell) for cell in cells if len(cell) <= _LONGEST_WORD and _looks_written(cell)}
    known = [word for word in words if word in load_meanings() or word in load_header_names()]
    return sum(len(word) for word in known if len(word) >= _SHORTEST_WORD or not word.isascii())


def _looks_written(cell: str) -> bool:
    """Whether a cell is letters, with capitals where people write them."""
    letters = all(each.isalpha() or (unicodedata.category(each)[0] in "MPZ" and each not in "«»¿¡") for each in cell)
    return letters and (cell[1:] == cell[1:].lower() or cell == cell.upper() or cell.istitle())


def _find_by_letters(sample: bytes) -> str:
    beyond = sum(byte > 0x7F for byte in sample)
    if sum(map(len, _LONG_RUN.findall(sample))) > beyond / 2:
        found = from_bytes(sample, cp_isolation=list(_OTHERS)).best()
        return found.encoding if found else _LATIN[0]
    return max(_LATIN, key=lambda codec: _judge(sample.decode(codec, "replace")))


def _judge(text: str) -> float:
    """How much a text looks like words: letters among letters count for it, symbols and capitals in words against."""
    score = 0.0
    for before, letter in zip(f" {text}", text, strict=False):
        if letter.isascii():
            continue
        if not letter.isalpha() or (letter.isupper() and before.isalpha() and before.islower()):
            score -= 1
        else:  # carons are rarer than the letters of the west, which the same bytes may be
            score += 1 if "CARON" not in unicodedata.name(letter, "") else 0.3
    return score
