"""The short questions of lesson 09."""

import numpy as np

from course_utils.accounting import count_conv_parameters
from course_utils.exercises.questions import Question, Slip

# The neuron of the lesson: L = (w x + b - y)^2.
X, Y, W, B = 3, 4, 2, -1
DISTANCE = W * X + B - Y
DW = 2 * DISTANCE * X

BIG, ONE = np.float32(100_000_000), np.float32(1)
# With bfloat16's 8 binary digits, neighbours from 256 on are 2 apart; a tie goes to the even one, as in Python's round.
BFLOAT16_SUM = 2 * round((256 + 1) / 2)

LENET = (
    count_conv_parameters(1, 6, 5) + count_conv_parameters(6, 16, 5) + 120 * (400 + 1) + 84 * (120 + 1) + 10 * (84 + 1)
)
LOSSES, SIZES = (1, 1, 4), (4, 4, 2)
# Batch normalisation's momentum, and the mean of the one batch that it sees.
MOMENTUM, MEAN = 0.1, 10

QUESTIONS = (
    Question(
        "lenet-digits",
        "09",
        answer="b",
        why="They compute the same sums and round them in another order. float32 keeps about seven digits, and the last one or "
        "two differ.",
        hint="Both compute the same, each in float32. To how many digits is a float32 exact?",
        slips=(
            Slip("a", "They compute the same sums, but add in another order, and every sum is rounded."),
            Slip("c", "That would be a slip somewhere. float32 keeps about seven digits."),
        ),
    ),
    Question(
        "big-and-small",
        "09",
        answer=float((BIG + ONE) - BIG),
        why="100,000,001 has nine digits and float32 keeps seven, so the sum is rounded back to 100,000,000.",
        hint="float32 keeps about 7 decimal digits. What does it make of 100,000,001?",
        slips=(
            Slip(1, "On paper. What does float32, with its 7 digits, make of 100,000,001?"),
            Slip(8, "Its neighbours are 8 apart, up there. To which of them is 100,000,001 rounded?"),
        ),
    ),
    Question(
        "shared-memory",
        "09",
        answer=7,
        why="Array and tensor share their memory, so what is written through one is seen through the other.",
        hint="`from_numpy` copies nothing. Where, then, do the tensor's numbers lie?",
        slips=(Slip(0, "That would be so after a copy, as `torch.tensor(array)` makes one."),),
    ),
    Question(
        "dw-by-hand",
        "09",
        answer=DW,
        why=f"d is {DISTANCE}, so L grows by 2 · {DISTANCE} = {2 * DISTANCE} for each step of d, and so of s and u. u used w, "
        f"times x = {X}.",
        hint="How fast does d² grow with d, at d = 1? Hand that on to s and to u. How much of w is in u?",
        slips=(
            Slip(2 * DISTANCE, "That is what arrives at u, and at b. u used w times something."),
            Slip(DISTANCE * X, "How fast does d² grow at d = 1? Both of its factors grow."),
            Slip(2 * DISTANCE * W, "That is the gradient of x. What did w meet in u?"),
            Slip(DISTANCE**2, "That is the loss itself, not how fast it grows."),
        ),
    ),
    Question(
        "grad-twice",
        "09",
        answer=2 * DW,
        why=f"The second {DW} is added to the first. Nobody emptied `w.grad` in between.",
        hint="Nothing was emptied before the second `backward`. What does it do with what is there?",
        slips=(
            Slip(DW, "That is what this backward pass found. What stood in `w.grad` before?"),
            Slip(0, "Nothing empties a gradient by itself."),
            Slip(DW**2, "They are not multiplied."),
        ),
    ),
    Question(
        "returned-by-backward",
        "09",
        answer=7,
        why="Three gradients, and None for each of the four settings. Autograd goes by position.",
        hint="One thing for each argument of `forward` after `ctx`, whether it has a gradient or not.",
        slips=(
            Slip(3, "Three have a gradient. The settings have none, and a None each."),
            Slip(8, "`ctx` is not among what `apply` is given."),
            Slip(1, "One for each argument, not one for each output."),
            Slip(4, "Those are the settings alone."),
        ),
    ),
    Question(
        "bfloat16-sum",
        "09",
        answer=BFLOAT16_SUM,
        why="With 8 binary digits the number after 256 is 258. 257 lies in the middle and is rounded to the even one, 256.",
        hint="How many binary digits has 257, and how many can be kept? To which neighbour is it rounded?",
        slips=(
            Slip(257, "257 has nine binary digits, 1 0000 0001, and eight can be kept."),
            Slip(
                258,
                "258 is the next number that bfloat16 has, but 257 lies in the middle. A tie goes to the one that ends in 0.",
            ),
        ),
    ),
    Question(
        "half-underflow",
        "09",
        answer="b",
        why="Nearer to 0 than to float16's smallest number, it is rounded to 0. A network learns nothing from it.",
        hint="Between 0 and 0.00000006 float16 has no number. To which of the two is 0.00000001 nearer?",
        slips=(
            Slip("a", "There is no number near it: the smallest above 0 is six times as large."),
            Slip("c", "Infinite is what is too large, above 65,504. This one is too small."),
        ),
    ),
    Question(
        "moved",
        "09",
        answer="b",
        why="`to` gives back a new tensor and leaves `x` alone. A line that drops what it gives back does nothing.",
        hint="`to` works as `reshape` does. What does a line with only `x.reshape(6)` do to `x`?",
        slips=(
            Slip("a", "A module would be. A tensor's `to` gives back another tensor."),
            Slip("c", "There is a copy on the card for a moment, but nobody holds it, and `x` is not it."),
        ),
    ),
    Question(
        "channels-last-stride",
        "09",
        answer=64,
        why="The 64 channels of a pixel lie side by side. The same channel of the next pixel comes after all of them.",
        hint="Channels last: first all channels of a pixel, then those of its right neighbour. How many numbers is that?",
        slips=(
            Slip(1, "That is channels first. Here the neighbour in memory is another channel of the same pixel."),
            Slip(56, "That is how many pixels a row has. Between two of them lie only the channels of one."),
            Slip(56 * 56, "That is the way from channel to channel when they come first."),
            Slip(56 * 64, "That is the way to the pixel below."),
        ),
    ),
    Question(
        "eval-graph",
        "09",
        answer=False,
        why="It changes what batch normalisation and dropout do. The graph is noted as before, unless `no_grad` forbids it.",
        hint="What do batch normalisation and dropout do in evaluation? Does any of it concern the graph?",
        slips=(
            Slip(
                True,
                "`eval` only tells the layers in which mode they are. Which line keeps autograd from taking notes?",
            ),
        ),
    ),
    Question(
        "norm-without-eval",
        "09",
        answer=MOMENTUM * MEAN,
        why="`no_grad` forbids notes, not updates: 0.9 · 0 + 0.1 · 10. The running mean has no gradient in any case.",
        hint="Which of the two tells batch normalisation to leave its running mean as it is, `eval` or `no_grad`?",
        tolerance=1e-6,
        slips=(
            Slip(0, "In training mode the layer writes its running mean itself. Does that need a gradient?"),
            Slip(MEAN, "That is the batch's mean. The running mean takes only a part of it."),
            Slip((1 - MOMENTUM) * MEAN, "PyTorch's momentum is the part of the new one, as in lesson 06."),
        ),
    ),
    Question(
        "what-happened",
        "09",
        answer="b",
        why="Roundings alone moved hardly anything in all the steps before. One decision that falls the other way sends the "
        "gradient along another path, and that is more than the last digit.",
        hint="Does the line rise bit by bit before that step, or all at once? And what would a slip do in float64?",
        slips=(
            Slip("a", "Then the line would rise bit by bit. What does it do before that step?"),
            Slip("c", "A slip would show in float64 as well: both see the same pictures there."),
        ),
    ),
    Question(
        "forgot-zero",
        "09",
        answer="c",
        why="All gradients that ever were stay in the sum. The steps grow and point where the network was long ago.",
        hint="After 50 batches `grad` is the sum of 50 gradients. How long is a step, and does it point downhill?",
        slips=(
            Slip("a", "Old gradients stay as large as they were, and there are more of them with every batch."),
            Slip("b", "Steps by a sum of gradients are longer, not shorter. And where do they point?"),
        ),
    ),
    Question(
        "accumulate-divide",
        "09",
        answer=64 // 16,
        why="The mean over 64 is the mean of the four means, and that is their sum divided by 4.",
        hint="How do you get a mean over 64 from four means over 16 each?",
        slips=(
            Slip(16, "Each loss is divided by 16 already: it is a mean."),
            Slip(64, "Each loss is a mean over 16 already. What is left to divide by?"),
            Slip(1, "Then the sum is that of four means, and so four times too large."),
            Slip(16 / 64, "That is what you multiply each loss by. What do you divide it by?"),
        ),
    ),
    Question(
        "recap-rounding",
        "09",
        answer="b",
        why="float32's last digit is worth about 0.0000001 of a number. A slip shows in the first digits.",
        hint="How large is a difference that a wrong border makes, and how large one in the seventh digit?",
        slips=(
            Slip("a", "At the border a slip changes numbers in their first digits."),
            Slip("c", "Another padding gives another shape, or other first digits."),
        ),
    ),
    Question(
        "recap-mean-loss",
        "09",
        answer=sum(loss * size for loss, size in zip(LOSSES, SIZES, strict=True)) / sum(SIZES),
        why="4 · 1 + 4 · 1 + 2 · 4 is 16, over ten examples.",
        hint="How much do the ten examples lose together?",
        tolerance=1e-6,
        slips=(
            Slip(sum(LOSSES) / len(LOSSES), "That is the mean of the batches. The last one has only two examples."),
            Slip(
                sum(loss * size for loss, size in zip(LOSSES, SIZES, strict=True)),
                "That is the sum over the ten examples.",
            ),
            Slip(sum(LOSSES) / sum(SIZES), "Each of these losses is a mean already, over 4, 4 and 2 examples."),
        ),
    ),
    Question(
        "recap-parameter",
        "09",
        answer="b",
        why="`nn.Module` looks at what is set on it, and keeps a list of every Parameter and every module.",
        hint="Which of your tensors did the check's `parameters` list, and which not?",
        slips=(
            Slip(
                "a",
                "A plain tensor that requires a gradient is not found. Some learn that by a network that stays as it is.",
            ),
            Slip("c", "The module does not look into `forward`."),
        ),
    ),
    Question(
        "recap-bytes",
        "09",
        answer=2 * LENET,
        why=f"16 bits are 2 bytes: 2 · {LENET:,}.",
        hint="How many bits has a bfloat16, and how many bits has a byte?",
        slips=(
            Slip(4 * LENET, "That is in float32."),
            Slip(LENET, "16 bits are more than one byte."),
            Slip(16 * LENET, "Those are bits."),
        ),
    ),
    Question(
        "recap-eval-mode",
        "09",
        answer="b",
        why="In training mode it normalises by the batch that it sees, and takes that batch into its running statistics.",
        hint="What does batch normalisation do in training mode, with the batch, and with its running statistics?",
        slips=(
            Slip("a", "What does batch normalisation compute in training mode?"),
            Slip("c", "What did the running mean do inside `no_grad`, when nobody had called `eval`?"),
        ),
    ),
)
