"""What an ONNX file says about itself, read from its protobuf without any native code.

Field numbers are those of onnx.proto3 (ModelProto, GraphProto, NodeProto, TensorProto, FunctionProto).
Protobuf merges repeated occurrences of a message field: a file may hold several `graph` fields, and a
reader that looks at the first one only is blind to the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Buffer = memoryview
FLOAT: Literal[1] = 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_DEPTH = 8
_MAX_NODES = 200_000
_MAX_FIELDS = 2_000_000
_GRAPH_NAME = b"\x12\x01g"


class GraphFormatError(ValueError):
    """The bytes are no protobuf of an ONNX model."""


@dataclass(frozen=True, slots=True)
class Node:
    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The serialised pieces of the main graph, slices of the file; `header` holds what stands beside it."""

    header: list[Buffer]
    nodes: list[tuple[Node, Buffer]]
    initializers: dict[str, Buffer]
    inputs: dict[str, Buffer]
    outputs: dict[str, Buffer]

    def model(self, nodes: Iterable[Buffer], initializers: Iterable[str], border: bytes) -> bytes:
        """Return a serialised model of these nodes and tensors; `border` declares its inputs and outputs."""
        pieces: list[Buffer | bytes] = []
        for number, payloads in ((1, nodes), (5, (self.initializers[name] for name in initializers))):
            for payload in payloads:
                pieces += [_key(number, _BYTES) + _varint(len(payload)), payload]
        graph_size = sum(len(piece) for piece in pieces) + len(border) + len(_GRAPH_NAME)
        return b"".join([*self.header, _key(7, _BYTES), _varint(graph_size), _GRAPH_NAME, *pieces, border])


@dataclass(slots=True)
class OnnxGraph:
    """`nodes` holds those of the main graph; the other fields count subgraphs and functions as well.

    `domains` are those of the operators used, `opsets` those whose version the file states.
    """

    nodes: list[Node] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    external: list[str] = field(default_factory=list)
    opsets: set[str] = field(default_factory=set)
    n_nodes: int = 0
    n_functions: int = 0
    n_fields: int = 0
    has_training: bool = False


def read_graph(data: Buffer) -> OnnxGraph:
    """Return what `data`, a serialised ModelProto, declares. Raises GraphFormatError."""
    graph = OnnxGraph()
    for number, value in _fields(data, graph):
        if number == 7:
            _read_graph(_message(value), graph, depth=0)
        elif number == 8:
            graph.opsets.add(_name_of(_message(value), graph))
        elif number == 20:
            graph.has_training = True
        elif number == 25:
            graph.n_functions += 1
            _read_function(_message(value), graph)
    return graph


def extra_output(tensor: str, element_type: int = FLOAT) -> bytes:
    """Return bytes that, appended to a serialised model, add the inner `tensor` to the graph's outputs.

    They are a second `graph` field with one `output`; protobuf parsers merge it into the first.
    """
    type_proto = _sub(1, _key(1, _VARINT) + _varint(element_type))
    value_info = _sub(1, tensor.encode()) + _sub(2, type_proto)
    return _sub(7, _sub(12, value_info))


def declared(number: Literal[11, 12], tensor: str, sizes: Sequence[str] = ()) -> bytes:
    """Return the field of a graph that declares a float input (11) or output (12) with dimensions of these names."""
    dims = b"".join(_sub(1, _sub(2, size.encode())) for size in sizes)
    kind = _key(1, _VARINT) + _varint(FLOAT) + (_sub(2, dims) if sizes else b"")
    return _sub(number, _sub(1, tensor.encode()) + _sub(2, _sub(1, kind)))


def carried(number: Literal[11, 12], declaration: Buffer) -> bytes:
    """Return the field of a graph that declares an input (11) or output (12) as another graph does."""
    return _sub(number, bytes(declaration))


def read_parts(data: Buffer) -> Parts:
    """Return the pieces of `data`, a serialised ModelProto that `read_graph` accepts."""
    counter = OnnxGraph()
    parts = Parts([], [], {}, {}, {})
    for number, value, field_bytes in _raw_fields(data, counter):
        if number != 7:
            parts.header.append(field_bytes)
            continue
        for inner, piece in _fields(_message(value), counter):
            if inner == 1:
                parts.nodes.append((_read_node(_message(piece), counter, 0), _message(piece)))
            elif inner == 5:
                names = (_text(v) for n, v in _fields(_message(piece), counter) if n == 8)
                parts.initializers[next(names, "")] = _message(piece)
            elif inner in (11, 12):
                declarations = parts.inputs if inner == 11 else parts.outputs
                declarations[_name_of(_message(piece), counter)] = _message(piece)
    return parts


def attributes(node: Buffer) -> dict[str, list[int] | bytes]:
    """Return the whole-number attributes of a serialised node by name, and the others as bytes.

    A single number is a list of one. Raises GraphFormatError.
    """
    counter = OnnxGraph()
    found = (_attribute(_message(value), counter) for number, value in _fields(node, counter) if number == 5)
    return dict(found)


def _attribute(data: Buffer, graph: OnnxGraph) -> tuple[str, list[int] | bytes]:
    name, values, other = "", [], b""
    for number, value in _fields(data, graph):
        if number == 1:
            name = _text(value)
        elif number in (3, 8) and isinstance(value, int):
            values.append(value)
        elif number == 8:
            values += _packed(_message(value))
        elif not isinstance(value, int):
            other = bytes(value)
    return name, values or other


def _packed(data: Buffer) -> list[int]:
    values, position = [], 0
    while position < len(data):
        value, position = _read_varint(data, position)
        values.append(value)
    return values


def _read_graph(data: Buffer, graph: OnnxGraph, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise GraphFormatError(f"subgraphs are nested more than {_MAX_DEPTH} deep")
    for number, value in _fields(data, graph):
        if number == 1:
            node = _read_node(_message(value), graph, depth)
            if depth == 0:
                graph.nodes.append(node)
        elif number == 5:
            _read_tensor(_message(value), graph)
        elif number == 15:
            _read_sparse(_message(value), graph)
        elif number == 11 and depth == 0:
            graph.inputs.append(_name_of(_message(value), graph))
        elif number == 12 and depth == 0:
            graph.outputs.append(_name_of(_message(value), graph))


def _read_node(data: Buffer, graph: OnnxGraph, depth: int) -> Node:
    graph.n_nodes += 1
    if graph.n_nodes > _MAX_NODES:
        raise GraphFormatError(f"it has more than {_MAX_NODES} nodes")
    op, domain = "", ""
    inputs: list[str] = []
    outputs: list[str] = []
    for number, value in _fields(data, graph):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            op = _text(value)
        elif number == 5:
            _read_attribute(_message(value), graph, depth)
        elif number == 7:
            domain = _text(value)
    graph.domains.add(domain)
    return Node(op, domain, tuple(inputs), tuple(outputs))


def _read_attribute(data: Buffer, graph: OnnxGraph, depth: int) -> None:
    for number, value in _fields(data, graph):
        if number in (5, 10):
            _read_tensor(_message(value), graph)
        elif number in (6, 11):
            _read_graph(_message(value), graph, depth + 1)
        elif number in (22, 23):
            _read_sparse(_message(value), graph)


def _read_function(data: Buffer, graph: OnnxGraph) -> None:
    for number, value in _fields(data, graph):
        if number == 7:
            _read_node(_message(value), graph, depth=1)
        elif number == 11:
            _read_attribute(_message(value), graph, depth=1)


def _read_sparse(data: Buffer, graph: OnnxGraph) -> None:
    for number, value in _fields(data, graph):
        if number in (1, 2):
            _read_tensor(_message(value), graph)


def _read_tensor(data: Buffer, graph: OnnxGraph) -> None:
    name, external = "", False
    for number, value in _fields(data, graph):
        if number == 8:
            name = _text(value)
        elif number == 13:
            external = True
        elif number == 14:
            external = external or value != 0
    if external:
        graph.external.append(name)


def _name_of(message: Buffer, graph: OnnxGraph) -> str:
    return next((_text(value) for number, value in _fields(message, graph) if number == 1), "")


def _fields(data: Buffer, graph: OnnxGraph) -> Iterator[tuple[int, int | Buffer]]:
    for number, value, _ in _raw_fields(data, graph):
        yield number, value


def _raw_fields(data: Buffer, graph: OnnxGraph) -> Iterator[tuple[int, int | Buffer, Buffer]]:
    position, end = 0, len(data)
    while position < end:
        first = position
        graph.n_fields += 1
        if graph.n_fields > _MAX_FIELDS:
            raise GraphFormatError(f"it has more than {_MAX_FIELDS} fields")
        key, position = _read_varint(data, position)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise GraphFormatError("a field has the number 0")
        if wire == _VARINT:
            value, position = _read_varint(data, position)
            yield number, value, data[first:position]
            continue
        if wire == _BYTES:
            size, position = _read_varint(data, position)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise GraphFormatError(f"field {number} has the unknown wire type {wire}")
        if size > end - position:
            raise GraphFormatError(f"field {number} reaches beyond the end of its message")
        yield number, data[position : position + size], data[first : position + size]
        position += size


def _read_varint(data: Buffer, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise GraphFormatError("the file ends inside a number")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise GraphFormatError("a number is longer than 64 bits")


def _message(value: int | Buffer) -> Buffer:
    if isinstance(value, int):
        raise GraphFormatError("a number stands where a message is expected")
    return value


def _text(value: int | Buffer) -> str:
    try:
        return bytes(_message(value)).decode()
    except UnicodeDecodeError as error:
        raise GraphFormatError("a name is not UTF-8") from error


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _sub(number: int, payload: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(payload)) + payload
