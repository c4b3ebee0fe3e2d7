"""An exercise of lesson 08: which maps of S2 each map of LeNet-5's C3 is connected to."""

import numpy as np

from course_utils import layers
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise

# A block of the table's rows: the maps at which its rows begin, and the steps from there to the connected ones.
_THREES = (range(6), (0, 1, 2))
_FOURS = (range(6), (0, 1, 2, 3))
_PAIRS = (range(3), (0, 1, 3, 4))
_ALL = (range(1), range(6))

# The blocks of each slip that changes them; the others take them as they are in the paper.
_BLOCKS = {
    "blocks exchanged": (_FOURS, _THREES, _PAIRS, _ALL),
    "one too many": (_FOURS, (range(6), range(5)), _PAIRS, _ALL),
    "five": (_THREES, (range(6), range(5)), _PAIRS, _ALL),
    "pairs without a gap": (_THREES, _FOURS, (range(3), (0, 1, 2, 3)), _ALL),
    "four without a gap": (_THREES, _FOURS, (range(4), (0, 1, 2, 3))),
    "wide gap": (_THREES, _FOURS, (range(3), (0, 1, 4, 5)), _ALL),
    "pairs two apart": (_THREES, _FOURS, (range(0, 6, 2), (0, 1, 3, 4)), _ALL),
    "pairs go on": (_THREES, _FOURS, (range(4), (0, 1, 3, 4))),
    "last empty": (_THREES, _FOURS, _PAIRS, (range(1), ())),
    "four empty": (_THREES, _FOURS, (range(4), ())),
    "backwards": ((range(6), (0, -1, -2)), (range(6), (0, -1, -2, -3)), _PAIRS, _ALL),
    "both sides": ((range(6), (-1, 0, 1)), _FOURS, _PAIRS, _ALL),
    "from 1": tuple((range(1, 1 + len(firsts)), steps) for firsts, steps in (_THREES, _FOURS, _PAIRS, _ALL)),
    "all": ((range(16), range(6)),),
}


def _lenet_c3_connections(*, slip: str) -> np.ndarray:
    """lenet_c3_connections with one slip in it."""
    blocks = _BLOCKS.get(slip, (_THREES, _FOURS, _PAIRS, _ALL))
    rows = [_maps(first, steps, slip) for firsts, steps in blocks for first in firsts]
    table = np.array([[column in row for column in range(6)] for row in rows])
    if slip == "transposed":
        return table.T
    if slip == "reshaped":
        return table.T.reshape(16, 6)
    if slip == "exchanged":
        return ~table
    return table.astype(int) if slip == "numbers" else table


def _maps(first: int, steps: tuple[int, ...] | range, slip: str) -> list[int]:
    """The maps that one row is connected to."""
    if slip == "stops at the edge":
        return [first + step for step in steps]
    if slip == "held back":
        first = min(first, 5 - max(steps))
    return [(first + step) % 6 for step in steps]


LENET_C3_CONNECTIONS = Exercise(
    name="lenet_c3_connections",
    lesson="08",
    reference=layers.lenet_c3_connections,
    plan=(Call("lenet_c3_connections", (), ("table",)),),
    compared=("table",),
    cases=(Case("the whole table", {}),),
    random_case=None,
    misconceptions=misconceptions(
        _lenet_c3_connections,
        (
            (
                "rows and columns exchanged",
                "transposed",
                "Your rows are the six maps of S2, as the paper prints it. Here a row is a map of C3, and there are 16.",
            ),
            (
                "reshaped instead of transposed",
                "reshaped",
                "You have six rows of 16 and cut them up anew. A reshape keeps the order of the numbers; rows do not become "
                "columns.",
            ),
            (
                "no way round",
                "stops at the edge",
                "Rows that begin at the last maps of S2 see too few: you stop at map 5. The neighbour after it is map 0.",
            ),
            (
                "held back at the edge",
                "held back",
                "You push back what would go over the edge, so that several rows are alike. The maps go round in a ring.",
            ),
            (
                "threes and fours exchanged",
                "blocks exchanged",
                "Your first six rows see four maps each and the next six see three. The paper has them the other way round.",
            ),
            (
                "five neighbours instead of four",
                "five",
                "The second six of your rows see five maps each. Count a column of the paper's table.",
            ),
            (
                "one neighbour too many everywhere",
                "one too many",
                "Your first twelve rows see four and five maps each, one more than they should. Is the end counted in?",
            ),
            (
                "neighbours on the other side",
                "backwards",
                "You go down from the first map of a row, to those before it. The paper goes up.",
            ),
            (
                "neighbours on both sides",
                "both sides",
                "Your first six rows have one neighbour before the map of their number and one after it. In the paper row 0 "
                "begins at map 0.",
            ),
            (
                "counted from 1",
                "from 1",
                "Each of your rows begins one map too late. The paper counts maps from 0, as NumPy does.",
            ),
            (
                "no gap between the pairs",
                "pairs without a gap",
                "Rows 12 to 14 see four neighbours, which rows 6 to 8 do already. These three see two pairs, apart.",
            ),
            (
                "four more rows of neighbours",
                "four without a gap",
                "Your first twelve rows are right. The last four repeat rows 6 to 9: look again at the end of the table.",
            ),
            (
                "too wide a gap between the pairs",
                "wide gap",
                "In rows 12 to 14 you leave out two maps between the pairs. There is one between them on either side.",
            ),
            (
                "pairs two maps apart",
                "pairs two apart",
                "Rows 12 to 14 begin at every second map of yours. In the paper each begins one map after the row before.",
            ),
            (
                "a fourth row of pairs",
                "pairs go on",
                "Your last row goes on with the pairs. One map of C3 is left, and it has no map of S2 to leave out.",
            ),
            ("the last row left empty", "last empty", "Your last map of C3 sees nothing at all. It should see most."),
            (
                "the last four rows left empty",
                "four empty",
                "Your first twelve rows are right. The last four of the table are not filled yet.",
            ),
            (
                "everything connected",
                "all",
                "Each of your maps sees all six, as in a convolution of today. Then there would be no need for a table.",
            ),
            (
                "connected and not connected exchanged",
                "exchanged",
                "Your table is True where nothing is connected.",
            ),
            (
                "numbers instead of truth values",
                "numbers",
                "Your table holds 0 and 1 as numbers. In an index those pick map 0 and map 1 again and again; truth values "
                "pick what is connected.",
            ),
        ),
    ),
    hints=(
        "There are four blocks of rows: six, six, three and one. Within a block each row is the one before, moved on by one map.",
        "Write down for one row of each block how many steps it is from its first map to the others: 0, 1, 2 for the first. "
        "What comes after map 5 is found by the rest of a division by 6.",
        "With `maps = [(first + step) % 6 for step in (0, 1, 2)]` the row of `first` is `table[first, maps] = True`. The fours "
        "stand six rows further down, the pairs with their steps `(0, 1, 3, 4)` twelve, and `table[15] = True`.",
    ),
)
EXERCISES = (LENET_C3_CONNECTIONS,)
