"""What training needs in memory, by the rule of thumb."""


def training_memory(
    activations: int, parameters: int, batch_size: int, optimizer_values: int = 1, bytes_per_value: int = 4
) -> int:
    """Bytes for parameters, their gradients, the optimizer's state, and the activations kept for the way back.

    activations: values kept for one picture. optimizer_values: how many the optimizer keeps for each parameter; 0 for
    plain SGD, 1 with momentum, 2 for Adam. The gradients of activations are not in it: each is freed as soon as the
    layer below has used it. Raises ValueError for a count below 0, or a batch size or value size below 1.
    """
    counts = {"activations": activations, "parameters": parameters, "optimizer_values": optimizer_values}
    for name, count in counts.items():
        if count < 0:
            raise ValueError(f"{name} must be at least 0, got {count}")
    for name, count in {"batch_size": batch_size, "bytes_per_value": bytes_per_value}.items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count}")
    values = parameters * (2 + optimizer_values) + batch_size * activations
    return values * bytes_per_value
