"""The short questions of lesson 10."""

from course_utils.accounting import count_conv_parameters, count_macs, receptive_field, training_memory
from course_utils.exercises.questions import Question, Slip

MIB = 1024**2

FIRST_MACS = count_macs(3, 64, 3, 224)
SECOND_MACS = count_macs(64, 64, 3, 224)
FC1 = count_conv_parameters(512, 4096, 7)
THREE, ONE = 3 * count_conv_parameters(64, 64, 3, bias=False), count_conv_parameters(64, 64, 7, bias=False)
CARD = 8_000_000_000
VGG_PARAMETERS, VGG_ACTIVATIONS = 138_000_000, 15_000_000
FIXED = training_memory(0, VGG_PARAMETERS, 1)
LARGEST = (CARD - FIXED) // (4 * VGG_ACTIVATIONS)
STRIDE_FOUR, STRIDE_ONE = 64 * 55 * 55, 64 * 218 * 218
# Kernel sizes and strides of VGG-16 up to its last convolution.
CONV5_3 = [3, 3, 2, 3, 3, 2, 3, 3, 3, 2, 3, 3, 3, 2, 3, 3, 3], [1, 1, 2, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1]
THREE_MAPS = 3 * 64 * 224 * 224

QUESTIONS = (
    Question(
        "puzzle-weights",
        "10",
        answer="c",
        why="ResNet-50 has 25.6 million, AlexNet 61 million. Most of AlexNet's sit in three layers that ResNet does not have.",
        hint="In lesson 08 four fifths of LeNet's weights sat in a single layer. What kind of layer was it?",
        slips=(
            Slip("a", "Layers are not equal: one full connection can hold more than fifty convolutions."),
            Slip("b", "Depth says little about weights. What kind of layers are they?"),
        ),
    ),
    Question(
        "puzzle-memory",
        "10",
        answer="b",
        why="It has a fifth of the weights and a quarter of the work, and remembers more numbers for each picture.",
        hint="What is remembered is what the layers hand on, not their weights. Which network has more layers?",
        slips=(
            Slip(
                "a",
                "That is what the weights suggest. They are kept once; what the layers hand on is kept for each picture.",
            ),
        ),
    ),
    Question(
        "vgg-first-macs",
        "10",
        answer=FIRST_MACS,
        why="Each of 64 maps has 224 times 224 places, and each place takes 27 multiplications.",
        hint="One number of the output takes 3 times 3 times 3 multiplications. How many numbers has the output?",
        slips=(
            Slip(64 * 27, "Those are the weights. Each is used at every place."),
            Slip(224 * 224 * 27, "That is one filter's."),
            Slip(222 * 222 * 64 * 27, "With a padding of 1 the maps keep their size."),
            Slip(224 * 224 * 64 * 9, "A filter is as deep as the picture: three channels."),
            Slip(224 * 224 * 64 * 28, "Adding a bias is no multiplication."),
            Slip(2 * FIRST_MACS, "A multiplication and the addition after it count as one."),
            Slip(224 * 64 * 27, "A map has rows and columns of places."),
        ),
    ),
    Question(
        "second-times",
        "10",
        answer=SECOND_MACS / FIRST_MACS,
        why="Places and filters are the same, and each filter is 64 channels deep instead of 3.",
        hint="What differs between the two layers? Only how deep a filter is.",
        slips=(
            Slip(1, "The maps are of the same size, but look at how deep the filters are."),
            Slip(64, "The first layer's filters have some depth, too."),
            Slip(61, "How many times as many, not how many more."),
            Slip(3 / 64, "The other way round: the second layer does more."),
        ),
        tolerance=0.02,
    ),
    Question(
        "two-counts",
        "10",
        answer="b",
        why="The paper counts a multiplication with its addition as one, the program counts both.",
        hint="Divide one number by the other. Which factor do you know?",
        slips=(
            Slip("a", "A picture four times as large would multiply the work by four."),
            Slip("c", "Biases and ReLUs are less than a hundredth of the work."),
        ),
    ),
    Question(
        "fc1",
        "10",
        answer=FC1,
        why="4,096 neurons with 7 times 7 times 512 weights and a bias each.",
        hint="A neuron of a full connection has a weight for each of its inputs, and a bias. How many inputs are there?",
        slips=(
            Slip(FC1 - 4096, "Each neuron has a bias, too."),
            Slip(512 * 4096 + 4096, "Each of the 512 maps is 7 wide and 7 high."),
            Slip(7 * 7 * 512, "That is how many inputs there are, and the weights of one neuron."),
            Slip(14 * 14 * 512 * 4096 + 4096, "The fifth pooling halves the maps once more."),
        ),
    ),
    Question(
        "where-work",
        "10",
        answer="b",
        why="Early layers have many places and few channels, late ones the reverse, and the product is largest in between.",
        hint="When the maps halve and the channels double, a layer's work stays the same. So count layers, and the exceptions.",
        slips=(
            Slip(
                "a",
                "They have the most places, and the fewest channels. The very first layer has almost nothing to multiply.",
            ),
            Slip("c", "They have the most weights, and use each of them once."),
        ),
    ),
    Question(
        "three-small",
        "10",
        answer=receptive_field([3, 3, 3])[0],
        why="The second layer adds a pixel on each side of the first one's three, and so does the third.",
        hint="Three neighbours of the second layer's maps, each of which sees five pixels, one pixel apart.",
        slips=(
            Slip(9, "Their windows overlap: of each only one pixel is new on either side."),
            Slip(3, "That is the first layer."),
            Slip(5, "That is the second layer."),
            Slip(27, "Fields do not multiply."),
            Slip(49, "That is the area. How many pixels across?"),
        ),
    ),
    Question(
        "small-weights",
        "10",
        answer=(THREE, ONE),
        why="27 times 64 squared, and 49 times 64 squared.",
        hint="A filter is 64 channels deep, and there are 64 filters. Do it for 9 weights a channel, three times, and for 49.",
        slips=(
            Slip((THREE // 3, ONE), "There are three of the small layers."),
            Slip((27 * 64, 49 * 64), "Every layer has 64 filters, and each reaches through 64 channels."),
            Slip((THREE + 3 * 64, ONE + 64), "That is with biases; leave them out."),
            Slip((ONE, THREE), "The other way round: which are the small ones?"),
        ),
    ),
    Question(
        "field-pool",
        "10",
        answer=receptive_field([3, 2, 3], [1, 2, 1])[0],
        why="Pooling sees 4 pixels, and its neighbours are 2 pixels apart, so two more of them add 4.",
        hint="First what one output of the pooling sees, then how far apart two of them look.",
        slips=(
            Slip(6, "Behind the pooling neighbours look two pixels apart, not one."),
            Slip(10, "Pooling's own window sits on maps whose places are one pixel apart."),
            Slip(12, "Neighbouring windows overlap: each further one adds its jump, no more."),
            Slip(4, "That is what the pooling sees."),
            Slip(7, "Pooling has a window of its own."),
        ),
    ),
    Question(
        "bell",
        "10",
        answer="b",
        why="A pixel in the middle reaches the output on many ways through the layers, one at the edge on a single way.",
        hint="Count the ways from a pixel at the edge of the pyramid up to the output, and from one in the middle.",
        slips=(
            Slip("a", "Every pixel counts at all, but look how many ways lead up from each."),
            Slip("c", "From a pixel at the edge only one way leads up to the output."),
        ),
    ),
    Question(
        "bytes-each",
        "10",
        answer=12,
        why="The parameter, its gradient and its velocity, four bytes each.",
        hint="Four bytes a number. How many numbers are there for each parameter?",
        slips=(
            Slip(4, "That is enough to use the network, not to train it."),
            Slip(8, "Momentum keeps a number for each parameter, too."),
            Slip(16, "That would be Adam, which keeps two."),
            Slip(3, "Three numbers. And how many bytes?"),
        ),
    ),
    Question(
        "largest-batch",
        "10",
        answer=int(LARGEST),
        why="After the fixed part about 6.3 GB are left, and a picture takes about 60 MB.",
        hint="Take off what is there once, then see how many pictures' activations fit into the rest. Round down.",
        slips=(
            Slip(int(CARD // (4 * VGG_ACTIVATIONS)), "The parameters, gradients and velocities have to fit as well."),
            Slip(int(LARGEST) + 1, "The last one would hang over the edge: round down."),
            Slip(
                int((CARD - 4 * VGG_PARAMETERS) // (4 * VGG_ACTIVATIONS)),
                "The gradients and the velocities take as much as the parameters, each.",
            ),
            Slip(int((CARD - FIXED) // VGG_ACTIVATIONS), "A number takes four bytes."),
        ),
    ),
    Question(
        "same-result",
        "10",
        answer="c",
        why="The layers are run a second time on the way back, with the same numbers; all else stays as it is.",
        hint="Which of them changes neither the step nor the numbers it is computed from?",
        slips=(
            Slip("a", "Another batch size is another step: noisier, and batch norm sees fewer pictures."),
            Slip("b", "Half as many bytes hold half as many digits."),
        ),
    ),
    Question(
        "stride-one",
        "10",
        answer=STRIDE_ONE / STRIDE_FOUR,
        why="The maps are 218 wide instead of 55, and as much higher.",
        hint="Work out how wide the maps become. They grow in height as well.",
        slips=(
            Slip(218 / 55, "The maps are as much higher as they are wider."),
            Slip(1, "The weights stay the same, but the windows stop more often."),
            Slip((214 / 55) ** 2, "The padding of 2 makes the picture 228 wide."),
            Slip((224 / 55) ** 2, "An 11x11 filter on a picture of 228 does not stop at 224 places."),
        ),
        tolerance=0.02,
    ),
    Question(
        "judge-vgg-memory",
        "10",
        answer="c",
        why="The numbers of the table's own column add up to 15.2 million, not 24, whichever way they are turned into megabytes.",
        hint="Megabytes of 1000 or of 1024 explain 96 against 93 roughly. What do the numbers in the column add up to?",
        slips=(
            Slip("a", "96 is 24 times 4. But add up the column, as your summary did."),
            Slip("b", "92 it would be, if 24 million were right. Add up the column, as your summary did."),
        ),
    ),
    Question(
        "judge-alexnet",
        "10",
        answer="c",
        why="AlexNet has about 61 million, and the lecture's own layers have 28.8 million.",
        hint="Add up the lecture's own layers: 3.7 million in the convolutions, then 4.2, 16.8 and 4.1.",
        slips=(
            Slip("a", "AlexNet's first full connection alone has 37.7 million weights."),
            Slip("b", "Add them up: 3.7 million in the convolutions, then 4.2, 16.8 and 4.1."),
        ),
    ),
    Question(
        "judge-72",
        "10",
        answer=2 * 4 * THREE_MAPS / MIB,
        why="9.6 million numbers and as many gradients, four bytes each.",
        hint="Three volumes of 64 maps. Twice four bytes for each number, and 1,048,576 bytes are a mebibyte.",
        slips=(
            Slip(72, "That is the lecture's number. What do you get?"),
            Slip(
                2 * 4 * THREE_MAPS / 1e6,
                "You divided by a million. Here a mebibyte is asked for, 1024 times 1024 bytes.",
            ),
            Slip(4 * THREE_MAPS / MIB, "The gradients of these volumes are asked for as well."),
            Slip(8 * 10e6 / MIB, "10 million is rounded. Take the exact count."),
        ),
        tolerance=0.003,
    ),
    Question(
        "recap-larger-picture",
        "10",
        answer="a",
        why="Weights are shared between places; work and activations are counted place by place.",
        hint="Which of the three are counted once, and which at every place of the picture?",
        slips=(
            Slip("b", "The filters stay what they are, wherever they slide."),
            Slip("c", "Each layer's maps are twice as wide and twice as high, and each of their places takes work."),
        ),
    ),
    Question(
        "recap-field",
        "10",
        answer=receptive_field([5, 3], [2, 1])[0],
        why="5, and two more outputs of the first layer, 2 pixels further on each.",
        hint="Start with the first layer's window; then two more of them, each a stride further.",
        slips=(
            Slip(7, "The first layer's stride pulls its outputs two pixels apart."),
            Slip(8, "Windows overlap."),
            Slip(15, "Fields do not multiply."),
            Slip(11, "Three outputs have two steps between them."),
        ),
    ),
    Question(
        "recap-jump",
        "10",
        answer=receptive_field(*CONV5_3)[1],
        why="Four poolings come before it, and each doubles the jump.",
        hint="Only strides count, and they multiply. How many poolings come before it?",
        slips=(
            Slip(8, "Four poolings, not three, come before the fifth stage."),
            Slip(32, "The fifth pooling comes after it."),
            Slip(1, "That is its own stride, on maps whose places are far apart already."),
        ),
    ),
    Question(
        "recap-adam",
        "10",
        answer=training_memory(0, 10_000_000, 1, optimizer_values=2),
        why="Parameter, gradient and Adam's two numbers: four times four bytes each.",
        hint="How many numbers for each parameter, and how many bytes a number?",
        slips=(
            Slip(120_000_000, "That is momentum. Adam keeps one number more."),
            Slip(40_000_000, "That is the parameters alone, or the count of numbers: which is missing?"),
            Slip(80_000_000, "Parameters and gradients, and what does Adam keep?"),
            Slip(16, "That is for one parameter."),
        ),
    ),
    Question(
        "recap-cheap",
        "10",
        answer="b",
        why="About an eighth: the 3x3 layer reads and makes a quarter of the channels, and the 1x1 layers are cheap.",
        hint="For one place: 9 times 256 times 256, against 256 times 64, 9 times 64 times 64, and 64 times 256.",
        slips=(
            Slip("a", "Two layers more, and yet: work it out for one place."),
            Slip("c", "Work it out for one place, all three layers."),
        ),
    ),
)
