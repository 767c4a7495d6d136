"""Any pack on disk: one folder with a manifest and the files it lists, written whole and checked when read.

Called by the region pack and the council pack, which say what is in it. Never repairs what it reads: one
wrong byte is refused with the file and the field.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from geo.arrays import GeometryArray
from geo.npy_array import AnyArray, array_from_npy
from geo.pack_files import plain_size, put_in_place, read_start, write_durably
from geo.pack_manifest import FileEntry, Head, Listed, Names, PackError
from geo.polygon_wkb import polygons_from_wkb, polygons_to_wkb

# No honest pack comes near these: London has 4 kB of manifest, 8 MB of pack, 0.14 MB in its longest list; a
# council of 5,400 stops and 64,000 properties 35 MB of pack.
MAX_MANIFEST_BYTES = 4 << 20
MAX_NAMES_BYTES = 64 << 20
MAX_PACK_BYTES = 1 << 30
# What msgspec raises for bytes that are not what they must be; it follows nesting by recursion, to a limit.
DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
Decoded = TypeVar("Decoded")


@dataclass(frozen=True, slots=True)
class PackKind:
    """A kind of pack.

    Attributes
    ----------
    format, version
        As the manifest says them.
    manifest
        Name of the file.
    what
        In words: "region pack".
    command, example
        The command that builds such packs, and how it is called but for the folder.
    """

    format: str
    version: int
    manifest: str
    what: str
    command: str
    example: str


def write_pack(kind: PackKind, folder: Path, files: dict[str, bytes], manifest: msgspec.Struct) -> None:
    """Write a pack to `folder`, whole or not at all.

    Everything goes to a folder beside it, which is then renamed. An older pack there is replaced.

    Raises
    ------
    PackError
        Where `folder` exists and is not a pack of this kind, or the disk refuses.
    """
    check_may_write(kind, folder)
    written = files | {kind.manifest: msgspec.json.format(msgspec.json.encode(manifest), indent=1)}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise PackError(f"{folder}: cannot be written: {error}") from error
    try:
        fresh.chmod(0o755)
        for name, content in written.items():
            write_durably(fresh / name, content)
        put_in_place(fresh, folder)
    except OSError as error:
        raise PackError(f"{folder}: cannot be written: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_may_write(kind: PackKind, folder: Path) -> None:
    """Raise PackError where `folder` is a file, or holds anything that is not of a pack of this kind."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise PackError(f"{folder}: is a file; name a folder for the {kind.what}")
    if any(folder.iterdir()):
        try:
            _, content = read_head(kind, folder / kind.manifest)
            listed = msgspec.json.decode(content, type=Listed)
        except (PackError, *DECODE_ERRORS) as error:
            raise PackError(
                f"{folder}: holds something that is not a {kind.what}; name another folder or empty it"
            ) from error
        foreign = {entry.name for entry in folder.iterdir()} - set(listed.files) - {kind.manifest}
        if foreign:
            raise PackError(
                f"{folder}: holds {min(foreign)!r}, which is not of the pack and would be lost; name another "
                "folder or move it away"
            )


def read_manifest(kind: PackKind, folder: Path, type_: type[Decoded]) -> Decoded:
    """Return the manifest of a pack of this kind and version.

    Raises
    ------
    PackError
        Naming the file, and the field in it, that is missing, damaged or wrong.
    """
    path = folder / kind.manifest
    head, content = read_head(kind, path)
    if head.version != kind.version:
        raise PackError(
            f"{path}: field version: {head.version}; this code reads {kind.version}; "
            f"build the pack again with `{kind.command}`, or use the version of Dynamic Cover that wrote it"
        )
    try:
        return msgspec.json.decode(content, type=type_)
    except DECODE_ERRORS as error:
        raise PackError(f"{path}: {error}") from error


def read_head(kind: PackKind, path: Path) -> tuple[Head, bytes]:
    """Return the head of the manifest, and the whole of it: it is read only once."""
    try:
        if plain_size(path) > MAX_MANIFEST_BYTES:
            raise PackError(f"{path}: is not the manifest of a {kind.what}: above {MAX_MANIFEST_BYTES} bytes")
        content = read_start(path, MAX_MANIFEST_BYTES)
        head = msgspec.json.decode(content, type=Head)
    except FileNotFoundError as error:
        raise PackError(
            f"{path}: is missing; {path.parent} is no {kind.what}: "
            f"build one, e.g. `{kind.example} {path.parent}`"
        ) from error
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error}") from error
    except DECODE_ERRORS as error:
        raise PackError(f"{path}: is not the manifest of a {kind.what}: {error}") from error
    if head.format != kind.format:
        raise PackError(f"{path}: field format: {head.format!r}; it must be {kind.format!r}")
    return head, content


class PackReader:
    """Reads the files of one pack; every error names the file."""

    def __init__(self, kind: PackKind, folder: Path, files: dict[str, FileEntry]) -> None:
        """Keep where and what; PackError where the files are too large together."""
        self.folder = folder
        self.manifest_path = folder / kind.manifest
        self._files = files
        total = sum(entry.bytes for entry in files.values())
        if total > MAX_PACK_BYTES:
            raise PackError(
                f"{self.manifest_path}: field files: {total} bytes; a pack may have {MAX_PACK_BYTES}"
            )

    def refused(self, error: ValueError) -> PackError:
        """Return what a class said of a value as an error that names the file of its field."""
        field = str(error).partition(":")[0]
        name = f"{field}.npy" if f"{field}.npy" in self._files else self.manifest_path.name
        return PackError(f"{self.folder / name}: {error}")

    def bytes(self, name: str, most: int = MAX_PACK_BYTES) -> bytes:
        """Return the bytes of a file that is as the manifest says."""
        path = self.folder / name
        stated = self._files.get(name)
        if stated is None:
            raise PackError(f"{self.manifest_path}: field files: {name} is not listed")
        if stated.bytes > most:
            raise PackError(f"{path}: has {stated.bytes} bytes; it may have {most}")
        try:
            size = plain_size(path)
            if size != stated.bytes:
                raise PackError(f"{path}: has {size} bytes; the manifest says {stated.bytes}; build it again")
            content = read_start(path, size)
        except FileNotFoundError as error:
            raise PackError(f"{path}: is missing; copy the whole folder or build it again") from error
        except OSError as error:
            raise PackError(f"{path}: cannot be read: {error}") from error
        if hashlib.sha256(content).hexdigest() != stated.sha256:
            raise PackError(f"{path}: its sha256 is not the manifest's: the file is damaged; build it again")
        return content

    def array(self, name: str, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> AnyArray:
        """Return the array of this type and shape."""
        path = self.folder / f"{name}.npy"
        content = self.bytes(path.name)
        try:
            return array_from_npy(content, dtype, shape)
        except ValueError as error:
            raise PackError(f"{path}: field {name}: {error}") from error

    def json(self, name: str, type_: type[Decoded]) -> Decoded:
        """Return the value of a JSON file."""
        path = self.folder / f"{name}.json"
        try:
            return msgspec.json.decode(self.bytes(path.name, MAX_NAMES_BYTES), type=type_)
        except DECODE_ERRORS as error:
            raise PackError(f"{path}: {error}") from error

    def names(self, name: str, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return so many ids, and the names."""
        listed = self.json(name, Names)
        if len(listed.ids) != count:
            raise PackError(
                f"{self.folder / name}.json: field ids: {len(listed.ids)} of them; the manifest says {count}"
            )
        return tuple(listed.ids), tuple(listed.names)

    def geometries(self, name: str, count: int) -> GeometryArray:
        """Return so many polygons."""
        path = self.folder / f"{name}.npy"
        content = self.array(name, np.uint8, (None,)).tobytes()
        ends = self.array(f"{name}.ends", np.int64, (count,))
        starts = np.concatenate([[0], ends[:-1]])
        if len(content) != (ends[-1] if count else 0) or (starts >= ends).any() or (starts < 0).any():
            raise PackError(f"{path}: field {name}: its parts do not fit {name}.ends.npy; build it again")
        parts = [content[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        try:
            return polygons_from_wkb(parts)
        except ValueError as error:
            raise PackError(f"{path}: field {name}: {error}") from error


def entries(files: dict[str, bytes]) -> dict[str, FileEntry]:
    """Return what the manifest says of the files."""
    return {
        name: FileEntry(len(content), hashlib.sha256(content).hexdigest())
        for name, content in sorted(files.items())
    }


def array_files(arrays: dict[str, AnyArray]) -> dict[str, bytes]:
    """Return the files of these arrays."""
    return {f"{name}.npy": _npy(array) for name, array in arrays.items()}


def geometry_arrays(name: str, geometries: GeometryArray) -> dict[str, AnyArray]:
    """Return the arrays polygons are kept in: their bytes end to end, and where each ends."""
    parts = polygons_to_wkb(geometries)
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return {name: np.frombuffer(b"".join(parts), dtype=np.uint8), f"{name}.ends": ends}


def _npy(array: AnyArray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
