"""The short questions of lesson 01."""

from course_utils.accounting import count_conv_parameters
from course_utils.exercises.questions import Question, Slip
from course_utils.layers import conv_output_size

ALEXNET_PLACES = conv_output_size(227, 11, stride=4) ** 2
ALEXNET_WEIGHTS = 11 * 11 * 3

QUESTIONS = (
    Question(
        "numbers-in-volume",
        "01",
        answer=3 * 32 * 32,
        why="Three channels of 32 rows and 32 columns.",
        hint="How many pixels are there, and how many numbers has each?",
        slips=(
            Slip(32 * 32, "That is the number of pixels. Each of them has three numbers."),
            Slip(3 + 32 + 32, "The lengths of the axes multiply."),
        ),
    ),
    Question(
        "dense-neuron",
        "01",
        answer=200 * 200 * 3,
        why="One weight for each number of the picture.",
        hint="A fully connected neuron has one weight for each number it looks at. Count the colours, too.",
        slips=(
            Slip(200 * 200, "You counted pixels. Each has three colours, and each colour a weight."),
            Slip(200 * 200 * 3 + 1, "The bias is not a weight; the question asks for weights."),
            Slip(200 * 3, "Rows *and* columns: the picture is 200 by 200."),
        ),
    ),
    Question(
        "dense-layer",
        "01",
        answer=1000 * (200 * 200 * 3 + 1),
        why="A thousand neurons, each with 120,000 weights and a bias.",
        hint="What does one neuron have, with its bias? And there are a thousand of them.",
        slips=(
            Slip(1000 * 200 * 200 * 3, "These are the weights. Each neuron has a bias, too."),
            Slip(1000 * 200 * 200 * 3 + 1, "You added a single bias. Each neuron has its own."),
            Slip(1000 * 200 * 200, "The colours are missing."),
        ),
    ),
    Question(
        "zero-sum",
        "01",
        answer=0,
        why="All the pixels are the same number v, so the result is v times the sum of the weights: nothing.",
        hint="Take the same number v out of the sum. What is left is the sum of the weights.",
        slips=(
            Slip(1, "That would be the answer if the weights summed to one and the patch were white."),
            Slip(0.5, "Multiply each weight by one half, then add: what do the weights add up to?"),
        ),
    ),
    Question(
        "blur-ninth",
        "01",
        answer="c",
        why="On a flat patch of brightness v the result is v times the sum of the weights, and with ninths that is v again.",
        hint="Slide a kernel of nine ones over a white patch, all pixels 1. What comes out?",
        slips=(
            Slip("a", "The kernel would smooth just as well with larger weights. Only something else would change."),
            Slip("b", "No: the same nine pixels are looked at either way."),
        ),
    ),
    Question(
        "puzzle-every-direction",
        "01",
        answer="c",
        why="Its weights compare a pixel with its four neighbours, above, below, left and right, and treat them all alike.",
        hint="Write the nine numbers of each version down from the cell at the top. Which of them look the same after a quarter "
        "turn, and which sum to zero?",
        slips=(
            Slip("a", "Its weights are negative on the left and positive on the right: it answers to one direction."),
            Slip("b", "Its weights do not sum to zero. It averages."),
            Slip(
                "D",
                "Its weights look the same in every direction, but they sum to one: the picture stays, only sharper.",
            ),
        ),
    ),
    Question(
        "impulse",
        "01",
        answer=(3, 2, 1),
        why="The window moves right, so the bright pixel moves left through the kernel: it meets the last weight first.",
        hint="At the first place the window holds (0, 0, 1). Which weight lies on the 1?",
        slips=(
            Slip((1, 2, 3), "That is what convolution gives, with the kernel flipped. Here it lies as it is."),
            Slip((0, 0, 3), "You multiplied the whole row. The window moves, and at each place you sum up."),
        ),
    ),
    Question(
        "filter-75",
        "01",
        answer=5 * 5 * 3,
        why="Local in height and width, but always through the full depth.",
        hint="How deep is a filter that looks at a colour picture?",
        slips=(
            Slip(5 * 5, "You have counted one colour. The filter reaches through all three."),
            Slip(5 * 5 * 3 + 1, "The bias is extra; the question asks for weights."),
            Slip(5 * 5 * 32, "The filter is as deep as the picture has channels, and it has three."),
        ),
    ),
    Question(
        "connections-180",
        "01",
        answer=3 * 3 * 20,
        why="A 3x3 window through 20 channels.",
        hint="The window is 3 by 3. How deep is it?",
        slips=(
            Slip(3 * 3, "The depth is missing: 20 channels."),
            Slip(16 * 16 * 20, "That would be full connection. A neuron here sees its window only."),
            Slip(3 * 3 * 3, "The depth is the input's, and that is not a colour picture."),
        ),
    ),
    Question(
        "unshared",
        "01",
        answer=ALEXNET_PLACES * 96 * (ALEXNET_WEIGHTS + 1),
        why="290,400 neurons, each with 363 weights and a bias.",
        hint="How many neurons are there in 96 maps of 55x55? And how many numbers has each, with its bias?",
        slips=(
            Slip(ALEXNET_PLACES * 96 * ALEXNET_WEIGHTS, "These are the weights. Each neuron has a bias, too."),
            Slip(ALEXNET_PLACES * (ALEXNET_WEIGHTS + 1), "That is one map. There are 96."),
            Slip(ALEXNET_PLACES * 96 * (11 * 11 + 1), "The windows are three channels deep."),
        ),
    ),
    Question(
        "shared",
        "01",
        answer=count_conv_parameters(3, 96, 11),
        why="96 filters with 363 weights and one bias each: the places no longer count.",
        hint="With sharing, each map has one filter. Count a filter, then take 96 of them.",
        slips=(
            Slip(count_conv_parameters(3, 96, 11, bias=False), "These are the weights. Each filter has a bias, too."),
            Slip(count_conv_parameters(3, 1, 11), "That is one filter. There are 96."),
            Slip(count_conv_parameters(1, 96, 11), "The filters are three channels deep."),
        ),
    ),
    Question(
        "shift-then-filter",
        "01",
        answer=0,
        why="Every place uses the same weights, so it does not matter whether the picture or the map is moved.",
        hint="The same nine weights meet the same nine pixels, only at another place.",
        slips=(
            Slip(7, "That is how far both results have moved. Compared with each other, how do they differ?"),
            Slip(1, "The weights are the same at every place. What could differ?"),
        ),
    ),
    Question(
        "recap-depth",
        "01",
        answer="b",
        why="A volume's depth is its number of channels; a network's depth is its number of layers.",
        hint="One of the two belongs to a single volume, the other to the network.",
        slips=(
            Slip("a", "That is the depth of the *network*."),
            Slip("c", "The width and height of the window are what is *not* called depth."),
        ),
    ),
    Question(
        "recap-map",
        "01",
        answer=(12, 28, 28),
        why="Twelve filters, twelve maps, each with the places of a 5x5 window on 32x32.",
        hint="One map for each filter; 5 pixels fit on 32 in how many places?",
        slips=(
            Slip((12, 27, 27), "32 - 5 counts the moves. The first place counts, too."),
            Slip((3, 28, 28), "Each filter sums through the colours, so they are gone. What counts is the filters."),
            Slip((36, 28, 28), "A filter adds its three colours up into one map."),
            Slip((28, 28, 12), "The numbers are right, the order is not: this course puts the channels first."),
        ),
    ),
    Question(
        "recap-flip",
        "01",
        answer="b",
        why="A layer that flips learns the flipped weights, and computes the same.",
        hint="Who chooses the weights of a filter in a network?",
        slips=(
            Slip("a", "The outputs would differ only if the weights stayed the same. They are learned."),
            Slip("c", "The flip is free: it is done once, on nine numbers."),
        ),
    ),
    Question(
        "recap-equivariant",
        "01",
        answer="c",
        why="Shift, then filter, is the same as filter, then shift, wherever the border is far enough away.",
        hint="Every place uses the same weights. Which place sees the cat now?",
        slips=(
            Slip(
                "a",
                "Then the map would not tell where the edge is. That is *invariance*, and pooling brings a little of it.",
            ),
            Slip("b", "Each place uses the same weights, so nothing new is computed when a pattern moves."),
        ),
    ),
    Question(
        "recap-local",
        "01",
        answer="a",
        why="In centred faces an eye is always in the same place, so each place deserves filters of its own.",
        hint="Where does the assumption fail that what is useful at one place is useful at all?",
        slips=(
            Slip("b", "Things in photographs can be anywhere, and that is what sharing is for."),
            Slip("c", "Fewer pictures call for fewer numbers to learn, not for more."),
        ),
    ),
)
