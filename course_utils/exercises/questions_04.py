"""The short questions of lesson 04."""

import numpy as np

from course_utils.exercises.questions import Question, Slip
from course_utils.layers import conv2d_backward

# The row, the weights and the gradients of the outputs that the lesson works through by hand.
ROW, WEIGHT, DOUT = (np.array(numbers, float) for numbers in ((1, 2, -1, 1, -3), (1, 0, -1), (1, 2, -1)))


def gradients_by_hand() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """dx and dweight of the lesson's row."""
    row, weight, dout = (numbers.reshape(1, 1, 1, -1) for numbers in (ROW, WEIGHT, DOUT))
    dx, dweight, _ = conv2d_backward(dout, (row, weight, None, 1, 0, 1, 1))
    return tuple(int(n) for n in dx.ravel()), tuple(int(n) for n in dweight.ravel())


DX, DWEIGHT = gradients_by_hand()

QUESTIONS = (
    Question(
        "two-users",
        "04",
        answer=3 * 5 + 2 * (2 * 2),
        why="By way of u it is 3 · 5, by way of v it is 2 · 4, and both happen at once: they add up.",
        hint="When x grows by a little, u grows 5 times as much. And v, which is x times x, at x = 2? Follow each way to the "
        "loss, then put both together.",
        slips=(
            Slip(3 * 5, "That is what comes by way of u. Somebody else used x as well."),
            Slip(2 * 4, "That is what comes by way of v. Somebody else used x as well."),
            Slip(3 * 5 * 2 * 4, "Along one way factors multiply. Two ways side by side do not."),
            Slip(3 * 10 + 2 * 4, "3 · 10 takes u itself, where it should be how fast u grows with x."),
            Slip(3 * 5 + 2 * 2, "How fast does x · x grow at x = 2? Both of its factors grow."),
        ),
    ),
    Question(
        "best-step",
        "04",
        answer="a",
        why="A longer step sees the bend of the curve, a shorter one drowns in rounding. For central differences the best lies "
        "near the third root of what rounding loses: of 1e-16 in float64, of 1e-7 in float32.",
        hint="float32 keeps about 7 digits. If f above and f below agree in the first five of them, how many are left in their "
        "difference?",
        slips=(
            Slip(
                "b",
                "That is float64's. Here f above and f below agree in about five digits of seven: how many are left in their "
                "difference?",
            ),
            Slip("c", "x is a number of seven digits. What is x plus so small a step, rounded to seven digits?"),
        ),
    ),
    Question(
        "dweight-by-hand",
        "04",
        answer=DWEIGHT,
        why="Each window of three numbers counts as much as its `dout` says: 1 · (1, 2, −1) + 2 · (2, −1, 1) − (−1, 1, −3).",
        hint="The first weight met x[0] on the way to out[0], x[1] on the way to out[1], and x[2] on the way to out[2]. How much "
        "does each of the three outputs matter?",
        slips=(
            Slip(DWEIGHT[::-1], "The three numbers are right and stand the other way round. Which weight met x[0]?"),
            Slip((2, 2, -3), "These are the windows added up as if all outputs mattered alike."),
            Slip((2, 0, -2), "You multiplied the weights by the sum of `dout`. What did the weights meet on the way?"),
        ),
    ),
    Question(
        "dx-by-hand",
        "04",
        answer=DX,
        why="Every output sends its `dout` back along its three lines: 1 · (1, 0, −1) to x[0..2], 2 · (1, 0, −1) to x[1..3], "
        "−1 · (1, 0, −1) to x[2..4], and what meets in a number adds up.",
        hint="Take the outputs one by one. Each sends the three weights, times its own number of `dout`, to the three numbers of "
        "its window. Then add up what every x has received.",
        slips=(
            Slip((1, 2, -1, -2, 1), "Look at x[2] again: three outputs used it. One thing that it gets is negative."),
            Slip(
                tuple(int(n) for n in np.correlate(DOUT, WEIGHT, "full")),
                "Every line carries the weight from the other end of its window. Which weight did x[0] meet?",
            ),
            Slip(
                (1, 2, -1, 0, 1),
                "A number that lies in several windows hears from each of them, not from the last one only.",
            ),
            Slip((1, 2, -2, -2), "There is a gradient for each of the five numbers."),
        ),
    ),
    Question(
        "cut-nothing",
        "04",
        answer=0,
        why="-0 is 0, so the slice is `row[0:0]`, and that is empty.",
        hint="Put p = 0 into the slice and write it out. Where does it begin and where does it end?",
        slips=(
            Slip(5, "That is what is wanted. What is -0 to Python?"),
            Slip(4, "-1 would drop the last one. This is -0."),
        ),
    ),
    Question(
        "dcolumns-product",
        "04",
        answer="b",
        why="(27, 4) times (4, 36) is (27, 36), the shape of the columns, and each number is a sum over the four filters.",
        hint="`dcolumns` has the shape of the columns, and each of its numbers is a sum over the four filters. So the fours have "
        "to meet in the middle.",
        slips=(
            Slip(
                "a", "(4, 27) times (4, 36) is no product. Which of the two has to be turned, so that the fours meet?"
            ),
            Slip("c", "(4, 36) times (27, 4) is no product: 36 places would meet 27 taps."),
        ),
    ),
    Question(
        "wrong-and-two-deep",
        "04",
        answer="c",
        why="The wrong dx reaches the first layer only. The second learns as it should, and makes the best of a first layer that "
        "gets worse advice than it could.",
        hint="Which of the three layers learn from a gradient that passed through the wrong dx?",
        slips=(
            Slip(
                "a", "Guessing needs a network in which nothing learns. Two of the three layers have right gradients."
            ),
            Slip(
                "b",
                "You would surely notice that. Which layers learn from a wrong gradient, and which from a right one?",
            ),
        ),
    ),
    Question(
        "recap-turned",
        "04",
        answer="b",
        why="dx takes the filters turned by half a turn; dweight and dbias turn nothing.",
        hint="In the row that you did by hand: which of the two was `np.convolve`, which turns, and which `np.correlate`?",
        slips=(
            Slip("a", "dweight compares the picture with `dout` as they lie; there is nothing to turn."),
            Slip("c", "That is what the lecture notes say. You have checked it with numbers."),
        ),
    ),
    Question(
        "recap-spread",
        "04",
        answer=(3 - 1) * 2 + 1,
        why="Between each two neighbours of the three stands one zero: 3 numbers and 2 zeros.",
        hint="Write the three numbers down, two pixels apart.",
        slips=(
            Slip(6, "There is no zero after the last one: it stands between neighbours."),
            Slip(9, "That is with two zeros at each end as well. Here only those in between are asked for."),
            Slip(7, "One zero stands between two neighbours, not two."),
        ),
    ),
    Question(
        "recap-shared",
        "04",
        answer="a",
        why="A weight is used at every place of every picture, and whoever uses it adds to its gradient.",
        hint="Who used this weight?",
        slips=(
            Slip("b", "A mean would be a loss that is a mean; then `dout` carries that division already."),
            Slip("c", "All places used the weight. Does the last one matter more?"),
        ),
    ),
    Question(
        "recap-kink",
        "04",
        answer="c",
        why="A step across the kink of a ReLU measures a slope between 0 and 1. With a shorter step it goes away; a slip in the "
        "code would stay.",
        hint="Would a slip in your code show in a few entries only? And what does a longer step do near a kink?",
        slips=(
            Slip(
                "a",
                "float64 keeps 16 digits: rounding is far smaller than this. What else goes wrong, and only near 0?",
            ),
            Slip(
                "b",
                "Perhaps. But a slip would most likely show in many entries. What is special about a ReLU, and only near 0?",
            ),
        ),
    ),
    Question(
        "recap-trust",
        "04",
        answer="b",
        why="Training forgives much, as you have seen. A numeric check does not: it compares every entry.",
        hint="What did the two-layer network with the wrong gradient look like from outside?",
        slips=(
            Slip("a", "The two-layer network with the wrong gradient did all of that."),
            Slip("c", "Right shapes are the least that a gradient has. The turned filter kept every shape."),
        ),
    ),
)
