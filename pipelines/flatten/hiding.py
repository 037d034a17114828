"""What names a person and is read by no module: hidden wherever flatten shows what was sent.

Belongs here: those attributes, and how they are found in a text. Does not belong here: attributes
that become hashes (`rewriting.py`).

Reports and documents are the only ways out for an attribute that nobody reads, so only they are
looked through: records that are loaded cost nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

HIDDEN: Final = "hidden"
# Cards of those who may see a location that is not published.
_NAMES: Final = ("publishallowedto",)
# What stands between the letters of a name, and the letters themselves, may be escaped; nothing is
# both, or a text made for it would take for ever.
_BETWEEN: Final = r'(?:\\u(?:005f|(?!00[4-7])[0-9a-f]{4})|[^a-z0-9"\\])*'
_LETTERS: Final = (
    [rf"(?:{letter}|\\u00(?:{ord(letter):x}|{ord(letter.upper()):x}))" for letter in name]
    for name in _NAMES
)
_ATTRIBUTE: Final = re.compile(
    "|".join(_BETWEEN.join(['"', *letters, r'"\s*:\s*']) for letters in _LETTERS), re.IGNORECASE
)
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]|[^\s,:"\[\]{}]+', re.DOTALL)


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name without what its spellings differ in: publish_allowed_to, publishAllowedTo."""
    return "".join(c for c in name.lower() if c.isalnum())


def names_people(path: str) -> bool:
    """Whether an attribute's path holds one that is hidden."""
    return any(name in folded(path) for name in _NAMES)


def without_people(text: str) -> str:
    """A text with the values of such attributes hidden; of a broken value all that follows."""
    shown: list[str] = []
    done = 0
    while found := _ATTRIBUTE.search(text, done):
        shown += text[done : found.end()], f'"{HIDDEN}"'
        done = _end_of_value(text, found.end())
    return "".join([*shown, text[done:]])


def _end_of_value(text: str, start: int) -> int:
    """Where the JSON value that begins at `start` ends."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth <= 0:
            return token.end() if depth == 0 else token.start()
    return len(text)
