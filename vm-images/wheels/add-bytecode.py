"""add-bytecode.py FROM TO: each wheel of one folder into another, with the bytecode of its modules and without its README.

pip compiles what it installs, and on an emulated processor that is a third of an installation. A wheel that brings the
bytecode along needs none of it (`no-compile`). It is a build of its own ("1drydock" in its name, as the wheel format has it),
which pip prefers to the build without; who pins the hash of PyPI's file gets that. Bytecode of the "unchecked" kind is never
compared with its source, so it does not matter when pip wrote that.

The description in the metadata, a project's README, is shown by no command of pip, and read line by line five times.
"""
import base64
import csv
import hashlib
import io
import importlib.util
import pathlib
import py_compile
import sys
import tempfile
import zipfile

BUILD = "1drydock"


def bytecode_of(name: str, source: bytes, folder: pathlib.Path) -> bytes | None:
    """None for what this Python does not understand, which pip leaves alone too."""
    (folder / "source.py").write_bytes(source)
    try:
        py_compile.compile(str(folder / "source.py"), str(folder / "code"), dfile=name, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    except py_compile.PyCompileError:
        return None
    return (folder / "code").read_bytes()


def without_description(metadata: bytes) -> bytes:
    """The headers alone: the description is the body, after the first empty line."""
    return metadata.replace(b"\r\n", b"\n").partition(b"\n\n")[0].rstrip() + b"\n"


def record_of(files: dict[str, bytes], name: str) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow((path, f"sha256={digest}", len(content)))
    rows.writerow((name, "", ""))
    return text.getvalue().encode()


def rebuild(wheel: pathlib.Path, to: pathlib.Path, folder: pathlib.Path) -> None:
    name, version, *tags = wheel.stem.split("-")
    with zipfile.ZipFile(wheel) as archive:
        entries = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        files = {path: archive.read(path) for path in entries}
    info = next(path for path in files if path.count("/") == 1 and path.endswith(".dist-info/WHEEL")).rpartition("/")[0]
    del files[f"{info}/RECORD"]
    files[f"{info}/WHEEL"] = files[f"{info}/WHEEL"].rstrip() + f"\nBuild: {BUILD}\n".encode()
    files[f"{info}/METADATA"] = without_description(files[f"{info}/METADATA"])
    for path, source in list(files.items()):
        # scripts and headers lie in *.data; they are no modules
        if path.endswith(".py") and ".data/" not in path:
            code = bytecode_of(path, source, folder)
            if code is not None:
                files[importlib.util.cache_from_source(path)] = code
    files[f"{info}/RECORD"] = record_of(files, f"{info}/RECORD")
    with zipfile.ZipFile(to / f"{'-'.join([name, version, BUILD, *tags[-3:]])}.whl", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files, key=lambda path: (path.startswith(f"{info}/"), path == f"{info}/RECORD")):
            entry = zipfile.ZipInfo(path, date_time=(2000, 1, 1, 0, 0, 0))
            entry.external_attr = entries[path].external_attr if path in entries else 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])


with tempfile.TemporaryDirectory() as scratch:
    for found in sorted(pathlib.Path(sys.argv[1]).glob("*.whl")):
        rebuild(found, pathlib.Path(sys.argv[2]), pathlib.Path(scratch))
