"""Batches as they come over HTTP: Arrow streams or JSON lines, into an Arrow table and back."""

from __future__ import annotations

import io

import msgspec
import pyarrow as pa
import pyarrow.json as pj

from stopline.kernel.errors import BadInput

ARROW = "application/vnd.apache.arrow.stream"
LINES = "application/x-ndjson"


def read_batch(data: bytes, media_type: str) -> pa.Table:
    """Read a batch; raises BadInput for an unknown media type or bytes that are not of it."""
    try:
        match media_type:
            case "application/vnd.apache.arrow.stream":
                with pa.ipc.open_stream(data) as reader:
                    table = reader.read_all()
            case "application/x-ndjson":
                table = pj.read_json(io.BytesIO(data))
            case _:
                raise BadInput(what="batch", value=media_type, place="Content-Type", remedy=f"send {ARROW} or {LINES}")
        twice = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
        if twice:
            raise BadInput(
                what="batch", value=f"column {twice[0]!r} twice", place="body", remedy="name each column once"
            )
        table.validate(full=True)  # neither reader looks whether texts are UTF-8 and offsets lie within their buffer
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        said = str(error).splitlines()[0]
        raise BadInput(what="batch", value=said, place="body", remedy=f"send it as {media_type}") from error
    return table


def write_batch(table: pa.Table, media_type: str) -> bytes:
    """Return a table in the format that the batch came in."""
    if media_type == ARROW:
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue()
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(row) + b"\n" for row in table.to_pylist())
