"""The short questions of lesson 11."""

from course_utils.accounting import count_conv_parameters
from course_utils.exercises.questions import Question, Slip
from course_utils.layers import conv_output_size

SECOND_OF_2012, WINNER, OWN_DATA, WINNER_OF_2011 = 26.2, 15.3, 16.4, 25.8

CONV1 = count_conv_parameters(3, 96, 11)
FC6 = count_conv_parameters(256, 4096, 6)
SPLIT = ((96, 256, 5), (384, 384, 3), (384, 256, 3))
ONE_TOWER, TWO_TOWERS = (sum(count_conv_parameters(*of, groups=g, bias=False) for of in SPLIT) for g in (1, 2))
CONV2_HALF = count_conv_parameters(96, 256, 5, groups=2, bias=False)
CONV4_HALF = count_conv_parameters(384, 384, 3, groups=2, bias=False)
FULL = FC6 + 4096 * 4097 + 1000 * 4097
SINGLE = 62_378_344
CROPS = (256 - 224 + 1) ** 2 * 2
PICTURES, BATCH, PASSES = 1_281_167, 128, 90


def _unpadded(width: int = 27) -> int:
    """How wide the maps of conv5 are if no layer after the first is padded."""
    for kernel, stride in ((5, 1), (3, 2), (3, 1), (3, 1), (3, 1)):
        width = conv_output_size(width, kernel, stride)
    return width


QUESTIONS = (
    Question(
        "alex-features",
        "11",
        answer="b",
        why="What to look at was designed by hand; only how to weigh it was learned.",
        hint="Think of the year: what did most of the field use between LeNet and 2012?",
        slips=(
            Slip("a", "That is what was new in 2012."),
            Slip("c", "With 1.2 million pictures that would be slow, and it was not what won."),
        ),
    ),
    Question(
        "alex-lead",
        "11",
        answer=SECOND_OF_2012 - WINNER,
        why="26.2 less 15.3.",
        hint="Take the second of the same year, and the entry that won.",
        slips=(
            Slip(WINNER_OF_2011 - OWN_DATA, "25.8 is of 2011, and 16.4 is not the entry that won."),
            Slip(SECOND_OF_2012 - OWN_DATA, "That is the lead of the other entry, which used no other pictures."),
            Slip(WINNER_OF_2011 - WINNER, "25.8 won the year before. Who was second in 2012?"),
        ),
        tolerance=0.004,
    ),
    Question(
        "alex-eight",
        "11",
        answer="b",
        why="Five convolutions and three full connections hold weights: eight.",
        hint="Five and three make eight. What have these in common?",
        slips=(
            Slip("a", "conv1 makes maps smaller, too, and is counted."),
            Slip("c", "Without them there would be five."),
        ),
    ),
    Question(
        "alex-224",
        "11",
        answer=(224 - 11) / 4 + 1,
        why="213 is not divisible by 4.",
        hint="W is 224, F is 11, S is 4.",
        slips=(
            Slip(53.25, "And one more: the window sits somewhere before it moves."),
            Slip(55, "So the paper has it. What does the formula give?"),
            Slip(54, "With all its decimals, please: they are the puzzle."),
            Slip(55.25, "That is with a padding of 2. The formula has none."),
        ),
    ),
    Question(
        "alex-227",
        "11",
        answer=4 * (55 - 1) + 11,
        why="54 steps of 4 pixels, and the window's own 11.",
        hint="55 places have 54 steps between them. How far does the window go, and how wide is it?",
        slips=(
            Slip(4 * 55 + 11, "55 places have 54 steps between them."),
            Slip(4 * 54, "The window has a width of its own."),
            Slip(224, "With 224 you have just got a fraction."),
            Slip(228, "That is 224 padded by 2 on both sides, which leaves one pixel over."),
        ),
    ),
    Question(
        "alex-conv1",
        "11",
        answer=CONV1,
        why="96 filters of 11 times 11 times 3 weights, and a bias for each.",
        hint="How many weights has one filter, through all three colours? And a bias.",
        slips=(
            Slip(CONV1 - 96, "Those are the weights. Each filter has a bias, too."),
            Slip(96 * 11 * 11 + 96, "A filter reaches through all three colours."),
            Slip(96 * 11 * 11, "A filter reaches through all three colours, and has a bias."),
            Slip(55 * 55 * 96 * 364, "A filter has the same weights at every place."),
            Slip(48 * 364, "That is one card's half."),
        ),
    ),
    Question(
        "alex-last-volume",
        "11",
        answer=(256, 6, 6),
        why="27, 13 behind the second pooling, and (13 - 3)/2 + 1 is 6; conv5 has 256 filters.",
        hint="Only poolings change the size now. Apply (W - 3)/2 + 1 twice to 27.",
        slips=(
            Slip((256, 13, 13), "conv5 is followed by a pooling."),
            Slip((256, 2, 2), "The convolutions keep the size."),
            Slip((6, 6, 256), "The right numbers; here channels come first."),
            Slip((128, 6, 6), "That is one card's half. fc6 reads both."),
            Slip((384, 6, 6), "How many filters has conv5?"),
            Slip((256, 7, 7), "(13 - 3)/2 + 1."),
        ),
    ),
    Question(
        "alex-fc6",
        "11",
        answer=FC6,
        why="4,096 neurons, each with 9,216 weights and a bias.",
        hint="A neuron has a weight for each number of the volume, and a bias.",
        slips=(
            Slip(FC6 - 4096, "Each neuron has a bias, too."),
            Slip(1024 * 4096 + 4096, "That is with 2x2 maps. They are 6 wide and 6 high."),
            Slip(1024 * 4096, "That is a lecture's number: with 2x2 maps, and without biases."),
            Slip(9216, "So many numbers come in. How many neurons read them?"),
            Slip(36 * 4096 + 4096, "There are 256 maps of 6x6."),
        ),
    ),
    Question(
        "alex-no-pool",
        "11",
        answer=13 * 13 * 256 * 4096,
        why="169 places instead of 36, of 256 maps, for 4,096 neurons.",
        hint="13 times 13 times 256 numbers come in, and 4,096 neurons read them all.",
        slips=(
            Slip(13 * 13 * 256 * 4096 + 4096, "Without the biases, this time."),
            Slip(13 * 13 * 4096, "There are 256 such maps."),
            Slip(13 * 13 * 256, "So many numbers come in. How many neurons read them?"),
        ),
    ),
    Question(
        "alex-unpadded",
        "11",
        answer=_unpadded(),
        why="27, 23, 11, 9, 7, 5; and the pooling behind makes 2 of the 5.",
        hint="Without padding a 5x5 layer takes away 4 pixels in all, a 3x3 layer 2, and pooling is (W - 3)/2 + 1.",
        slips=(
            Slip(13, "That is with the padding."),
            Slip(2, "That is behind the last pooling. How wide are the maps that it reads?"),
            Slip(7, "There are three layers of 3x3."),
            Slip(8, "A pixel goes at both ends. Write the widths down one by one."),
            Slip(6, "Write the widths down one by one; a 3x3 layer takes away two pixels."),
        ),
    ),
    Question(
        "alex-conv2-half",
        "11",
        answer=CONV2_HALF,
        why="256 filters of 5x5, through the 48 maps of their card.",
        hint="conv1 makes 96 maps, half of them on each card. Through how many does a filter of conv2 reach?",
        slips=(
            Slip(2 * CONV2_HALF, "A filter reaches through the 48 maps of its own card."),
            Slip(CONV2_HALF // 2, "That is one card's 128 filters. There are two cards."),
            Slip(CONV2_HALF + 256, "The biases are left out here."),
            Slip(256 * 25, "A filter reaches through 48 maps."),
        ),
    ),
    Question(
        "alex-crossing",
        "11",
        answer=256 * 13 * 13,
        why="Two halves of 128 maps, 13x13 each.",
        hint="What does conv3 read? Each half of it goes to the other card.",
        slips=(
            Slip(128 * 13 * 13, "That is one direction."),
            Slip(384 * 13 * 13, "That is what conv3 makes. What does it read?"),
            Slip(256 * 27 * 27, "Between conv2 and conv3 there is a pooling."),
            Slip(128 * 27 * 27, "Between conv2 and conv3 there is a pooling, and there are two directions."),
        ),
    ),
    Question(
        "alex-difference",
        "11",
        answer=ONE_TOWER - TWO_TOWERS,
        why="In these three layers filters are twice as deep, so it is as many again as they have in two towers.",
        hint="In a single tower these three layers have twice as many weights. How many have they in two?",
        slips=(
            Slip(
                ONE_TOWER, "That is all that these layers have in a single tower. In two they have half, not nothing."
            ),
            Slip(CONV2_HALF, "That is conv2. conv4 and conv5 see their halves, too."),
        ),
    ),
    Question(
        "alex-share",
        "11",
        answer=100 * FULL / SINGLE,
        why="58.6 of 62.4 million.",
        hint="fc6 you have. fc7 has 4,096 times 4,097 numbers, fc8 1,000 times 4,097.",
        slips=(
            Slip(100 * FC6 / SINGLE, "That is fc6. Two more come behind it."),
            Slip(100 * FULL / 60_965_224, "That is in two towers; the single one has more in its convolutions."),
            Slip(100 - 100 * FULL / SINGLE, "That is what is left for the convolutions."),
            Slip(FULL / SINGLE, "In per cent."),
        ),
        tolerance=0.006,
    ),
    Question(
        "alex-one-percent",
        "11",
        answer=2,
        why="conv3 has 1.5% and conv4 1.1%.",
        hint="Read the column of shares in the table, for conv1 to conv5.",
        slips=(
            Slip(0, "So the paper says. Read the table."),
            Slip(1, "conv3 is one. Look at the next one."),
            Slip(3, "conv5 has 0.7%."),
            Slip(5, "conv1 has 0.1%."),
        ),
    ),
    Question(
        "alex-ablation",
        "11",
        answer="c",
        why="With half of its neurons silent in each step, a network finds it harder to learn by heart.",
        hint="A network with enough weights learns 400 digits by heart. Which of the three works against that?",
        slips=(
            Slip("a", "The paper found 0.3 points in it. Which of the three works against learning by heart?"),
            Slip("b", "tanh can learn by heart, too. Which of the three works against that?"),
        ),
    ),
    Question(
        "alex-crops",
        "11",
        answer=CROPS,
        why="33 places down, 33 across, and two mirror images.",
        hint="In how many places can a window of 224 lie in a row of 256? Count a smaller one: 3 in 4.",
        slips=(
            Slip(2048, "So the paper says. A window of 3 has two places in a row of 4. And one of 224 in 256?"),
            Slip(CROPS // 2, "Each can be mirrored."),
            Slip(2 * 33, "It moves down as well as across."),
            Slip(1024, "Count the places again, and mind the mirror."),
        ),
    ),
    Question(
        "alex-updates",
        "11",
        answer=PASSES * PICTURES / BATCH,
        why="About 10,000 batches in a pass.",
        hint="How many batches of 128 are in one pass?",
        slips=(
            Slip(PASSES * PICTURES, "So many pictures were shown. An update takes 128 of them."),
            Slip(PICTURES / BATCH, "That is one pass."),
        ),
        tolerance=0.02,
    ),
    Question(
        "alex-bias-one",
        "11",
        answer="b",
        why="A ReLU with a positive input lets its gradient through.",
        hint="What does a ReLU do with an input near 1, and what with one that is as often below 0 as above?",
        slips=(
            Slip("a", "All biases of a layer are the same, so they cannot. The random weights do that."),
            Slip("c", "That is weight decay's business."),
        ),
    ),
    Question(
        "alex-dead",
        "11",
        answer="c",
        why="A network whose ReLUs are shut for all pictures gives all the same scores, and the best of those say one in ten.",
        hint="ln 10 is the loss of a network that gives ten classes the same chance. When do pictures not matter at all?",
        slips=(
            Slip("a", "A network that learns slowly would still come down a little."),
            Slip("b", "One that overfits has a small loss on what it was trained with."),
        ),
    ),
    Question(
        "recap-alex-conv4",
        "11",
        answer=CONV4_HALF,
        why="384 filters of 3x3 through 192 maps.",
        hint="conv3 makes 384 maps. How many of them does a filter of conv4 see?",
        slips=(
            Slip(2 * CONV4_HALF, "A filter of conv4 sees the maps of its own card."),
            Slip(CONV4_HALF + 384, "Without the biases."),
            Slip(CONV4_HALF // 2, "That is one card's half of the filters."),
        ),
    ),
    Question(
        "recap-alex-alpha",
        "11",
        answer=5e-4,
        why="PyTorch divides by the five neighbours, so five times as much goes in.",
        hint="PyTorch divides what you hand it by the size of the window. The paper does not divide.",
        slips=(
            Slip(1e-4, "PyTorch divides it by the size of the window."),
            Slip(2e-5, "The other way round: it is going to be divided."),
        ),
        tolerance=1e-6,
    ),
    Question(
        "recap-alex-test",
        "11",
        answer=0.5,
        why="Twice as many neurons speak as in training, so each counts half.",
        hint="In training half of them are silent. When all speak, by what do you multiply to keep the sum?",
        slips=(
            Slip(2, "That would be in training, as PyTorch does it."),
            Slip(1, "Then the next layer would get about twice what it is used to."),
        ),
    ),
    Question(
        "recap-alex-work",
        "11",
        answer="a",
        why="Few weights that are used at many places, and many that are used once.",
        hint="Where are the places many, and where is there a single one?",
        slips=(
            Slip("b", "A full connection uses each weight once for a picture."),
            Slip("c", "Weights and work sit in different places."),
        ),
    ),
    Question(
        "recap-alex-error",
        "11",
        answer="b",
        why="Both are test errors in 2012: five networks on the contest's pictures, and seven with two that had seen more.",
        hint="Both are averages of several networks. What had the networks of the better entry seen?",
        slips=(
            Slip("a", "Both are of the test pictures."),
            Slip("c", "Neither is of a single network; that had 18.2% on the validation pictures."),
        ),
    ),
)
