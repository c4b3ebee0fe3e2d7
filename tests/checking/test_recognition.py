"""Which misconception a wrong answer is said to look like, when it is not simply one of them."""

from course_utils.checking import judge
from course_utils.checking.explain import explain
from course_utils.exercises import exercises
from course_utils.layers import conv2d_backward, conv2d_forward, conv_output_size


def test_a_few_whole_numbers_that_agree_by_chance_name_no_misconception():
    def conv_output_size_halved(**arguments):
        return conv_output_size(**arguments) // 2

    verdict = judge(exercises()["conv_output_size"], conv_output_size_halved)
    assert verdict.misconception is None


def test_two_slips_at_once_are_named_one_at_a_time():
    def forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return conv2d_forward(x, weight[:, :, ::-1, ::-1], None, stride, padding, dilation, groups)

    verdict = judge(exercises()["conv2d_forward"], forward)
    assert verdict.misconception.name == "the kernel is flipped"
    assert not verdict.whole
    assert "One thing looks like" in str(explain(verdict))


def test_numbers_that_are_wrong_in_no_known_way_name_none():
    def conv2d_backward_scaled(dout, cache):
        dx, dweight, dbias = conv2d_backward(dout, cache)
        return dx * 1.5, dweight, dbias

    assert judge(exercises()["conv2d_backward"], conv2d_backward_scaled).misconception is None


def test_errors_alone_name_a_misconception_only_if_they_come_in_the_same_cases():
    def stops_always(x, kernel_size, stride=None, padding=0):
        raise ValueError("always")

    assert judge(exercises()["max_pool2d_forward"], stops_always).misconception is None
