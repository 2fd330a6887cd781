"""prepare.py TABLE: writes what _pip_start.py starts from, the regular expressions and modules of an install.

Runs where the image is built, with the Python and the pip of the image. The table is a marshalled tuple:
sys.version, the folder of pip's metadata, {(pattern, flags): the further arguments of _sre.compile},
{module: (file, whether it is a package)}, [module that is not there].
"""

import sys

before = set(sys.modules)  # what Python itself starts with; what is imported next is part of an install too

import importlib.util
import marshal
import os
import re
import tempfile
import zipfile
from re import _compiler


class Recorder:
    """Python's _sre, with the arguments of its last compile."""

    def __init__(self, real):
        self.real = real

    def __getattr__(self, name):
        return getattr(self.real, name)

    def compile(self, *words):
        self.words = words
        return self.real.compile(*words)


def record_patterns(run):
    patterns = {}
    usual, recorder = _compiler.compile, Recorder(_compiler._sre)

    def compile(pattern, flags=0):
        compiled = usual(pattern, flags)
        if isinstance(pattern, (str, bytes)):
            _, all_flags, code, groups, index, names = recorder.words
            # plain integers: the compiler's named constants cannot be written down
            patterns[pattern, int(flags)] = int(all_flags), [int(word) for word in code], int(groups), dict(index), tuple(names)
        return compiled

    _compiler._sre, _compiler.compile = recorder, compile
    try:
        run()
    finally:
        _compiler._sre, _compiler.compile = recorder.real, usual
    return patterns


def install():
    """As a student's install, of a wheel with nothing in it."""
    from pip._internal.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(f"{folder}/nothing-1-py3-none-any.whl", "w") as wheel:
            files = {
                "METADATA": "Metadata-Version: 2.1\nName: nothing\nVersion: 1\n",
                "WHEEL": "Wheel-Version: 1.0\nGenerator: drydock\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                "RECORD": "".join(f"nothing-1.dist-info/{name},,\n" for name in ("METADATA", "WHEEL", "RECORD")),
            }
            for name, text in files.items():
                wheel.writestr(f"nothing-1.dist-info/{name}", text)
        requirements = f"{folder}/requirements.txt"
        with open(requirements, "w") as file:
            file.write("nothing>=1\n")
        if main(["install", "--quiet", "--no-index", "--find-links", folder, "--target", f"{folder}/target", "-r", requirements]):
            sys.exit("pip does not install a wheel with nothing in it")


def compare(patterns):
    import _sre

    for (pattern, flags), words in patterns.items():
        re.purge()
        # patterns are equal when what they were compiled to is
        if _sre.compile(pattern, *words) != re.compile(pattern, flags):
            sys.exit(f"not what Python makes of it: {pattern!r}")


def files_of_modules():
    modules = {}
    for name, module in sys.modules.items():
        spec = getattr(module, "__spec__", None)
        if name not in before and spec and spec.name == name and spec.has_location and os.path.isfile(spec.origin or ""):
            modules[name] = spec.origin, spec.submodule_search_locations is not None
    return modules


# By PEP 600 a distributor may bring this module, to say which wheels of the name "manylinux" fit. Debian does not.
OPTIONAL = ["_manylinux"]

patterns = record_patterns(install)
compare(patterns)
modules = files_of_modules()
absent = [name for name in OPTIONAL if importlib.util.find_spec(name) is None]

import pip

metadata = f"{os.path.dirname(os.path.dirname(pip.__file__))}/pip-{pip.__version__}.dist-info"
if not os.path.isdir(metadata):
    sys.exit(f"pip has no metadata in {metadata}")
with open(sys.argv[1], "wb") as file:
    marshal.dump((sys.version, metadata, patterns, modules, absent), file)
print(f"pip's start: {len(patterns)} regular expressions, {len(modules)} modules, {os.stat(sys.argv[1]).st_size} bytes")
