"""Checks a configuration of Terraform in JSON by what the vendor's plugin takes: every argument of every resource and of the
plugin itself, and those that it must have, as the bindings of CDK for Terraform tell them, which are generated from the
plugin's own schema. They are read from their wheel as it is, and not installed (terraform.txt). What templates refer to must
be there too, as an attribute that its kind has, by a number where there are several and by none where there is one.
Usage: terraform.py WHEEL FILE..., of which each line that finds something names one.
"""

import ast
import json
import re
import sys
import zipfile
from functools import cache

# Arguments that Terraform itself has in every block.
META = {"//", "count", "depends_on", "lifecycle", "provider"}
# A reference to a variable, or to a block by its kind and name, maybe by a number, with what it is asked for.
REFERENCE = re.compile(r"var\.\w+|(?<![\w.])((?:data\.)?(?:google|azurerm)_\w+\.\w+)(\[\d+\])?((?:\.\w+)*)")


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
        return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}

    @cache
    def block(self, section, kind):
        """The classes of a kind's module, and the one that its arguments are of."""
        prefix = "data_" if section == "data" else ""
        short = kind.split("_", 1)[1]
        classes = self.classes(prefix + (kind if prefix else short)) or self.classes(prefix + short)
        if classes is None:
            return None, None
        return classes, next(name for name in classes if name.endswith("Config") and "connection" in arguments(classes[name]))

    @cache
    def attributes(self, section, kind):
        """What a block of this kind may be asked for."""
        classes, config = self.block(section, kind)
        node = classes[config.removesuffix("Config")]
        named = {each.name for each in node.body if isinstance(each, ast.FunctionDef)
                 if any(isinstance(mark, ast.Attribute) and mark.attr == "property" for mark in each.decorator_list)}
        return {name for name in named if not name.endswith("_input")}


@cache
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
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def block(classes, name, body, at):
    known = arguments(classes[name])
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
            elif inner:
                yield f"{at}.{argument} is a block and no {type(each).__name__}"
            elif isinstance(each, dict) and "Mapping" not in known[argument][1]:
                yield f"{at}.{argument} is no block"
    for argument, (needed, _) in known.items():
        if needed and argument not in body:
            yield f"{at} needs the argument {argument}"


def check(plugin, section, document):
    for kind, named in document.get(section, {}).items():
        classes, config = plugin.block(section, kind)
        if classes is None:
            yield f"there is no {section} {kind}"
            continue
        for name, body in named.items():
            yield from block(classes, config, body, f"{kind}.{name}")


def provider(plugin, document):
    for name, body in document.get("provider", {}).items():
        classes = plugin.classes("provider")
        config = next(each for each in classes if each.endswith("ProviderConfig"))
        yield from block(classes, config, body, f"provider.{name}")


def references(plugin, document):
    """Whatever a template names must be there, and have what it is asked for."""
    there = {f"var.{name}": None for name in document.get("variable", {})}
    for section, before in (("resource", ""), ("data", "data.")):
        for kind, named in document.get(section, {}).items():
            there.update({f"{before}{kind}.{name}": (section, kind, body) for name, body in named.items()})
    text = json.dumps(document)
    for template in re.findall(r"(?<!\$)\$\{([^}]*)\}", text):
        for found in REFERENCE.finditer(template):
            name = found[1] or found[0]
            if name not in there:
                yield f"there is no {name}"
            elif found[1]:
                yield from asked(plugin, there[name], found)
    for name in (name for each in document.get("resource", {}).values() for body in each.values()
                 for name in body.get("depends_on", [])):
        if name not in there:
            yield f"there is no {name}"


def asked(plugin, target, found):
    section, kind, body = target
    several = "count" in body
    if several != bool(found[2]):
        yield f"{found[0]} {'needs' if several else 'has'} {'a' if several else 'no'} number"
    attributes = found[3].split(".")[1:]
    if plugin.block(section, kind)[0] is None:
        return
    if not attributes or attributes[0] not in plugin.attributes(section, kind):
        yield f"{found[0]} asks for no attribute of {kind}"


def main():
    plugin = Plugin(sys.argv[1])
    problems = []
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        found = [*check(plugin, "resource", document), *check(plugin, "data", document)]
        found += [*provider(plugin, document), *references(plugin, document)]
        problems += [f"{path}: {each}" for each in found]
        named = [each for section in ("resource", "data") for each in document.get(section, {}).values()]
        print(path, sum(map(len, named)), "blocks")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
