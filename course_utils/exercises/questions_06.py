"""The short questions of lesson 06."""

import numpy as np

from course_utils.exercises.questions import Question, Slip

# The batch that the lesson works out by hand, and the shape of its spatial example.
BATCH = np.array([1, 1, 5, 5])
N, C, H, W = 64, 16, 14, 14
ALPHA, SIZE = 1e-4, 5


def running_mean(batch_mean: float, momentum: float, batches: int) -> float:
    """A running mean that starts at 0, after as many batches of this mean, by PyTorch's rule."""
    return batch_mean * (1 - (1 - momentum) ** batches)


QUESTIONS = (
    Question(
        "spread-150",
        "06",
        answer=1.5**10,
        tolerance=0.02,
        why="Each of the ten layers multiplies by 1.5 once more: 1.5 to the power of 10.",
        hint="After two layers it is 1.5 · 1.5 = 2.25 times as large. And after ten?",
        slips=(
            Slip(1.5 * 10, "The factors of the layers multiply; they do not add up."),
            Slip(1.5, "That is after one layer. The next one multiplies what it gets."),
            Slip(1.5**9, "You counted the steps between the layers. The first layer's weights are scaled, too."),
        ),
    ),
    Question(
        "batch-variance",
        "06",
        answer=int(BATCH.var()),
        why="The mean is 3, every number lies 2 from it, and the mean of the squares is 16/4.",
        hint="First the mean, then the distances to it, then the mean of their squares.",
        slips=(
            Slip(float(BATCH.var(ddof=1)), "You divided by m − 1. The second line of the algorithm divides by m."),
            Slip(int(BATCH.std()), "That is its root, the standard deviation: the distances were not squared."),
            Slip(16, "That is the sum of the squares. The line says what it is divided by."),
            Slip(13, "That is the mean of the squares of x itself. The mean has to be subtracted first."),
        ),
    ),
    Question(
        "restore-identity",
        "06",
        answer=(int(BATCH.std()), int(BATCH.mean())),
        why="γ = σ undoes the division and β = μ undoes the subtraction: whatever the layer did, it can learn to undo.",
        hint="Normalising subtracts μ and divides by σ, the root of the variance. Undo both, the later one first.",
        slips=(
            Slip((1, 0), "With these y is x̂: normalised, and not x."),
            Slip((int(BATCH.var()), int(BATCH.mean())), "x was divided by the root of the variance, not by it."),
            Slip((int(BATCH.mean()), int(BATCH.std())), "The right numbers, the wrong way round: γ multiplies."),
            Slip((int(BATCH.std()), int(-BATCH.mean())), "The mean was taken away. To undo that, add it."),
            Slip((0, 1), "γ = 0 makes every number β. It is 1 that leaves a number as it is when it multiplies."),
        ),
    ),
    Question(
        "spatial-means",
        "06",
        answer=(C, N * H * W),
        why="One mean for each of the 16 channels, over 64 pictures and 14 · 14 places in each.",
        hint="A filter is the same everywhere and for every picture. What does that leave to be averaged separately?",
        slips=(
            Slip((C, N), "The places of a map are averaged, too, since one filter made them all."),
            Slip((C * H * W, N), "You normalise each place on its own, as if it had a filter of its own."),
            Slip(
                (N * C, H * W),
                "You average within one picture. That is another layer, which comes later in this lesson.",
            ),
            Slip((N, C * H * W), "You average over the channels. Each filter measures something else."),
            Slip((C, H * W), "All pictures of the batch count: that is what gave the layer its name."),
        ),
    ),
    Question(
        "running-mean",
        "06",
        answer=running_mean(10, 0.1, 3),
        tolerance=0.0005,
        why="It goes 1, 1.9, 2.71: each batch covers a tenth of what is left of the way to 10.",
        hint="After the first batch it is 0.9 · 0 + 0.1 · 10. Put that in for the 0, and once more.",
        slips=(
            Slip(3, "The old mean keeps nine tenths only, so a little is lost at each step."),
            Slip(running_mean(10, 0.9, 3), "You gave the new batch the weight of nine tenths: momentum the other way."),
            Slip(running_mean(10, 0.1, 2), "That is after two batches."),
        ),
    ),
    Question(
        "other-momentum",
        "06",
        answer=0.01,
        tolerance=1e-6,
        why="There momentum is what the old value keeps, here it is what the new one gets: 1 − 0.99.",
        hint="Write both rules down. Which number multiplies the new batch's mean?",
        slips=(
            Slip(0.99, "Then the running mean would be almost the last batch's: nothing would be averaged."),
            Slip(0.1, "That is PyTorch's default. What is that layer's rule in PyTorch's terms?"),
        ),
    ),
    Question(
        "gradient-sum",
        "06",
        answer=0,
        why="Push all numbers of a batch up by the same amount and nothing comes out differently: no gradient that way.",
        hint="Add 5 to all numbers of the batch. What happens to their mean, and what to the output?",
        slips=(
            Slip(1, "If all inputs rise together by a little, by how much do the outputs change?"),
            Slip(0.1, "Nearly nothing is not nothing: look at what the layer does to a constant."),
        ),
    ),
    Question(
        "gradient-of-large-weights",
        "06",
        answer=0.1,
        tolerance=0.001,
        why="The same output, and ten times the weights: a step of the same size is ten times smaller for them.",
        hint="Outputs stay the same. To change them by as much, how much further do the large weights have to move?",
        slips=(
            Slip(10, "The other way round: weights that are large must move further for the same effect."),
            Slip(1, "The output is the same, but the same step changes large weights by a smaller part of them."),
            Slip(
                0.01, "One factor of ten is enough: the slope is effect by step, and only the step changes its scale."
            ),
        ),
    ),
    Question(
        "only-sevens",
        "06",
        answer="c",
        why="What all sevens have in common is in the mean of the batch, and the mean is taken away.",
        hint="What is the mean of a channel over a batch of sevens, and what is left of a seven without it?",
        slips=(
            Slip("a", "The pictures are the same, but the means and variances they are normalised with are not."),
            Slip("b", "The statistics of sevens alone are not better ones. Ask what normalising takes away."),
        ),
    ),
    Question(
        "alexnet-alpha",
        "06",
        answer=ALPHA * SIZE,
        tolerance=1e-6,
        why="PyTorch divides alpha by the size, so the paper's number has to be multiplied by it first.",
        hint="In PyTorch's formula alpha is divided by n. Which alpha gives the paper's number after that?",
        slips=(
            Slip(ALPHA, "PyTorch would divide it by the size, and normalise less than the paper did."),
            Slip(ALPHA / SIZE, "PyTorch divides already. You have to make up for it."),
        ),
    ),
    Question(
        "group-means",
        "06",
        answer=N * 8,
        why="Each of the 64 pictures has 8 groups of its own.",
        hint="Every picture is normalised alone. How many groups does one have?",
        slips=(
            Slip(8, "That would average over the pictures. Each is normalised alone."),
            Slip(C, "That is batch norm: one mean a channel."),
            Slip(N, "That is layer norm: one mean a picture."),
            Slip(N * C, "That is instance norm, with a group for each channel."),
            Slip(N * C // 8, "You took 8 for the number of channels in a group; it is the number of groups."),
        ),
    ),
    Question(
        "recap-conv-bias",
        "06",
        answer="b",
        why="A constant added to a channel is in its mean, and the mean is subtracted. β does the bias's work.",
        hint="Add 3 to everything that a filter gives. What does the subtraction of the mean do to it?",
        slips=(
            Slip("a", "Follow the bias through the subtraction of the mean."),
            Slip("c", "It costs next to nothing either way. What does it change?"),
        ),
    ),
    Question(
        "recap-learned",
        "06",
        answer=2 * 64,
        why="A γ and a β for each channel. The running mean and variance are kept, too, but not learned.",
        hint="What of it does the optimiser change? And how many of these are there in a channel?",
        slips=(
            Slip(4 * 64, "The running mean and variance are counted, not learned: no gradient reaches them."),
            Slip(64, "There are two learned numbers in a channel."),
            Slip(2, "Each channel has its own."),
        ),
    ),
    Question(
        "recap-eval",
        "06",
        answer="a",
        why="So a picture's answer does not depend on which other pictures were asked about at the same time.",
        hint="At test time there may be a single picture. Which statistics are there then?",
        slips=(
            Slip("b", "A single picture would then be normalised by itself, and a batch of sevens by sevens."),
            Slip("c", "γ and β are applied in both modes, after the normalisation."),
        ),
    ),
    Question(
        "recap-batch-of-two",
        "06",
        answer="c",
        why="It averages within each picture, so the size of the batch does not matter to it.",
        hint="Which of the three never looks at another picture?",
        slips=(
            Slip("a", "Its means would come from two pictures only, and jump from batch to batch."),
            Slip("b", "It compares channels with their neighbours at one place, and keeps no scale in order."),
        ),
    ),
    Question(
        "recap-lrn",
        "06",
        answer="b",
        why="A network with it made as many mistakes as the same network without, and took more memory and time.",
        hint="Somebody trained the same network with and without it, and compared.",
        slips=(
            Slip("a", "It has a gradient, which your version could be given, too. It was trained with for years."),
            Slip("c", "The comparison that ended it was published before batch norm was."),
        ),
    ),
)
