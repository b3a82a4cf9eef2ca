"""Compares what the tests take for Shopify's schema with the schema that Shopify publishes.

    python -m bench.shopify_schema FOLDER

The folder holds the answer to an introspection query of the Admin API as `admin_<version>.json.gz`.
Every type, field, argument, input field and enum value of ours must be there, alike and not
deprecated; and each query that the store writer sends must be valid. Run as `make shopify-schema`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    build_client_schema,
    is_required_argument,
    is_required_input_field,
    parse,
    specified_rules,
    validate,
)

from photo_tagger_local.stores.shopify import schema
from store_writer import shopify_queries as queries

Inputs = Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]


def main(folder: str) -> int:
    """The number of differences, each of which is printed."""
    packed = (Path(folder) / f"admin_{queries.VERSION}.json.gz").read_bytes()
    theirs = build_client_schema(json.loads(gzip.decompress(packed))["data"])
    ours = schema()
    found = differences(ours, theirs)
    for difference in found:
        print(difference)
    members = sum(len(_members(kind)) for kind in _types(ours))
    print(
        f"{len(_types(ours))} types with {members} fields and values, and {len(queries.ALL)} "
        f"queries, held against the {len(theirs.type_map)} types of Shopify's Admin API "
        f"{queries.VERSION}: {len(found)} differences"
    )
    return len(found)


def differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> list[str]:
    """What of ours, and of the queries, does not agree with theirs; a sentence each."""
    return [
        *(said for kind in _types(ours) for said in _in_type(kind, theirs)),
        *(said for query in queries.ALL for said in _in_query(query, theirs)),
    ]


def _types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    return [kind for name, kind in schema.type_map.items() if not name.startswith("__")]


def _members(kind: GraphQLNamedType) -> Mapping[str, Any]:
    members: Mapping[str, Any] = getattr(kind, "fields", None) or getattr(kind, "values", {})
    return members


def _in_type(ours: GraphQLNamedType, schema: GraphQLSchema) -> Iterator[str]:
    theirs = schema.type_map.get(ours.name)
    if theirs is None or type(theirs) is not type(ours):
        yield f"{ours.name}: {'unknown' if theirs is None else 'of another kind'}"
        return
    for name, member in _members(ours).items():
        other = _members(theirs).get(name)
        if other is None:
            yield f"{ours.name}.{name}: unknown"
            continue
        if other.deprecation_reason:
            yield f"{ours.name}.{name}: deprecated: {other.deprecation_reason}"
        if not isinstance(ours, GraphQLEnumType) and str(member.type) != str(other.type):
            yield f"{ours.name}.{name}: {member.type} of ours, {other.type} of theirs"
        if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            yield from _in_inputs(f"{ours.name}.{name}", member.args, other.args)
    if isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType):
        known = {interface.name for interface in theirs.interfaces}
        yield from (
            f"{ours.name}: is no {interface.name}"
            for interface in getattr(ours, "interfaces", ())
            if interface.name not in known
        )
    if isinstance(ours, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
        yield from _in_inputs(ours.name, ours.fields, theirs.fields)
        if ours.is_one_of != theirs.is_one_of:
            yield f"{ours.name}: only one of them is @oneOf"


def _in_inputs(where: str, ours: Inputs, theirs: Inputs) -> Iterator[str]:
    for name, one in ours.items():
        other = theirs.get(name)
        if other is None:
            yield f"{where}({name}): unknown"
        elif (str(one.type), one.default_value) != (str(other.type), other.default_value):
            yield f"{where}({name}): {one.type} of ours, {other.type} of theirs, or the default"
        elif other.deprecation_reason:
            yield f"{where}({name}): deprecated: {other.deprecation_reason}"
    for name, other in theirs.items():
        if name not in ours and _is_required(other):
            yield f"{where}({name}): must be given"


def _is_required(one: GraphQLArgument | GraphQLInputField) -> bool:
    if isinstance(one, GraphQLArgument):
        return is_required_argument(one)
    return is_required_input_field(one)


def _in_query(query: str, schema: GraphQLSchema) -> list[str]:
    errors = validate(schema, parse(query), [*specified_rules, NoDeprecatedCustomRule])
    return [f"{error.message} in: {query}" for error in errors]


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1]) else 0)
