"""The short questions of lesson 08."""

import math

from course_utils.accounting import count_conv_parameters
from course_utils.exercises.questions import Question, Slip
from course_utils.layers import conv_output_size


def after(size: int, *windows: tuple[int, int]) -> int:
    """The width after windows of (kernel_size, stride), one after another."""
    for kernel_size, stride in windows:
        size = conv_output_size(size, kernel_size, stride)
    return size


CONV, HALF = (5, 1), (2, 2)
S4 = after(32, CONV, HALF, CONV, HALF)
C1 = count_conv_parameters(1, 6, 5)
C3_FULL = count_conv_parameters(6, 16, 5)
C5 = count_conv_parameters(16, 120, 5)
F6 = 84 * (120 + 1)
MODERN = C1 + C3_FULL + C5 + F6 + 10 * (84 + 1)
# Of the table's sixteen columns, six see three maps, nine see four, and one sees all six.
PAIRS = 6 * 3 + 9 * 4 + 6

QUESTIONS = (
    Question(
        "size-c1",
        "08",
        answer=after(32, CONV),
        why="A 5-wide window has 28 places on a row of 32.",
        hint="32 pixels, a 5-wide window, stride 1, no padding: count its places.",
        slips=(
            Slip(
                32,
                "That takes a padding of 2, and C1 has none. (Many reprints of LeNet add it, to read MNIST's smaller pictures.)",
            ),
            Slip(27, "You counted the moves. The window sits somewhere before its first move, too."),
            Slip(14, "That is after the subsampling."),
        ),
    ),
    Question(
        "size-s2-c3",
        "08",
        answer=(after(32, CONV, HALF), after(32, CONV, HALF, CONV)),
        why="28 is halved to 14, and a 5-wide window has 10 places on 14.",
        hint="S2 halves what C1 gives. Then count the places of a 5-wide window once more.",
        slips=(
            Slip((14, 14), "C3 has no padding either: a 5-wide window has fewer places than the map has pixels."),
            Slip((24, 20), "A subsampling with stride 2 halves the width."),
            Slip((14, 5), "That is after S4. C3 itself does not halve."),
            Slip((14, 9), "You counted the moves. The window sits somewhere before its first move, too."),
            Slip((16, 12), "C1 gives 28, not 32: start from there."),
        ),
    ),
    Question(
        "size-s4",
        "08",
        answer=(16, S4, S4),
        why="28 is halved to 14, C3 makes 10 of it, and S4 halves that: 5. Subsampling keeps the 16 maps apart.",
        hint="S2 halves what C1 gives, a 5x5 window goes over that, and S4 halves again. How many maps are there?",
        slips=(
            Slip((6, 5, 5), "Subsampling keeps its number of maps, but C3 before it has more than six filters."),
            Slip((16, 10, 10), "That is what C3 gives. S4 halves it."),
            Slip((5, 5, 16), "The numbers are right; this course puts the channels first."),
            Slip((16, 7, 7), "C3 has no padding: it makes its maps smaller by 4 before S4 halves them."),
            Slip((16, 6, 6), "32, 28, 14, then a 5-wide window without padding, then half. Check each step."),
        ),
    ),
    Question(
        "size-c5",
        "08",
        answer=after(S4, CONV),
        why="A 5-wide window on a 5-wide map has one place.",
        hint="How many places has a window on a map that is just as wide?",
        slips=(
            Slip(0, "The window fits exactly: it has a first place, and no second."),
            Slip(5, "That is how wide its input is, and its window."),
            Slip(120, "That is how many maps there are."),
        ),
    ),
    Question(
        "c3-sees",
        "08",
        answer=6 + 2 * 4,
        why="The first of the five sees 6 pixels, and each of the other four adds two.",
        hint="The first neuron of S2 sees 6 pixels. How many new ones does the next one see, and how many more are there?",
        slips=(
            Slip(10, "Neighbours in S2 are two pixels apart, not one."),
            Slip(30, "Their views overlap: from one to the next only two pixels are new."),
            Slip(16, "Five neighbours have four steps between them."),
            Slip(5, "Five of S2, that is. Each of these sees more than a pixel."),
            Slip(13, "That takes 5 pixels for one of S2. It sees two neighbours of C1, so 6."),
        ),
    ),
    Question(
        "count-c1",
        "08",
        answer=C1,
        why="Six filters of 25 weights, and a bias each.",
        hint="Six filters of 5x5 on one channel. Do not forget what each adds at the end.",
        slips=(
            Slip(6 * 25, "Each filter has a bias, too."),
            Slip(26, "That is one filter."),
            Slip(6 * (75 + 1), "The picture is gray: one channel, not three."),
            Slip(6 * 26 * 28 * 28, "The weights are shared: a filter has the same ones at every place."),
        ),
    ),
    Question(
        "count-s2",
        "08",
        answer=6 * 2,
        why="A coefficient and a bias for each of the six maps.",
        hint="Two numbers a map. How many maps has S2?",
        slips=(
            Slip(0, "That would be average or max pooling. This one learns."),
            Slip(2, "Each map has its own two."),
            Slip(6, "A coefficient and a bias for each map."),
            Slip(6 * 5, "The four entries of a window share one coefficient: they are added up first."),
            Slip(16 * 2, "S2 has the six maps of C1."),
        ),
    ),
    Question(
        "count-c3-full",
        "08",
        answer=C3_FULL,
        why="Each filter has 6 times 25 weights and a bias, and there are 16.",
        hint="Each of the 16 filters is as deep as the six maps that it looks at.",
        slips=(
            Slip(16 * 150, "Each filter has a bias, too."),
            Slip(16 * 26, "A filter has a 5x5 slice for each of the six maps."),
            Slip(
                1516, "That is the published number, with the table of connections. Here each filter sees all six maps."
            ),
            Slip(6 * 16 * 26, "A filter adds up its six slices and then one bias, not six."),
        ),
    ),
    Question(
        "count-c5",
        "08",
        answer=C5,
        why="120 filters with 16 times 25 weights and a bias each.",
        hint="120 filters, each as deep as 16 maps.",
        slips=(
            Slip(120 * 400, "Each filter has a bias, too."),
            Slip(120 * 26, "A filter has a 5x5 slice for each of the 16 maps."),
            Slip(120 * 400 + 16, "There is a bias for each filter, so 120 of them."),
        ),
    ),
    Question(
        "connections-c1",
        "08",
        answer=C1 * after(32, CONV) ** 2,
        why="156 numbers at 784 places.",
        hint="Every number of C1, biases included, is used once at each place of a map. How many places has a map?",
        slips=(
            Slip(150 * 784, "The biases are connections, too."),
            Slip(156 * 32 * 32, "Places are counted on C1's maps, which are 28 wide."),
            Slip(156 * 784 * 6, "The 156 numbers are those of all six maps already."),
            Slip(156, "That is how many numbers there are. Each is used again and again."),
        ),
    ),
    Question(
        "table-pairs",
        "08",
        answer=PAIRS,
        why="Six times three, nine times four, and six.",
        hint="Six columns have three, nine have four, and one has all.",
        slips=(
            Slip(96, "That is every cell. Count the filled ones."),
            Slip(6 * 3 + 6 * 4 + 3 * 4, "The last column has six more."),
            Slip(16, "That is the number of columns."),
        ),
    ),
    Question(
        "squash-one",
        "08",
        answer=round(1.7159 * math.tanh(2 / 3), 2),
        why="1.7159 is just what it takes to undo the squashing at 1.",
        hint="The hyperbolic tangent of 2/3 is 0.583.",
        slips=(
            Slip(1.7159 * math.tanh(1), "Inside the tanh, x is multiplied by 2/3 first."),
            Slip(math.tanh(2 / 3), "Multiply by 1.7159."),
            Slip(1.7159, "That is what it tends to for large x."),
            Slip(1.7159 * 2 / 3, "That is its slope at 0. The tanh has already bent away at 1."),
        ),
        tolerance=0.004,
    ),
    Question(
        "rbf-smallest",
        "08",
        answer="a",
        why="It is a sum of squares, and it is 0 only where F6 equals the code.",
        hint="Can a sum of squares be negative?",
        slips=(
            Slip("b", "Squares are never negative. F6 that says the opposite is as far away as can be."),
            Slip("c", "It is a distance, not a probability: the smaller the better."),
        ),
    ),
    Question(
        "old-or-new",
        "08",
        answer="c",
        why="Both read about 98 in a hundred: these digits are easy, and the idea was right in 1998.",
        hint="The paper's network left less than one error in a hundred on MNIST. How much room is there above it?",
        slips=(
            Slip("a", "With ten in a hundred wrong, no bank would have let it read cheques."),
            Slip("b", "You trust today's parts a lot. On digits as easy as these they have little to improve."),
        ),
    ),
    Question(
        "in-order",
        "08",
        answer="c",
        why="As long as only one digit comes, saying that digit every time is all there is to learn; then the next comes.",
        hint="Five batches of nothing but zeros: what is the quickest way to lower their loss?",
        slips=(
            Slip("a", "Equally often, but not in between each other. What does a batch of zeros teach about ones?"),
            Slip("b", "Each run of one digit undoes what the runs before it did."),
        ),
    ),
    Question(
        "recap-where",
        "08",
        answer="c",
        why="48,120 of 60,000: it sees all of its input at once, so nothing is shared.",
        hint="Weights times places is work; weights alone sit where nothing is shared.",
        slips=(
            Slip("a", "C1 has 156 numbers and shares each of them between 784 places."),
            Slip("b", "C3 has 1,516."),
        ),
    ),
    Question(
        "recap-f6",
        "08",
        answer=F6,
        why="84 neurons with 120 weights and a bias each.",
        hint="A neuron has a weight for each of its inputs, and a bias.",
        slips=(
            Slip(84 * 120, "Each neuron has a bias, too."),
            Slip(120 * 85, "There is a bias for each of the 84 neurons, not for each input."),
            Slip(84 * 10, "That is the output layer's."),
        ),
    ),
    Question(
        "recap-modern-count",
        "08",
        answer=MODERN,
        why="156, 2,416, 48,120, 10,164 and 850.",
        hint="C1, C5 and F6 are as before. C3 is full, S2 and S4 have nothing, and the output layer has 85 a class.",
        slips=(
            Slip(60_000, "That is the network of 1998."),
            Slip(MODERN - 850, "The output layer learns now: ten neurons on 84 numbers."),
            Slip(MODERN - 10, "The ten outputs have biases."),
            Slip(
                60_000 + 850,
                "C3 sees all maps now, and the subsampling layers have lost their coefficients and biases.",
            ),
            Slip(
                MODERN + 44, "Max pooling has nothing to learn: the 44 coefficients and biases of S2 and S4 are gone."
            ),
        ),
    ),
    Question(
        "recap-larger",
        "08",
        answer="b",
        why="36, 32, 16, 12, 6, and a 5-wide window has two places on 6: the network slides.",
        hint="Follow the width: 36, then C1, S2, C3, S4.",
        slips=(
            Slip("a", "C5 is a convolution. On wider maps its window has more places."),
            Slip("c", "Everything fits: 36, 32, 16, 12, 6. And then?"),
        ),
    ),
    Question(
        "recap-order",
        "08",
        answer="b",
        why="The loss needs scores, the gradients need the loss, and the update needs the gradients.",
        hint="Which of the four needs the result of which?",
        slips=(
            Slip("a", "An update needs gradients, and there are none before a backward pass."),
            Slip("c", "An update needs the gradients of this batch."),
        ),
    ),
)
