"""Mistakes such as learners make in the exercises of lesson 08, written as they write them; and right answers of theirs."""

import numpy as np
import pytest
from mistake_table import MistakeTable, recognised_as

from course_utils.checking import judge
from course_utils.checking.explain import explain
from course_utils.exercises import exercises
from course_utils.layers import softmax_cross_entropy

mistake = MistakeTable()


# The table of C3.


@mistake("lenet_c3_connections", "no way round", "a slice ends at the border")
def slices():
    table = np.zeros((16, 6), dtype=bool)
    for row in range(6):
        table[row, row : row + 3] = True
        table[row + 6, row : row + 4] = True
    for row in range(3):
        table[row + 12, row : row + 2] = True
        table[row + 12, row + 3 : row + 5] = True
    table[15, :] = True
    return table


@mistake("lenet_c3_connections", "no way round", "a border where one should not be")
def clips():
    table = np.zeros((16, 6), dtype=bool)
    for steps, start, count in ((3, 0, 6), (4, 6, 6)):
        for row in range(count):
            table[start + row, np.minimum(np.arange(row, row + steps), 5)] = True
    for row in range(3):
        table[12 + row, np.clip([row, row + 1, row + 3, row + 4], 0, 5)] = True
    table[-1] = True
    return table


def printed_by_the_paper():
    columns = ["0 4 5 6 9 10 11 12 14 15", "0 1 5 6 7 10 11 12 13 15", "0 1 2 6 7 8 11 13 14 15"]
    columns += ["1 2 3 6 7 8 9 12 14 15", "2 3 4 7 8 9 10 12 13 15", "3 4 5 8 9 10 11 13 14 15"]
    table = np.zeros((6, 16), dtype=bool)
    for row, places in enumerate(columns):
        table[row, [int(place) for place in places.split()]] = True
    return table


@mistake("lenet_c3_connections", "rows and columns exchanged", "typed from the paper")
def types_the_paper():
    return printed_by_the_paper()


@mistake("lenet_c3_connections", "reshaped instead of transposed", "typed from the paper")
def types_the_paper_and_reshapes():
    return printed_by_the_paper().reshape(16, 6)


@mistake("lenet_c3_connections", "numbers instead of truth values", "np.zeros without a dtype")
def fills_with_ones():
    table = np.zeros((16, 6))
    for i in range(6):
        for j in range(3):
            table[i, (i + j) % 6] = 1
        for j in range(4):
            table[6 + i, (i + j) % 6] = 1
    for i in range(3):
        for j in (0, 1, 3, 4):
            table[12 + i, (i + j) % 6] = 1
    table[15] = 1
    return table


@mistake("lenet_c3_connections", "four more rows of neighbours", "")
def goes_on_with_fours():
    table = np.zeros((16, 6), dtype=bool)
    for row in range(16):
        for step in range(3 if row < 6 else 4):
            table[row, (row + step) % 6] = True
    return table


@mistake("lenet_c3_connections", "the last four rows left empty", "")
def stops_after_twelve():
    return np.array([[(j - i) % 6 < (3 if i < 6 else 4) and i < 12 for j in range(6)] for i in range(16)])


# The step.


@mistake("train_step", "trained in evaluation", "the method for scores that a network has")
def predicts(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    scores = network.predict(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    optimizer.step()
    return value, scores


@mistake("train_step", "the update before the backward pass", "")
def steps_too_early(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    scores = network(x)
    value, dscores = loss(scores, labels)
    optimizer.step()
    network.backward(dscores)
    return value, scores


@mistake("train_step", "no update", "")
def forgets_the_optimizer(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    scores = network(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    return value, scores


@mistake("train_step", "no update", "zero_grad in PyTorch's place, one line too late")
def clears_what_it_has(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    scores = network(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    for parameter in network.parameters():
        parameter.grad = None
    optimizer.step()
    return value, scores


@mistake("train_step", "no backward pass", "in PyTorch it is the loss that goes backward")
def computes_a_gradient_for_nothing(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    scores = network(x)
    value, _ = loss(scores, labels)
    optimizer.step()
    return value, scores


@mistake("train_step", "an update by hand", "")
def writes_plain_gradient_descent(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    scores = network(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    for layer in network.layers:
        for parameter in layer.parameters():
            parameter.data = parameter.data - optimizer.lr * parameter.grad
    return value, scores


@mistake("train_step", "the loss that was asked for ignored", "")
def names_the_loss(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    scores = network(x)
    value, dscores = softmax_cross_entropy(scores, labels)
    network.backward(dscores)
    optimizer.step()
    return value, scores


@mistake("train_step", "the mode left as it was", "")
def trusts_the_mode(network, optimizer, x, labels, loss=softmax_cross_entropy):
    scores = network(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    optimizer.step()
    return value, scores


@mistake("train_step", "the mode left as it was", "an attribute that the layers do not see")
def sets_the_mode_of_the_chain_only(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.training = True
    scores = network(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    optimizer.step()
    return value, scores


@mistake("train_step", "loss and scores from after the update", "")
def looks_again(network, optimizer, x, labels, loss=softmax_cross_entropy):
    network.train()
    _, dscores = loss(network(x), labels)
    network.backward(dscores)
    optimizer.step()
    scores = network(x)
    return loss(scores, labels)[0], scores


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_a_real_mistake_is_recognised(exercise, function, named):
    assert recognised_as(exercise, function) == named


def test_a_table_as_nested_lists_is_right():
    assert judge(exercises()["lenet_c3_connections"], lambda: printed_by_the_paper().T.tolist()).status == "passed"


def test_a_check_of_one_case_speaks_of_one():
    exercise = exercises()["lenet_c3_connections"]
    assert str(explain(judge(exercise, exercise.reference))) == "✓ lenet_c3_connections: right. Yours from here on."
    report = str(explain(judge(exercise, slices)))
    assert report.startswith("✗ lenet_c3_connections: not right yet.")
    assert "case" not in report


@pytest.mark.parametrize("left", [True, False])
def test_the_mode_afterwards_is_free(left):
    def train_step(network, optimizer, x, labels, loss=softmax_cross_entropy):
        result = exercises()["train_step"].reference(network, optimizer, x, labels, loss)
        network.train(left)
        return result

    assert judge(exercises()["train_step"], train_step).status == "passed"


def test_a_report_shows_how_to_make_the_network_and_which_loss():
    report = str(explain(judge(exercises()["train_step"], names_the_loss)))
    assert "network, optimizer = small_network(weight, bias, lr=0.1)" in report
    assert "value, scores = train_step(network, optimizer, x, labels, loss=layers.hinge_loss)" in report


def test_one_result_instead_of_two_is_told():
    def train_step(network, optimizer, x, labels, loss=softmax_cross_entropy):
        return exercises()["train_step"].reference(network, optimizer, x, labels, loss)[0]

    report = str(explain(judge(exercises()["train_step"], train_step)))
    assert "It must return 2 things, `value`, `scores`, and returned one float64." in report
