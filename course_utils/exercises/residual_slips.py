"""Slips that people make in every kind of residual block: in its shortcut, in the sum, and in what follows."""


def wrong_shortcut(slip: str, in_channels: int, out_channels: int, stride: int):
    """What x goes through on its way around the block, None where x itself is added, with the slip if it is one of these."""
    from torch import nn

    changes = {
        "identity always": False,
        "channels alone": in_channels != out_channels,
        "stride alone": stride != 1,
        "projection always": True,
    }.get(slip, stride != 1 or in_channels != out_channels)
    if not changes:
        return None
    step = 1 if slip in ("projection stride 1", "stride ignored") else stride
    kernel, padding = (3, 1) if slip == "projection 3x3" else (1, 0)
    projection = nn.Conv2d(in_channels, out_channels, kernel, step, padding, bias=slip in ("biases", "projection bias"))
    norm = [] if slip == "projection without norm" else [nn.BatchNorm2d(out_channels)]
    return nn.Sequential(projection, *norm, *([nn.ReLU()] if slip == "projection relu" else []))


def wrong_end(slip: str, out, x, shortcut):
    """The block's output from what its layers made of x, `out`, with the slip if it is one of these."""
    from torch.nn import functional

    if slip == "no shortcut":
        return functional.relu(out)
    around = x if shortcut is None else shortcut(functional.relu(x) if slip == "activated x" else x)
    if slip == "activated x" and shortcut is None:
        around = functional.relu(x)
    if slip == "detached":
        around = around.detach()
    if slip == "written over":
        around += out
        return functional.relu(around)
    if slip == "multiplied":
        return functional.relu(out * around)
    if slip == "concatenated":
        import torch

        return functional.relu(torch.cat([out, around], dim=1))
    if slip in ("added after", "added after in place", "relu twice"):
        out = functional.relu(out)
    if slip == "added after in place":
        out += around
        return out
    out = out + around
    return out if slip in ("added after", "no last relu") else functional.relu(out)


# Shared rows for `lazy_misconceptions`: name, slip, sentence.
OF_THE_SUM = (
    (
        "no shortcut",
        "no shortcut",
        "Your block hands on what its layers made, and nothing goes around them. That is a plain block.",
    ),
    (
        "added after the last ReLU",
        "added after",
        "You add the shortcut behind the last ReLU. In this block the ReLU comes last of all, over the sum.",
    ),
    (
        "added in place after the last ReLU",
        "added after in place",
        "You add the shortcut behind the last ReLU, which should come last of all. And as you add in place, the ReLU misses its "
        "own output on the way back.",
    ),
    (
        "a ReLU before the sum, too",
        "relu twice",
        "What your layers made goes through a ReLU before it is added, so the block can only ever add, never take away.",
    ),
    (
        "no ReLU after the sum",
        "no last relu",
        "Your block ends with the sum. A last ReLU goes over it.",
    ),
    (
        "the shortcut through a ReLU",
        "activated x",
        "What you carry around the layers has been through a ReLU. The shortcut takes `x` as it comes.",
    ),
    (
        "a ReLU before everything",
        "activated input",
        "Your block begins with a ReLU over `x`. It takes `x` as it comes; what came before has seen to that.",
    ),
    (
        "the shortcut cut off from the graph",
        "detached",
        "The output is right, but no gradient comes back along your shortcut, which is half of what it is for.",
    ),
    (
        "x written over",
        "written over",
        "You add into `x` itself. It belongs to whoever called the block, and the first layer needs it for the way back.",
    ),
    (
        "multiplied instead of added",
        "multiplied",
        "You multiply by the shortcut. A residual is added.",
    ),
    (
        "joined instead of added",
        "concatenated",
        "You put the two side by side along the channels, as Inception does. Here they are added, number by number.",
    ),
)
OF_THE_SHORTCUT = (
    (
        "x never projected",
        "identity always",
        "Your shortcut is always `x` itself. Where the shape changes, the two cannot be added.",
    ),
    (
        "projected only where the channels change",
        "channels alone",
        "Your block can halve the picture and keep the channels. What has the shortcut to do then?",
    ),
    (
        "projected only where the stride is 2",
        "stride alone",
        "Your block can change the channels without a stride. What has the shortcut to do then?",
    ),
    (
        "projected everywhere",
        "projection always",
        "You project in every block. That is option C; here `x` goes through untouched wherever it fits.",
    ),
    (
        "a projection that does not halve",
        "projection stride 1",
        "Your projection sees to the channels, but the picture keeps its size on that way.",
    ),
    (
        "the stride nowhere",
        "stride ignored",
        "Your block never makes the picture smaller, whatever stride it is asked for.",
    ),
    (
        "a projection of 3x3",
        "projection 3x3",
        "Your projection looks at nine pixels. It has to change channels and size, no more.",
    ),
    (
        "a projection without normalisation",
        "projection without norm",
        "Every convolution of this network is normalised, that of the shortcut, too.",
    ),
    (
        "a projection with a ReLU",
        "projection relu",
        "Your projection ends in a ReLU. Nothing on the shortcut should cut off the negative half.",
    ),
    (
        "biases in the convolutions",
        "biases",
        "Your convolutions have biases. The normalisation behind each takes off the mean, and a bias with it.",
    ),
    (
        "a bias in the projection",
        "projection bias",
        "The convolution of your shortcut has a bias. The normalisation behind it takes it off again.",
    ),
)
