#!/usr/bin/env python3
"""Modules depend on what is below them only, and src/config alone reads the environment."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUFFIXES = {".cpp", ".hpp", ".cc", ".h", ".hh", ".inl", ".ipp"}

# What each folder of src/ may include besides itself.
BELOW = {
    "server": "proxy cluster cache processor refinery image png jpeg codec atproto source hub s3 mongo http config base",
    "proxy": "cluster cache processor refinery image png jpeg codec atproto source hub s3 mongo http config base",
    "cluster": "cache s3 mongo http config base",
    "cache": "http config base",
    "processor": "image png jpeg codec hub http config base",
    "refinery": "image base",
    "image": "png jpeg webp codec base",
    "png": "base",
    "jpeg": "base",
    "webp": "base",
    "codec": "base",
    "atproto": "source hub http config base",
    "source": "http config base",
    "hub": "base",
    "gitdiff": "base",
    "mongo": "base",
    "s3": "http config base",
    "page": "http config base",
    "http": "config base",
    "config": "base",
    "base": "",
}
BELOW = {module: set(below.split()) for module, below in BELOW.items()}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)
ENVIRONMENT = re.compile(r"\b(?:secure_)?getenv\b|\b_*environ\b")
# Comments, raw strings, strings and letters; an apostrophe after a digit separates digits.
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"(?P<mark>[^ ()\\\n]*)\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def blanked(text, what):
    """The text with the tokens that `what` chooses as blanks, line by line as before."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if what(m[0]) else m[0], text)


def is_comment(token):
    return token.startswith(("//", "/*"))


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def module_of(path):
    """`http` of src/http/url.hpp; `cmd` of anything in cmd/; nothing elsewhere."""
    try:
        parts = path.relative_to(ROOT).parts
    except ValueError:
        return None
    if parts[0] == "cmd":
        return "cmd"
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def target_of(path, name):
    """The project's file that an include names, looked for as the compiler does; nothing when it is another's."""
    for folder in (path.parent, ROOT / "src"):
        if (folder / name).is_file():
            return (folder / name).resolve()
    return None


def include_problem(path, name, quoted):
    """Why the file must not include this, as a sentence; nothing when it may."""
    target = target_of(path, name)
    if target is None:
        return f'"{name}" is no file of the project; write <{name}> for a library.' if quoted else None
    module, included = module_of(path), module_of(target)
    if module == included or module == "cmd":
        return None
    if included not in BELOW:
        return f'The module {module} must not include "{name}", which belongs to no module of src/.'
    if included in BELOW[module]:
        return None
    allowed = ", ".join(m for m in BELOW if m in BELOW[module])
    below = f"only {allowed}" if allowed else "nothing"
    return f'The module {module} must not include "{name}": below {module} there is {below}.'


def problems_of(path):
    """(line, sentence) for each violation in a file."""
    text = path.read_text(encoding="utf-8", errors="replace")
    module = module_of(path)
    if module != "cmd" and module not in BELOW:
        yield 1, f"The module {module} has no place in the order of dependencies; give it one in this test."
        return
    for match in INCLUDE.finditer(blanked(text, is_comment)):
        problem = include_problem(path, match[1] or match[2], match[1] is not None)
        if problem:
            yield line_of(text, match.start()), problem
    if module != "config":
        for match in ENVIRONMENT.finditer(blanked(text, lambda token: True)):
            yield line_of(text, match.start()), f"Only src/config reads the environment, but this names {match[0]}."


def main():
    files = sorted(p for top in ("src", "cmd") for p in (ROOT / top).rglob("*") if p.suffix in SUFFIXES)
    if not files:
        print(f"There is no source file in {ROOT}/src and {ROOT}/cmd to check.", file=sys.stderr)
        return 1
    found = [(path, line, problem) for path in files for line, problem in problems_of(path)]
    for path, line, problem in found:
        print(f"{path.relative_to(ROOT)}:{line}: {problem}", file=sys.stderr)
    if found:
        return 1
    print(f"dependencies: {len(files)} files keep the order of the modules")
    return 0


if __name__ == "__main__":
    sys.exit(main())
