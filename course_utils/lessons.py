"""The lessons and the homework of the course, in order: the lists that the map, the README and the notebooks go by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """A lesson's number, "02", or a homework's, "hw1"; its file's name without the ending, its title and its part."""

    number: str
    file: str
    title: str
    part: str


_ORIENTATION = "Part 0. Orientation"
_SCRATCH = "Part I. From scratch in NumPy"
_STUDIES = "Part II. PyTorch and the case studies"
_HOMEWORK = "Homework"

LESSONS = (
    Lesson("00", "00_start_here", "Start here", _ORIENTATION),
    Lesson("01", "01_images_and_filters", "Images and filters", _SCRATCH),
    Lesson("02", "02_convolution_layer", "The convolution layer", _SCRATCH),
    Lesson("03", "03_convolution_as_matmul", "Convolution as one matrix product", _SCRATCH),
    Lesson("04", "04_convolution_backward", "Backpropagation through convolution", _SCRATCH),
    Lesson("05", "05_pooling", "Pooling", _SCRATCH),
    Lesson("06", "06_normalisation", "Normalisation", _SCRATCH),
    Lesson("07", "07_making_it_train", "Making it train", _SCRATCH),
    Lesson("08", "08_lenet5", "LeNet-5, by hand", _SCRATCH),
    Lesson("09", "09_numpy_to_pytorch", "From NumPy to PyTorch", _STUDIES),
    Lesson("10", "10_counting_the_cost", "Counting the cost", _STUDIES),
    Lesson("11", "11_alexnet", "AlexNet", _STUDIES),
    Lesson("12", "12_zfnet", "ZFNet, and seeing inside", _STUDIES),
    Lesson("13", "13_vgg", "VGG", _STUDIES),
    Lesson("14", "14_nin_googlenet", "Network in Network and GoogLeNet", _STUDIES),
    Lesson("15", "15_resnet", "ResNet", _STUDIES),
    Lesson("16", "16_beyond_resnet", "Beyond ResNet", _STUDIES),
    Lesson("17", "17_using_a_trained_network", "Using a trained network", _STUDIES),
    Lesson("18", "18_great_comparison", "The great comparison", _STUDIES),
)

HOMEWORK = (
    Lesson("hw1", "hw1_convolution_and_pooling", "Convolution and pooling", _HOMEWORK),
    Lesson("hw2", "hw2_train_without_a_framework", "Train without a framework", _HOMEWORK),
    Lesson("hw3", "hw3_know_your_network", "Know your network", _HOMEWORK),
    Lesson("hw4", "hw4_a_residual_network", "A residual network", _HOMEWORK),
)


def lesson(number: str | int) -> Lesson:
    """The lesson of that number, as "02" or 2, or the homework, as "hw1". Raises ValueError for any other."""
    wanted = f"{number:02d}" if isinstance(number, int) else str(number)
    for known in LESSONS + HOMEWORK:
        if known.number == wanted:
            return known
    ends = (f"{known[0].number} to {known[-1].number}" for known in (LESSONS, HOMEWORK))
    raise ValueError(f"number must be one of {', or '.join(ends)}, got {number!r}")


def is_homework(number: str) -> bool:
    """Whether what has that number is graded."""
    return any(known.number == number for known in HOMEWORK)
