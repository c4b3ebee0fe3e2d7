"""Right answers to the exercises of lesson 10, as a learner may write them: what is seen and done, counted one by one."""


def receptive_field(kernel_sizes, strides=None, dilations=None):
    strides = strides or [1] * len(kernel_sizes)
    dilations = dilations or [1] * len(kernel_sizes)

    def first_and_last(place):
        # The pixels that one output depends on, followed from the last layer down to the picture.
        low = high = place
        for size, stride, dilation in list(zip(kernel_sizes, strides, dilations, strict=True))[::-1]:
            low, high = low * stride, high * stride + dilation * (size - 1)
        return low, high

    low, high = first_and_last(0)
    return high - low + 1, first_and_last(1)[0] - low


def count_macs(in_channels, out_channels, kernel_size, output_size, groups=1):
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    rows, columns = (output_size, output_size) if isinstance(output_size, int) else output_size
    macs = 0
    for _ in range(rows):
        for _ in range(columns):
            macs += out_channels * height * width * in_channels // groups
    return macs


def training_memory(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4):
    values = parameters
    values += parameters  # their gradients
    for _ in range(optimizer_values):
        values += parameters
    for _ in range(batch_size):
        values += activations
    return values * bytes_per_value
