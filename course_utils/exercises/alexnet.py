"""An exercise of lesson 11: AlexNet as a module, in any width."""

import numpy as np

from course_utils.exercises.alexnet_runs import numbers_by_layer, scores_of, shares_dropped
from course_utils.exercises.slips import lazy_misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy

_SETTINGS = ("AlexNet", "num_classes", "channels", "hidden", "groups")


def _random_case(rng: np.random.Generator) -> Case:
    settings = {
        "num_classes": int(rng.integers(2, 5)),
        "channels": tuple(int(2 * half) for half in rng.integers(1, 4, 5)),
        "hidden": int(rng.integers(2, 7)),
        "groups": int(rng.integers(1, 3)),
        "pictures": int(rng.integers(1, 3)),
    }
    return Case(f"{settings}", settings)


ALEXNET = Exercise(
    name="AlexNet",
    lesson="11",
    reference=Lazy("course_utils.models.alexnet", "alexnet_two_tower"),
    plan=(
        Call("numbers_by_layer", _SETTINGS, ("numbers",)),
        Call("scores_of", (*_SETTINGS, "pictures"), ("scores",)),
        Call("shares_dropped", (*_SETTINGS, "training"), ("dropped",)),
    ),
    course={"numbers_by_layer": numbers_by_layer, "scores_of": scores_of, "shares_dropped": shares_dropped},
    compared=("numbers", "scores", "dropped"),
    cases=(
        Case(
            "one tower, two maps in every layer",
            {"num_classes": 3, "channels": (2, 2, 2, 2, 2), "hidden": 4, "groups": 1, "pictures": 1},
        ),
        Case(
            "two towers, two pictures",
            {"num_classes": 2, "channels": (4, 6, 8, 2, 4), "hidden": 6, "groups": 2, "pictures": 2},
        ),
        Case(
            "ten maps in the second layer, so that the normalisation has neighbours",
            {"num_classes": 4, "channels": (8, 10, 2, 4, 2), "hidden": 5, "groups": 2, "pictures": 1},
        ),
        Case("the paper's sizes, of which only the shapes are looked at", {}),
        Case("one tower of the paper's sizes", {"groups": 1}),
        Case(
            "in training: what share of the inputs of the last three layers, and of the scores, is 0",
            {"num_classes": 300, "channels": (2, 2, 2, 2, 8), "hidden": 600, "training": True},
        ),
    ),
    random_case=_random_case,
    random_cases=10,
    misconceptions=lazy_misconceptions(
        "course_utils.exercises.alexnet_slips",
        "wrong_alexnet",
        (
            (
                "no padding from the second layer on",
                "no padding",
                "Your maps shrink from 27 to 23, 11, 9, 7, 5 and 2, as in a well-known lecture, and the first full connection "
                "reads 2x2. Look up how the paper's maps keep their size.",
            ),
            (
                "the padding of the second layer forgotten",
                "conv2 padding",
                "Your second convolution makes maps of 23x23 out of 27x27. They should keep their size.",
            ),
            (
                "the padding of the first layer forgotten",
                "conv1 padding",
                "A picture of 224 without padding gives maps of 54x54. How do they come to be 55?",
            ),
            (
                "the last pooling forgotten",
                "no last pool",
                "Your first full connection reads maps of 13x13. Three layers of AlexNet pool, and one of them is the fifth.",
            ),
            (
                "the groups forgotten",
                "no groups",
                "Your filters see the maps of both towers everywhere. `groups` says how many towers there are.",
            ),
            (
                "groups in the third layer, too",
                "groups in conv3",
                "Your towers never meet before the full connections. One convolution reads the maps of both.",
            ),
            (
                "always the paper's sizes",
                "the paper's sizes",
                "Your network is as wide as the paper's, whatever `channels` and `hidden` say.",
            ),
            (
                "no biases in the convolutions",
                "no biases",
                "Your convolutions have no bias. In AlexNet every filter has one.",
            ),
            (
                "only two full connections",
                "one hidden layer",
                "A layer is missing: there are two hidden full connections, and then the scores.",
            ),
            (
                "pooled by 2x2",
                "pooled by 2",
                "Your windows of pooling are 2x2. The sizes come out the same, but AlexNet's windows overlap.",
            ),
            (
                "average pooling",
                "averaged",
                "You take means over the windows of pooling. AlexNet takes maxima.",
            ),
            (
                "no ReLU at all",
                "no relu",
                "Nothing in your network is rectified. A chain of convolutions alone is one convolution.",
            ),
            (
                "no ReLU behind the third and fourth layer",
                "no relu in the middle",
                "Three convolutions follow each other, and you rectify only behind the last. Each has its ReLU.",
            ),
            (
                "no ReLU between the full connections",
                "no relu between full connections",
                "Your full connections follow each other without a ReLU. Two of them then are no more than one.",
            ),
            ("tanh instead of ReLU", "tanh", "You squash by tanh, as LeNet did. AlexNet rectifies."),
            (
                "alpha divided by the size of the window",
                "alpha divided",
                "You hand the paper's `alpha` to PyTorch, which divides it by the size of the window. The paper does not.",
            ),
            (
                "the normalisation's defaults",
                "norm's defaults",
                "Your normalisation has PyTorch's own constants. The paper has others for `alpha` and `k`.",
            ),
            ("k left at 1", "k of 1", "Your normalisation has PyTorch's `k`, which is 1. The paper's is 2."),
            ("no normalisation", "no norm", "Nothing normalises behind your first two layers."),
            (
                "normalised behind the pooling",
                "norm behind pool",
                "You pool first and normalise then, as many lectures draw it. In the paper it is the other way round.",
            ),
            (
                "normalised before the ReLU",
                "norm before relu",
                "You normalise what has not been rectified yet. In the paper the ReLU comes first.",
            ),
            (
                "dropout in evaluation, too",
                "dropout always",
                "Your network drops neurons when it is used. A dropout that is written as a function has to be told the mode.",
            ),
            (
                "no dropout",
                "no dropout",
                "Your scores are right, but in training nothing is dropped. Two layers should lose half of their outputs.",
            ),
            (
                "dropout in front of the first full connection",
                "dropout in front",
                "You drop what goes into the first two full connections, as PyTorch's own AlexNet does. In the paper it is "
                "what comes out of them.",
            ),
            (
                "dropout on the scores",
                "dropout on the scores",
                "In training you drop scores. Whoever is dropped gets a score of 0, whatever is on the picture.",
            ),
            (
                "the batch flattened as well",
                "flattened whole",
                "You lay all pictures of a batch into one row. The first axis counts pictures, and has to stay.",
            ),
            (
                "softmax at the end",
                "softmax",
                "Your network returns probabilities. In training the loss expects scores, and holds a softmax of its own.",
            ),
            (
                "a ReLU on the scores",
                "relu on the scores",
                "Your scores are never below 0. The last layer has no ReLU, or half of what it says is lost.",
            ),
        ),
    ),
    hints=(
        "Write five short lists, one for each convolution with all that follows it, and then the full connections. Every "
        "convolution and every hidden full connection has its ReLU; pooling stands behind layers 1, 2 and 5.",
        "Paddings are 2, 2, 1, 1, 1. `groups` goes to the second, fourth and fifth convolution. The normalisation is "
        "`nn.LocalResponseNorm(5, alpha=…, beta=0.75, k=…)`, between ReLU and pooling; what does PyTorch do with alpha? The "
        "first full connection reads 6 times 6 numbers of each map.",
        "`norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)` and `pool = nn.MaxPool2d(3, stride=2)`. The second layer "
        "is `nn.Conv2d(c1, c2, 5, padding=2, groups=groups), nn.ReLU(), norm, pool`, and a hidden full connection is followed by "
        "`nn.ReLU(), nn.Dropout(0.5)`.",
    ),
)
EXERCISES = (ALEXNET,)
