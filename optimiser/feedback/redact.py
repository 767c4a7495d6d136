"""Takes out of a text whatever could say who somebody is or where they live, before anything else reads it.

First step of the services' reader, and of training. Takes out handles, links, e-mail, phone and card numbers,
postcodes, number plates, names in address form, house numbers, coordinates, mark-up. A bare first name in the
middle of a sentence cannot be told from any other word and may stay: one reason why no text, redacted or
not, is ever kept.
"""

import html
import re
import unicodedata

MOST_CHARS = 2_000
"""Longer texts are cut first: work is bounded, and nobody needs more to say what burns."""
PASSES = 4
"""What is left after a removal may join up to something new; a few rounds settle it."""

_TITLE = (
    r"(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|dame|lord|lady|rev|reverend|cllr|councillor|pc|sgt|insp)"
)
_NAME = r"[^\W\d_][\w'’-]{0,30}"
_CAPITAL = r"(?-i:[A-ZÀ-ÖØ-Þ])[\w'’-]{1,30}"
_STREET_TYPE = (
    r"(?:road|rd|street|st|avenue|ave|lane|ln|close|cl|drive|dr|way|terrace|crescent|cres|gardens|gdns|grove|place|"
    r"pl|court|ct|square|sq|hill|row|mews|parade|walk|green|rise|view|house|park)"
)
_BEFORE_NAME = (
    r"(?:my name(?:'s| is)|i am called|call me|ask for|signed|(?:kind )?regards|yours \w+ly|"
    r"c/o|attn|care of|name:)"
)
_BEFORE_NAMES = r"(?:it's|i'm|i am|this is|from|cheers|thanks|speak to|contact|neighbou?r)"
_HOST = r"[\w-]{1,63}(?:\s{0,2}(?:\.|[(\[]dot[)\]])\s{0,2}[\w-]{1,63}){1,4}"
_SEP = r"[\s().\-–—/+]{0,3}"

_PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"<[^<>]{0,300}>",  # mark-up
        rf"[\w.+%'-]{{1,64}}\s{{0,2}}(?:@|[(\[]at[)\]])\s{{0,2}}{_HOST}",  # e-mail
        r"[\w.+%'-]{1,64}\sat\s[\w-]{1,63}(?:\sdot\s[\w-]{1,63}){1,4}",
        r"\b(?:https?|ftp)\s{0,2}:\s{0,2}/{1,3}\S{0,500}",
        r"\b(?:pic\.twitter|www\d?|t|bit|goo|youtu|fb|wa|instagram)\.\S{1,300}",
        r"\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.(?:com|org|net|uk|io|co|me|gov|info|biz|eu|tv|ly|app)\b(?:/\S{0,300})?",
        r"(?:(?<=\s)|^|(?<=\W))@\s?[\w.-]{1,64}",
        r"\bu/[\w-]{1,40}",
        r"\b[a-z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[a-d]\b",  # national insurance
        r"\b[a-z]{2}\d{2}(?:\s?[a-z]{4})?(?:\s?\d{4}){2,7}(?:\s?[a-z0-9]{1,3})?\b",  # IBAN
        # phone, card, account, health and other long numbers, also spaced out
        rf"(?:\d{_SEP}){{7,40}}",
        r"\b\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d{2,4}\b",  # a date: of birth, say
        r"\b\d{2}-\d{2}-\d{2}\b",
        r"-?\b\d{1,3}\.\d{3,}\b",  # a coordinate
        r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
        r"\b[a-z]{1,2}\d[a-z\d]?\s{0,3}\d[abd-hjlnp-uw-z]{2}\b",  # postcode, whole
        r"\b[a-z]{2}\s?\d{2}\s?[a-z]{3}\b",  # number plates: now, 1983, 1963, Northern Ireland
        r"\b[a-z]\d{1,3}\s?[a-z]{3}\b",
        r"\b[a-z]{3}\s?\d{1,3}[a-z]\b",
        r"\b(?-i:[A-Z]{2,3})\s?\d{3,4}\b",
        rf"\b{_TITLE}\b\.?\s{{1,2}}(?:{_CAPITAL}(?:[\s.]{{1,2}}{_CAPITAL}){{0,3}}|{_NAME})",
        rf"\b{_BEFORE_NAME}[\s,:]{{1,3}}{_NAME}(?:\s{_CAPITAL}){{0,2}}",
        rf"\b{_BEFORE_NAMES}[\s,:]{{1,3}}{_CAPITAL}\s{_CAPITAL}(?!\s{_STREET_TYPE}\b)",
        # Jo Bloggs, 12 … / Jo Bloggs of 12 … / Jo Bloggs at 12 …
        rf"\b{_CAPITAL}(?:\s(?:{_CAPITAL}|(?-i:[A-Z])\.?)){{1,3}}\s?(?:,|of|at|from|liv(?:es|ing) at)"
        r"\s{1,2}(?:no\.?\s?|number\s)?\d{1,4}[a-z]?\b",
        # flat 3b, number 12, no. 12
        r"\b(?:flat|apartment|apt|room|plot|number|no\.|no|house)\s{0,2}\d{1,4}\s?[a-z]?\b",
        rf"\b\d{{1,4}}\s?[a-h]?(?:\s?[-–/&]\s?\d{{1,4}}[a-h]?)?(?=,?\s{{1,2}}(?:[\w'’.-]{{1,30}}\s{{1,2}}){{1,3}}?{_STREET_TYPE}\b)",
    )
]
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}


def redact(text: str) -> str:
    """The text without what could identify somebody, at most `MOST_CHARS` long, blanks made single."""
    text = _plain(text[:MOST_CHARS])
    for _ in range(PASSES):
        before = text
        for pattern in _PATTERNS:
            text = pattern.sub(" ", text)
        text = " ".join(text.split())
        if text == before:
            break
    return text


def _plain(text: str) -> str:
    """One way of writing each sign: no entities, full-width forms or invisible characters to hide behind."""
    text = unicodedata.normalize("NFKC", html.unescape(text))[:MOST_CHARS]
    shown = (
        " " if c in "\n\r\t" else c
        for c in text
        if c in "\n\r\t" or unicodedata.category(c) not in _INVISIBLE
    )
    return " ".join("".join(shown).split())
