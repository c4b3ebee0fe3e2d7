"""The short questions of lesson 00."""

from course_utils.exercises.questions import Question, Slip

QUESTIONS = (
    Question(
        "photo-numbers",
        "00",
        answer=3 * 240 * 240,
        why="Three numbers, for red, green and blue, at each of 57,600 pixels.",
        hint="How many pixels has the picture, and how many numbers has each?",
        slips=(
            Slip(240 * 240, "That is the number of pixels. Each has three numbers."),
            Slip(3 * 240, "Rows *and* columns: multiply all three lengths."),
            Slip(3 + 240 + 240, "The lengths of the axes multiply."),
        ),
    ),
    Question(
        "edge-width",
        "00",
        answer=239,
        why="240 pixels have 239 pairs of neighbours.",
        hint="Try a row of three pixels: how many pairs of neighbours are there?",
        slips=(
            Slip(240, "The last pixel has no right neighbour."),
            Slip(238, "One pixel fewer, not two: a row of two has one pair."),
        ),
    ),
    Question(
        "bright-to-dark",
        "00",
        answer="b",
        why="Right minus left is dark minus bright, and that is negative.",
        hint="Put numbers in: left pixel 0.9, right pixel 0.2.",
        slips=(
            Slip("a", "Put numbers in: 0.2 - 0.9."),
            Slip("c", "It would be zero only if both pixels were equally bright."),
        ),
    ),
    Question(
        "uint8-surprise",
        "00",
        answer=(10 - 20) % 256,
        why="Eight bits hold 0 to 255. Below 0 they start again from the top: -10 becomes 256 - 10.",
        hint="An unsigned byte has no negative numbers. Below 0 it goes on from 255 downwards.",
        slips=(
            Slip(-10, "That is the arithmetic you learned at school. A byte without a sign cannot hold it."),
            Slip(0, "Some programs stop at 0. NumPy goes round."),
            Slip(245, "Close: 0 itself is one of the 256 values."),
            Slip(10, "The sign is not just dropped."),
        ),
    ),
    Question(
        "recap-shape",
        "00",
        answer=(3, 480, 640),
        why="Channels first, then rows, then columns.",
        hint="Which of the three comes first in this course? And does 640 count rows or columns?",
        slips=(
            Slip((480, 640, 3), "That is channels last, as many image libraries have it. This course puts them first."),
            Slip((3, 640, 480), "640 pixels wide means 640 *columns*, and rows come before columns."),
            Slip((640, 480, 3), "Channels first, and rows before columns."),
        ),
    ),
    Question(
        "recap-axis",
        "00",
        answer=0,
        why="Axis 0 of (3, H, W) holds the colours; averaging over it leaves (H, W).",
        hint="Which axis has length 3?",
        slips=(
            Slip(1, "That averages over the rows."),
            Slip(2, "That averages over the columns."),
            Slip(-1, "-1 is the last axis: the columns."),
            Slip(3, "Axes are counted from 0."),
            Slip(-3, "The same axis, counted from the end. And counted from the front?"),
        ),
    ),
    Question(
        "recap-use",
        "00",
        answer="b",
        why="`use` hands on your function if it passes its check, and the course's own if not, and says which.",
        hint="What did `use` say after your exercise?",
        slips=(
            Slip("a", "Then a wrong answer would spoil everything that follows."),
            Slip("c", "You can go on at any time, and come back later."),
        ),
    ),
    Question(
        "recap-flat",
        "00",
        answer=0,
        why="Equal neighbours differ by nothing: an edge filter is blind to a flat wall, however bright.",
        hint="What is a pixel minus a neighbour that is equally bright?",
        slips=(Slip(1, "That is how bright the wall is. The filter sees only differences."),),
    ),
    Question(
        "recap-float",
        "00",
        answer="c",
        why="Floating point numbers have a sign, so differences come out as they should.",
        hint="What went wrong with bytes, and what must a number be able to hold?",
        slips=(
            Slip("a", "Bytes have no sign; that is where the false edges came from."),
            Slip("b", "True and false have no sign either, and no shades of gray."),
        ),
    ),
)
