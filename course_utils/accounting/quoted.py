"""A number as a text writes it, "35K", "27.55 million", "55x55x96", with the digits that it commits itself to."""

import re
from dataclasses import dataclass
from fractions import Fraction

_SCALES = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "million": 10**6,
    "g": 10**9,
    "b": 10**9,
    "billion": 10**9,
    "bn": 10**9,
    "hundred": 10**2,
}
_ROUGHLY = ("~", "≈", "about ", "roughly ", "around ", "almost ", "some ", "nearly ")
_BOUNDS = {
    ">=": ">=",
    "≥": ">=",
    "at least ": ">=",
    "<=": "<=",
    "≤": "<=",
    "at most ": "<=",
    "up to ": "<=",
    ">": ">",
    "more than ": ">",
    "over ": ">",
    "<": "<",
    "less than ": "<",
    "under ": "<",
}
_NUMBER = r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?"
_ONE = re.compile(rf"^({_NUMBER})\s*([A-Za-z]+(?:\s[A-Za-z]+)*|%|[A-Za-z%]+)?$", re.IGNORECASE)
_VOLUME = re.compile(r"^\d[\d,]*(\s*[x×]\s*\d[\d,]*)+$", re.IGNORECASE)


@dataclass(frozen=True)
class Quoted:
    """One number of a text: it lies from low to high (equal, unless the text gives a range).

    step: the unit of its last digit, 1,000 for "35K", 0.1 for "16.4%". relation: "=", or ">", ">=", "<", "<=" where the
    text gives only a bound.
    """

    low: Fraction
    high: Fraction
    step: Fraction
    relation: str = "="

    def matches(self, value: Fraction | int | bool) -> str:
        """ "equal"; "rounded" if value has this number as its nearest with these digits; "different" if neither."""
        value = Fraction(value)
        if self.relation != "=":
            holds = {
                ">": value > self.low,
                ">=": value >= self.low,
                "<": value < self.high,
                "<=": value <= self.high,
            }[self.relation]
            return "equal" if holds else "different"
        if self.low <= value <= self.high:
            return "equal"
        return "rounded" if self.low - self.step / 2 <= value <= self.high + self.step / 2 else "different"


def parse(text: str) -> tuple[Quoted, ...] | bool:
    """The numbers of a quoted text, or True and False for "yes" and "no".

    Several numbers: a volume "55x55x96", a list "10, 10, 9" (comma and space), a change "18.2% -> 15.4%".
    One number: "35K", "27.55 million", "16.4%", "1e-4", "1,024", a range "8 to 9", a bound "> 80%", a product
    "24M * 4 bytes". K, M and G are powers of a thousand. A unit such as % or MB is not multiplied in: the claim's unit
    says in what the number is measured.

    Raises ValueError if nothing of this fits.
    """
    text = text.strip()
    if text.lower() in ("yes", "no"):
        return text.lower() == "yes"
    if is_volume(text):
        return tuple(_one(part) for part in re.split(r"\s*[x×]\s*", text, flags=re.IGNORECASE))
    parts = re.split(r"\s*(?:->|→|;)\s*|,\s+", text)
    return tuple(_bounded(part) for part in parts)


def is_volume(text: str) -> bool:
    """Whether the text gives sizes with x between them."""
    return bool(_VOLUME.match(text.strip()))


def _bounded(text: str) -> Quoted:
    for sign, relation in _BOUNDS.items():
        if text.lower().startswith(sign):
            one = _one(text[len(sign) :].strip())
            return Quoted(one.low, one.high, one.step, relation)
    ends = re.split(r"\s+(?:to|or)\s+|\s*[–…]\s*|\s+-\s+|(?<=\d)-(?=\d)", text)
    if len(ends) == 2:
        first, last = ends
        if re.fullmatch(_NUMBER, first, re.IGNORECASE):
            # In "24 to 27 million" the scale stands once, after both.
            first += re.sub(_NUMBER, "", last, flags=re.IGNORECASE)
        low, high = _one(first), _one(last)
        if low.low > high.low:
            raise ValueError(f"a range goes from low to high, got {text!r}")
        return Quoted(low.low, high.high, min(low.step, high.step))
    factors = re.split(r"\s*\*\s*", text)
    if len(factors) == 1:
        return _one(text)
    return _product([_one(factor) for factor in factors], factors)


def _product(numbers: list[Quoted], texts: list[str]) -> Quoted:
    """24M * 4 bytes: 96,000,000 to the nearest 4,000,000. A plain whole number, as the 4, counts as exact."""
    value = Fraction(1)
    for number in numbers:
        value *= number.low
    rough = [
        number.step * abs(value / number.low)
        for number, text in zip(numbers, texts, strict=True)
        if number.low and not re.match(r"^\d+(?:\s*[a-z]{2,})?$", text)
    ]
    return Quoted(value, value, max(rough, default=Fraction(1)))


def _one(text: str) -> Quoted:
    plain = text.strip()
    roughly = False
    for sign in _ROUGHLY:
        if plain.lower().startswith(sign):
            plain, roughly = plain[len(sign) :].strip(), True
    found = _ONE.match(plain)
    if not found:
        raise ValueError(f"no number can be read from {text!r}; write it as 35K, 27.55 million, 55x55x96 or 16.4%")
    digits, words = found[1].replace(",", "").replace("−", "-"), (found[2] or "").lower()
    scale = _SCALES.get(words.partition(" ")[0], 1)
    value = Fraction(digits) * scale
    step = _last_place(digits, shortened=roughly or scale > 1 or "e" in digits.lower()) * scale
    return Quoted(value, value, step)


def _last_place(digits: str, shortened: bool) -> Fraction:
    """The unit of the last digit that means something. In a shortened 150K the zero only fills a place."""
    mantissa, _, exponent = digits.lower().partition("e")
    whole, _, decimals = mantissa.lstrip("-").partition(".")
    place = Fraction(1, 10 ** len(decimals))
    if shortened and not decimals:
        significant = whole.rstrip("0")
        place = Fraction(10 ** (len(whole) - len(significant))) if significant else Fraction(1)
    return place * Fraction(10) ** int(exponent or 0)
