"""The from-scratch layers of the course, forward and backward, in NumPy alone.

Images are (N, C, H, W) arrays; names, defaults and results are PyTorch's. A layer keeps the dtype of its input and never
modifies it.
"""

from course_utils.layers.activation import (
    relu_backward,
    relu_forward,
    scaled_tanh_backward,
    scaled_tanh_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from course_utils.layers.augmentation import random_crop_flip, random_horizontal_flip, random_shift
from course_utils.layers.batch_normalisation import (
    batch_norm_backward,
    batch_norm_backward_by_steps,
    batch_norm_forward,
    fold_batch_norm,
)
from course_utils.layers.convolution import conv2d_backward, conv2d_forward
from course_utils.layers.convolution_steps import (
    conv2d_backward_bias,
    conv2d_backward_input,
    conv2d_backward_weight,
)
from course_utils.layers.correlation import correlate2d, locally_connected2d
from course_utils.layers.dense_convolution import conv_to_fc, fc_to_conv
from course_utils.layers.dropout import dropout_backward, dropout_forward
from course_utils.layers.fitting import History, accuracy, fit, train_step
from course_utils.layers.gradient_check import numeric_gradient, relative_error
from course_utils.layers.im2col import col2im, im2col
from course_utils.layers.initialisation import fans, kaiming_normal, kaiming_uniform, xavier_normal, xavier_uniform
from course_utils.layers.layer_normalisation import (
    group_norm_backward,
    group_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from course_utils.layers.lenet import (
    PartialConv2d,
    RadialBasis,
    digit_codes,
    inputs_1998,
    lenet5_1998,
    lenet5_modern,
    lenet_c3_connections,
    radial_basis_loss,
)
from course_utils.layers.linear import linear_backward, linear_forward
from course_utils.layers.losses import hinge_loss, softmax_cross_entropy
from course_utils.layers.modules import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    ScaledTanh,
    Sigmoid,
    Subsample2d,
    Tanh,
)
from course_utils.layers.network import Layer, Parameter, Sequential, count_parameters
from course_utils.layers.optimisation import SGD, ReduceLROnPlateau, StepLR, classical_momentum_step, sgd_momentum_step
from course_utils.layers.penalties import elastic_net_penalty, l1_penalty, l2_penalty
from course_utils.layers.pooling import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    l2_pool2d_backward,
    l2_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from course_utils.layers.response_normalisation import local_response_norm_backward, local_response_norm_forward
from course_utils.layers.sizes import conv_output_size
from course_utils.layers.subsampling import subsample2d_backward, subsample2d_forward

__all__ = [
    "SGD",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "History",
    "Layer",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2d",
    "Parameter",
    "PartialConv2d",
    "RadialBasis",
    "ReLU",
    "ReduceLROnPlateau",
    "ScaledTanh",
    "Sequential",
    "Sigmoid",
    "StepLR",
    "Subsample2d",
    "Tanh",
    "accuracy",
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "batch_norm_backward",
    "batch_norm_backward_by_steps",
    "batch_norm_forward",
    "classical_momentum_step",
    "col2im",
    "conv2d_backward",
    "conv2d_backward_bias",
    "conv2d_backward_input",
    "conv2d_backward_weight",
    "conv2d_forward",
    "conv_output_size",
    "conv_to_fc",
    "correlate2d",
    "count_parameters",
    "digit_codes",
    "dropout_backward",
    "dropout_forward",
    "elastic_net_penalty",
    "fans",
    "fc_to_conv",
    "fit",
    "fold_batch_norm",
    "global_avg_pool2d_backward",
    "global_avg_pool2d_forward",
    "group_norm_backward",
    "group_norm_forward",
    "hinge_loss",
    "im2col",
    "inputs_1998",
    "kaiming_normal",
    "kaiming_uniform",
    "l1_penalty",
    "l2_penalty",
    "l2_pool2d_backward",
    "l2_pool2d_forward",
    "layer_norm_backward",
    "layer_norm_forward",
    "lenet5_1998",
    "lenet5_modern",
    "lenet_c3_connections",
    "linear_backward",
    "linear_forward",
    "local_response_norm_backward",
    "local_response_norm_forward",
    "locally_connected2d",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "numeric_gradient",
    "radial_basis_loss",
    "random_crop_flip",
    "random_horizontal_flip",
    "random_shift",
    "relative_error",
    "relu_backward",
    "relu_forward",
    "scaled_tanh_backward",
    "scaled_tanh_forward",
    "sgd_momentum_step",
    "sigmoid_backward",
    "sigmoid_forward",
    "softmax_cross_entropy",
    "subsample2d_backward",
    "subsample2d_forward",
    "tanh_backward",
    "tanh_forward",
    "train_step",
    "xavier_normal",
    "xavier_uniform",
]
