"""A student's own network: the same for ever, nobody else's, sane, and counted rightly."""

import pytest

from course_utils.accounting import summary
from course_utils.checking.answers import explain_answer, judge_answer
from course_utils.grading import personal

KEY = "spring"
IDS = [f"student{number:04}" for number in range(2000)]
SOME = IDS[:200]
# What an answer may be, smallest and largest.
RANGES = {
    "conv1-side": (15, 80),
    "pool1-side": (7, 40),
    "conv3-side": (7, 32),
    "conv3-padding": (2, 6),
    "fc1-inputs": (40, 10_000),
    "conv1-parameters": (400, 20_000),
    "conv2-parameters": (500, 100_000),
    "block-parameters": (5_000, 500_000),
    "parameters": (30_000, 2_500_000),
    "fc1-share": (0.5, 95),
    "conv2-macs": (50_000, 70_000_000),
    "macs": (1_500_000, 300_000_000),
    "conv3-field": (25, 160),
    "block-jump": (8, 24),
    "training-memory": (2, 300),
    "small-kernels": (2_000, 120_000),
}


def answers(student, key=KEY):
    return {name: question.answer for name, question in personal.questions(student, key).items()}


def test_no_two_of_two_thousand_students_have_the_same_answers_and_all_are_sane():
    seen = [answers(student) for student in IDS]
    assert len({tuple(one.values()) for one in seen}) == len(IDS)
    assert len({one["parameters"] for one in seen}) > 0.98 * len(IDS)
    for name, (least, most) in RANGES.items():
        values = [one[name] for one in seen]
        assert least <= min(values) and max(values) <= most, name
        # Whoever gives the most frequent answer without counting is rarely right.
        assert max(values.count(value) for value in set(values)) < 0.5 * len(values), name


def test_a_network_is_drawn_once_and_for_all():
    network = personal.network("your-id")
    assert network.conv1.words == ("9x9, 3 → 40", "stride 4, padding 2")
    assert network.conv3.words == ("3x3, 56 → 96", "padding 1, dilation 2")
    assert (network.side, network.hidden, network.classes, network.batch_size) == (134, 104, 91, 16)


def test_spaces_and_case_of_an_id_do_not_matter_and_the_key_does():
    assert personal.network(" Ada  L ", KEY) == personal.network("ada l", KEY)
    assert personal.network("ada l", KEY) != personal.network("ada l", "autumn")
    assert personal.network("ada l", "") == personal.network("ada l", personal.SELF_STUDY)


@pytest.mark.parametrize(
    ("student", "error"), [("", ValueError), ("  ", ValueError), (17, TypeError), (None, TypeError)]
)
def test_an_id_that_is_none_is_refused(student, error):
    with pytest.raises(error, match="student_id"):
        personal.network(student)


def test_both_kinds_of_block_and_of_head_and_of_rounding_come_up():
    networks = [personal.network(student, KEY) for student in SOME]
    assert {len(network.block) for network in networks} == {2, 3}
    assert {network.pool2 is None for network in networks} == {True, False}
    assert {network.pool1.ceil_mode for network in networks} == {True, False}


# Counted a second time, by plain arithmetic


def window(side, kernel, stride, padding=0, dilation=1, up=False):
    room = side + 2 * padding - dilation * (kernel - 1) - 1
    return (-(-room // stride) if up else room // stride) + 1


def counted(n):
    """The sixteen answers, without anything of the accounting."""
    side1 = window(n.side, n.conv1.kernel_size, n.conv1.stride, n.conv1.padding)
    pool1 = window(side1, n.pool1.kernel_size, n.pool1.stride, up=n.pool1.ceil_mode)
    side2 = window(pool1, n.conv2.kernel_size, 1, n.conv2.padding)
    side3 = window(side2, n.conv3.kernel_size, 1, n.conv3.padding, n.conv3.dilation)
    after = (side3 - 1) // 2 + 1
    end = window(after, n.pool2.kernel_size, n.pool2.stride) if n.pool2 else 1
    weights = {
        one.name: one.kernel_size**2 * one.in_channels // one.groups * one.out_channels for one in n.convolutions
    }
    sides = {"conv1": side1, "conv2": side2, "conv3": side3, "shortcut": after}
    sides |= {one.name: side3 if one.kernel_size == 1 and one.name == "block1" else after for one in n.block}
    others = {one.name: 2 * one.out_channels if one.norm else one.out_channels for one in n.convolutions}
    width = n.shortcut.out_channels
    fc1, fc2 = (width * end**2 + 1) * n.hidden, (n.hidden + 1) * n.classes
    block = sum(weights[name] + others[name] for name in weights if name.startswith(("block", "shortcut")))
    whole = sum(weights.values()) + sum(others.values()) + fc1 + fc2
    macs = {name: weights[name] * sides[name] ** 2 for name in weights}
    kept = sum(one.out_channels * sides[one.name] ** 2 for one in n.convolutions)
    kept += n.conv1.out_channels * pool1**2 + width * end**2 + n.hidden + n.classes
    jump = n.conv1.stride * n.pool1.stride
    field = n.conv1.kernel_size + (n.pool1.kernel_size - 1) * n.conv1.stride
    field += (n.conv2.kernel_size - 1) * jump + n.conv3.dilation * (n.conv3.kernel_size - 1) * jump
    first, small = n.conv1, n.conv1.kernel_size // 2
    return {
        "conv1-side": side1,
        "pool1-side": pool1,
        "conv3-side": side3,
        "conv3-padding": n.conv3.dilation * (n.conv3.kernel_size // 2),
        "fc1-inputs": width * end**2,
        "conv1-parameters": weights["conv1"] + others["conv1"],
        "conv2-parameters": weights["conv2"] + others["conv2"],
        "block-parameters": block,
        "parameters": whole,
        "fc1-share": 100 * fc1 / whole,
        "conv2-macs": macs["conv2"],
        "macs": sum(macs.values()) + fc1 - n.hidden + fc2 - n.classes,
        "conv3-field": field,
        "block-jump": 2 * jump,
        "training-memory": 4 * (3 * whole + n.batch_size * kept) / 2**20,
        "small-kernels": 9 * first.out_channels * (first.in_channels + (small - 1) * first.out_channels),
    }


@pytest.mark.parametrize("student", SOME)
def test_plain_arithmetic_gives_the_same_answers(student):
    network = personal.network(student, KEY)
    assert answers(student) == pytest.approx(counted(network), rel=1e-12)


@pytest.mark.parametrize("student", SOME[:12])
def test_pytorch_gives_the_same_counts(student):
    torch = pytest.importorskip("torch")
    from torch import nn

    n, right = personal.network(student, KEY), answers(student)

    def convolution(one):
        settings = (one.stride, one.padding, one.dilation, one.groups)
        layer = nn.Conv2d(one.in_channels, one.out_channels, one.kernel_size, *settings, bias=not one.norm)
        return nn.Sequential(layer, nn.BatchNorm2d(one.out_channels)) if one.norm else layer

    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.block, self.around = nn.Sequential(*map(convolution, n.block)), convolution(n.shortcut)

        def forward(self, x):
            return self.block(x) + self.around(x)

    pool1 = nn.MaxPool2d(n.pool1.kernel_size, n.pool1.stride, ceil_mode=n.pool1.ceil_mode)
    pool2 = nn.MaxPool2d(n.pool2.kernel_size, n.pool2.stride) if n.pool2 else nn.AdaptiveAvgPool2d(1)
    front = [convolution(n.conv1), pool1, convolution(n.conv2), convolution(n.conv3)]
    head = [nn.Linear(right["fc1-inputs"], n.hidden), nn.ReLU(), nn.Linear(n.hidden, n.classes)]
    network = nn.Sequential(*front, Sum(), pool2, nn.Flatten(), *head)
    x = torch.zeros(2, n.channels, n.side, n.side)
    sides = [network[: count + 1](x).shape[-1] for count in range(4)]
    assert [sides[0], sides[1], sides[3]] == [right[f"{name}-side"] for name in ("conv1", "pool1", "conv3")]
    assert sum(p.numel() for p in network.parameters()) == right["parameters"]
    assert summary(network, tuple(x.shape[1:]), method="hooks").macs == right["macs"]


# The questions


@pytest.mark.parametrize("student", SOME[::5])
def test_questions_know_their_slips_and_give_no_number_away(student):
    for question in personal.questions(student, KEY).values():
        assert judge_answer(question, question.answer) is True
        assert len(question.slips) >= 3, question.identifier
        sentences = [question.why, question.hint, *(slip.sentence for slip in question.slips)]
        assert len(set(sentences)) == len(sentences), question.identifier
        assert str(question.answer) not in question.hint.split()
        for slip in question.slips:
            assert judge_answer(question, slip.answer) is False
            assert slip.sentence in explain_answer(question, slip.answer).title


def test_two_decimals_are_enough():
    for student in SOME:
        for name in ("fc1-share", "training-memory"):
            question = personal.question(name, student, KEY)
            assert judge_answer(question, round(question.answer, 2)) is True


# What the notebook shows


def test_self_study_says_what_is_right_and_a_key_does_not(capsys):
    right = personal.question("macs", "ada", KEY).answer
    personal.asker("ada", KEY)("macs", right)
    personal.asker("ada", KEY)("macs", 2 * right)
    graded = capsys.readouterr().out
    assert graded.count("can be read") == 2 and "right." not in graded.replace("is right you", "")
    right = personal.question("macs", "ada").answer
    personal.asker("ada")("macs", right)
    personal.asker("ada")("macs", 2 * right)
    study = capsys.readouterr().out
    assert "is right" in study and "floating-point operations" in study


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., "three dots"),
        ("12", "without quotes"),
        (-3, "above 0"),
        (0, "above 0"),
        (2.5, "whole number"),
        (float("nan"), "above 0"),
        (float("inf"), "above 0"),
        ((1, 2), "The answer is a number"),
    ],
)
def test_with_a_key_an_answer_that_cannot_be_right_is_told(answer, says, capsys):
    personal.asker("ada", KEY)("macs", answer)
    said = capsys.readouterr().out
    assert says in said and "can be read" not in said


def test_the_notebook_says_that_the_id_is_still_its_own(capsys):
    personal.asker(personal.NOBODY)
    assert "nobody's network" in capsys.readouterr().out
    personal.asker("ada")
    assert not capsys.readouterr().out


def test_table_and_figure_show_every_layer_and_no_answer():
    for student in SOME[:20]:
        network = personal.network(student, KEY)
        names = [row.name for row in network.rows.values() if row.type in ("Conv2d", "Linear", "MaxPool2d")]
        for shown in (str(network), network._repr_html_(), network.figure().alt):
            assert all(name in shown for name in names)
        words = str(network).split()
        assert not {str(answers(student)[name]) for name in ("parameters", "macs", "conv2-macs")} & set(words)
