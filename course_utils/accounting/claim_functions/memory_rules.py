"""How many bytes a count of values takes."""

from fractions import Fraction


def megabytes(values: int, bytes_per_value: int = 4) -> Fraction:
    """MB of 10^6 bytes."""
    return Fraction(values * bytes_per_value, 10**6)


def mebibytes(values: int, bytes_per_value: int = 4) -> Fraction:
    """MiB of 2^20 bytes."""
    return Fraction(values * bytes_per_value, 2**20)


FUNCTIONS = (megabytes, mebibytes)
