"""pip, with a start that suits an emulated processor.

Half of what `pip install` costs there goes by before it does anything: it compiles 220 regular expressions and looks for 470
modules in the folders of sys.path. Both come out the same each time, so prepare.py has written them down when the image was
built. Later pip asks 160 times for a module that no system has here, and Python looks through all folders each time; that it is not
there is written down as well. What the table does not know goes the usual way, and so does everything when Python or pip are
not those it was made with.
"""

import atexit
import gc
import marshal
import os
import sys

TABLE = "/usr/local/libexec/drydock/pip-start"


def main():
    # What pip makes in its short life fits into memory; to look for what could be freed costs more than it gives.
    gc.set_threshold(100_000, 50, 100)
    table = read_table(TABLE)
    if table:
        patterns, modules, absent = table
        sys.meta_path.insert(0, Finder(modules))
        use_patterns(patterns)
        for name in absent:
            sys.modules.setdefault(name, None)  # Python's own way to say that an import fails

    from pip._internal.cli.main import main

    lacking = Lacking()
    status = main()
    lacking.explain()
    # A process's memory goes with it; to take Python's world apart object by object is a second's work.
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


class Lacking:
    """
    What the index does not have. Most courses pin versions that python.lab lacks, and "no matching distribution" then reads as if the version
    did not exist.
    """

    def __init__(self):
        import logging  # only now: pip must be the first to make its loggers

        self.requirements = []
        logging.getLogger("pip._internal.resolution.resolvelib.factory").addFilter(self.hear)

    def hear(self, record):
        if str(record.msg).startswith("Could not find a version that satisfies the requirement") and record.args:
            self.requirements.append(str(record.args[0]).split(" (from ")[0])
        return True

    def explain(self):
        for requirement in self.requirements if "--no-index" not in sys.argv else ():
            print(
                f"python.lab, the package index in this sandbox, does not have {requirement}. Use a version that it has: "
                f"curl http://python.lab/ lists all. An author can add it with `drydock bundle add wheel '{requirement}'`.",
                file=sys.stderr,
            )


def read_table(path):
    """The patterns, modules and absent modules; None when there is no table, or it was made with another Python or pip."""
    try:
        with open(path, "rb") as file:
            # not load(): that asks the file for each number of the 22,000 on its own, which takes eight times as long
            python, pip, patterns, modules, absent = marshal.loads(file.read())
        return (patterns, modules, absent) if python == sys.version and os.path.isdir(pip) else None
    except (OSError, ValueError, EOFError, TypeError):
        return None


def use_patterns(patterns):
    import _sre
    from re import _compiler

    usual = _compiler.compile

    def compile(pattern, flags=0):
        try:
            known = patterns.get((pattern, int(flags)))
        except TypeError:
            known = None
        return _sre.compile(pattern, *known) if known else usual(pattern, flags)

    _compiler.compile = compile


def bytecode_of(source):
    folder, _, name = source.rpartition("/")
    return f"{folder}/__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc"


class Finder:
    """Finds modules by the table: their file, and whether they are packages."""

    def __init__(self, modules):
        from importlib.machinery import ExtensionFileLoader, ModuleSpec, SourceFileLoader

        class Loader(SourceFileLoader):
            """Takes bytecode that is not to be checked against its source as it is. Anything else goes the usual way."""

            def get_code(self, name):
                try:
                    data = self.get_data(bytecode_of(self.path))
                    if data[4:8] == b"\1\0\0\0":
                        return marshal.loads(memoryview(data)[16:])
                except (OSError, ValueError, EOFError, TypeError):
                    pass
                return super().get_code(name)

        self.modules = modules
        self.spec = ModuleSpec
        self.loaders = {True: Loader, False: ExtensionFileLoader}

    def find_spec(self, name, path=None, target=None):
        known = self.modules.get(name)
        if known is None:
            return None
        file, package = known
        source = file.endswith(".py")
        spec = self.spec(name, self.loaders[source](name, file), origin=file, is_package=package)
        spec.has_location = True
        if source:
            spec.cached = bytecode_of(file)
        if package:
            spec.submodule_search_locations.append(file.rpartition("/")[0])
        return spec
