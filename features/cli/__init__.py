"""The command `features`: one file per command, imported when it is called.

To add a command, write its file and add its line to COMMANDS. The file's docstring is the command's help; it has

    EXAMPLE: str                                        shown at the end of --help
    add_arguments(parser: argparse.ArgumentParser)      its options
    run(args: argparse.Namespace) -> int                the exit code; FeaturesError becomes one line and exit code 2
"""

import argparse
import difflib
import importlib
import keyword
import os
import sys
from collections.abc import Sequence

from features.errors import FeaturesError, PackageMissing

# Command -> what it does. A command whose name is a keyword lives in a file with a `_` after it: `import_.py`.
COMMANDS = {
    "ls": "data sets, videos and features in a store",
    "show": "an artifact's recipe, inputs, statistics and arrays",
    "why": "what distinguishes an artifact from its nearest kin",
    "plan": "what a run would compute, how long it would take, and how much room",
    "view": "an artifact as pictures: boxes and flow over the frames, cubes as a sheet",
    "import": "published poses and clip features into the store",
    "export": "poses, clip features and labels as files that other programs read",
    "match": "by which recipe published clip features were made, by computing a few of them again",
    "diff": "what distinguishes two artifacts, or two sets of clip features",
    "audit": "what anyone's scores reach, and what is wrong with them",
    "verify": "find damaged artifacts",
    "du": "bytes by data set and kind",
    "weights": "whether weights give the features that were published for a sample video",
    "doctor": "packages, devices, disk: what works here and what does not",
}
MISTAKE, INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Mistakes of the user are one line on stderr and 2."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if words[0] == "--version":
        from features import __version__

        print(f"features {__version__}")
        return 0
    name = words[0]
    if name not in COMMANDS:
        alike = difflib.get_close_matches(name, COMMANDS, n=1)
        meant = f"; did you mean {alike[0]!r}?" if alike else ""
        print(f"features: no command {name!r}{meant} (features --help lists them)", file=sys.stderr)
        return MISTAKE
    return _run(name, words[1:])


def _run(name: str, words: Sequence[str]) -> int:
    try:
        return _parsed_and_run(name, words)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "features") or "--debug" in words:
            raise
        return _told(name, PackageMissing(f"{package} is not installed; pip install 'vad-features[pipeline]'"))


def _parsed_and_run(name: str, words: Sequence[str]) -> int:
    module = importlib.import_module(f"{__name__}.{name}{'_' if keyword.iskeyword(name) else ''}")
    parser = argparse.ArgumentParser(
        prog=f"features {name}",
        description=(module.__doc__ or COMMANDS[name]).strip(),
        epilog=f"example:\n{_indented(module.EXAMPLE)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    parser.add_argument("--debug", action="store_true", help="show where in the code an error comes from")
    args = parser.parse_args(words)
    try:
        return int(module.run(args))
    except BrokenPipeError:  # `features ls | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (FeaturesError, OSError) as error:
        if args.debug:
            raise
        return _told(name, error)


def _told(name: str, error: Exception) -> int:
    from features.text import printable

    print(f"features {name}: {printable(' '.join(_said(error).split()))}", file=sys.stderr)
    return MISTAKE


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}; check the path and its rights"
    return str(error)


def _overview() -> str:
    width = max(map(len, COMMANDS)) + 2
    listed = "\n".join(f"  {name:{width}}{what}" for name, what in COMMANDS.items())
    return (
        "usage: features COMMAND [options]\n\nVideo features: computed once, kept under the digest of how they were "
        f"made.\n\ncommands:\n{listed}\n\n`features COMMAND --help` explains one, with an example.\n"
        "The store is --store, or $FEATURES_STORE, or `store` in config.yaml, or ./store."
    )


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines())
