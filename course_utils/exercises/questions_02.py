"""The short questions of lesson 02."""

from course_utils.accounting import count_conv_parameters
from course_utils.datasets.demo import running_demo
from course_utils.exercises.questions import Question, Slip
from course_utils.layers import conv2d_forward, conv_output_size

ALEXNET = {"kernel_size": 11, "stride": 4}
DEMO = {"kernel_size": 3, "stride": 2, "padding": 1}


def first_demo_output() -> int:
    """The first number of the running demo's output."""
    x, weight, bias = running_demo()
    out, _ = conv2d_forward(x[None], weight, bias, stride=2, padding=1)
    return int(out[0, 0, 0, 0])


QUESTIONS = (
    Question(
        "stack-six",
        "02",
        answer=(6, conv_output_size(32, 5), conv_output_size(32, 5)),
        why="Six filters give six maps, and a 5-wide window has 28 places on a row of 32.",
        hint="One map for each filter; and count the places of a 5-wide window on a row of 32 pixels.",
        slips=(
            Slip(
                (3, 28, 28),
                "The colours are gone: each filter sums through them. What stands first is the number of maps.",
            ),
            Slip(
                (6, 27, 27), "32 - 5 is the number of moves. Before its first move the window already sits somewhere."
            ),
            Slip(
                (6, 32, 32),
                "A window that lies wholly inside cannot be centred on a border pixel, so the maps are smaller.",
            ),
            Slip((28, 28, 6), "The numbers are right, the order is not: this course puts the channels first."),
            Slip(
                (18, 28, 28),
                "You have a map for each filter and colour. A filter adds its three colours up into one map.",
            ),
        ),
    ),
    Question(
        "slide-7-3-3",
        "02",
        answer=conv_output_size(7, 3, stride=3),
        why="It fits at pixel 0 and at pixel 3. At 6 it would hang over the edge.",
        hint="Write down the pixel at which each window starts. Stop when its last pixel would lie beyond pixel 6.",
        slips=(
            Slip(3, "A third window would start at pixel 6 and need pixels 7 and 8, and the row ends at 6."),
            Slip((7 - 3) / 3 + 1, "That is what the formula gives, but there is no third of a place."),
            Slip((7 - 3) // 3, "You counted the moves. The window sits somewhere before its first move, too."),
            Slip(conv_output_size(7, 3), "That is the count for steps of one."),
        ),
    ),
    Question(
        "pad-7-3",
        "02",
        answer=conv_output_size(7, 3, padding=1),
        why="The padded row is 9 wide, and a 3-wide window has 7 places on it: the size is kept.",
        hint="How wide is the row once a zero stands at each end?",
        slips=(
            Slip(conv_output_size(7, 3), "That is the size without padding."),
            Slip(conv_output_size(8, 3), "Either a zero is missing at one end, or the first place is not counted."),
            Slip(9, "That is how wide the padded row is. How many places has the window on it?"),
            Slip(8, "Check the + 1: the padded row is 9 wide and the window 3."),
        ),
    ),
    Question(
        "same-padding-7",
        "02",
        answer=(7 - 1) // 2,
        why="(F - 1)/2: the window's centre can then sit on every pixel, the first included.",
        hint="For its centre to sit on the first pixel, how many of the window's pixels hang over the edge?",
        slips=(
            Slip(7 // 2 + 1, "The centre itself lies on the picture. Count only what is to the left of it."),
            Slip(7 - 1, "That is both ends together. Padding is counted for one end."),
            Slip(7 / 2, "The centre pixel is in nobody's half: take it away first."),
        ),
    ),
    Question(
        "same-5-2",
        "02",
        answer="c",
        why="Exactly half would need 2P = 3, and half a zero cannot be added. With P = 2 the formula gives 16.5 and the floor "
        "makes it 16; one padded pixel is never read.",
        hint="Put W = 32, F = 5, S = 2 into (W - F + 2P)/S + 1 for P = 1, 2 and 3, before and after the floor.",
        slips=(
            Slip("a", "(32 - 5 + 2)/2 + 1 = 15.5, and rounded down the output is 15, not half of 32."),
            Slip("b", "(32 - 5 + 4)/2 + 1 = 16.5. Is that even?"),
            Slip("d", "(32 - 5 + 6)/2 + 1 = 17.5, and rounded down that is one more than half of 32."),
        ),
    ),
    Question(
        "stride-10-3-2",
        "02",
        answer=conv_output_size(10, 3, stride=2),
        why="The formula says 4.5 and the floor makes it 4; the last pixel of the row is in no window.",
        hint="Where does the last window start that still lies wholly on pixels 0 to 9?",
        slips=(
            Slip((10 - 3) / 2 + 1, "That is the formula without the floor. What does PyTorch do with half a place?"),
            Slip(5, "Rounding up would need a pixel 10, and the row ends at 9."),
            Slip((10 - 3) // 2, "You counted the moves, not the places."),
        ),
    ),
    Question(
        "alexnet-227",
        "02",
        answer=conv_output_size(227, **ALEXNET),
        why="(227 - 11)/4 + 1 = 216/4 + 1, and it divides evenly.",
        hint="227 - 11 is the room that is left. How many steps of 4 fit in it, and which place is missing in that count?",
        slips=(
            Slip((227 - 11) // 4, "You counted the moves: the first place is missing."),
            Slip(-(-227 // 4), "You divided the size by the stride. The window's own width matters, too."),
            Slip((227 - 11 + 1) / 4, "The + 1 comes after the division."),
        ),
    ),
    Question(
        "alexnet-224",
        "02",
        answer=conv_output_size(224, **ALEXNET),
        why="(224 - 11)/4 + 1 = 54.25, and the floor drops the quarter.",
        hint="Same arithmetic as before, and then the floor.",
        slips=(
            Slip((224 - 11) / 4 + 1, "That is the formula before the floor."),
            Slip(55, "That is what the paper's other layers need, but 224 does not give it."),
            Slip((224 - 11) // 4, "You counted the moves: the first place is missing."),
        ),
    ),
    Question(
        "reach-3-2",
        "02",
        answer=2 * (3 - 1) + 1,
        why="Three taps have two gaps between them, each 2 pixels from tap to tap: 2 · 2 + 1.",
        hint="Put the first tap on pixel 0. On which pixel is the last one?",
        slips=(
            Slip(6, "After the last tap nothing follows: count from the first tap to the last."),
            Slip(3, "That is the number of taps. The pixels between them are skipped, but they are spanned."),
            Slip(7, "You left two pixels out between taps. With dilation 2 taps are two apart, so one is left out."),
            Slip(
                4,
                "That is the distance from the first tap to the last. How many pixels does it span, both ends included?",
            ),
        ),
    ),
    Question(
        "ten-filters-size",
        "02",
        answer=(10, conv_output_size(32, 5, padding=2), conv_output_size(32, 5, padding=2)),
        why="Padding (5 - 1)/2 = 2 keeps the size, and ten filters give ten maps.",
        hint="Is the padding the one that keeps the size? And what decides the first number?",
        slips=(
            Slip((10, 28, 28), "That is the size without padding."),
            Slip((3, 32, 32), "The first number is the number of filters, not of colours."),
            Slip((32, 32, 10), "The numbers are right, the order is not: this course puts the channels first."),
            Slip((10, 30, 30), "The padding is added on both sides: 2 + 32 + 2."),
        ),
    ),
    Question(
        "ten-filters-parameters",
        "02",
        answer=count_conv_parameters(3, 10, 5),
        why="Each filter has 5 · 5 · 3 weights and one bias, and there are ten.",
        hint="Count one filter, through all three colours, and do not forget the number that is added at the end.",
        slips=(
            Slip(count_conv_parameters(3, 10, 5, bias=False), "These are the weights. Each filter has a bias, too."),
            Slip(count_conv_parameters(1, 10, 5), "A filter is as deep as what it looks at: three channels here."),
            Slip(count_conv_parameters(3, 10, 5, bias=False) + 1, "You added one bias. There is one for each filter."),
            Slip(count_conv_parameters(3, 1, 5), "That is one filter. How many are there?"),
            Slip(
                count_conv_parameters(3, 10, 5) * 32 * 32,
                "You gave each place its own weights. A convolution shares them.",
            ),
        ),
    ),
    Question(
        "one-by-one",
        "02",
        answer=count_conv_parameters(64, 32, 1),
        why="Each of the 32 filters is a dot product with 64 numbers, plus a bias: (64 + 1) · 32.",
        hint="How deep is a 1x1 filter that looks at 64 channels?",
        slips=(
            Slip(count_conv_parameters(64, 32, 1, bias=False), "These are the weights; the biases are missing."),
            Slip(32 + 32, "You counted one weight a filter. It reaches through all the channels."),
            Slip(count_conv_parameters(32, 64, 1), "You exchanged what goes in and what comes out."),
        ),
    ),
    Question(
        "grouped",
        "02",
        answer=count_conv_parameters(64, 64, 3, groups=4, bias=False),
        why="Each filter sees 64/4 channels, so the layer has a quarter of the weights.",
        hint="How deep is a filter that sees one group of channels only? The number of filters stays.",
        slips=(
            Slip(count_conv_parameters(64, 64, 3, bias=False), "That is the layer without groups."),
            Slip(
                count_conv_parameters(64, 64, 3, bias=False) // 16,
                "You divided twice: the filters get shallower, not fewer.",
            ),
            Slip(count_conv_parameters(64, 64, 3, groups=4), "The question leaves the biases out."),
        ),
    ),
    Question(
        "rows-read",
        "02",
        answer=(6, 11),
        why="Place 3 starts at row 3 · 2 = 6, and five rows end before row 11.",
        hint="Where does the window for output row 3 start when it moves by 2? And how many rows does it hold?",
        slips=(
            Slip((3, 8), "The window moves by the stride: its start is the place times two."),
            Slip((6, 10), "A slice's end is the first row that is *not* read."),
            Slip((4, 9), "That is V[0, 2, 0]: places are counted from 0."),
        ),
    ),
    Question(
        "demo-shape",
        "02",
        answer=(2, conv_output_size(5, **DEMO), conv_output_size(5, **DEMO)),
        why="(5 - 3 + 2)/2 + 1 = 3 places each way, and two filters.",
        hint="The padded picture is 7 wide. Steps of 2, a 3-wide window: where does it start?",
        slips=(
            Slip((2, 2, 2), "You left the padding out: with it, the row is 7 wide."),
            Slip((3, 3, 3), "The first number is the number of filters."),
            Slip((2, 5, 5), "Padding 1 would keep the size if the stride were 1."),
            Slip((3, 3, 2), "The numbers are right, the order is not: this course puts the channels first."),
        ),
    ),
    Question(
        "demo-number",
        "02",
        answer=first_demo_output(),
        why="The channels give 2, 3 and -2, and the bias adds 1.",
        hint="Lay each slice of the filter on the top left corner of its padded channel, sum the products, add the three "
        "sums and the bias. The zeros of the border save you most of the work.",
        slips=(
            Slip(3, "The three channels are right. Something is added at the end."),
            Slip(2, "That is the first channel alone: the filter reaches through three."),
            Slip(6, "The bias is added once for each filter, not once for each channel."),
        ),
    ),
    Question(
        "twice-as-large",
        "02",
        answer=4,
        why="Twice the rows and twice the columns are four times the places, and each place costs the same.",
        hint="Which factors of the product grow, and by how much each?",
        slips=(
            Slip(2, "Twice the width *and* twice the height."),
            Slip(16, "The filters did not grow; only OH and OW did."),
        ),
    ),
    Question(
        "unseen",
        "02",
        answer=0,
        why="The windows start at 0 and 3 and end at pixel 5. No output depends on row 6 or column 6, and no gradient will ever "
        "come back to them.",
        hint="At which rows does each of the windows start, and at which does it end?",
        slips=(
            Slip(4, "Follow each window: which of them reaches row 6?"),
            Slip(3, "Those would be the windows that touch the last row or column. Does any of them?"),
        ),
    ),
    Question(
        "recap-double-filters",
        "02",
        answer="b",
        why="Twice the filters are twice the maps, twice the weights and twice the work; the maps stay as large as they were.",
        hint="Which of them depend on the number of filters, and which on where a window fits?",
        slips=(
            Slip("a", "Where a window fits has nothing to do with how many filters there are."),
            Slip("c", "Each filter is as deep as its *input*, which has not changed."),
        ),
    ),
    Question(
        "recap-bigger-picture",
        "02",
        answer="a",
        why="The weights are the filters, and the filters do not know how large the picture is.",
        hint="Write the parameter count down. Is the width of the picture in it?",
        slips=(
            Slip("b", "That would be so if each place had its own weights."),
            Slip("c", "Four times the places, but they share what is learned."),
        ),
    ),
    Question(
        "recap-halve",
        "02",
        answer=conv_output_size(56, 3, stride=2, padding=1),
        why="(56 - 3 + 2)/2 + 1 = 28.5, and the floor makes it half of 56: the way residual networks halve their maps.",
        hint="The formula, then the floor.",
        slips=(
            Slip((56 - 3 + 2) / 2 + 1, "And half a place is no place."),
            Slip(27, "Either the padding or the first place is missing from your count."),
            Slip(29, "Round down: the last half step would leave the padded picture."),
        ),
    ),
    Question(
        "recap-dilated-pad",
        "02",
        answer=2,
        why="The dilated kernel reaches over 5 pixels, and (5 - 1)/2 = 2 keeps the size.",
        hint="How far does the dilated kernel reach? Use the rule for padding with that in place of the kernel size.",
        slips=(
            Slip(1, "That keeps the size for an ordinary 3x3 kernel. This one reaches further."),
            Slip(4, "That is both ends together."),
        ),
    ),
    Question(
        "recap-depthwise",
        "02",
        answer=count_conv_parameters(128, 128, 3, groups=128, bias=False),
        why="With as many groups as channels each filter is one channel deep: 9 weights, 128 times.",
        hint="With 128 groups of one channel each, how deep is a filter?",
        slips=(
            Slip(count_conv_parameters(128, 128, 3, bias=False), "That is the layer without groups."),
            Slip(9, "That is one filter. There are still 128 of them."),
            Slip(count_conv_parameters(128, 128, 3, groups=128), "The question leaves the biases out."),
        ),
    ),
)
