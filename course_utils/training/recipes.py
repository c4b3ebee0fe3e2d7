"""The recipes by name: published ones for CIFAR-10, and small ones for the pictures that the course generates.

All normalise each channel by mean and deviation over the training pictures; the ResNet paper subtracts a mean for every pixel.
"""

import difflib
from dataclasses import replace

from course_utils.training.recipe import Recipe

_RESNET = "He et al. 2015, section 4.2"
# 64,000 iterations of 128 pictures, with falls at 32,000 and 48,000: 163.7, 81.8 and 122.8 epochs of 50,000 pictures.
_PAPER = Recipe(
    data="cifar10",
    epochs=164,
    batch_size=128,
    lr=0.1,
    momentum=0.9,
    weight_decay=1e-4,
    schedule="step",
    milestones=(82, 123),
    padding=4,
    flip=True,
    channels_last=True,
)
# Table 6: error rates on the test data of CIFAR-10, in percent; of 110 layers the best of five runs.
_ERRORS = {20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.43}


def recipe(name: str) -> Recipe:
    """The recipe of this name. Raises ValueError, with the nearest ones, if there is none."""
    if name not in _RECIPES:
        close = difflib.get_close_matches(str(name).lower().replace("_", "-"), _RECIPES, n=3, cutoff=0.5)
        remedy = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(_RECIPES)}"
        raise ValueError(f"there is no recipe called {name!r}; {remedy}")
    return _RECIPES[name]


def recipes() -> list[str]:
    """The names of all recipes."""
    return [*_RECIPES]


def _of_the_paper(kind: str, depth: int) -> Recipe:
    """Plain and residual networks alike; 110 layers need a warm-up.

    The paper trains those at 0.01 until the training error is below 80%, about 400 iterations; here the learning rate climbs
    from 0 to 0.1 within the first epoch, 391 iterations. The residual ones have the paper's option A for their shortcuts.
    """
    return replace(
        _PAPER,
        name=f"cifar-{kind}{depth}",
        network=f"{kind}{depth}_cifar",
        warmup_epochs=1.0 if depth == 110 else 0.0,
        source=f"{_RESNET} and table 6" if kind == "resnet" else f"{_RESNET} and figure 6",
        published=round(1 - _ERRORS[depth] / 100, 4) if kind == "resnet" else None,
    )


def _of_imagenet(name: str, network: str, **changes) -> Recipe:
    """The other case studies on CIFAR-10, which their papers do not train on, but for Network in Network.

    They get the ResNet paper's recipe, with learning rates and decays that such networks are usually given. AlexNet needs
    pictures of 63x63, and of 32x32 GoogLeNet would keep a single pixel at its end: both see each pixel as a square of 2x2.
    VGG-16 takes 32x32 as they are, and with batch normalisation trains without the paper's start from a smaller network.
    """
    source = f"the network as published ({network}); the recipe is the ResNet paper's, adapted by this course"
    return _PAPER.changed(name=name, network=network, precision="bfloat16", source=source, **changes)


def _small(name: str, network: str, **changes) -> Recipe:
    """For pictures of 32x32 on a processor, in a minute or a few; the ResNets have half of their channels."""
    return Recipe(name=name, network=network, data="shapes10", batch_size=64, source="this course").changed(**changes)


_RECIPES = {
    one.name: one
    for one in (
        *(_of_the_paper("plain", depth) for depth in (20, 32, 44, 56, 110)),
        *(_of_the_paper("resnet", depth) for depth in (20, 32, 44, 56, 110)),
        _of_imagenet("cifar-alexnet", "alexnet", enlarge=2, lr=0.01, weight_decay=5e-4),
        _of_imagenet("cifar-vgg", "vgg16_bn", lr=0.05, weight_decay=5e-4),
        _of_imagenet("cifar-googlenet", "googlenet", enlarge=2, lr=0.05, options={"aux_logits": False}),
        _of_imagenet("cifar-nin", "nin_cifar", lr=0.05, weight_decay=5e-4),
        replace(
            _PAPER,
            name="cifar-fast",
            network="wide_resnet28_10_cifar",
            options={"depth": 16, "widen": 4},
            epochs=15,
            batch_size=512,
            lr=0.4,
            nesterov=True,
            weight_decay=5e-4,
            decay_all=False,
            schedule="cosine",
            milestones=(),
            warmup_epochs=2.0,
            label_smoothing=0.1,
            ema=0.99,
            precision="bfloat16",
            source="this course, after D. Page, How to train your ResNet, 2018",
        ),
        _small("shapes-lenet", "lenet5", epochs=18, lr=0.03, schedule="cosine", warmup_epochs=1.0),
        *(
            _small(
                f"shapes-{kind}{depth}",
                f"{kind}{depth}_cifar",
                options={"width": 8},
                epochs=5,
                schedule="cosine",
                warmup_epochs=0.5,
            )
            for depth in (20, 44, 56)
            for kind in ("plain", "resnet")
        ),
    )
}
