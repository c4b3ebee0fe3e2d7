"""Exercises whose answer is a class, and references that are loaded only when they are needed."""

from collections import OrderedDict

import numpy as np
import pytest
import torch

from course_utils import paths
from course_utils.checking import check, judge, reveal, use
from course_utils.checking.compare import compare
from course_utils.checking.explain import explain
from course_utils.exercises import Call, Case, Exercise, Lazy, Misconception, exercises
from course_utils.exercises.specification import fresh, loaded
from course_utils.models.numpy_layers import Conv2d as RightConv2d

TOLERANCES = {"float64": 1e-9, "float32": 1e-5}


class Counter:
    def __init__(self, start=0):
        self.value = start

    def add(self, x):
        self.value += x.sum()
        return self.value


class Twice(Counter):
    def add(self, x):
        return super().add(2 * x)


def counter_times(factor):
    class Times(Counter):
        def add(self, x):
            return super().add(factor * x)

    return Times


def added(counter, x):
    return float(counter.add(x))


def counting_exercise():
    return Exercise(
        name="Counter",
        lesson="00",
        reference=Lazy(__name__, "Counter"),
        plan=(Call("Counter", ("start",), ("counter",)), Call("added", ("counter", "x"), ("value",))),
        course={"added": added},
        compared=("value",),
        cases=(Case("from 0", {"x": np.array([1.0, 2])}), Case("from 5", {"x": np.array([4.0]), "start": 5})),
        random_case=None,
        misconceptions=(
            Misconception("twice", "You add it twice.", Lazy(__name__, "Twice")),
            Misconception("thrice", "You add it three times.", Lazy(__name__, "counter_times", {"factor": 3})),
        ),
        hints=("a", "b", "c"),
    )


def test_a_class_is_judged_as_a_function_is():
    assert judge(counting_exercise(), Counter).status == "passed"
    assert judge(counting_exercise(), counting_exercise().reference).status == "passed"


@pytest.mark.parametrize(("wrong", "name"), [(Twice, "twice"), (counter_times(3), "thrice"), (counter_times(4), None)])
def test_a_slip_in_a_method_is_recognised(wrong, name):
    verdict = judge(counting_exercise(), wrong)
    assert verdict.status == "failed"
    assert (verdict.misconception and verdict.misconception.name) == name


def test_an_open_method_is_not_attempted():
    class Open(Counter):
        def add(self, x):
            raise NotImplementedError

    assert judge(counting_exercise(), Open).status == "not attempted"


def test_of_a_class_half_written_the_open_method_is_named():
    class Half(Counter):
        def __init__(self, start=0):
            super().__init__(start)

        def add(self, x):
            raise NotImplementedError

    assert "○ Counter: `add` still to be written." in str(explain(judge(counting_exercise(), Half)))


def test_an_open_method_is_named_even_if_some_case_does_not_reach_it():
    class Half(Counter):
        def __init__(self, start=0):
            super().__init__(start)

        def add(self, x):
            if self.value:
                return self.value + x.sum()
            raise NotImplementedError

    verdict = judge(counting_exercise(), Half)
    assert (verdict.status, verdict.still_open) == ("not attempted", ("add",))


def test_of_a_class_with_nothing_written_no_method_is_named():
    class Open(Counter):
        def __init__(self, start=0):
            raise NotImplementedError

        def add(self, x):
            raise NotImplementedError

    assert "not attempted yet" in str(explain(judge(counting_exercise(), Open)))


def test_the_line_of_an_error_in_a_method_is_told():
    class Broken(Counter):
        def add(self, x):
            return self.values + x

    text = str(explain(judge(counting_exercise(), Broken)))
    assert "has no attribute 'values'" in text
    assert "return self.values + x" in text


def test_the_line_of_an_error_in_autograds_way_back_is_told():
    class Conv2dFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight, bias, *settings):
            return torch.nn.functional.conv2d(x, weight, bias, *settings)

        @staticmethod
        def backward(ctx, dout):
            return dout * ctx.never_kept

    text = str(explain(judge(exercises()["Conv2dFunction"], Conv2dFunction)))
    assert "has no attribute 'never_kept'" in text
    assert "return dout * ctx.never_kept" in text


def test_arguments_that_a_class_does_not_take_are_named():
    class Odd(Counter):
        def __init__(self):
            super().__init__()

    text = str(explain(judge(counting_exercise(), Odd)))
    assert "It is called with its arguments by name, and they are `start`." in text


def test_a_plan_that_never_calls_the_class_has_no_arguments_to_name():
    class Conv2dFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

    text = str(explain(judge(exercises()["Conv2dFunction"], Conv2dFunction)))
    assert "TypeError" in text
    assert "called with its arguments" not in text


def test_use_hands_back_the_loaded_class(shown):
    class Conv2d(torch.nn.Module):
        def __init__(self, *arguments, **settings):
            raise NotImplementedError

    check(Conv2d)
    assert "○ Conv2d: not attempted yet." in shown()
    assert use(Conv2d) is RightConv2d
    assert "goes on with the course's `Conv2d`" in shown()
    assert use(RightConv2d) is RightConv2d
    assert "goes on with your `Conv2d`" in shown()


def test_reveal_shows_the_whole_class(tmp_path, monkeypatch, shown):
    monkeypatch.setattr(paths, "SOLUTIONS", tmp_path)
    (tmp_path / "09_numpy_to_pytorch.py").write_text(
        "class Conv2dFunction(Other):\n    def forward(self):\n        return 0\n\n\ncheck(Conv2dFunction)\n\n"
        "class Conv2d(nn.Module):\n    def __init__(self):\n        ### BEGIN SOLUTION about 1 line\n        self.a = 1\n"
        "        ### END SOLUTION\n\n    def forward(self, x):\n        return x\n\n\ncheck(Conv2d)\n",
        encoding="utf-8",
    )
    reveal("Conv2d")
    text = shown()
    assert "class Conv2d(nn.Module):" in text
    assert "self.a = 1" in text and "return x" in text
    assert "###" not in text and "return 0" not in text


# What stands for something else.


def test_a_lazy_loads_when_it_is_asked():
    lazy = Lazy("collections", "OrderedDict")
    assert repr(lazy) == "collections.OrderedDict"
    assert loaded(lazy) is lazy.load() is OrderedDict
    assert lazy(a=1) == {"a": 1}
    assert fresh(lazy) is lazy.load()
    assert loaded(len) is len


def test_a_lazy_that_names_nothing_fails_only_then():
    with pytest.raises(ModuleNotFoundError):
        Lazy("no_such_module", "name").load()
    with pytest.raises(AttributeError):
        Lazy("collections", "no_such_name").load()


# Results that are tensors.


@pytest.mark.parametrize(
    "tensor", [torch.ones(2, 3).double(), torch.ones(3, 2).double().T, torch.ones(2, 3).double().requires_grad_() * 1]
)
def test_a_tensor_is_taken_for_its_numbers(tensor):
    assert compare("out", tensor, np.ones((2, 3)), TOLERANCES) is None
    assert compare("out", tensor, np.zeros((2, 3)), TOLERANCES).kind == "value"


@pytest.mark.parametrize(
    ("tensor", "told"),
    [
        (torch.ones(2, dtype=torch.bfloat16), "a tensor of shape (2,), torch.bfloat16 on cpu"),
        (torch.ones(2, device="meta"), "a tensor of shape (2,), torch.float32 on meta"),
    ],
)
def test_a_tensor_that_is_no_array_is_told(tensor, told):
    assert compare("out", tensor, np.ones(2), TOLERANCES).sentence == (
        f"`out` must be an array of numbers, and yours is {told}."
    )


def test_truth_values_and_tables_are_told_by_their_names():
    assert compare("kept", True, False, TOLERANCES).sentence == "`kept` is **True**, expected **False**."
    assert compare("shapes", {"a": 1}, {}, TOLERANCES).sentence == "`shapes` is **{'a': 1}**, expected **{}**."
