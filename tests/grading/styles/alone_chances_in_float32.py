"""stochastic_depth with all chances in one tensor, which PyTorch makes in float32."""

import torch

# %%


def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    chances = torch.linspace(1, last, len(residuals) + 1)[1:]
    for residual, chance, draw in zip(residuals, chances, draws, strict=True):
        gate = (draw < chance).to(x.dtype)[:, None, None, None] if training else chance
        x = torch.relu(x + gate * residual(x))
    return x
