"""The data sets that are loaded on request: their official files, where those lie, and how they are known to be right.

Each SHA-256 is the one that TensorFlow Datasets lists for the file, and that other projects state independently.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from course_utils import paths


@dataclass(frozen=True)
class RemoteFile:
    """One file of a data set: its name, its size in bytes and its SHA-256.

    size: None where only the server knows it. sha256: its first digits where no more are published.
    """

    name: str
    size: int | None
    sha256: str


@dataclass(frozen=True)
class RemoteSet:
    """A data set, or something else, to load from the network.

    mirrors: addresses of folders that hold all the files, in the order in which they are tried.
    files: of MNIST's kind, pictures and labels for training, then pictures and labels for the test.
    place: the folder within the learner's own that it is kept in. command: what loads it; `course data NAME` if empty.
    """

    name: str
    title: str
    content: str
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    classes: tuple[str, ...] = ()
    place: str = "downloads"
    command: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files whose size is known."""
        return sum(file.size or 0 for file in self.files)

    @property
    def loaded_by(self) -> str:
        """What loads it, as code to type."""
        return f"`{self.command or f'course data {self.name}'}`"

    @property
    def folder(self) -> Path:
        """Where its files are kept, all of them or none."""
        return paths.home() / self.place / self.name


MNIST = RemoteSet(
    name="mnist",
    title="MNIST",
    content="70,000 handwritten digits, 28x28",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files=(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    classes=tuple("0123456789"),
)

FASHION_MNIST = RemoteSet(
    name="fashion-mnist",
    title="Fashion-MNIST",
    content="70,000 pictures of clothing, 28x28",
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    files=(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    classes=(
        "T-shirt/top",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
)

CIFAR10 = RemoteSet(
    name="cifar10",
    title="CIFAR-10",
    content="60,000 small photographs of ten things, 32x32, in colour",
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
        "https://cave.cs.toronto.edu/kriz/",
    ),
    files=(
        # The binary version: that for Python holds pickles, which may run anything.
        RemoteFile(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
)

REMOTE_SETS = (MNIST, FASHION_MNIST, CIFAR10)


def remote_set(name: str) -> RemoteSet:
    """The set of this name. Raises ValueError, which guesses at what was meant, if there is none."""
    known = {remote.name: remote for remote in REMOTE_SETS}
    name = name.lower().replace("_", "-")
    if name not in known:
        raise ValueError(f'there is no data set "{name}" to load, only {", ".join(known)}{did_you_mean(name, known)}')
    return known[name]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest that is known, or nothing."""
    near = difflib.get_close_matches(name, known, n=1)
    return f': did you mean "{near[0]}"?' if near else ""
