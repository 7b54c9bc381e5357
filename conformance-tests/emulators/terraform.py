"""Checks a configuration of Terraform in JSON by what the vendor's plugin takes: every argument of every resource, and
those that it must have, as the bindings of CDK for Terraform tell them, which are generated from the plugin's own
schema. They are read from their wheel as it is, and not installed (terraform.txt). What templates refer to must be there
too. Usage: terraform.py WHEEL FILE
"""

import ast
import json
import re
import sys
import zipfile
from functools import cache

# Arguments that Terraform itself has in every block.
META = {"//", "count", "depends_on", "lifecycle", "provider"}


class Plugin:
    def __init__(self, wheel):
        self.archive = zipfile.ZipFile(wheel)
        self.names = set(self.archive.namelist())
        self.package = next(name for name in self.names if name.endswith("/_jsii/__init__.py")).split("/")[0]

    @cache
    def classes(self, module):
        path = f"{self.package}/{module}/__init__.py"
        if path not in self.names:
            return None
        tree = ast.parse(self.archive.read(path))
        return {node.name: arguments(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def arguments(node):
    """The arguments of a class: whether each must be there, and the classes of blocks that it takes."""
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and function.name == "__init__":
            spec = function.args
            pairs = zip(spec.kwonlyargs, spec.kw_defaults)
            return {arg.arg: (default is None, words(arg.annotation)) for arg, default in pairs}
    return {}


def words(annotation):
    found = set()
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            found.add(node.id)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def block(classes, name, body, at):
    known = classes[name]
    for argument, value in body.items():
        if argument in META:
            continue
        if argument not in known:
            yield f"{at} has no argument {argument}"
            continue
        inner = sorted(word for word in known[argument][1] if word in classes)
        for each in value if isinstance(value, list) else [value]:
            if inner and isinstance(each, dict):
                yield from block(classes, inner[0], each, f"{at}.{argument}")
    for argument, (needed, _) in known.items():
        if needed and argument not in body:
            yield f"{at} needs the argument {argument}"


def check(plugin, section, prefix, document):
    for kind, named in document.get(section, {}).items():
        short = kind.split("_", 1)[1]
        module = prefix + (kind if prefix else short)
        classes = plugin.classes(module) or plugin.classes(prefix + short)
        if classes is None:
            yield f"there is no {section} {kind}"
            continue
        config = next(name for name in classes if name.endswith("Config") and "connection" in classes[name])
        for name, body in named.items():
            yield from block(classes, config, body, f"{kind}.{name}")


def references(document):
    """Whatever a template names must be there."""
    there = {f"var.{name}" for name in document.get("variable", {})}
    for section, before in (("resource", ""), ("data", "data.")):
        for kind, named in document.get(section, {}).items():
            there.update(f"{before}{kind}.{name}" for name in named)
    text = json.dumps(document)
    for template in re.findall(r"(?<!\$)\$\{([^}]*)\}", text):
        for name in re.findall(r"var\.\w+|data\.\w+\.\w+|(?<![\w.])(?:google|azurerm)_\w+\.\w+", template):
            if name not in there:
                yield f"there is no {name}"
    for name in (name for each in document.get("resource", {}).values() for body in each.values()
                 for name in body.get("depends_on", [])):
        if name not in there:
            yield f"there is no {name}"


def main():
    plugin = Plugin(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        document = json.load(file)
    problems = [*check(plugin, "resource", "", document), *check(plugin, "data", "data_", document)]
    problems += references(document)
    if problems:
        sys.exit("\n".join(problems))
    print(sum(len(named) for section in ("resource", "data") for named in document.get(section, {}).values()), "blocks")


if __name__ == "__main__":
    main()
