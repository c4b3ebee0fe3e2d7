# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
# From NumPy to PyTorch

Two networks learn to read digits. One is yours, in NumPy. The other is written in PyTorch. They start from the same
weights, and they see the same pictures in the same order. For some thirty steps their losses agree to six digits.
Then, in one step, something happens, and from there they go different ways.

Neither has a mistake in it. By the end of this lesson you will know what happened. You will also have moved your work
to PyTorch: the layers, which you know already; the backward pass, which PyTorch writes for you; and a loop that
trains a network, on a processor or a graphics card. The rest of the course uses that loop.

You need lessons 04 and 08.
"""

# %% tags=["setup"]
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_utils import ask, by_profile, check, datasets, figures, layers, profile, start, use

start("09")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## The same layers

A *tensor* is PyTorch's array. Most of what you do with one you can guess: `x.shape`, `x[0, 1:]`, `x.reshape(2, -1)`,
`x @ y`. Where NumPy says `axis`, PyTorch says `dim`. A layer is called a *module*, and a chain of them is, as in our
`layers`, a `Sequential`. Here is today's LeNet-5.
"""


# %%
def lenet():
    """LeNet-5 as in lesson 08, in PyTorch."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


print(sum(parameter.numel() for parameter in lenet().parameters()), "numbers to learn")

# %% [markdown]
r"""
You have written every one of these. To compare, give it the weights of ours. A module's *state dict* holds all its
arrays by name; `"3.weight"` is the weight of layer 3.
"""


# %%
def with_weights_of(ours):
    """A LeNet in PyTorch that holds the weights of one in NumPy."""
    network = lenet()
    arrays = [parameter.data for parameter in ours.parameters()]
    names = network.state_dict().keys()
    network.load_state_dict(
        {name: torch.from_numpy(array) for name, array in zip(names, arrays, strict=True)}
    )
    return network


data = datasets.load("digits", size=32)
ours = layers.lenet5_modern(np.random.default_rng(0))
theirs = with_weights_of(ours)

# %% [markdown]
r"""
Both get the same 64 digits, in float32. By how much will their scores differ, as a share of the largest? **a**: not
at all. **b**: by about a millionth or less. **c**: by about a thousandth.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("lenet-digits", choice)

# %% tags=["nbval-ignore-output"]
rng = np.random.default_rng(0)
x, weight = (rng.standard_normal(shape, dtype=np.float32) for shape in ((16, 64, 12, 12), (32, 64, 3, 3)))
pairs = {
    "LeNet, its scores": (ours(data.test_images[:64]), theirs(torch.from_numpy(data.test_images[:64]))),
    "convolution": (
        layers.conv2d_forward(x, weight)[0],
        functional.conv2d(*map(torch.from_numpy, (x, weight))),
    ),
    "max pooling": (layers.max_pool2d_forward(x, 2)[0], functional.max_pool2d(torch.from_numpy(x), 2)),
    "batch norm": (layers.BatchNorm2d(64)(x), nn.BatchNorm2d(64)(torch.from_numpy(x))),
}
for name, (by_numpy, by_torch) in pairs.items():
    by_torch = by_torch.detach().numpy()
    error = np.abs(by_numpy - by_torch).max() / np.abs(by_torch).max()
    print(f"{name:18} largest difference {error:.0e}, as a share of the largest number")
    assert error < 1e-5, f"{name} should agree to five digits"

# %% [markdown]
r"""
Max pooling agrees exactly: it only compares, and computes nothing. The others agree to about as many digits as
float32 has. Both sides compute the same sums, but not in the same order, and the order matters. What is this, in
float32?

$$(100{,}000{,}000 + 1) - 100{,}000{,}000$$
"""

# %% tags=["question"]
result = 0.0  # computed in float32, from left to right
ask("big-and-small", result)

# %%
big, one = np.float32(100_000_000), np.float32(1)
print("left to right:  ", (big + one) - big)
print("the other order:", (big - big) + one)

# %% [markdown]
r"""
float32 keeps 24 binary digits, about 7 decimal ones, and 100,000,001 has nine. So the 1 is lost in the first sum.
Sums of thousands of products lose a little at every step, and what they lose depends on the order. NumPy and PyTorch
each choose an order that suits their processor, and even one library may choose another when the batch is larger.

How do arrays become tensors? `torch.from_numpy` copies nothing. Then what does this print?

```python
array = np.zeros(3)
tensor = torch.from_numpy(array)
tensor[0] = 7
print(array[0])
```
"""

# %% tags=["question"]
printed = 7  # by the last line
ask("shared-memory", printed)

# %% [markdown]
r"""
Array and tensor are two names for one piece of memory. That is fast, and now and then a surprise;
`torch.tensor(array)` makes a copy. (Where dtypes are concerned PyTorch is stricter than NumPy: a float64 array does
not go through float32 weights.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=7
r"""
## The graph

In lesson 04 you wrote backward passes by hand, and compared them with *autograd*. What does autograd do? It keeps a
diary. Each operation on a tensor that *requires a gradient* notes what it was computed from, and how to go back. The
notes form a graph. Here is one for a neuron with one input, a bias, and a squared error.
"""

# %% tags=["figure"]
x, y, w, b = 3.0, 4.0, 2.0, -1.0
neuron = [
    ("x", "x", "input", (), x),
    ("w", "w", "parameter", (), w),
    ("u", "u = w · x", "step", ("w", "x"), w * x),
    ("b", "b", "parameter", (), b),
    ("s", "s = u + b", "step", ("u", "b"), w * x + b),
    ("y", "y", "input", (), y),
    ("d", "d = s − y", "step", ("s", "y"), w * x + b - y),
    ("L", "L = d²", "result", ("d",), (w * x + b - y) ** 2),
]
figures.computation_graph(neuron)

# %% [markdown]
r"""
Go back through it from right to left, with the question of lesson 04: who used this number, and how much? What is the
gradient of `w`?
"""

# %% tags=["question"]
dw = 6  # the gradient of L with respect to w
ask("dw-by-hand", dw)

# %% [markdown]
r"""
Now autograd. You say of which tensors you want a gradient, compute as always, and call `backward()` on the result: it
goes back through the notes and leaves the gradients in `.grad`. (`item()` takes the number out of a tensor that holds
a single one.) The notes themselves can be read, too: `L.grad_fn` is the last one, and `next_functions` leads from
each to those before it.
"""

# %%
w, b = torch.tensor(2.0, requires_grad=True), torch.tensor(-1.0, requires_grad=True)
L = (w * x + b - y) ** 2
L.backward()
print("w.grad =", w.grad.item(), " b.grad =", b.grad.item())

step = L.grad_fn
while step:
    print(step.name(), end=" → ")
    step = step.next_functions[0][0] if step.next_functions else None
print("done")

# %% [markdown]
r"""
The printed line is the diary itself, read from the loss to `w`: a square, a difference, a sum, a product, and at the
end a note to put what arrives into `w.grad`. In the drawing:
"""

# %% tags=["figure"]
gradients = {"L": 1, "d": 2, "s": 2, "u": 2, "w": w.grad.item(), "b": b.grad.item()}
figures.computation_graph([(*node, gradients.get(node[0])) for node in neuron])

# %% [markdown]
r"""
The tensors that you made are the graph's *leaves*. Those with `requires_grad=True` get their gradient in `.grad`;
numbers on the way get none that stays, and `x` and `y` none at all, since nobody asked for it. The graph itself is
used up by `backward()`, and the next forward pass makes a new one. That is why a network in PyTorch may hold any
Python: an `if`, a loop. What ran is what is noted.

Now the same once more, without touching `w.grad`:

```python
L = (w * x + b - y) ** 2
L.backward()
```

What is `w.grad`?
"""

# %% tags=["question"]
gradient = 12  # w.grad after the second backward
ask("grad-twice", gradient)

# %%
L = (w * x + b - y) ** 2
L.backward()
print("w.grad =", w.grad.item())

# %% [markdown]
r"""
`backward` **adds** to `.grad`; our layers in NumPy set it. Inside one graph the sum is needed, because a number that
is used twice gets a gradient from each user. Between two batches it is not wanted, and so someone has to empty the
gradients. That someone is you, by `optimizer.zero_grad()`. At the end of this lesson you will see what happens if you
forget it, and what it is good for.

There are two ways to work without a diary. Inside `with torch.no_grad():` nothing is noted at all; use it whenever
you only want answers. And `tensor.detach()` is the same numbers with the notes torn off.
"""

# %%
with torch.no_grad():
    answer = w * x
print("noted inside no_grad:", answer.requires_grad, " detached:", (w * x).detach().requires_grad)

# %% [markdown]
r"""
And is what autograd finds for a whole network what your backward passes find? Here are all ten gradients of LeNet's
weights and biases, for one batch.
"""

# %% tags=["nbval-ignore-output"]
images, labels = data.train_images[:64], data.train_labels[:64]
_, dscores = layers.softmax_cross_entropy(ours(images), labels)
ours.backward(dscores)
theirs.zero_grad()
functional.cross_entropy(theirs(torch.from_numpy(images)), torch.from_numpy(labels)).backward()
for (name, by_torch), by_numpy in zip(theirs.named_parameters(), ours.parameters(), strict=True):
    error = layers.relative_error(by_numpy.grad, by_torch.grad.numpy())
    print(f"{name:10} {tuple(by_torch.shape)!s:15} relative error {error:.0e}")
    assert error < 1e-4, f"the gradient of {name} should agree"

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Bring your own operation

Autograd can walk back through every operation that PyTorch has. What about one of yours, written in NumPy? You tell
it both ways, in a class with two functions. Here is ReLU.
"""


# %%
def to_numpy(tensor):
    """The numbers of a tensor as an array; None stays None."""
    return None if tensor is None else tensor.detach().numpy()


def to_torch(array):
    """An array as a tensor; None stays None."""
    return None if array is None else torch.from_numpy(array)


class ReLUFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        out, _ = layers.relu_forward(to_numpy(x))
        return to_torch(out)

    @staticmethod
    def backward(ctx, dout):
        (x,) = ctx.saved_tensors
        return to_torch(layers.relu_backward(to_numpy(dout), to_numpy(x)))


# %% [markdown]
r"""
It is called by `ReLUFunction.apply(x)`. There is no `self`, and so both functions are static methods; `ctx`, the
context, is what we called a cache: `save_for_backward` keeps tensors in it, and anything else can be set on it as an
attribute, such as `ctx.stride = 2`. Why not tensors, too? Because PyTorch watches what it saved. If someone changes a
saved tensor before the way back, it raises an error, where an attribute would quietly give a wrong gradient.

`torch.autograd.gradcheck` is your `numeric_gradient` of lesson 04, in PyTorch. It wants float64, and you know why.
"""

# %%
x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
print(ReLUFunction.apply(x).grad_fn.name(), torch.autograd.gradcheck(ReLUFunction.apply, x))

# %% [markdown]
r"""
Your turn, for a convolution. Its `forward` has, after `ctx`, seven arguments: `x`, `weight`, `bias`, `stride`,
`padding`, `dilation` and `groups`. `backward` returns one gradient for each argument, in the same order, and `None`
for an argument that has none. How many things does it return?
"""

# %% tags=["question"]
returned = 7  # by backward, None counted too
ask("returned-by-backward", returned)

# %% [markdown] minutes=8
r"""
### Exercise: our convolution, for autograd ●●●○○ · 8 minutes

*Why it matters.* This is how every operation that PyTorch does not have gets into PyTorch: a new kernel for a
graphics card, a solver, a piece of physics.

`*settings` collects stride, padding, dilation and groups. The work is done by `layers.conv2d_forward(x, weight, bias,
*settings)`, which gives `(out, cache)`, and by `layers.conv2d_backward(dout, cache)`, which gives `(dx, dweight,
dbias)`. The cache is the tuple (x, weight, bias, stride, padding, dilation, groups), so you can put it together again
from what you kept. `bias` may be `None`.
"""


# %% tags=["exercise", "type-along"]
class Conv2dFunction(torch.autograd.Function):
    """apply(x, weight, bias, stride, padding, dilation, groups) -> out: our convolution as an operation."""

    @staticmethod
    def forward(ctx, x, weight, bias, *settings):
        ### BEGIN SOLUTION about 4 lines
        ctx.save_for_backward(x, weight, bias)
        ctx.settings = settings
        out, _ = layers.conv2d_forward(to_numpy(x), to_numpy(weight), to_numpy(bias), *settings)
        return to_torch(out)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, dout):
        ### BEGIN SOLUTION about 3 lines
        cache = (*(to_numpy(tensor) for tensor in ctx.saved_tensors), *ctx.settings)
        dx, dweight, dbias = layers.conv2d_backward(to_numpy(dout), cache)
        return to_torch(dx), to_torch(dweight), to_torch(dbias), None, None, None, None
        ### END SOLUTION


check(Conv2dFunction)

# %% [markdown] tags=["help"]
r"""
**"returned an incorrect number of gradients"** → one for each argument of `forward` after `ctx`, the settings too.
**"returned an invalid gradient at index 0"** → does the first of them belong to `x`? **"returned a gradient different
than None at position 4"** → the settings have no gradient. **"save_for_backward can only save variables"** → that
means tensors; where do the settings go? **"expected np.ndarray (got tuple)"** → `conv2d_forward` returns two things.

In a report `apply_and_go_back` calls your `apply`, and then your `backward` with `dout`.
"""

# %%
Conv2dFunction = use(Conv2dFunction)

# %% [markdown]
r"""
Test it by trial, with a stride and padding that treat rows and columns differently. A wrong gradient would stop this
cell with an error.
"""

# %%
x = torch.randn(2, 2, 5, 4, dtype=torch.float64, requires_grad=True)
weight = torch.randn(3, 2, 2, 3, dtype=torch.float64, requires_grad=True)
bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
torch.autograd.gradcheck(Conv2dFunction.apply, (x, weight, bias, (2, 1), (0, 1), 1, 1))

# %% [markdown] minutes=7
r"""
### Exercise: a module with parameters ●●○○○ · 7 minutes

*Why it matters.* From lesson 11 on you will write modules: AlexNet, an Inception module, a residual block. All of
them are made like this one.

A module is a class with two methods: `__init__` makes the parts, `forward` uses them. What is set on `self` as an
`nn.Parameter` is found by everybody who asks: by the optimizer, by `.to(device)`, and by the state dict that is
saved. A plain tensor is not, even if it requires a gradient.

Write `nn.Conv2d` with your operation. `self.weight` has the shape (out_channels, in_channels // groups, KH, KW).
PyTorch draws first weights and biases uniformly from $-1/\sqrt{\text{fan-in}}$ to $1/\sqrt{\text{fan-in}}$, the
fan-in being how many numbers a neuron sees; do the same. (`torch.empty(shape).uniform_(low, high)` draws.) Without
bias, `self.bias` is `None`.
"""


# %% tags=["exercise"]
class Conv2d(nn.Module):
    """A convolution by our own functions, with the arguments and the parameters of nn.Conv2d."""

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True
    ):
        super().__init__()
        KH, KW = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        self.settings = stride, padding, dilation, groups
        ### BEGIN SOLUTION about 4 lines
        shape = (out_channels, in_channels // groups, KH, KW)
        limit = 1 / np.prod(shape[1:]) ** 0.5
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-limit, limit)) if bias else None
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION about 1 line
        return Conv2dFunction.apply(x, self.weight, self.bias, *self.settings)
        ### END SOLUTION


check(Conv2d)

# %% [markdown] tags=["help"]
r"""
**`parameters` is {}** → is it an `nn.Parameter`, and set on `self`? **"cannot assign … as parameter"** → it was a
Parameter before; assign an `nn.Parameter` or `None`. **"cannot assign parameters before Module.\_\_init\_\_() call"**
→ leave the line `super().__init__()` first. **The first weights are wrong** → `spread` is 0.6 for the right ones: how
many numbers does one neuron see, over all its channels?
"""

# %%
Conv2d = use(Conv2d)

# %% [markdown]
r"""
A LeNet with your convolutions in it, and with the weights of the other. Nothing that PyTorch does with modules needs
to know that yours is made of NumPy.
"""

# %%
torch.manual_seed(0)
mixed = lenet()
mixed[0], mixed[3] = Conv2d(1, 6, 5), Conv2d(6, 16, 5)
mixed.load_state_dict(theirs.state_dict())
x = torch.from_numpy(data.test_images[:8])
print("scores agree:", torch.allclose(mixed(x), theirs(x), rtol=1e-4, atol=1e-5))
print("numbers to learn:", sum(parameter.numel() for parameter in mixed.parameters()))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Smaller numbers

PyTorch computes in float32 unless you say otherwise. Half the bits would mean half the memory, and on hardware made
for it many times the speed. There are two ways to spend 16 bits.
"""

# %% tags=["figure"]
figures.number_formats()

# %% [markdown]
r"""
The exponent sets the *range*, the fraction the *digits*. bfloat16 is float32 with the end cut off: same range, and
only 8 binary digits, the leading 1 included. What is 256 + 1 in bfloat16?
"""

# %% tags=["question"]
total = 256  # 256 + 1, in bfloat16
ask("bfloat16-sum", total)

# %% [markdown]
r"""
float16 has three more binary digits and a far smaller range. Its smallest number above 0 is about 0.00000006. In a
deep network a gradient may well be 0.00000001. What becomes of it in float16? **a**: it is rounded a little. **b**:
it becomes 0. **c**: it becomes infinite.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("half-underflow", choice)

# %%
print("256 + 1 in bfloat16:", (torch.tensor(256.0, dtype=torch.bfloat16) + 1).item())
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    numbers = torch.tensor([1e-8, 70_000, 0.1]).to(dtype)
    print(f"{dtype!s:15}", *(f"{number:>12.5g}" for number in numbers.tolist()))

# %% [markdown]
r"""
So hardly anybody trains in 16 bits alone. *Mixed precision* keeps the weights in float32 and lets only the big
products run in 16 bits, where rounding averages out. `torch.autocast` chooses for you, operation by operation:
convolutions and matrix products in 16 bits, losses in 32. With float16 the loss is multiplied by a large number
before `backward` and the gradients divided by it before the step, so that small ones survive. bfloat16 needs no such
care, and is what people use where the hardware has it.

(And do not wonder if a recent graphics card agrees with your processor to only three digits: PyTorch lets it shorten
the factors of convolutions to float16's digits, in a format called TF32, unless you set
`torch.backends.cudnn.conv.fp32_precision = "ieee"`.)
"""

# %% tags=["nbval-ignore-output"]
with torch.autocast("cpu", dtype=torch.bfloat16):
    scores = theirs(torch.from_numpy(images))
    loss = functional.cross_entropy(scores, torch.from_numpy(labels))
print("weights", theirs[0].weight.dtype, " scores", scores.dtype, " loss", loss.dtype)
exact = functional.cross_entropy(theirs(torch.from_numpy(images)), torch.from_numpy(labels))
print(f"loss {loss.item():.4f}, in float32 {exact.item():.4f}")
print(f"weights in float32 {theirs[0].weight.nbytes} bytes, in bfloat16 {theirs[0].weight.bfloat16().nbytes}")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Where the numbers are

A tensor lies on a *device*: `"cpu"`, or `"cuda"`, a graphics card, if there is one. Operations run where their
tensors are, and all tensors of an operation must be in the same place. `model.to(device)` moves a module's
parameters. But what does a line with nothing but `x.to("cuda")` do to a tensor `x`? **a**: `x` is on the card now.
**b**: nothing; `x` is where it was. **c**: `x` is in both places.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("moved", choice)

# %%
device = "cuda" if torch.cuda.is_available() else "cpu"
x = torch.zeros(2, 3)
# "meta" is a device without memory, which every computer has: its tensors have a shape and no numbers.
x.to("meta")
moved = x.to("meta")
print(f"x is on {x.device}, moved on {moved.device}; this lesson trains on {device}")

# %% [markdown]
r"""
`to` returns a new tensor, as `reshape` does, so write `x = x.to(device)`. Only modules are changed in place. Each
such move is a copy, on a way that is far slower than either memory, so pictures go over a batch at a time, and little
comes back. A graphics card also works on its own: a call returns before its work is done. `loss.item()` has to wait
for it; once a batch that does little harm. Whoever reads a clock has to wait as well, by `torch.cuda.synchronize()`.

Inside a device a second question remains: in which order do the numbers lie? PyTorch's shape is always (N, C, H, W),
but memory is one long row. The *strides* of lesson 03 say how far to walk in it for the next number along each axis.
NumPy counts them in bytes, PyTorch in numbers.
"""

# %% tags=["figure"]
figures.memory_layout(channels=3, height=2, width=3)

# %% [markdown]
r"""
The first order is named NCHW after its axes, the second NHWC, or *channels last*. A convolution multiplies all
channels of a pixel with all channels of a weight, and here they lie side by side, as the matrix units of a graphics
card and of many processors want them.

A batch has the shape (1, 64, 56, 56) and lies channels last. How far is it from a pixel to its right neighbour, in
the same channel?
"""

# %% tags=["question"]
steps = 64  # from a pixel to its right neighbour, channels last
ask("channels-last-stride", steps)

# %%
x = torch.zeros(1, 64, 56, 56)
last = x.to(memory_format=torch.channels_last)
print("shape  ", tuple(x.shape), tuple(last.shape))
print("strides", x.stride(), last.stride())

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## The loop

Data comes in *batches*: pairs of images and labels. PyTorch has a class for that, `DataLoader`, which can read from
disk with several processes. For arrays in memory a generator of a few lines does.
"""


# %%
def batches(images, labels, size, rng=None):
    """Pairs of tensors, `size` pictures each and fewer in the last; in a new order if there is an rng."""
    order = np.arange(len(images)) if rng is None else rng.permutation(len(images))
    for first in range(0, len(images), size):
        chosen = order[first : first + size]
        yield torch.from_numpy(images[chosen]), torch.from_numpy(labels[chosen])


sizes = [len(y) for _, y in batches(data.train_images, data.train_labels, 64)]
print(f"{len(sizes)} batches, the last of {sizes[-1]}")

# %% [markdown] minutes=8
r"""
### Exercise: an epoch ●●●○○ · 8 minutes

*Why it matters.* Every training run of this course goes through these lines, and nearly every training script that
you will ever read has them, too. Most have had one of the slips that the check knows.

For each batch: move it to the device, empty the gradients, scores, loss, `backward()`, `optimizer.step()`. Switch the
model to training mode first. Then give back two plain numbers: the mean loss and the share of right answers, over all
*examples* of the epoch, taken from the scores that you trained on. Mind that `loss(scores, labels)` is the mean over
its batch, that the last batch may be smaller, and that `batches` may be a generator, which has no `len`.
"""


# %% tags=["exercise", "type-along"]
def fit_one_epoch(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    """Trains the model on every batch once -> (mean loss, share of right answers), as Python numbers."""
    ### BEGIN SOLUTION about 14 lines
    model.train()
    total, right, count = 0.0, 0, 0
    for images, labels in batches:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        scores = model(images)
        value = loss(scores, labels)
        value.backward()
        optimizer.step()
        total += value.item() * len(labels)
        right += (scores.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return total / count, right / count
    ### END SOLUTION


check(fit_one_epoch)

# %% [markdown] tags=["help"]
r"""
**The loss is a little off, and only where the last batch is smaller** → weight each batch's loss by its size. **The
weights are right after one batch, not after two** → what does `backward` do to a gradient that is there already?
**`graph_kept` is True** → a sum of losses drags every batch's graph along: add `loss(…).item()`. **"Expected all
tensors to be on the same device"** → `to` returns the moved tensor. **"'function' object has no attribute
'backward'"** → `loss` is the function; go back from what it gave you. **Right, but for batch normalisation** → which
mode?

In a report `small_model` makes a model with one `nn.Linear`, and `what_came` looks at its weights after your epoch.
"""

# %%
fit_one_epoch = use(fit_one_epoch)

# %% [markdown]
r"""
To judge a model you need less: no optimizer, no steps, and no graph. (`no_grad` may also stand above a function, as
here.) Without a graph the scores take so little room that you can keep them all, and take the means at the end.
"""


# %%
@torch.no_grad()
def evaluate(model, batches, loss=functional.cross_entropy, device="cpu"):
    """(mean loss, share of right answers) in evaluation mode."""
    model.eval()
    pairs = [(model(images.to(device)), labels.to(device)) for images, labels in batches]
    scores, labels = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    return loss(scores, labels).item(), (scores.argmax(dim=1) == labels).float().mean().item()


# %% [markdown]
r"""
Does `model.eval()` by itself keep PyTorch from noting a graph?
"""

# %% tags=["question"]
answer = False  # True or False
ask("eval-graph", answer)

# %% [markdown]
r"""
`eval()` changes what batch normalisation and dropout compute. `no_grad()` changes what is noted, and with it how much
memory a forward pass takes. And the other way round? Inside `no_grad`, but in training mode, a batch of mean 10 goes
through a batch normalisation. As in lesson 06 its momentum is 0.1, and its running mean starts at 0. What is the
running mean then?
"""

# %% tags=["question"]
running_mean = 1.0  # after a batch of mean 10, inside no_grad, in training mode
ask("norm-without-eval", running_mean)

# %%
norm = nn.BatchNorm2d(1)
with torch.no_grad():
    norm(torch.full((8, 1, 4, 4), 10.0))
print("running mean:", norm.running_mean.item())

# %% [markdown]
r"""
The two have nothing to do with each other. Who judges without `eval()` gets answers that depend on the batch, as you
saw in lesson 06. And the pictures that were only to be judged have changed the model: its running statistics have
seen them. To judge a model you want both.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=7
r"""
## Experiment: the same training, twice

Now the puzzle from the top of the lesson. Both networks start from the weights of lesson 08's LeNet and see the same
batches. One is trained by lesson 08's `train_step` in NumPy, the other by `fit_one_epoch`, one batch at a time. We
note how far their losses are apart, first in float32, then in float64.
"""


# %%
def train_twice(dtype, steps, look=lambda ours, theirs, x: None):
    """Two runs that should be one: |NumPy's loss - PyTorch's| in each step, and what `look` saw before it."""
    ours = layers.lenet5_modern(np.random.default_rng(0))
    theirs = with_weights_of(ours).to(getattr(torch, dtype))
    for parameter in ours.parameters():
        parameter.data = parameter.data.astype(dtype)
    sgd = layers.SGD(ours.parameters(), lr=0.02, momentum=0.9)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.02, momentum=0.9)
    rng, apart, seen = np.random.default_rng(0), [], []
    while len(apart) < steps:
        for x, y in batches(data.train_images.astype(dtype), data.train_labels, 32, rng):
            seen.append(look(ours, theirs, x))
            value, _ = layers.train_step(ours, sgd, x.numpy(), y.numpy())
            loss, _ = fit_one_epoch(theirs, [(x, y)], optimizer)
            apart.append(abs(float(value) - loss))
    return apart[:steps], seen[:steps]


# %% tags=["experiment", "nbval-ignore-output"]
steps = by_profile(quick=90, full=270, smoke=5)
apart = {name: train_twice(name, steps)[0] for name in ("float32", "float64")}
for name, values in apart.items():
    first, last = max(values[:5]), max(values)
    print(f"{name}: largest difference {first:.0e} in the first 5 steps, {last:.0e} in {steps}")
assert max(apart["float32"][:5]) < 1e-5, "the losses should agree at the beginning"
assert max(apart["float64"]) < 1e-9, "in float64 the losses should agree all the way"

# %% tags=["figure", "nbval-ignore-output"]
# Where two losses agree to the last bit there is nothing to draw on a log scale.
shown = {name: [value if value else np.nan for value in values] for name, values in apart.items()}
figures.line_chart(
    np.arange(1, steps + 1), shown, "step", "difference of the losses (log scale)", log_y=True, markers=True
)

# %% [markdown]
r"""
In float64 they are one run to the last digits. (Where a point is missing, the losses agree to the last bit.) In
float32 they are, too, at first: the losses differ by what the last digit is worth. Then, in our recorded run after 31
steps, they part, and soon differ in the second digit. On your computer it may be after another step, or not at all.
Look at the points before that step, and at float64. What happened?

- **a**: the roundings of all steps added up, until they showed
- **b**: a yes or no inside, such as which number of a window is the largest, came out differently
- **c**: one of the two has a slip that only certain pictures bring out
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("what-happened", choice)

# %% [markdown]
r"""
Ask the networks. Train once more in float32, and before each step count what they *decide* differently on the batch:
which number of a pooling window is the maximum, and which ReLU is open.
"""


# %%
def decided_differently(ours, theirs, x):
    """How many maxima and how many ReLUs the two networks decide differently on a batch."""
    a, b, maxima, relus = x.numpy(), x, 0, 0
    for by_numpy, by_torch in zip(ours.layers, theirs, strict=True):
        if isinstance(by_torch, nn.MaxPool2d):
            first, second = (
                functional.max_pool2d(z, 2, return_indices=True)[1] for z in (torch.from_numpy(a), b)
            )
            maxima += (first != second).sum().item()
        a, b = by_numpy(a), by_torch(b).detach()
        if isinstance(by_torch, nn.ReLU):
            relus += np.count_nonzero((a > 0) != (b.numpy() > 0))
    return maxima, relus


# %% tags=["experiment", "nbval-ignore-output"]
_, counts = train_twice("float32", steps, look=decided_differently)
differ = [(step, *both) for step, both in enumerate(counts, start=1) if any(both)]
print(f"they decide something differently in {len(differ)} of {steps} steps, at first:")
for step, maxima, relus in differ[:4]:
    print(f"    step {step}: {maxima} maxima and {relus} ReLUs")

# %% [markdown]
r"""
In the recorded run it began with a single window of a pooling layer. Two numbers in it were so nearly equal that
NumPy's rounding made the one the maximum, and PyTorch's the other. So the gradient took another way back, as at the
kinks of lesson 04. With that the weights parted, and from then on more and more windows and ReLUs decided
differently.

Neither run is wrong, and neither is better. But remember it when you repeat somebody's training on another computer:
**compare the first steps, digit by digit, and then only the final accuracies.** And to find a mistake, compare in
float64.

Now train it to the end. This takes a few seconds.
"""

# %% tags=["experiment", "nbval-ignore-output"]
model = with_weights_of(layers.lenet5_modern(np.random.default_rng(0))).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
rng, epochs = np.random.default_rng(0), by_profile(quick=12, full=20, smoke=1)
train, test = (data.train_images, data.train_labels), (data.test_images, data.test_labels)
began = time.perf_counter()
for epoch in range(epochs):
    seen = fit_one_epoch(model, batches(*train, 64, rng), optimizer, device=device)
    judged = evaluate(model, batches(*test, 64), device=device)
    if epoch % 3 == 2 or epoch == epochs - 1:
        print(
            f"epoch {epoch + 1:2}: training {seen[0]:.3f} {seen[1]:.1%}, test {judged[0]:.3f} {judged[1]:.1%}"
        )
print(f"{time.perf_counter() - began:.1f} s")
assert profile() == "smoke" or judged[1] > 0.95, "LeNet should read 95 digits in 100"

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Broken on purpose: a forgotten line

One line of the loop is forgotten more often than all others: `optimizer.zero_grad()`. Leave it out, and keep
everything else. What do you expect?

- **a**: the same; old gradients are small
- **b**: it learns as well, only slower
- **c**: it hardly learns, and the loss may grow
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("forgot-zero", choice)


# %% tags=["experiment", "nbval-ignore-output"]
class Forgetful(torch.optim.SGD):
    """An optimizer whose zero_grad does nothing, as if nobody had called it."""

    def zero_grad(self, set_to_none=True):
        pass


losses = {}
for name, kind in {"as it should be": torch.optim.SGD, "zero_grad forgotten": Forgetful}.items():
    model = with_weights_of(layers.lenet5_modern(np.random.default_rng(0)))
    optimizer = kind(model.parameters(), lr=0.02, momentum=0.9)
    rng, losses[name] = np.random.default_rng(0), []
    for _ in range(by_profile(quick=4, full=8, smoke=1)):
        losses[name] += [fit_one_epoch(model, [pair], optimizer)[0] for pair in batches(*train, 64, rng)]
    print(f"{name}: test accuracy {evaluate(model, batches(*test, 64))[1]:.1%}")
assert profile() == "smoke" or losses["zero_grad forgotten"][-1] > losses["as it should be"][-1] + 0.5

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(
    np.arange(1, len(losses["as it should be"]) + 1),
    losses,
    "batch",
    "loss",
    level=("ln 10", np.log(10)),
    markers=False,
)

# %% [markdown]
r"""
Every gradient that ever was stays in the sum and pushes on, however wrong it has become. It is a momentum that
nothing slows down.

The same adding up is useful when you ask for it. Say that a batch of 64 does not fit into your memory. Take four of
16, one after the other, call `backward` on each, and step once. That is *gradient accumulation*. Each loss is a mean
over its 16. By what do you have to divide each loss, so that the sum of the gradients is that of the mean over all
64?
"""

# %% tags=["question"]
divisor = 4  # of each of the four losses
ask("accumulate-divide", divisor)

# %%
model = lenet()
x, y = next(batches(*train, 64))
functional.cross_entropy(model(x), y).backward()
at_once = [parameter.grad.clone() for parameter in model.parameters()]

model.zero_grad()
for part_x, part_y in zip(x.split(16), y.split(16), strict=True):
    (functional.cross_entropy(model(part_x), part_y) / 4).backward()
in_parts = [parameter.grad for parameter in model.parameters()]
pairs = zip(at_once, in_parts, strict=True)
print("the same gradients:", all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in pairs))

# %% [markdown]
r"""
(With batch normalisation it is not quite the same: each part has a mean of its own.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Experiment: images a second

One step of training, forward and backward, for LeNet: in NumPy, in PyTorch on the processor, and on the graphics card
if there is one. We vary the size of the batch. Before you run it, guess: which one is ahead with a single picture,
and how many times as many pictures a second does it manage in batches of 64?
"""


# %%
def seconds(step, device="cpu"):
    """Seconds that one call of step takes: the best of repeated calls, after one to warm up."""
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    best, spent, least = np.inf, 0.0, by_profile(quick=0.15, full=1.0, smoke=0.0)
    step()
    while spent <= least:
        wait()
        began = time.perf_counter()
        step()
        wait()
        took = time.perf_counter() - began
        best, spent = min(best, took), spent + took
    return best


# %% [markdown]
r"""
What is timed is one batch, there and back, without the update.
"""


# %%
def numpy_step(network, x, y):
    """Forward and backward of one batch, in NumPy."""
    _, dscores = layers.softmax_cross_entropy(network(x), y)
    network.backward(dscores)


def torch_step(model, x, y, dtype=None):
    """Forward and backward of one batch, in PyTorch; with a dtype, in mixed precision."""
    with torch.autocast(x.device.type, dtype=dtype, enabled=dtype is not None):
        value = functional.cross_entropy(model(x), y)
    value.backward()


# %% tags=["experiment", "nbval-ignore-output"]
sizes = by_profile(quick=(1, 4, 16, 64, 256), full=(1, 4, 16, 64, 256, 1024), smoke=(1, 4))
ours = layers.lenet5_modern(np.random.default_rng(0))
rates = {"NumPy, ours": []}
for size in sizes:
    x, y = data.train_images[:size], data.train_labels[:size]
    rates["NumPy, ours"].append(len(y) / seconds(lambda: numpy_step(ours, x, y)))
for place in ["cpu"] + ["cuda"] * torch.cuda.is_available():
    model, name = lenet().to(place), f"PyTorch, {place}"
    rates[name] = []
    for size in sizes:
        x, y = (torch.from_numpy(array[:size]).to(place) for array in train)
        rates[name].append(len(y) / seconds(lambda: torch_step(model, x, y), place))
print(f"{'in a batch':15}", *(f"{size:9}" for size in sizes))
for name, values in rates.items():
    print(f"{name:15}", *(f"{value:9,.0f}" for value in values))

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(
    sizes, rates, "pictures in a batch (log scale)", "images a second (log scale)", log_x=True, log_y=True
)

# %% [markdown]
r"""
A call costs something before it computes anything: Python, checks, the choice of a method. With one picture that is
most of the time; with many it does not matter any more. On a processor ours may well keep up with PyTorch: both hand
their products to the same kind of library, and LeNet has little besides. On a graphics card a call costs no less, and
LeNet on one picture leaves nearly all of the card idle. With small networks on small pictures it may well be slower
than the processor.

Now a wider network, with 64 to 128 channels, and the two tricks from above: channels last, and bfloat16.
"""


# %% tags=["experiment", "nbval-ignore-output"]
def wide(device, layout):
    """Three 3x3 convolutions of 64 to 128 channels, for colour pictures."""
    widths = ((3, 64), (64, 64), (64, 128))
    blocks = [nn.Sequential(nn.Conv2d(c, k, 3, padding=1), nn.BatchNorm2d(k), nn.ReLU()) for c, k in widths]
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10)
    return nn.Sequential(*blocks, *head).to(device, memory_format=layout)


first, last, many = torch.contiguous_format, torch.channels_last, by_profile(quick=16, full=32, smoke=1)
ways = {"float32": (first, None), "float32, channels last": (last, None)}
ways |= {"bfloat16": (first, torch.bfloat16), "bfloat16, channels last": (last, torch.bfloat16)}
speeds = {}
for place in ["cpu"] + ["cuda"] * torch.cuda.is_available():
    for name, (layout, dtype) in ways.items():
        x = torch.rand(many, 3, 32, 32).to(place, memory_format=layout)
        y, model = torch.arange(many, device=place) % 10, wide(place, layout)
        speeds[f"{place}, {name}"] = many / seconds(lambda: torch_step(model, x, y, dtype), place)

# %% tags=["figure", "nbval-ignore-output"]
figures.speed_ladder(list(speeds), list(speeds.values()), xlabel="images a second (log scale)")

# %% [markdown]
r"""
Whether they help depends on the hardware first, and then on the sizes. A processor without instructions for bfloat16
has to imitate it, and is slower. One that has them, or a graphics card with matrix units, may be several times as
fast. So measure where you train, and measure a whole step: it is of no use if a single layer is fast and the rest
waits.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What history did with it

Torch, in its version 7 of 2011, had modules with a forward and a backward function each, written by hand, in a
language called Lua: the design of our `layers`. Caffe, from Berkeley at the end of 2013, described a network in a
text file, layer by layer; VGG and the first ResNets were trained with it. Theano, from Montréal, let one write a
formula in Python, built its graph before any number was known, found the gradients by rules, and compiled it all.
TensorFlow followed it in 2015.

Meanwhile a small library called autograd, written at Harvard, noted what NumPy does while it runs, and went back
through the notes. Chainer did the same for networks. PyTorch joined this idea to Torch's fast layers and appeared at
the beginning of 2017. A graph that is made as you go is easy to look into with `print`, and that won most researchers
over. Compiling came back later, as `torch.compile` in 2023: it watches what runs, and makes a fixed graph of it where
it can.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Recap

| in our `layers` | in PyTorch |
|---|---|
| `out, cache = forward(x, …)` | `out = module(x)`; the cache is in the graph |
| `dx, dweight, dbias = backward(dout, cache)` | `loss.backward()`; gradients in `.grad` |
| `Parameter`, `parameters()` | `nn.Parameter`, `parameters()`, `state_dict()` |
| a gradient is set | a gradient is added: `zero_grad()` |
| `train()`, `eval()` | the same, and `torch.no_grad()` |

Five questions.

**1.** Your convolution and PyTorch's differ by 0.0000003 of the largest number, in float32. Most likely it is **a**:
a slip at the border. **b**: rounding, in another order. **c**: another padding.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-rounding", choice)

# %% [markdown]
r"""
**2.** An epoch has ten examples in batches of 4, 4 and 2. Their mean losses are 1, 1 and 4. What is the mean loss of
the epoch?
"""

# %% tags=["question"]
loss = 1.6  # over all ten examples
ask("recap-mean-loss", loss)

# %% [markdown]
r"""
**3.** How does a module know which tensors are its weights? **a**: they require a gradient. **b**: they are an
`nn.Parameter` set on `self`. **c**: `forward` uses them.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-parameter", choice)

# %% [markdown]
r"""
**4.** How many bytes do the 61,706 numbers of LeNet take in bfloat16?
"""

# %% tags=["question"]
count = 123_412  # bytes
ask("recap-bytes", count)

# %% [markdown]
r"""
**5.** You print the accuracy on the test digits after each epoch, without `model.eval()`. The network has batch
normalisation. What is wrong? **a**: only that it takes longer. **b**: the answers depend on the batch, and the test
digits change the model. **c**: nothing.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-eval-mode", choice)

# %% [markdown] minutes=1
r"""
## Where you are

Everything you wrote in NumPy has its twin in PyTorch, and you have seen them agree, digit by digit, or know why they
do not. You can bring an operation of your own, and you have the loop with which the networks of history are going to
be trained. Before that, lesson 10 counts what they cost.
"""
