"""Checks zip archives before a library unpacks them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from suite.errors import ModelError


def check_archive(path: Path, names: str, *, required: str) -> None:
    """Refuse an archive that is not as Keras and skops write theirs: nothing in it compressed.

    What is stored as it is can't be larger than the file: there are no zip bombs.

    Args:
        path: The archive.
        names: Regular expression for the names of its members.
        required: A member that it must have.

    Raises:
        ModelError: It is no archive, or another one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ModelError(f"{path.name}: no intact zip archive ({error})") from error
    if required not in {member.filename for member in members}:
        raise ModelError(f"{path.name}: {required} is missing in it")
    for member in members:
        if not re.fullmatch(names, member.filename):
            raise ModelError(f"{path.name}: unexpected member {member.filename[:60]!r}")
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise ModelError(f"{path.name}: {member.filename} is compressed, which it never is")
    if len({member.filename for member in members}) != len(members):
        raise ModelError(f"{path.name}: two members have the same name")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise ModelError(f"{path.name}: its members overlap")
