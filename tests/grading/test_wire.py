"""Plain values come through as they were; what is no frame of ours is a WireError and nothing else."""

import json
import math
import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_utils.exercises.specification import with_gaps
from course_utils.grading import wire
from course_utils.grading.wire import Bounds, Opaque, WireError

SMALL = Bounds(header=4096, body=4096, depth=6, values=200, text=100)


def through(value, **settings):
    frame = wire.pack({"value": value}, Bounds())
    return unpacked(frame, Bounds(), **settings)["value"]


def unpacked(frame, bounds=SMALL, **settings):
    header, body = wire.lengths(frame[:16], bounds)
    assert len(frame) == 16 + header + body
    return wire.unpack(frame[16 : 16 + header], frame[16 + header :], bounds, **settings)


def same(a, b):
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and (a == b or (a != a and b != b))


NUMBERS = arrays.arrays(
    st.sampled_from(list(wire.DTYPES.values())), arrays.array_shapes(min_dims=0, min_side=0, max_side=3)
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | TEXT
    | NUMBERS
    | NUMBERS.map(lambda a: a.sum()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(PLAIN)
def test_plain_values_come_through_as_they_were(value):
    assert same(value, through(value))


@pytest.mark.parametrize(
    "array", [np.arange(12.0).reshape(3, 4)[:, ::2], np.arange(6.0).reshape(2, 3).T, np.arange(4)[::-1]]
)
def test_gaps_are_told(array):
    got = through(array, with_gaps=with_gaps)
    np.testing.assert_array_equal(got, array)
    assert not got.flags.c_contiguous and got.flags.writeable
    assert through(array).flags.c_contiguous


def test_the_other_byte_order_arrives_in_this_one():
    assert same(through(np.arange(3, dtype=">i4")), np.arange(3, dtype=np.int32))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (print, "builtin_function_or_method"),
        (2**63, "int of more than 64 bits"),
        ({1: 2}, "dict"),
        ({3}, "set"),
        (b"x", "bytes"),
        (np.zeros(2, complex), "ndarray of complex128"),
        (np.array([None]), "ndarray of object"),
        (np.array(["a"]), "ndarray of str32"),
        (type("<b>", (), {})(), "?b?"),
        ("x" * 30_000, "str of many characters"),
    ],
)
def test_what_is_not_plain_is_known_by_its_type_alone(value, name):
    got = through(value)
    assert isinstance(got, Opaque) and got.type_name == name
    assert got != got and got != value and got != 0


def test_ellipsis_comes_through():
    assert through([..., None]) == [..., None]


def test_lone_surrogates_do_not_come_through():
    header = json.dumps(["dict", {"a\ud800": "b\udfff"}]).encode()
    assert wire.unpack(header, b"", SMALL) == {"a?": "b?"}


BAD = {
    "no JSON": b"{",
    "no UTF-8": b"\xff",
    "empty": b"",
    "no message": b'["list"]',
    "a bare object": b'{"a": 1}',
    "an unknown tag": b'["dict", {"a": ["eval", "1"]}]',
    "no tag": b'["dict", {"a": []}]',
    "a tag that is a list": b'["dict", {"a": [["list"]]}]',
    "a long text": json.dumps(["dict", {"a": "x" * 101}]).encode(),
    "a long name": json.dumps(["dict", {"x" * 101: 1}]).encode(),
    "a large number": b'["dict", {"a": 9223372036854775808}]',
    "a number of many digits": b'["dict", {"a": ' + b"1" * 4000 + b"}]",
    "too many values": json.dumps(["dict", {"a": ["list", *[1] * 300]}]).encode(),
    "too deep": json.dumps(["dict", {"a": ["list", ["list", ["list", ["list", ["list", ["list", 1]]]]]]}]).encode(),
    "much too deep": b"[" * 4000,
    "no bytes for it": b'["dict", {"a": ["array", "float64", [1], false]}]',
    "a negative length": b'["dict", {"a": ["array", "float64", [-1], false]}]',
    "a product of zero": b'["dict", {"a": ["array", "float64", [0, 1099511627776, 1099511627776], false]}]',
    "a dtype that is a list": b'["dict", {"a": ["array", ["float64"], [0], false]}]',
    "objects": b'["dict", {"a": ["array", "object", [0], false]}]',
    "33 axes": json.dumps(["dict", {"a": ["array", "int8", [0] * 33, False]}]).encode(),
    "a seed, which only requests have": b'["dict", {"a": ["seed", 3]}]',
}


@pytest.mark.parametrize("name", BAD)
def test_bad_headers(name):
    with pytest.raises(WireError):
        wire.unpack(BAD[name], b"", SMALL)


def test_a_nest_that_is_just_deep_enough_passes():
    value = [[[[1]]]]
    assert unpacked(wire.pack({"a": value}, SMALL)) == {"a": value}


def test_bytes_that_nothing_names():
    with pytest.raises(WireError, match="more bytes"):
        wire.unpack(b'["dict", {}]', b"x", SMALL)


@pytest.mark.parametrize(
    "prefix", [b"x" * 16, wire.PREFIX.pack(b"CNS1", 4097, 0), wire.PREFIX.pack(b"CNS1", 0, 4097), bytes(16)]
)
def test_bad_prefixes(prefix):
    with pytest.raises(WireError):
        wire.lengths(prefix, SMALL)


def test_a_bool_is_0_or_1_whatever_its_byte_was():
    got = wire.unpack(b'["dict", {"a": ["array", "bool", [3], false]}]', b"\x00\x02\xff", SMALL)["a"]
    assert got.tobytes() == b"\x00\x01\x01"


@pytest.mark.parametrize(
    "value",
    [np.zeros(5000, np.uint8), [0] * 300, [[[[[[[[]]]]]]]], {"x" * 5000: 1}],
    ids=["bytes", "values", "depth", "names"],
)
def test_what_is_too_large_is_not_packed(value):
    with pytest.raises(WireError):
        wire.pack({"a": value}, SMALL)


def test_random_damage_is_found_or_harmless():
    """Frames with flipped bytes give a message or a WireError, and never need more than a little memory."""
    frame = wire.pack({"a": [1, 2.5, "text", np.arange(6.0).reshape(2, 3)], "b": {"c": (None, True)}}, SMALL)
    rng = random.Random(0)
    tracemalloc.start()
    for _ in range(3000):
        damaged = bytearray(frame)
        for _ in range(rng.randint(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            header, _ = wire.lengths(bytes(damaged[:16]), SMALL)
            wire.unpack(bytes(damaged[16 : 16 + header]), bytes(damaged[16 + header :]), SMALL)
        except WireError:
            pass
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


def test_numbers_that_are_not_finite_come_through():
    assert math.isnan(through(math.nan)) and through(-math.inf) == -math.inf
