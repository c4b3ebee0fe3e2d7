"""Code as a row of tokens without names, numbers, layout and comments: what stays when somebody rewords a copy."""

import builtins
import io
import keyword
import re
import tokenize
from dataclasses import dataclass

# Names that carry structure rather than taste.
_KEPT = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np", "torch"}
_LEFT_OUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER, tokenize.NEWLINE, tokenize.INDENT}
_LEFT_OUT |= {tokenize.DEDENT}
_ROUGH = re.compile(r"\w+|[^\w\s]")
LONGEST = 200_000


@dataclass(frozen=True)
class Token:
    """form: what is compared; text: as it was written; line: its number, from 1; own: whether it is a name chosen freely."""

    form: str
    text: str
    line: int
    own: bool = False


def tokens(code: str) -> list[Token]:
    """The tokens of Python code. Names become `n`, but not attributes and Python's own; numbers `0`, text `s`.

    Strings that stand alone, such as docstrings, are left out. Code that Python cannot read is cut at words and signs.
    """
    code = code[:LONGEST]
    try:
        raw = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return _roughly(code)
    found: list[Token] = []
    begins, attribute = True, False
    for place, token in enumerate(raw):
        if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            begins = True
        if token.type in _LEFT_OUT:
            continue
        alone = begins and raw[place + 1].type in (tokenize.NEWLINE, tokenize.ENDMARKER)
        begins = False
        if token.type == tokenize.STRING and alone:
            continue
        found.append(_token(token.type, token.string, token.start[0], attribute))
        attribute = token.string == "."
    return found


def _token(kind: int, text: str, line: int, attribute: bool) -> Token:
    if kind == tokenize.NUMBER:
        return Token("0", text, line)
    if kind == tokenize.NAME:
        own = text not in _KEPT and not attribute
        return Token("n" if own else text, text, line, own)
    # Strings, and the parts of f-strings that Python 3.12 and later tell apart.
    if kind == tokenize.STRING or tokenize.tok_name[kind].startswith("FSTRING"):
        return Token("s", text, line)
    return Token(text, text, line)


def _roughly(code: str) -> list[Token]:
    found = []
    for number, line in enumerate(code.split("\n"), 1):
        for text in _ROUGH.findall(line.partition("#")[0]):
            name = text.isidentifier()
            own = name and text not in _KEPT
            found.append(Token("n" if own else "0" if text[0].isdigit() else text, text, number, own))
    return found
