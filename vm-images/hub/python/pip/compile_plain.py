"""compile_plain.py FOLDER: writes the bytecode of the programs in a folder, with annotations left as the text they are.

An install imports 470 modules and, by the way, evaluates the types of some thousand arguments for nobody: 50 M instructions. Half of pip's
own modules ask to be spared that (`from __future__ import annotations`); here all are compiled as if they did.
The bytecode is never checked against its source.
"""

import __future__
import importlib.util
import pathlib
import sys
from importlib._bootstrap_external import _code_to_hash_pyc

for file in pathlib.Path(sys.argv[1]).rglob("*.py"):
    source = file.read_bytes()
    code = compile(source, str(file), "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)
    bytecode = pathlib.Path(importlib.util.cache_from_source(file))
    bytecode.parent.mkdir(exist_ok=True)
    bytecode.write_bytes(_code_to_hash_pyc(code, importlib.util.source_hash(source), False))
