"""Text that came from a student, made harmless to look at: controls shown or taken out, length cut and said."""

import hashlib
import re

LONGEST = 4_000

# CSI and OSC sequences, and the short ones: colours, cursor moves, window titles.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]"
)
# What turns the direction of writing, takes no room at all, or is not a character: it would make text read as another.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)
_TAGS = re.compile(r"[\U000e0000-\U000e007f]")
# More marks on one letter than any language puts there run over the lines above and below.
_MARKS = re.compile(
    r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def plain(text: object, longest: int = LONGEST) -> str:
    """The text for reading: terminal sequences gone, hidden characters as `[U+202E]`, at most `longest` characters.

    Tabs and ends of lines stay. What is cut is said at the end.
    """
    text = str(text)
    length = len(text)
    cut = text[: longest + 1] if length > longest else text
    cut = _ESCAPES.sub("", cut.replace("\r\n", "\n").replace("\r", "\n"))
    cut = _MARKS.sub(r"\1", _TAGS.sub(_shown, _HIDDEN.sub(_shown, cut)))
    if length > longest:
        return f"{cut[:longest]}… (cut: {longest:,} of {length:,} characters are shown)"
    return cut


def one_line(text: object, longest: int = 300) -> str:
    """As `plain`, on one line."""
    return " ".join(plain(text, longest).split())


def file_name(name: str) -> str:
    """A name of a file that no name on a roster can turn into a path; different names stay different."""
    safe = re.sub(r"[^A-Za-z0-9_@+.-]", "_", name).lstrip(".-")[:80]
    if safe == name and safe:
        return safe
    return f"{safe or 'student'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _shown(found: re.Match) -> str:
    return f"[U+{ord(found[0]):04X}]"
