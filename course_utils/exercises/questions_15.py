"""The short questions of lesson 15."""

from course_utils.accounting import count_conv_parameters
from course_utils.exercises.questions import Question, Slip


def _weights(in_channels: int, out_channels: int, kernel_size: int) -> int:
    return count_conv_parameters(in_channels, out_channels, kernel_size, bias=False)


ONES = 16
PROJECTION = _weights(16, 32, 1) + 2 * 32
BOTTLENECK = _weights(256, 64, 1) + _weights(64, 64, 3) + _weights(64, 256, 1)
TWO_WIDE = 2 * _weights(256, 256, 3)
PLACES = 56 * 56
# Of the slides' two blocks: convolutions with biases, and scale and shift of each normalisation.
ONE_BLOCK = count_conv_parameters(1, 4, 1) + 2 * 4 + count_conv_parameters(4, 1, 3) + 2 * 1
HEAD = 28 * 28 * 10 + 10

QUESTIONS = (
    Question(
        "deeper-plain",
        "15",
        answer="c",
        why="More layers, more weights, and it fits even the training pictures worse.",
        hint="Two of the answers are what one would expect. Then this lesson would not be needed.",
        slips=(
            Slip("a", "That is what everybody hoped for. It is true up to some twenty layers, and no further."),
            Slip("b", "That would be overfitting, and more data would be the cure. It is stranger than that."),
        ),
    ),
    Question(
        "what-is-strange",
        "15",
        answer="b",
        why="Overfitting would show the deeper network in front on the training pictures. It lies behind on both.",
        hint="What would you expect of the larger network on the pictures that it is trained on?",
        slips=(
            Slip("a", "That is so for nearly every network, and nothing to wonder at."),
            Slip("c", "Slower learning would be no riddle. Look at where the curves end up, and on which pictures."),
        ),
    ),
    Question(
        "copied-layers",
        "15",
        answer=0,
        why="It computes the same function, so it makes the same mistakes.",
        hint="What comes out of a layer that hands on what it gets? And of 36 of them?",
        slips=(
            Slip(36, "Layers that change nothing add nothing to the loss, however many there are."),
            Slip(0.1, "That is the loss itself, of both networks. How far are they apart?"),
        ),
    ),
    Question(
        "identity-ones",
        "15",
        answer=ONES,
        why="Each filter has a single 1, in the middle of the slice that belongs to its own channel.",
        hint="Take one output channel. It should be a copy of one input channel, pixel by pixel.",
        slips=(
            Slip(1, "That is one filter. There is a filter for each channel."),
            Slip(ONES * ONES, "Then each output channel would be the sum of all input channels."),
            Slip(9 * ONES, "Ones all over a slice would add up nine neighbours."),
            Slip(9, "Ones all over a slice would add up nine neighbours. And how many filters are there?"),
        ),
    ),
    Question(
        "zero-block",
        "15",
        answer=(3, 0, 5),
        why="The layers add nothing, and the last ReLU sets what is negative to 0.",
        hint="First the sum of x and what the layers make. Then the ReLU goes over it.",
        slips=(
            Slip((3, -2, 5), "The sum is that. But one thing comes after the sum."),
            Slip((0, 0, 0), "That is the plain block. Here x is added."),
            Slip((6, 0, 10), "The layers give 0, not x once more."),
        ),
    ),
    Question(
        "behind-relu",
        "15",
        answer="a",
        why="What comes in left a ReLU, so nothing in it is negative, and the last ReLU has nothing to cut off.",
        hint="Which operation came last in the block before?",
        slips=(
            Slip("b", "A rounding error is not it. Look at the sign of what a block is given."),
            Slip("c", "Nothing is learned here; the weights are zero."),
        ),
    ),
    Question(
        "two-blocks",
        "15",
        answer=(2 * ONE_BLOCK, HEAD),
        why="55 in each block, among them ten of the normalisations; nearly all of the network is its last layer.",
        hint="A block: 4 filters of 1x1x1, a filter of 3x3x4, each with a bias, and two numbers for each normalised channel.",
        slips=(
            Slip((ONE_BLOCK, HEAD), "There are two such blocks."),
            Slip((2 * (ONE_BLOCK - 5), HEAD), "These convolutions have biases; nobody said that they have none."),
            Slip((2 * (ONE_BLOCK - 10), HEAD), "A normalisation has two numbers to learn for each channel."),
            Slip((2 * ONE_BLOCK, HEAD - 10), "The full connection has biases, too."),
            Slip((2 * (ONE_BLOCK + 10), HEAD), "Running means and variances are not learned by the gradient."),
        ),
    ),
    Question(
        "shortcut-parameters",
        "15",
        answer=(0, PROJECTION),
        why="A leaves pixels out and appends zeros. B has 16 times 32 weights, and two numbers for each of 32 channels.",
        hint="What is there to learn in leaving out and appending? And B is a 1x1 convolution without biases, normalised.",
        slips=(
            Slip((0, PROJECTION - 64), "The projection is normalised, and a normalisation has parameters, too."),
            Slip((0, 9 * 512 + 64), "The projection's filters are 1x1."),
            Slip((0, PROJECTION + 32), "Convolutions in front of a normalisation have no biases here."),
            Slip((PROJECTION, PROJECTION), "A has no weights: it only moves numbers and appends zeros."),
            Slip((PROJECTION, 0), "The other way round: which of the two is a convolution?"),
        ),
    ),
    Question(
        "projections",
        "15",
        answer=2,
        why="Only the first blocks of the second and the third stage change the shape.",
        hint="In which blocks do size or channels change? The first stage gets 16 channels from the layer before it.",
        slips=(
            Slip(3, "The first stage begins with what it needs: 16 channels at full size."),
            Slip(9, "That is all of its blocks. In most of them x fits as it is; to project all the same is option C."),
            Slip(6, "A block has one shortcut, and most blocks keep the shape."),
        ),
    ),
    Question(
        "blocks-110",
        "15",
        answer=18,
        why="6n + 2 = 110, so n = 18: in each of three stages 18 blocks of two layers.",
        hint="Take off the first and the last layer, then share out over stages and over the layers of a block.",
        slips=(
            Slip(36, "A block has two layers."),
            Slip(54, "That is all three stages together."),
            Slip(110 / 6, "The first layer and the last one belong to no stage."),
        ),
    ),
    Question(
        "bottleneck-weights",
        "15",
        answer=(BOTTLENECK, TWO_WIDE),
        why="The 3x3 works among 64 channels instead of 256, and a sixteenth of the pairs of channels is left.",
        hint="A convolution has F times F times C times K weights. Three layers for the one, two for the other.",
        slips=(
            Slip((BOTTLENECK, TWO_WIDE // 2), "Two layers of 3x3 are asked for."),
            Slip((_weights(64, 64, 3), TWO_WIDE), "The two 1x1 have weights as well."),
            Slip((BOTTLENECK - _weights(64, 256, 1), TWO_WIDE), "There are two 1x1, one to 64 channels and one back."),
            Slip((TWO_WIDE, BOTTLENECK), "The other way round: the bottleneck is the cheaper one."),
        ),
    ),
    Question(
        "bottleneck-macs",
        "15",
        answer=BOTTLENECK * PLACES,
        why="Each weight is used once at each of 56 times 56 places.",
        hint="Work is weights times places. You know both.",
        slips=(
            Slip(BOTTLENECK * 56, "A map has rows and columns of places."),
            Slip(2 * BOTTLENECK * PLACES, "A multiplication and the addition after it count as one."),
            Slip(TWO_WIDE * PLACES, "That is the pair of wide 3x3."),
        ),
    ),
    Question(
        "layers-of-depths",
        "15",
        answer=101,
        why="33 blocks of three layers, the first convolution and the last full connection.",
        hint="How many blocks are that? How many layers with weights has a bottleneck? Then two more.",
        slips=(
            Slip(99, "The first convolution and the full connection at the end count as well."),
            Slip(100, "Both ends count: the first convolution and the full connection."),
            Slip(68, "A bottleneck has three layers."),
            Slip(33, "That is how many blocks there are."),
            Slip(105, "Projections run beside the layers; the paper does not count them."),
        ),
    ),
    Question(
        "shape-conv4",
        "15",
        answer=(256, 14, 14),
        why="224 is halved by the first layer, by the pooling, and at the start of the second and the third stage.",
        hint="The stages have 64, 128, 256 and 512 channels. Behind the pooling the maps are 56 wide; then halve.",
        slips=(
            Slip((256, 28, 28), "The third stage, too, begins with a stride."),
            Slip((512, 7, 7), "That is the fourth stage."),
            Slip((128, 28, 28), "That is the second stage."),
            Slip(
                (1024, 14, 14), "That would be bottlenecks, which hand on four times as many. The 34 has basic blocks."
            ),
        ),
    ),
    Question(
        "gflops",
        "15",
        answer="b",
        why="Counted one by one there are 3.6 thousand million multiplications, each with its addition.",
        hint="The table prints MACs. Which of the two numbers do you find in it?",
        slips=(
            Slip("a", "Then there would be half as many MACs. Look at the column."),
            Slip("c", "Biases do not even exist in its convolutions."),
        ),
    ),
    Question(
        "xavier-half",
        "15",
        answer="b",
        why="A ReLU lets half of the variance through, so the weights make up for it with twice as much.",
        hint="In lesson 07 you wrote it. Behind a ReLU, is there too little or too much left of the variance?",
        slips=(
            Slip(
                "a",
                "With half of Xavier's variance the signal would shrink to a quarter in each layer, not keep its size.",
            ),
            Slip("c", "The deviation is the root of the variance. Which of the two do you double?"),
        ),
    ),
    Question(
        "first-gradient",
        "15",
        answer="c",
        why="With batch normalisation the gradient does not vanish in a plain network. It grows on its way to the front.",
        hint="Two answers are what one reads everywhere. Batch normalisation keeps each layer's numbers from shrinking.",
        slips=(
            Slip("a", "That is the usual story, and true without normalisation. This network is normalised."),
            Slip("b", "That would be ideal. The residual network comes nearer to it."),
        ),
    ),
    Question(
        "count-paths",
        "15",
        answer=8,
        why="At each block there are two ways, so there are two times two times two.",
        hint="At the first block you may go through it or around it. And then at the second?",
        slips=(
            Slip(3, "Each block doubles the number of ways, whichever way you came."),
            Slip(4, "There are all the ways in between, too: through the second block alone, for one."),
            Slip(6, "Two ways at each block: do they add up, or multiply?"),
            Slip(9, "Three blocks with two ways each, not two with three."),
        ),
    ),
    Question(
        "cut-a-block",
        "15",
        answer="b",
        why="The other ways remain, and there are very many.",
        hint="What of the network remains when one block of 27 is taken out, if you count ways?",
        slips=(
            Slip("a", "So it is in the plain network, where all ways go through every layer."),
            Slip("c", "It was not trained without the block, so something may be lost. Little is, but seldom nothing."),
        ),
    ),
    Question(
        "half-shortcut",
        "15",
        answer=0.5**27,
        why="Halved 27 times, it is less than a hundred-millionth.",
        hint="Each block halves what is on its shortcut. How often?",
        slips=(
            Slip(0.5, "That is behind one block."),
            Slip(0.5 * 27, "Halving again and again multiplies the factors."),
            Slip(0.5**56, "That is too small. There is a shortcut for each block, not for each layer."),
            Slip(0.5**9, "That is one stage."),
        ),
        tolerance=0.02,
    ),
    Question(
        "thousand-layers",
        "15",
        answer="b",
        why="It fits its training pictures, so this time it is not degradation. The authors suspect overfitting: 19 million "
        "parameters are many for 50,000 pictures.",
        hint="Compare the training error with the story at the top of this lesson.",
        slips=(
            Slip("a", "Degradation shows on the training pictures. Here they are fitted almost without an error."),
            Slip("c", "Gradients that vanish would not let it fit the training pictures."),
        ),
    ),
    Question(
        "recap-degradation",
        "15",
        answer="c",
        why="On the training pictures a larger network has no excuse.",
        hint="Which pictures tell overfitting and degradation apart?",
        slips=(
            Slip("a", "That is to be expected of overfitting as well."),
            Slip("b", "That says nothing about which is better in the end."),
        ),
    ),
    Question(
        "recap-last-relu",
        "15",
        answer="a",
        why="The last ReLU goes over the sum.",
        hint="Draw the block from the top: what is the very last thing?",
        slips=(
            Slip("b", "Then a block could only ever add, never take away."),
            Slip("c", "There is a ReLU after the first layer, too, or the two would be no more than one."),
        ),
    ),
    Question(
        "recap-layers",
        "15",
        answer=34,
        why="16 blocks of two layers, and one at each end.",
        hint="Count blocks, double, and do not forget the two ends.",
        slips=(
            Slip(32, "The first convolution and the last full connection count."),
            Slip(16, "Those are the blocks."),
            Slip(50, "That is with bottlenecks, which have three layers."),
            Slip(36, "Projections are not counted, and there are only two layers outside the blocks."),
        ),
    ),
    Question(
        "recap-plain-parameters",
        "15",
        answer=0,
        why="With option A a shortcut has no parameters, so both have the same number, and the comparison is fair.",
        hint="Which of the options A, B and C was it? What does it have to learn?",
        slips=(Slip(2 * PROJECTION, "That would be option B, with projections."),),
    ),
    Question(
        "recap-vanishing",
        "15",
        answer=False,
        why="With batch normalisation they do not vanish, and it trains worse all the same.",
        hint="Think of the two drawings of gradients, with and without normalisation.",
        slips=(Slip(True, "You have drawn them: with batch normalisation there is nothing that vanishes."),),
    ),
)
