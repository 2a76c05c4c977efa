#!/usr/bin/env python3
"""Holds every dependency to deny.toml: its licence, its name, and where it comes from.

The part of `cargo deny check` that needs nothing but Python 3.11 and cargo, so that it always runs.
Fails too when Cargo.lock does not match the manifests.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def is_allowed(expression: str, allowed: set[str]) -> bool:
    """Returns whether an SPDX expression can be satisfied with the licences in `allowed`.

    `A/B`, the old way of crates.io to write `A OR B`, is understood. AND binds closer than OR, WITH closest.
    """
    tokens = re.findall(r"[()]|[\w.+-]+", re.sub(r"\s*/\s*", " OR ", expression))
    position = 0

    def take() -> str:
        nonlocal position
        position += 1
        if position > len(tokens):
            raise ValueError(f"{expression!r} ends too early")
        return tokens[position - 1]

    def next_is(word: str) -> bool:
        return position < len(tokens) and tokens[position] == word

    def licence() -> bool:
        token = take()
        if token == "(":
            value = either()
            if take() != ")":
                raise ValueError(f"{expression!r} lacks a closing bracket")
            return value
        if token in {"AND", "OR", "WITH", ")"}:
            raise ValueError(f"{expression!r} has {token!r} where a licence belongs")
        if next_is("WITH"):
            take()
            token = f"{token} WITH {take()}"
        return token in allowed

    def both() -> bool:
        value = licence()
        while next_is("AND"):
            take()
            value = licence() and value
        return value

    def either() -> bool:
        value = both()
        while next_is("OR"):
            take()
            value = both() or value
        return value

    value = either()
    if position != len(tokens):
        raise ValueError(f"{expression!r} goes on after its end")
    return value


def faults(package: dict, policy: dict) -> list[str]:
    """Returns what is wrong with one package of `cargo metadata`."""
    found = []
    name = f"{package['name']} {package['version']}"
    exceptions = policy["licenses"].get("exceptions", [])
    allowed = set(policy["licenses"]["allow"])
    allowed |= {name for item in exceptions if item["crate"] == package["name"] for name in item["allow"]}
    expression = package["license"]
    if expression is None:
        found.append(f"{name}: states no licence")
    else:
        try:
            if not is_allowed(expression, allowed):
                found.append(f"{name}: licence {expression!r} is not in deny.toml's allow list")
        except ValueError as error:
            found.append(f"{name}: {error}")
    for ban in policy["bans"]["deny"]:
        if package["name"] == ban["crate"]:
            found.append(f"{name}: banned: {ban['reason']}")
    registries = {f"registry+{address}" for address in policy["sources"]["allow-registry"]}
    if package["source"] is not None and package["source"] not in registries:
        found.append(f"{name}: comes from {package['source']}, which deny.toml does not allow")
    return found


def self_test() -> None:
    """Shows that each rule can fail."""
    allowed = {"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "ISC"}
    for good in ["MIT", "MIT/GPL-3.0", "MIT OR GPL-3.0", "(GPL-3.0 OR MIT) AND ISC", "GPL-3.0 AND ISC OR MIT",
                 "Apache-2.0 WITH LLVM-exception", "GPL-3.0 / MIT"]:
        assert is_allowed(good, allowed), good
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND GPL-3.0", "MIT WITH Other-exception", "ISC AND (GPL-3.0 OR LGPL-3.0)"]:
        assert not is_allowed(bad, allowed), bad
    for broken in ["", "MIT OR", "(MIT", "MIT ISC", "OR MIT"]:
        try:
            is_allowed(broken, allowed)
        except ValueError:
            continue
        raise AssertionError(broken)
    policy = {
        "licenses": {"allow": ["MIT"]},
        "bans": {"deny": [{"crate": "leftpad", "reason": "it is one line"}]},
        "sources": {"allow-registry": ["https://example.org/index"]},
    }
    policy["licenses"]["exceptions"] = [{"crate": "excepted", "allow": ["MPL-2.0"]}]
    package = {"name": "a", "version": "1.0.0", "license": "MIT", "source": "registry+https://example.org/index"}
    assert faults(package, policy) == []
    assert faults(package | {"name": "excepted", "license": "MPL-2.0"}, policy) == []
    assert faults(package | {"license": "MPL-2.0"}, policy) != []
    for change, named in [({"license": "GPL-3.0"}, "GPL-3.0"), ({"license": None}, "no licence"), ({"license": "MIT OR"}, "ends"),
                          ({"name": "leftpad"}, "one line"), ({"source": "git+https://example.org/a"}, "git+")]:
        found = faults(package | change, policy)
        assert len(found) == 1 and named in found[0], (change, found)


def used() -> set[tuple[str, str]]:
    """Returns name and version of every package that some feature on some platform really uses.

    Cargo.lock also holds what a feature would bring in if another, which nobody enables, were enabled too.
    """
    command = ["cargo", "tree", "--locked", "--workspace", "--all-features", "--target", "all", "--prefix", "none", "--format", "{p}"]
    lines = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    words = [line.split() for line in lines if line.strip()]
    return {(word[0], word[1].removeprefix("v")) for word in words}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true", help="check this script instead")
    if parser.parse_args().self_test:
        self_test()
        return 0
    policy = tomllib.loads((ROOT / "deny.toml").read_text())
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    packages = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)["packages"]
    reached = used()
    packages = [package for package in packages if (package["name"], package["version"]) in reached]
    found = [fault for package in packages for fault in faults(package, policy)]
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"{len(packages)} packages, {len(found)} against deny.toml")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
