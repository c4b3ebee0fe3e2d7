"""The short questions of lesson 07."""

import math

import numpy as np

from course_utils.exercises.questions import Question, Slip
from course_utils.layers.dropout import dropout_forward
from course_utils.layers.initialisation import fans
from course_utils.layers.losses import hinge_loss, softmax_cross_entropy
from course_utils.layers.optimisation import sgd_momentum_step


def softmax_loss(scores: list[float], label: int = 0) -> float:
    """The cross-entropy of one picture."""
    return float(softmax_cross_entropy(np.array([scores]), np.array([label]))[0])


def softmax_gradient(scores: list[float], label: int = 0) -> float:
    """Its gradient for the right class's score."""
    return float(softmax_cross_entropy(np.array([scores]), np.array([label]))[1][0, label])


def terminal_velocity(momentum: float) -> float:
    """What the velocity becomes under a gradient of 1 at every step."""
    weight = velocity = np.zeros(1)
    for _ in range(1000):
        weight, velocity = sgd_momentum_step(weight, np.ones(1), velocity, lr=0.1, momentum=momentum)
    return round(float(velocity[0]), 9)


def kept_by_dropout(value: float, p: float) -> float:
    """What inverted dropout makes of a value that it keeps."""
    return float(dropout_forward(np.full(1000, value), p, rng=np.random.default_rng(0))[0].max())


def kaiming_deviation(shape: tuple[int, ...]) -> float:
    return math.sqrt(2 / fans(shape)[0])


HINGE = np.array([[3.0, 5.0, 1.0]])

QUESTIONS = (
    Question(
        "softmax-share",
        "07",
        answer=round(math.exp(-softmax_loss([0, 0, math.log(2)], 2)), 9),
        why="The exponentials are 1, 1 and 2, so the third class has 2 parts of 4.",
        hint="Take the exponential of each score first: 1, 1 and what? Then the third one's share of their sum.",
        slips=(
            Slip(math.log(2), "That is the score itself. Softmax shares out the exponentials of the scores."),
            Slip(2.0, "That is its exponential. A probability is its share of all three."),
            Slip(1 / 3, "Equal shares are for equal scores. Here one exponential is twice as large as the others."),
            Slip(1.0, "A score of 0 is not a probability of 0: its exponential is 1."),
            Slip(2 / 3, "Two classes have the score 0, and each of them takes a part."),
        ),
        tolerance=0.001,
    ),
    Question(
        "loss-at-start",
        "07",
        answer=softmax_loss([0.0] * 10),
        why="Each class gets a tenth, and minus the natural logarithm of 0.1 is 2.303.",
        hint="Equal scores get equal probabilities. What is minus the natural logarithm of that?",
        slips=(
            Slip(0.1, "That is the probability of each class. The loss is minus its logarithm."),
            Slip(-math.log(10), "Logarithms of probabilities are negative; the loss has a minus sign before them."),
            Slip(1.0, "With the logarithm to base 10 it would be 1. The loss uses the natural one."),
            Slip(math.log2(10), "That is in bits, with the logarithm to base 2. The loss uses the natural one."),
            Slip(0.9, "That is how much probability is missing. The loss is minus a logarithm."),
            Slip(0.0, "A loss of 0 is for a network that is certain and right."),
        ),
        tolerance=0.005,
    ),
    Question(
        "three-gradients",
        "07",
        answer=(0.7, round(0.2 - 1, 1), 0.1),
        why="Each is its probability, and from the right class's 1 is taken away. They add up to 0.",
        hint="The gradient of a score is its probability, minus 1 if it is the right class's.",
        slips=(
            Slip((0.7, 0.2, 0.1), "Those are the probabilities. From the right class's, 1 is taken away."),
            Slip((-0.7, 0.8, -0.1), "That is the way the scores should go. A gradient points where the loss grows."),
            Slip((-0.3, -0.8, -0.9), "The 1 is taken away from the right class's probability only."),
            Slip(
                (0.0, -0.8, 0.0), "The wrong classes have a gradient, too: they have probability that they should not."
            ),
            Slip((0.7, -1.2, 0.1), "The probability is added: it is 0.2 minus 1."),
            Slip((-0.3, 0.2, 0.1), "The right class is the second, not the one with the highest probability."),
        ),
        tolerance=0.001,
    ),
    Question(
        "hinge-sum",
        "07",
        answer=float(hinge_loss(HINGE, np.array([0]))[0]),
        why="The second class is 2 ahead and should be 1 behind: 3. The third is 2 behind, which is enough: 0.",
        hint="For each wrong class: how far is it from being 1 below the right one? Then add up, counting no negatives.",
        slips=(
            Slip(2, "You left out the margin: the second class should not just be level, but 1 behind."),
            Slip(4, "The right class does not pay for itself."),
            Slip(0, "The second class has the higher score, so there is something to pay."),
            Slip(1.5, "The hinge loss of a picture is a sum over the wrong classes, not a mean."),
        ),
    ),
    Question(
        "which-still-pushes",
        "07",
        answer="b",
        why="The right class is ahead by 8, far beyond the margin, so the hinge is 0 and flat. Softmax's loss is never 0.",
        hint="Compute the hinge loss. Then ask whether softmax ever gives the right class all of the probability.",
        slips=(
            Slip("a", "Every wrong class is more than 1 behind: the hinge loss is 0, and stays 0 for small changes."),
            Slip("c", "For the hinge, every wrong class is more than 1 behind. What is there left to pay?"),
            Slip(
                "d", "Softmax gives the other classes a little probability, however small, and pushes it down further."
            ),
        ),
    ),
    Question(
        "ten-sigmoids",
        "07",
        answer=0.25**10,
        why="A quarter, ten times: about 0.000001.",
        hint="Each of the ten multiplies the gradient by at most 1/4.",
        slips=(
            Slip(2.5, "The chain rule multiplies slopes; it does not add them."),
            Slip(0.25, "That is one sigmoid's slope. There are ten of them."),
            Slip(0.5**10, "The sigmoid's value at 0 is 1/2; its slope there is 1/4."),
            Slip(1.0, "The sigmoid's slope is never 1; at its steepest it is 1/4."),
        ),
        tolerance=0.05,
    ),
    Question(
        "relu-mean-square",
        "07",
        answer=0.5,
        why="Half of the numbers become 0, and the other half, the positive ones, hold half of the sum of squares.",
        hint="Negative numbers contribute nothing any more. Which share of the sum of squares did they have?",
        slips=(
            Slip(1.0, "The negative half of the numbers has become 0, and its squares are gone."),
            Slip(0.25, "Half of the numbers are gone, and with them half of the squares, not three quarters."),
            Slip(1 / math.sqrt(2 * math.pi), "That is the mean of ReLU(z). The question is about the mean square."),
            Slip(
                0.5 - 1 / (2 * math.pi),
                "That is its variance, around the new mean. Signals are summed up as they are: take the mean square.",
            ),
            Slip(math.sqrt(0.5), "That is the root of it."),
        ),
        tolerance=0.001,
    ),
    Question(
        "kaiming-deviation",
        "07",
        answer=kaiming_deviation((1, 64, 3, 3)),
        why="One filter sees 64 times 9, so 576 numbers; the variance is 2/576, and its root is 0.0589.",
        hint="How many numbers does one filter see? The variance is 2 divided by that, and you want its root.",
        slips=(
            Slip(2 / 576, "That is the variance. The standard deviation is its root."),
            Slip(math.sqrt(2 / 64), "A filter sees 3x3 pixels in each of the 64 channels."),
            Slip(math.sqrt(2 / 9), "A filter sees all 64 channels."),
            Slip(math.sqrt(1 / 576), "That keeps the scale without ReLU, which takes half of the squares away."),
        ),
        tolerance=0.01,
    ),
    Question(
        "shrinking-factor",
        "07",
        answer=0.01 * math.sqrt(256) * math.sqrt(0.5),
        why="0.01 times 16 times 0.707. Twenty layers of it leave nothing.",
        hint="The root of 256 is 16.",
        slips=(
            Slip(0.16, "That is without ReLU, which leaves half of the squares: the root of 1/2."),
            Slip(0.08, "ReLU halves the mean square; its root goes down by the root of 2 only."),
            Slip(0.01 * 256 * math.sqrt(0.5), "Variances add up, so deviations grow with the root of 256."),
        ),
        tolerance=0.01,
    ),
    Question(
        "terminal-velocity",
        "07",
        answer=terminal_velocity(0.9),
        why="Where v no longer changes, v = 0.9 v + g, so v is g/0.1.",
        hint="In the end a step changes v no more: v = 0.9 v + g. Solve it for v.",
        slips=(
            Slip(0.9, "Follow it for a few steps, from 0: g, then 1.9 g, then 2.71 g. Where does it end?"),
            Slip(1.9, "That is v after two steps. It goes on growing."),
            Slip(9.0, "The newest gradient counts as well: v = 0.9 v + g."),
            Slip(1 / 0.9, "Divide by what is lost at each step, one tenth, not by what is kept."),
        ),
        tolerance=0.001,
    ),
    Question(
        "by-heart",
        "07",
        answer="c",
        why="It has hundreds of weights for each picture, and nothing keeps it from using them.",
        hint="85,000 weights for 300 pictures: is there anything that it could not remember?",
        slips=(
            Slip("a", "That would be wise of it, but nothing in the loss rewards leaving wrong labels alone."),
            Slip("b", "It can remember more than that."),
        ),
    ),
    Question(
        "choose-on",
        "07",
        answer="c",
        why="Training pictures favour whatever holds back least, and test pictures must stay unseen until the end.",
        hint="Which accuracy can you still trust after you have picked the highest of many?",
        slips=(
            Slip("a", "On these, the network that learned by heart looks best."),
            Slip(
                "b", "Then the settings would be fitted to the test pictures, and nothing would be left to test with."
            ),
        ),
    ),
    Question(
        "which-is-sparse",
        "07",
        answer="a",
        why="L1 goes on pulling at full strength when a weight is small, until it is 0; L2's pull fades away with it.",
        hint="Take a weight of 0.001. How hard does each of the two pull on it?",
        slips=(Slip("b", "L2 pulls in proportion to the weight: a small one is hardly pulled, and stays small."),),
    ),
    Question(
        "dropout-kept",
        "07",
        answer=kept_by_dropout(4.0, 0.2),
        why="4 divided by 0.8: what is kept stands in for what is not.",
        hint="What is kept is divided by the probability of being kept.",
        slips=(
            Slip(4, "That is the convention as first published. The inverted one scales in training."),
            Slip(4 * 0.8, "You multiplied by 1 - p. Fewer neurons arrive, so each must count for more."),
            Slip(20, "You divided by p, the probability of being dropped."),
            Slip(4 * 1.2, "Nearly: the factor is 1/0.8, which is a little more than 1.2."),
            Slip(0, "It is kept, so it is not 0."),
        ),
        tolerance=0.001,
    ),
    Question(
        "crop-count",
        "07",
        answer=(2 * 4 + 1) ** 2 * 2,
        why="9 places for the crop across, 9 down, and each of the 81 mirrored or not.",
        hint="The padded picture is 40 wide. How many places has a 32-wide window on it, across and down? And the mirror?",
        slips=(
            Slip((2 * 4 + 1) ** 2, "Each crop can also be mirrored."),
            Slip(2 * (2 * 4) ** 2, "The window has one place more than it has moves."),
            Slip(2 * (2 * 4 + 1), "The crop moves across and down."),
            Slip(2 * (4 + 1) ** 2, "There are 4 zeros on both sides."),
        ),
    ),
    Question(
        "recap-thousand",
        "07",
        answer=softmax_loss([0.0] * 1000),
        why="Minus the logarithm of a thousandth. An ImageNet network that starts much higher has scores that are too large.",
        hint="Each class gets a thousandth of the probability.",
        slips=(
            Slip(0.001, "That is the probability. The loss is minus its natural logarithm."),
            Slip(3.0, "That is the logarithm to base 10. The loss uses the natural one."),
            Slip(softmax_loss([0.0] * 10), "That is for ten classes."),
        ),
        tolerance=0.005,
    ),
    Question(
        "recap-gradient",
        "07",
        answer=softmax_gradient([1.0, 1.0, 1.0]),
        why="Its probability is 1/3, and 1/3 - 1 is what it lacks.",
        hint="Three equal scores have equal probabilities. The right class's gradient is its probability minus 1.",
        slips=(
            Slip(1 / 3, "That is the gradient of a wrong class. From the right one, 1 is taken away."),
            Slip(2 / 3, "The size is right. Which way must the right class's score go for the loss to fall?"),
            Slip(0.0, "Equal scores are not what the loss wants; the right class should have all of the probability."),
            Slip(-2 / 9, "The mean is over pictures, not over classes, and here is one picture."),
        ),
        tolerance=0.005,
    ),
    Question(
        "recap-overfit",
        "07",
        answer="b",
        why="It has learned its pictures by heart, and these hold it back, or give it more to learn from.",
        hint="Training accuracy is perfect already. What is missing is on new pictures.",
        slips=(
            Slip("a", "A larger network learns by heart even better."),
            Slip("c", "The steps reached a perfect training accuracy; their size is not the trouble."),
        ),
    ),
    Question(
        "recap-kaiming",
        "07",
        answer=kaiming_deviation((50, 200)),
        why="The root of 2/200. The number of outputs plays no part.",
        hint="The variance is 2 divided by the number of inputs.",
        slips=(
            Slip(0.2, "That is with the number of outputs. A neuron sums over its inputs."),
            Slip(0.01, "That is the variance. Take its root."),
            Slip(math.sqrt(1 / 200), "Without the 2, ReLU halves the mean square at every layer."),
            Slip(math.sqrt(2 / 250), "That is Xavier's rule, which takes inputs and outputs together."),
        ),
        tolerance=0.01,
    ),
    Question(
        "recap-dropout",
        "07",
        answer="c",
        why="All of the scaling was done in training.",
        hint="The inverted convention was invented so that evaluation needs no thought.",
        slips=(
            Slip("a", "That is the convention as first published."),
            Slip("b", "Doubled are the kept outputs, in training."),
        ),
    ),
)
