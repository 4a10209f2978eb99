"""The known datasets: names, classes, files, sums, and where publishers and tools keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from suite.errors import UsageError, did_you_mean

PARTS: tuple[str, ...] = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class IdxFile:
    """One IDX file of a dataset.

    Attributes:
        name: As published, without ".gz".
        part: "train" or "test".
        kind: "images" or "labels".
        shape: Of the array in it.
        sha256: Of the unpacked file. Packed files differ from copy to copy.
    """

    name: str
    part: str
    kind: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def array_name(self) -> str:
        """Name of the decoded array in the suite's cache."""
        return f"{self.part}-{self.kind}.npy"

    @property
    def npz_key(self) -> str:
        """Name of the array in Keras's archives: "x_train", "y_test", ..."""
        return f"{'x' if self.kind == 'images' else 'y'}_{self.part}"


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """What is known of a dataset before any file is read.

    Attributes:
        name: As on the command line and in records.
        title: As people write it.
        class_names: What the labels 0 to 9 stand for.
        files: Its four IDX files.
        mirrors: Addresses of folders that hold the packed files, the publisher's first.
        keras: Folder or archive below Keras's `datasets` folder.
        torchvision: Folder below the root that torchvision was given.
        debian: Folder of a Debian package.
        debian_package: That package's name.
        bundled: Whether it comes with scikit-learn, so that no files are looked for.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    files: tuple[IdxFile, ...]
    mirrors: tuple[str, ...] = ()
    keras: str = ""
    torchvision: str = ""
    debian: str = ""
    debian_package: str = ""
    bundled: bool = False

    @property
    def sums(self) -> dict[str, str]:
        """SHA-256 of each unpacked IDX file, by its name."""
        return {file.name: file.sha256 for file in self.files}

    def pair(self, part: str) -> tuple[IdxFile, IdxFile]:
        """The files of a part: its images, its labels."""
        by_kind = {file.kind: file for file in self.files if file.part == part}
        return by_kind["images"], by_kind["labels"]


def idx_files(train: int, test: int, sums: tuple[str, str, str, str]) -> tuple[IdxFile, ...]:
    """The four files of a dataset.

    Args:
        train: Number of training images.
        test: Number of test images.
        sums: SHA-256 of training images, training labels, test images, test labels.
    """
    slots = (
        ("train-images-idx3-ubyte", "train", "images", (train, 28, 28)),
        ("train-labels-idx1-ubyte", "train", "labels", (train,)),
        ("t10k-images-idx3-ubyte", "test", "images", (test, 28, 28)),
        ("t10k-labels-idx1-ubyte", "test", "labels", (test,)),
    )
    return tuple(
        IdxFile(name=name, part=part, kind=kind, shape=shape, sha256=sha256)
        for (name, part, kind, shape), sha256 in zip(slots, sums, strict=True)
    )


_DIGIT_NAMES = tuple("0123456789")

DATASETS: Mapping[str, DatasetInfo] = MappingProxyType(
    {
        "fashion": DatasetInfo(
            name="fashion",
            title="Fashion-MNIST",
            class_names=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            files=idx_files(
                60_000,
                10_000,
                (
                    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                ),
            ),
            # The publisher's bucket speaks HTTP only, so its repository stands in for it.
            mirrors=(
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
                "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            ),
            keras="fashion-mnist",
            torchvision="FashionMNIST/raw",
            debian="/usr/share/datasets/fashion-mnist",
            debian_package="dataset-fashion-mnist",
        ),
        "mnist": DatasetInfo(
            name="mnist",
            title="MNIST",
            class_names=_DIGIT_NAMES,
            files=idx_files(
                60_000,
                10_000,
                (
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                ),
            ),
            # The publisher's page no longer serves the files; these two copies are the usual ones.
            mirrors=(
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
            keras="mnist.npz",
            torchvision="MNIST/raw",
        ),
        "digits": DatasetInfo(
            name="digits",
            title="Digits (scikit-learn)",
            class_names=_DIGIT_NAMES,
            files=idx_files(
                1_437,
                360,
                (
                    "80f55ebd9cd6e68ed6a3fe4ea128e66e4ae0a60d52da0b45c5fcb6d33cfc3dfd",
                    "f8a600b73e2c056aa42316260206e6643bd33e96bd71cfb8e32b94f76fac4f93",
                    "459e941649046bb346c292b441fc2173b0b32a07c53174d63c241dbde75d28e5",
                    "cf2c8a23974df0c99eb3f36ff34c02acb9be1c84aca7280211ef04bea1135360",
                ),
            ),
            bundled=True,
        ),
    }
)


def info_of(name: str) -> DatasetInfo:
    """What is known of the dataset of that name.

    Raises:
        UsageError: There is none.
    """
    if name not in DATASETS:
        raise UsageError(f"unknown dataset {name[:80]!r}.{did_you_mean(name, DATASETS)}")
    return DATASETS[name]


def owner_of(sha256: str) -> tuple[DatasetInfo, IdxFile] | None:
    """The known dataset and file that a sum belongs to, if any."""
    for info in DATASETS.values():
        for file in info.files:
            if file.sha256 == sha256:
                return info, file
    return None
