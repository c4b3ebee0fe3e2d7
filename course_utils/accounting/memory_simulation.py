"""One training step, played through without a tensor: what is allocated and what is freed, in PyTorch's order.

Forward: a step makes its output, and autograd holds on to what the step's derivative needs. A tensor is freed when neither
autograd nor a variable of the network's code holds it. Loss: log-softmax and its mean. Backward: the steps in reverse; each
makes the gradients of what it read, then lets go of what it kept and of its output's gradient. Parameters' gradients stay.
At last the optimizer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from course_utils.accounting.counting import Row, count_steps
from course_utils.accounting.memory_ledger import Block, Ledger
from course_utils.accounting.memory_rules import Call, Needs, Size, needs_of
from course_utils.accounting.steps import INPUT, Step

# How many numbers an optimizer keeps for each parameter.
OPTIMIZERS = {None: 0, "sgd": 0, "momentum": 1, "adam": 2}
_BYTES_PER_LABEL = 8


@dataclass(frozen=True)
class Settings:
    """How the step is run. inplace None: each ReLU as the network says."""

    batch_size: int = 1
    training: bool = True
    optimizer: str | None = "momentum"
    bytes_per_value: int = 4
    inplace: bool | None = None
    device: str = "cpu"
    threads: int = 1


def simulate(steps: Sequence[Step], input_size: Size, settings: Settings, parameters: int | None = None) -> Ledger:
    """Plays the second training step, when the optimizer has its state, or one forward pass without gradients.

    parameters: how many the network holds, where some belong to parts that do not run; None: those of the steps.
    """
    run = _Run(steps, count_steps(steps, input_size), input_size, settings)
    run.start(parameters)
    run.forward()
    if settings.training:
        run.loss()
        run.backward()
        run.optimize()
    return run.ledger


class _Run:
    """A step under way. Tensors go by the name of the step that made them."""

    def __init__(self, steps: Sequence[Step], rows: Sequence[Row], input_size: Size, settings: Settings):
        self.settings = settings
        self.rows = rows
        names = [INPUT, *(step.name for step in steps)]
        self.steps = [
            step if step.inputs else replace(step, inputs=(before,)) for before, step in zip(names, steps, strict=False)
        ]
        self.types = {step.name: step.type for step in steps}
        self.sizes = {INPUT: tuple(input_size)} | {row.name: row.output_size for row in rows}
        self.learns = self._which_learn()
        self.ledger = Ledger()
        self.tensors: dict[str, Block] = {}
        self.kept: dict[str, list[Block]] = {}
        self.gradients: dict[str, Block] = {}
        # Gradients that are a part of a larger tensor.
        self.scattered: set[str] = set()

    def start(self, parameters: int | None) -> None:
        """What is there before and after every step."""
        settings = self.settings
        learned = sum(row.weights + row.biases for row in self.rows)
        labels = _BYTES_PER_LABEL * settings.batch_size if settings.training else 0
        self.ledger.add("input", self._bytes(INPUT) + labels)
        self.ledger.add("parameters", settings.bytes_per_value * (learned if parameters is None else parameters))
        self.ledger.add("buffers", settings.bytes_per_value * sum(row.buffers for row in self.rows))
        if settings.training:
            self.ledger.add("optimizer state", settings.bytes_per_value * learned * OPTIMIZERS[settings.optimizer])

    def forward(self) -> None:
        lets_go = _last_uses(self.steps)
        for step, row in zip(self.steps, self.rows, strict=True):
            before = self.ledger.held["activations"]
            self._forward(step, row)
            self.ledger.close(step.name, "forward", self.ledger.held["activations"] - before)
            for name in lets_go.get(step.name, ()):
                self.ledger.hold(self.tensors[name], variables=-1)

    def _forward(self, step: Step, row: Row) -> None:
        needs = self._needs(step, row)
        follows = self.settings.training and self.learns[step.name]
        # The picture's own memory is counted as input.
        shared = self.tensors.get(step.inputs[0], Block(0))
        out = shared if needs.in_input else Block(self._bytes(step.name))
        self.tensors[step.name] = out
        self.ledger.hold(out, variables=1)
        if follows:
            kept = [Block(needs.keeps)]
            kept += [self.tensors[name] for name in step.inputs if needs.keeps_inputs and name != INPUT]
            kept += [out] if needs.keeps_output else []
            for block in kept:
                self.ledger.hold(block, nodes=1)
            self.kept[step.name] = kept
        self.ledger.briefly(_kind(needs), needs.forward if follows else needs.inference)

    def loss(self) -> None:
        """Cross entropy of each output. Log-softmax is kept; on the way back there are two gradients of its size."""
        read = {name for step in self.steps for name in step.inputs}
        scores = [step.name for step in self.steps if step.name not in read]
        kept = [Block(self._bytes(name)) for name in scores]
        for name, block in zip(scores, kept, strict=True):
            self.ledger.hold(block, nodes=1)
            self.ledger.hold(self.tensors[name], variables=-1)
        for name, block in zip(reversed(scores), reversed(kept), strict=True):
            self.gradients[name] = Block(block.size)
            self.ledger.hold(self.gradients[name], variables=1)
            self.ledger.briefly("temporaries", block.size)
            self.ledger.hold(block, nodes=-1)
        self.ledger.close("loss", "loss")

    def backward(self) -> None:
        for step, row in zip(reversed(self.steps), reversed(self.rows), strict=True):
            if self.learns[step.name]:
                self._backward(step, row)
                self.ledger.close(step.name, "backward")

    def _backward(self, step: Step, row: Row) -> None:
        needs = self._needs(step, row)
        dout = self.gradients.pop(step.name)
        made = [
            (name, dout if needs.shares or needs.parts else Block(self._bytes(name)))
            for name in step.inputs
            if self.learns[name]
        ]
        for _, gradient in made:
            self.ledger.hold(gradient, variables=1)
        self.ledger.add("gradients", (row.weights + row.biases) * self.settings.bytes_per_value)
        self.ledger.briefly(_kind(needs), needs.backward)
        for block in self.kept.pop(step.name):
            self.ledger.hold(block, nodes=-1)
        is_part = needs.parts or (needs.shares and step.name in self.scattered)
        for name, gradient in made:
            self._accumulate(name, gradient, is_part)
        self.ledger.hold(dout, variables=-1)

    def _accumulate(self, name: str, gradient: Block, is_part: bool) -> None:
        """A second gradient of one tensor is added to the first; into its memory, if nobody else holds that."""
        first = self.gradients.get(name)
        if first is None:
            self.gradients[name] = gradient
            self.scattered |= {name} if is_part else set()
            return
        if first.variables > 1 or name in self.scattered:
            self.gradients[name] = Block(self._bytes(name))
            self.scattered.discard(name)
            self.ledger.hold(self.gradients[name], variables=1)
            self.ledger.hold(first, variables=-1)
        self.ledger.hold(gradient, variables=-1)

    def optimize(self) -> None:
        """SGD works in place. Adam makes two tensors as large as a parameter, and still has the last parameter's.

        On a GPU it takes all parameters at once, and one tensor for each.
        """
        learned = [numbers for row in self.rows for numbers in (row.weights, row.biases) if numbers]
        if self.settings.optimizer == "adam" and self.settings.device == "cuda":
            self.ledger.briefly("temporaries", sum(learned) * self.settings.bytes_per_value)
        elif self.settings.optimizer == "adam":
            for last, numbers in zip([0, *learned], learned, strict=False):
                self.ledger.briefly("temporaries", (last + 2 * numbers) * self.settings.bytes_per_value)
        self.ledger.close("optimizer", "optimizer")

    def _needs(self, step: Step, row: Row) -> Needs:
        settings = self.settings
        if settings.inplace is not None and step.type == "ReLU":
            step = replace(step, settings={**step.settings, "inplace": settings.inplace})
        call = Call(
            step,
            tuple(self.sizes[name] for name in step.inputs),
            row.output_size,
            settings.batch_size,
            settings.training,
            tuple(self.learns[name] for name in step.inputs),
            row.weights,
            row.biases,
            settings.bytes_per_value,
            settings.device,
            settings.threads,
            permuted=self.types.get(step.inputs[0]) == "Permute",
            scattered=step.name in self.scattered,
        )
        return needs_of(call)

    def _which_learn(self) -> dict[str, bool]:
        """Whether anything that is learned lies in a step or before it: only there autograd follows."""
        learns = {INPUT: False}
        for step, row in zip(self.steps, self.rows, strict=True):
            learns[step.name] = row.weights + row.biases > 0 or any(learns[name] for name in step.inputs)
        return learns

    def _bytes(self, name: str) -> int:
        return math.prod(self.sizes[name]) * self.settings.batch_size * self.settings.bytes_per_value


def _last_uses(steps: Sequence[Step]) -> dict[str, list[str]]:
    """For each step the tensors that no variable of the network's code holds any more when it is done.

    A tensor's last reader is done then; but what was handed to a module is held by whoever called it, until the module
    returns. Modules are known by the names of steps: "layer1.0.conv1" runs in "layer1.0", and that in "layer1".
    """
    end = {scope: place for place, step in enumerate(steps) for scope in _scopes(step.name)}
    last: dict[str, int] = {}
    for place, step in enumerate(steps):
        for name in step.inputs:
            entered = [end[scope] for scope in _scopes(step.name) if scope not in _scopes(name)]
            last[name] = max(last.get(name, 0), place, *entered)
    lets_go: dict[str, list[str]] = {}
    for name, place in last.items():
        if name != INPUT:
            lets_go.setdefault(steps[place].name, []).append(name)
    return lets_go


def _scopes(name: str) -> list[str]:
    """ "layer1.0.conv1" → ["layer1", "layer1.0"]."""
    parts = name.split(".")[:-1]
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _kind(needs: Needs) -> str:
    return "workspace" if needs.scratch else "temporaries"
