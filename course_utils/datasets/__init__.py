"""The course's data: what is bundled, what is made on the spot, what `course data` has loaded, and the learner's own."""

from course_utils.datasets.catalogue import REMOTE_SETS, remote_set
from course_utils.datasets.cifar import cifar10
from course_utils.datasets.demo import running_demo
from course_utils.datasets.downloading import DownloadError, download
from course_utils.datasets.handwritten import digits
from course_utils.datasets.loading import DataSet, load
from course_utils.datasets.mnist_sets import fashion_mnist, mnist
from course_utils.datasets.photo import photograph
from course_utils.datasets.shapes10 import shapes10
from course_utils.datasets.stored import DataSetMissing, is_stored
from course_utils.datasets.unseen_digits import unseen_digits

__all__ = [
    "REMOTE_SETS",
    "DataSet",
    "DataSetMissing",
    "DownloadError",
    "cifar10",
    "digits",
    "download",
    "fashion_mnist",
    "is_stored",
    "load",
    "mnist",
    "photograph",
    "remote_set",
    "running_demo",
    "shapes10",
    "unseen_digits",
]
