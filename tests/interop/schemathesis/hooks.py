"""Most of the ids that the tester makes up become ids that are there, so that it comes further than "not found"."""

import json
import os
import re

import schemathesis

KNOWN = json.loads(os.environ.get("REFRAIN_TEST_IDS", "{}"))
ID = re.compile(r"^([a-z]+)_[0-9a-f]{32}$")


def known(value):
    """The same text is always given the same id, so that a failure can be played again."""
    found = ID.match(value)
    ids = KNOWN.get(found.group(1), []) if found else []
    digit = int(value[-1], 16) if ids else 0
    return ids[digit % len(ids)] if ids and digit < 13 else value


def replaced(value):
    if isinstance(value, str):
        return known(value)
    if isinstance(value, list):
        return [replaced(item) for item in value]
    if isinstance(value, dict):
        return {name: replaced(item) for name, item in value.items()}
    return value


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return replaced(path_parameters)


@schemathesis.hook
def map_body(context, body):
    return replaced(body)
