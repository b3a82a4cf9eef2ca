"""The reading of the source finds every form of a call or an error, and follows what is used."""

import pytest

from .reach import CLIENT, Reach, Source

CLIENTS = "def client(service): ...\n"
IMPORT = f"from {CLIENT.rpartition('.')[0]} import client\n"


def operations(handler: str, **modules: str) -> set[str]:
    """What the function `f` comes to, given its handler and other modules of its folder."""
    texts = {f"f.{name}": text for name, text in modules.items()}
    reach = Reach(Source({CLIENT.rpartition(".")[0]: CLIENTS, "f.handler": handler} | texts), "f")
    return {site.operation for site in reach.sites}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('client("s3").put_object(Key="a")', "s3.put_object"),
        ('client("s3", attempts=1).put_object()', "s3.put_object"),
        ('s3 = client("s3")\n    s3.put_object()', "s3.put_object"),
        ('put = client("s3").put_object', "s3.put_object"),
        ('client("s3").get_object(VersionId="1")', "s3.get_object VersionId"),
        ('client("s3").get_object(**where)', "s3.get_object **"),
        ('client("dynamodb").query(IndexName="open")', "dynamodb.query IndexName"),
        ('client("s3").get_paginator("list_objects_v2").paginate()', "s3.list_objects_v2"),
        (
            'client("dynamodb").get_paginator("query").paginate(IndexName="open")',
            "dynamodb.query IndexName",
        ),
        ('client("s3").get_waiter("object_exists").wait()', "s3.object_exists"),
        ('client("s3").get_paginator(name)', "s3.get_paginator"),
        (
            'client("dynamodb").transact_write_items(TransactItems=[{"Put": a}, {"Delete": b}])',
            "dynamodb.transact_write_items Delete Put",
        ),
        (
            'try: ...\n    except client("s3").exceptions.NoSuchKey: ...',
            "s3.exceptions.NoSuchKey",
        ),
        ('a = {"TableName": "drafts", "Item": {}}', "a request to a table"),
        ("client(name).put_object()", "an unknown service.put_object"),
        ('use(client("s3"))', "s3 handed on"),
        ('return client("s3")', "s3 handed on"),
        ('self.s3 = client("s3")', "s3 handed on"),
        ('s3, more = client("s3"), 1', "s3 handed on"),
        ('s3 = client("s3")\n    use(s3)', "s3 handed on"),
        ('s3 = client("s3")\n    other = s3\n    other.put_object()', "s3 handed on"),
        ("use(client)", "client handed on"),
        ('import boto3\n    boto3.client("s3")', "boto3.client"),
        ("from boto3 import Session\n    Session()", "boto3.Session"),
        (
            "from aws_lambda_powertools.utilities import parameters\n"
            '    parameters.get_secret("a")',
            "aws_lambda_powertools.utilities.parameters.get_secret",
        ),
    ],
)
def test_each_form_of_a_call_is_found(code: str, found: str) -> None:
    assert found in operations(f"{IMPORT}def handle(self, where, name):\n    {code}\n")


PROVIDER = "from aws_lambda_powertools.utilities.parameters import SSMProvider\n"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            'def handle(): SSMProvider(boto3_client=client("ssm")).get_multiple("/a")\n',
            {"SSMProvider.get_multiple"},
        ),
        (
            'def made() -> SSMProvider: return SSMProvider(boto3_client=client("ssm"))\n'
            'def handle(): made().get("/a")\n',
            {"SSMProvider.get"},
        ),
        (
            'def made(): return SSMProvider(boto3_client=client("ssm"))\n'
            'def handle(): made().get("/a")\n',
            {"SSMProvider handed on"},
        ),
        ('KEPT = SSMProvider(boto3_client=client("ssm"))\n', {"SSMProvider handed on"}),
    ],
)
def test_what_is_asked_of_a_provider_of_parameters_is_found(code: str, found: set[str]) -> None:
    assert operations(IMPORT + PROVIDER + code) == found


def test_what_runs_when_a_module_is_loaded_is_found() -> None:
    assert operations(f'{IMPORT}s3 = client("s3")\n') == {"s3 handed on"}
    loaded = f'{IMPORT}NAMES = client("s3").list_buckets()\n'
    assert operations("import f.names\n", names=loaded) == {"s3.list_buckets"}
    assert operations("from f.names import NAMES\n", names=loaded) == {"s3.list_buckets"}


def test_an_other_name_for_an_import_is_followed() -> None:
    store = f'{IMPORT}def write(): client("s3").put_object()\n'
    handlers = (
        "from f.store import write as put\ndef handle(): put()\n",
        "from f import store as there\ndef handle(): there.write()\n",
        "import f.store\ndef handle(): f.store.write()\n",
        "def handle():\n    from f.store import write\n    write()\n",
        "from f.again import write\ndef handle(): write()\n",
    )
    for handler in handlers:
        again = "from f.store import write\n"
        assert operations(handler, store=store, again=again) == {"s3.put_object"}, handler


STORE = f"""{IMPORT}
class Reader:
    def __init__(self): client("s3").head_bucket()
    def get(self): return self.find()
    def find(self): client("s3").get_object()

class Writer(Reader):
    def put(self): client("s3").put_object()
    def drop(self): client("s3").delete_object()

class Other:
    def find(self): client("s3").list_objects_v2()
"""


@pytest.mark.parametrize(
    ("handler", "found"),
    [
        ("from f.store import Reader\n", set()),
        ("from f.store import Reader\nReader()\n", {"head_bucket"}),
        ("from f.store import Reader\nReader().get()\n", {"head_bucket", "get_object"}),
        (
            "from f.store import Writer\nwriter = Writer()\nwriter.put()\n",
            {"head_bucket", "put_object"},
        ),
        (
            "from f.store import Reader, Other\nReader().get()\nOther()\n",
            {"head_bucket", "get_object"},
        ),
        (
            "from f.store import Reader, Other\nOther().find()\nReader\n",
            {"head_bucket", "list_objects_v2"},
        ),
    ],
)
def test_a_method_counts_only_where_its_name_is_used(handler: str, found: set[str]) -> None:
    assert operations(handler, store=STORE) == {f"s3.{operation}" for operation in found}


@pytest.mark.parametrize(
    "code",
    [
        "def handle(reader: Reader): reader.find()\n",
        "def handle(reader: Reader | None): reader.find()\n",
        "def handle():\n    reader = Reader()\n    reader.find()\n",
        "def made() -> Reader: ...\ndef handle(): made().find()\n",
        "class Kept:\n    reader: Reader\n    def __call__(self): self.reader.find()\nKept\n",
        "class Kept:\n    def __init__(self, reader: Reader): self.reader = reader\n"
        "    def __call__(self): self.reader.find()\nKept\n",
        "class Kept:\n    def __init__(self): self.reader = Reader()\n"
        "def handle(kept: Kept): kept.reader.find()\n",
    ],
)
def test_two_methods_of_one_name_are_told_apart_by_the_class(code: str) -> None:
    found = operations(f"from f.store import Reader, Other\nOther()\n{code}", store=STORE)
    assert "s3.get_object" in found
    assert "s3.list_objects_v2" not in found


@pytest.mark.parametrize(
    "code",
    [
        "def handle(thing): thing.find()\n",
        "def handle(thing: object): thing.find()\n",
        "from typing import Protocol\nclass Finder(Protocol):\n    def find(self): ...\n"
        "def handle(thing: Finder): thing.find()\n",
        "def handle(thing: Reader):\n    thing = Other()\n    thing.find()\n    thing.find()\n",
        "import thing\nthing = thing.made\nthing.find()\n",
    ],
)
def test_an_unknown_class_may_be_any(code: str) -> None:
    found = operations(f"from f.store import Reader, Other\nOther()\nReader()\n{code}", store=STORE)
    assert {"s3.get_object", "s3.list_objects_v2"} <= found


def test_what_a_decorator_registers_counts_as_used() -> None:
    pages = f'{IMPORT}from web import app\n@app.get("/")\ndef page(): client("s3").get_object()\n'
    assert operations("import f.pages\n", pages=pages) == {"s3.get_object"}
    kept = f'{IMPORT}from functools import cache\n@cache\ndef page(): client("s3").get_object()\n'
    assert operations("import f.pages\n", pages=kept) == set()


def test_a_relative_import_is_refused() -> None:
    with pytest.raises(ValueError, match="a relative import is not followed"):
        operations("from .store import write\n")


ERRORS = """
class BusyError(Exception):
    def __init__(self, what): ...

class BusierError(BusyError): ...

class Calm: ...
"""


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('raise BusyError("a")', {"BusyError"}),
        ('raise BusyError("a") from None', {"BusyError"}),
        ("raise BusyError", {"BusyError"}),
        ('raise BusierError("a")', {"BusierError"}),
        ('error = BusyError("a")\n    raise error', {"BusyError"}),
        ('raise ValueError("a")', set()),
        ("Calm()", set()),
        ("try: ...\n    except BusyError: ...", set()),
        ("try: raise BusyError\n    except BusyError: ...", set()),
        ("try: raise BusyError\n    except (OSError, BusyError): ...", set()),
        ("try: raise BusyError\n    except BusyError: raise", {"BusyError"}),
        ("try: raise BusyError\n    except BusyError: raise BusierError", {"BusierError"}),
    ],
)
def test_each_form_of_an_error_is_found(code: str, found: set[str]) -> None:
    handler = f"from f.errors import BusyError, BusierError, Calm\ndef handle():\n    {code}\n"
    texts = {CLIENT.rpartition(".")[0]: CLIENTS, "f.handler": handler, "f.errors": ERRORS}
    assert Reach(Source(texts), "f").errors == {f"f.errors.{name}" for name in found}


def test_an_error_that_is_never_come_to_cannot_leave_the_function() -> None:
    work = "class BusyError(Exception): ...\ndef work(): raise BusyError\ndef rest(): ...\n"
    for used, found in (("work", {"f.work.BusyError"}), ("rest", set())):
        handler = f"from f.work import {used}\ndef handle(): {used}()\n"
        texts = {CLIENT.rpartition(".")[0]: CLIENTS, "f.handler": handler, "f.work": work}
        assert Reach(Source(texts), "f").errors == found
