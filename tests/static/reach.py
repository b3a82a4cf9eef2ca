"""Which AWS calls and errors a function can come to, read from its source alone.

Begins with all of `<folder>/handler.py` and follows the names used there through `functions/`, one
definition at a time, so that a function which only reads records is not charged with writing them:

* a name, or an attribute of an imported module: that function or class;
* a class: its bases, what stands in its body, and its dunder methods; another method only where its
  name is used as an attribute: of something of that class, its bases or its heirs, or of something
  whose class neither annotations nor calls tell;
* a decorator that may register what it decorates (`@app.route`, `@field_validator`): counts as a
  use of it;
* an import: what runs when that module is loaded.

What it finds there (a `Site` each):

* `client("s3").put_object(...)`, directly or through a variable: `s3.put_object`. With a parameter
  that changes what is asked of IAM, or that may be hidden in `**`, this is told: `s3.get_object
  VersionId`. A paginator or waiter counts as the call it makes;
* the kinds of a transaction's requests: `dynamodb.transact_write_items Put`;
* `s3.exceptions.NoSuchKey`: telling that a key is not there is a right of its own;
* a dict that names a table, which a transaction elsewhere writes: `a request to a table`;
* what is asked of an SSMProvider, made here or by a function that is annotated to return one;
* whatever hides a client from sight: handed on, kept on `self`, or made by other means;
* the exception classes of ours that are made there (`errors`), but for those that something there
  catches without raising them again.

What it cannot see: `getattr` and other calls by a name in a variable, calls that libraries make by
themselves, an error that is told by its code as text, and which bucket or table a variable holds.
The last two are for the table of needs to say.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

CLIENT = "photo_tagger.aws.clients.client"
PROVIDER = "SSMProvider"
_OTHER_WAYS = (
    "boto3.client",
    "boto3.resource",
    "boto3.Session",
    "boto3.session",
    "botocore.session",
    "aws_lambda_powertools.utilities.parameters",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_lambda_powertools.utilities.feature_flags",
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TELLING = ("IndexName", "VersionId")
_REQUESTS = ("ConditionCheck", "Delete", "Get", "Put", "Update")
_REGISTER_NOTHING = (
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "dataclass",
    "lru_cache",
    "property",
    "staticmethod",
)


class Site(NamedTuple):
    """A call to AWS, and the definition it stands in."""

    definition: str
    operation: str


@dataclass
class Definition:
    """A function, a method, a class without its methods, or what runs when a module is loaded."""

    name: str
    module: str
    code: list[ast.AST]
    of_class: str | None = None
    is_class: bool = False
    bases: list[str] = field(default_factory=list)

    @property
    def is_function(self) -> bool:
        """Whether it is a function or a method."""
        return bool(self.code) and isinstance(self.code[0], _FUNCTIONS)

    @property
    def is_called_by_itself(self) -> bool:
        """Whether it is used without being named: a dunder method, or registered by a decorator."""
        word = self.name.rpartition(".")[2]
        decorators = getattr(self.code[0], "decorator_list", []) if self.is_function else []
        return (word.startswith("__") and word.endswith("__")) or any(
            _last_word(decorator) not in _REGISTER_NOTHING for decorator in decorators
        )


def read_modules(root: Path) -> dict[str, str]:
    """The text of each module in a folder of packages, by its dotted name."""
    paths = sorted(root.glob("*/**/*.py"))
    return {_dotted(path.relative_to(root)): path.read_text("utf-8") for path in paths}


class Source:
    """All modules of `functions/`, parsed."""

    def __init__(self, texts: dict[str, str]) -> None:
        """`texts` is the source of each module by its dotted name."""
        self.imports: dict[str, dict[str, str]] = {}
        self.loaded: dict[str, set[str]] = {}
        self.definitions: dict[str, Definition] = {}
        for module, text in texts.items():
            tree = ast.parse(text)
            self.imports[module] = dict(_imports(tree))
            self.loaded[module] = set(_loaded(tree))
            for definition in _definitions(module, tree):
                self.definitions[definition.name] = definition

    def meaning(self, module: str, name: str) -> str:
        """The full name of what a (dotted) name stands for in a module, whose ever it is."""
        root, _, rest = name.partition(".")
        own = f"{module}.{root}"
        whole = own if own in self.definitions else self.imports[module].get(root, own)
        whole = f"{whole}.{rest}" if rest else whole
        home, _, word = whole.rpartition(".")
        if whole not in self.definitions and home in self.imports and home != module:
            return self.meaning(home, word)
        return whole

    def has(self, name: str) -> bool:
        """Whether a full name begins with that of one of our packages."""
        top = name.partition(".")[0]
        return any(module.partition(".")[0] == top for module in self.imports)

    def class_in(self, module: str, annotation: ast.AST | None) -> str | None:
        """The class of ours that an annotation names, alone or `| None`; no Protocol: any fits."""
        if isinstance(annotation, ast.BinOp):
            annotation = annotation.left
        name = _name(annotation)
        meaning = self.meaning(module, name) if name else ""
        definition = self.definitions.get(meaning)
        known = definition and definition.is_class and "Protocol" not in definition.bases
        return meaning if known else None

    def attribute_class(self, name: str, attribute: str) -> str | None:
        """The class of an object's attribute, from the class's body or its `__init__`."""
        for kin in self._line(name):
            for part in (kin, f"{kin}.__init__"):
                if definition := self.definitions.get(part):
                    found = _Types(self, definition).of_attribute(attribute)
                    if found:
                        return found
        return None

    def related(self, one: str, other: str) -> bool:
        """Whether two classes are the same or one inherits from the other."""
        return one in self._line(other) or other in self._line(one)

    def is_error(self, name: str) -> bool:
        """Whether a full name is that of an exception class of ours."""
        known = name in self.definitions and self.definitions[name].is_class
        return known and any(kin.endswith(("Error", "Exception")) for kin in self._line(name))

    def _line(self, name: str) -> set[str]:
        line = {name}
        for base in self.definitions[name].bases if name in self.definitions else []:
            line |= self._line(self.meaning(self.definitions[name].module, base))
        return line


class Reach:
    """What one function comes to; `users` has each definition with those that use it."""

    def __init__(self, source: Source, folder: str) -> None:
        self._source = source
        self._attributes: dict[tuple[str | None, str], set[str]] = defaultdict(set)
        self._made: set[str] = set()
        self._caught: set[str] = set()
        self.users: dict[str, set[str]] = defaultdict(set)
        self.sites: set[Site] = set()
        handler = f"{folder}.handler"
        for name, definition in source.definitions.items():
            if definition.module == handler:
                self._use(name, handler)
        before = -1
        while before != (before := len(self.users)):
            self._use_methods()

    @property
    def errors(self) -> set[str]:
        """The exception classes of ours that may leave the function, by their full names."""
        return self._made - self._caught

    def _use(self, name: str, user: str) -> None:
        """Follow a definition, unless that was done before."""
        known = name in self.users
        self.users[name].add(user)
        if known:
            return
        definition = self._source.definitions[name]
        self._use(definition.module, name)
        if definition.of_class:
            self._use(definition.of_class, name)
        if name == definition.module:
            self._load(name)
        look = _Look(self._source, definition)
        self.sites |= {Site(name, operation) for operation in look.operations}
        self._made |= look.errors_made
        self._caught |= look.errors_caught
        for scope, word in look.attributes:
            self._attributes[scope, word].add(name)
        for used in look.used:
            self._use(used, name)

    def _load(self, module: str) -> None:
        for name in self._source.loaded[module] & self._source.imports.keys():
            self._use(name, module)
        for name, definition in self._source.definitions.items():
            own = definition.module == module and not definition.of_class
            if own and definition.is_called_by_itself:
                self._use(name, module)

    def _use_methods(self) -> None:
        for name, method in self._source.definitions.items():
            if not method.of_class or method.of_class not in self.users:
                continue
            word = name.rpartition(".")[2]
            users = {method.of_class} if method.is_called_by_itself else set()
            for (scope, attribute), names in list(self._attributes.items()):
                fits = scope is None or self._source.related(scope, method.of_class)
                if attribute == word and fits:
                    users |= names
            for user in users:
                self._use(name, user)


class _Types:
    """The classes of what has a name in one definition, as far as annotations and calls tell."""

    def __init__(self, source: Source, definition: Definition) -> None:
        self._source = source
        self._definition = definition
        self._annotated: dict[str, list[ast.AST]] = defaultdict(list)
        self._assigned: dict[str, list[ast.AST]] = defaultdict(list)
        for node in (node for part in definition.code for node in ast.walk(part)):
            if isinstance(node, ast.arg):
                self._annotated[node.arg].append(node.annotation or ast.Constant(None))
            elif isinstance(node, ast.AnnAssign):
                self._annotated[_name(node.target) or ""].append(node.annotation)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assigned[_name(target) or ""].append(node.value)

    def of(self, node: ast.AST) -> str | None:
        """The class of an expression; None when it is not known, or not always the same."""
        if isinstance(node, ast.Name) and node.id in ("self", "cls"):
            return self._definition.of_class
        if isinstance(node, ast.Name):
            return self._of_name(node.id)
        if isinstance(node, ast.Attribute):
            inner = self.of(node.value)
            return self._source.attribute_class(inner, node.attr) if inner else None
        name = _name(node.func) if isinstance(node, ast.Call) else None
        made = self._source.definitions.get(self._source.meaning(self._module, name or ""))
        if made is None or made.is_class:
            return made.name if made else None
        returns = made.code[0].returns if made.is_function else None
        return self._source.class_in(made.module, returns)

    def binds(self, name: str) -> bool:
        """Whether a parameter or a variable here has this name."""
        return bool(self._annotated[name] or self._assigned[name])

    def of_attribute(self, name: str) -> str | None:
        """The class of `self.<name>`, where this is an `__init__`, or a class's body."""
        return self._of_name(f"self.{name}" if self._definition.of_class else name)

    def _of_name(self, name: str) -> str | None:
        annotations, values = self._annotated[name], self._assigned[name]
        if len(annotations) + len(values) != 1:
            return None
        if annotations:
            return self._source.class_in(self._module, annotations[0])
        self._assigned[name] = []  # so that `a = a.b` has an end
        found = self.of(values[0])
        self._assigned[name] = values
        return found

    @property
    def _module(self) -> str:
        return self._definition.module


class _Look:
    """What stands in one definition: definitions and attributes used, and calls to AWS."""

    def __init__(self, source: Source, definition: Definition) -> None:
        self._source = source
        self._definition = definition
        self.used: set[str] = set()
        self.attributes: set[tuple[str | None, str]] = set()
        self.operations: set[str] = set()
        self.errors_made: set[str] = set()
        self.errors_caught: set[str] = set()
        self._nodes = [node for part in definition.code for node in ast.walk(part)]
        self._parents = {c: node for node in self._nodes for c in ast.iter_child_nodes(node)}
        self._types = _Types(source, definition)
        self._variables = self._clients_in_variables()
        for node in self._nodes:
            self._see_name(node)
            self._see_client(node)
            self._see_error(node)
            if "TableName" in _keys(node):
                self.operations.add("a request to a table")

    def _clients_in_variables(self) -> dict[str, str]:
        """The service of each local variable that is given a client, in a function only."""
        if not self._definition.is_function:
            return {}
        return {
            target.id: service
            for node in self._nodes
            if isinstance(node, ast.Assign) and (service := self._made(node.value))
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def _see_name(self, node: ast.AST) -> None:
        name = _name(node)
        if name:
            meaning = self._meaning(name)
            if meaning in self._source.definitions and meaning not in self._source.imports:
                self.used.add(meaning)
            other = meaning.startswith(_OTHER_WAYS) and not meaning.endswith(f".{PROVIDER}")
            if other and self._definition.name != CLIENT:
                self.operations.add(meaning)
            if meaning == CLIENT and not _is_called(node, self._parents.get(node)):
                self.operations.add("client handed on")
        ours = isinstance(node, ast.Attribute) and not self._is_of_a_library(name)
        if ours and not self._service(node.value):
            self.attributes.add((self._types.of(node.value), node.attr))

    def _see_client(self, node: ast.AST) -> None:
        service = self._service(node)
        if not service or isinstance(getattr(node, "ctx", None), ast.Store):
            return
        parent = self._parents.get(node)
        if isinstance(parent, ast.Attribute):
            self._see_operation(service, parent)
        elif not (
            self._is_kept_in_variable(node, parent)
            or self._is_for_a_provider(parent)
            or (isinstance(parent, ast.Return) and _returns_a_provider(self._definition))
        ):
            self.operations.add(f"{service} handed on")

    def _is_kept_in_variable(self, node: ast.AST, parent: ast.AST | None) -> bool:
        return (
            self._definition.is_function
            and isinstance(node, ast.Call)
            and isinstance(parent, ast.Assign)
            and all(isinstance(target, ast.Name) for target in parent.targets)
        )

    def _is_for_a_provider(self, parent: ast.AST | None) -> bool:
        return isinstance(parent, ast.keyword) and _last_word(self._parents[parent]) == PROVIDER

    def _see_operation(self, service: str, attribute: ast.Attribute) -> None:
        call, word = self._parents.get(attribute), attribute.attr
        if word == "exceptions":
            if isinstance(call, ast.Attribute) and call.attr == "NoSuchKey":
                self.operations.add(f"{service}.exceptions.NoSuchKey")
            return
        details: set[str] = set()
        if isinstance(call, ast.Call):
            if word in ("get_paginator", "get_waiter"):
                word = str(getattr(call.args[0], "value", word))
                call = self._parents.get(self._parents.get(call, call), call)
            keywords = call.keywords if isinstance(call, ast.Call) else []
            details = {keyword.arg or "**" for keyword in keywords} & {"**", *_TELLING}
        if word.startswith("transact_"):
            details |= {key for node in self._nodes for key in _keys(node) if key in _REQUESTS}
        self.operations.add(" ".join([f"{service}.{word}", *sorted(details)]))

    def _see_error(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            self.errors_made |= self._errors_in(node.func)
        elif isinstance(node, ast.Raise) and not isinstance(node.exc, ast.Call):
            self.errors_made |= self._errors_in(node.exc)
        elif isinstance(node, ast.ExceptHandler) and not _raises_again(node):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            self.errors_caught |= {name for kind in kinds for name in self._errors_in(kind)}

    def _errors_in(self, node: ast.AST | None) -> set[str]:
        meaning = self._meaning(_name(node) or "")
        return {meaning} if self._source.is_error(meaning) else set()

    def _service(self, node: ast.AST) -> str | None:
        """The service of an expression that is a client (or a provider of parameters)."""
        return self._variables.get(node.id) if isinstance(node, ast.Name) else self._made(node)

    def _made(self, node: ast.AST) -> str | None:
        name = _name(node.func) if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or not name:
            return None
        meaning = self._meaning(name)
        if meaning == CLIENT:
            service = node.args[0] if node.args else None
            return str(service.value) if isinstance(service, ast.Constant) else "an unknown service"
        maker = self._source.definitions.get(meaning)
        made_here = meaning.rpartition(".")[2] == PROVIDER
        return PROVIDER if made_here or (maker and _returns_a_provider(maker)) else None

    def _meaning(self, name: str) -> str:
        return self._source.meaning(self._definition.module, name)

    def _is_of_a_library(self, name: str | None) -> bool:
        """Whether a dotted name begins with a library's: its attributes are no methods of ours."""
        root = (name or "").partition(".")[0]
        imported = self._source.imports[self._definition.module].get(root)
        hidden = self._types.binds(root)
        return imported is not None and not hidden and not self._source.has(imported)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name that an import makes, with what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"line {node.lineno}: a relative import is not followed")
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)


def _loaded(tree: ast.Module) -> Iterator[str]:
    """The modules that imports load, and names in them, which are not told apart here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _definitions(module: str, tree: ast.Module) -> Iterator[Definition]:
    loose: list[ast.AST] = []
    for node in tree.body:
        if isinstance(node, _FUNCTIONS):
            yield Definition(f"{module}.{node.name}", module, [node])
        elif isinstance(node, ast.ClassDef):
            name = f"{module}.{node.name}"
            methods = [part for part in node.body if isinstance(part, _FUNCTIONS)]
            rest = [part for part in node.body if part not in methods]
            code = [*node.bases, *node.keywords, *node.decorator_list, *rest]
            bases = [base for base in map(_name, node.bases) if base]
            yield Definition(name, module, code, is_class=True, bases=bases)
            for method in methods:
                yield Definition(f"{name}.{method.name}", module, [method], of_class=name)
        else:
            loose.append(node)
    yield Definition(module, module, loose)


def _returns_a_provider(definition: Definition) -> bool:
    returns = getattr(definition.code[0], "returns", None) if definition.code else None
    return _last_word(returns) == PROVIDER


def _name(node: ast.AST | None) -> str | None:
    """`a.b.c` of a name or a chain of attributes."""
    if isinstance(node, ast.Name):
        return node.id
    inner = _name(node.value) if isinstance(node, ast.Attribute) else None
    return f"{inner}.{node.attr}" if inner else None


def _last_word(node: ast.AST | None) -> str:
    name = _name(node.func if isinstance(node, ast.Call) else node)
    return (name or "").rpartition(".")[2]


def _is_called(node: ast.AST, parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Call) and parent.func is node


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and not node.exc for node in ast.walk(handler))


def _keys(node: ast.AST) -> set[str]:
    keys = node.keys if isinstance(node, ast.Dict) else []
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
