"""A small network in PyTorch with its optimizer and batches, made from a case's arrays, for exercises that train.

PyTorch is imported inside the functions, so that the exercises can be read without it.
"""

import weakref

import numpy as np

# A step may hold on to its own graph and to the one before; more are a chain that grows.
_GRAPHS = 2


def small_model(
    weight: np.ndarray,
    bias: np.ndarray,
    norm: bool = False,
    lr: float = 0.5,
    momentum: float = 0.0,
    training: bool = True,
):
    """(model, optimizer): a Linear layer with weight (C, D) and bias (C,), SGD for its parameters.

    norm: whether batch normalisation stands in front. training: the mode in which someone left the model.
    """
    import torch

    linear = torch.nn.Linear(*weight.shape[::-1])
    linear.weight, linear.bias = (torch.nn.Parameter(torch.from_numpy(a.copy())) for a in (weight, bias))
    before = [torch.nn.BatchNorm1d(weight.shape[1], dtype=linear.weight.dtype)] if norm else []
    model = _watched()(*before, linear).train(training)
    return model, torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)


def batches_of(x: np.ndarray, labels: np.ndarray, batch_size: int, once: bool = False, elsewhere: bool = False):
    """Pairs of tensors, batch_size examples each, fewer in the last.

    once: as a generator, which has no length. elsewhere: tensors that lie, so they pretend, on another device.
    """
    import torch

    tensors = torch.from_numpy(np.array(x)), torch.from_numpy(np.array(labels))
    if elsewhere:
        tensors = [tensor.as_subclass(_elsewhere()) for tensor in tensors]
    starts = range(0, len(x), batch_size)
    pairs = [tuple(_part(tensor, start, batch_size) for tensor in tensors) for start in starts]
    return (pair for pair in pairs) if once else pairs


def what_came(model, mean_loss, accuracy):
    """(whether graphs of earlier batches were kept, the Linear layer's weight and bias)."""
    kept = model.most > _GRAPHS or any(getattr(value, "requires_grad", False) for value in (mean_loss, accuracy))
    linear = model[-1]
    return kept, linear.weight.detach().numpy(), linear.bias.detach().numpy()


class _Note:
    """Hangs on a graph as a hook that does nothing, and lives as long as the graph."""

    def __call__(self, gradient) -> None:
        pass


def _watched() -> type:
    """A Sequential that counts how many graphs of its earlier outputs are still there when it is called."""
    import torch

    class Watched(torch.nn.Sequential):
        most = 0

        def forward(self, x):
            notes = self.__dict__.setdefault("notes", [])
            self.most = max(self.most, sum(note() is not None for note in notes))
            out = super().forward(x)
            if out.requires_grad:
                note = _Note()
                out.register_hook(note)
                notes.append(weakref.ref(note))
            return out

    return Watched


def _part(tensor, start: int, size: int):
    import torch

    with torch._C.DisableTorchFunctionSubclass():
        return tensor[start : start + size].as_subclass(type(tensor))


def _elsewhere() -> type:
    """A class of tensors that refuse all work until they have been moved, as those on another device do."""
    import torch

    allowed = {"__get__", "size", "dim", "__len__", "numel"}

    class Elsewhere(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            if function.__name__ in ("to", "cpu"):
                return args[0].as_subclass(torch.Tensor)
            if function.__name__ not in allowed:
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two devices: this batch is not where "
                    "the model is"
                )
            return super().__torch_function__(function, types, args, kwargs or {})

    return Elsewhere
