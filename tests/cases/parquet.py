"""A writer of Parquet for the cases, of the standard library alone: one that can lie, cut pages where no other writer
does, and fill large files with bytes from elsewhere."""
import struct
import zlib

from data import ROWS

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def zigzag(n):
    return varint((n << 1 ^ n >> 63) & (1 << 64) - 1)


def thrift(fields):
    """A struct: fields is {id: (type, value)}; a list's value is (type of the elements, elements)."""
    def value(kind, v):
        if kind in (I32, I64):
            return zigzag(v)
        if kind == BINARY:
            return varint(len(v)) + v
        if kind == STRUCT:
            return thrift(v)
        inner, items = v
        n = len(items)
        return (bytes([n << 4 | inner]) if n < 15 else bytes([15 << 4 | inner]) + varint(n)) + b"".join(value(inner, x) for x in items)
    out, last = b"", 0
    for number, (kind, v) in sorted(fields.items()):
        if kind == "bool":
            kind, v = 1 if v else 2, None
        out += bytes([number - last << 4 | kind]) if number - last < 16 else bytes([kind]) + zigzag(number)
        out += b"" if v is None else value(kind, v)
        last = number
    return out + b"\0"


def runs(levels, width):
    """Levels as runs; levels is a list of numbers, or of (number, count)."""
    out, pairs = b"", []
    for x in levels:
        x, n = x if isinstance(x, tuple) else (x, 1)
        if pairs and pairs[-1][0] == x:
            pairs[-1][1] += n
        else:
            pairs.append([x, n])
    for x, n in pairs:
        out += varint(n << 1) + bytes([x])
    return out


def packed(data, codec):
    if codec == 1:  # Snappy, in literals
        return varint(len(data)) + b"".join(b"\xf4" + struct.pack("<H", len(x) - 1) + x
                                            for x in (data[i:i + 65536] for i in range(0, len(data), 65536)))
    if codec == 2:
        z = zlib.compressobj(6, zlib.DEFLATED, 31)
        return z.compress(data) + z.flush()
    return data


def page(count, rep, def_, values, version=1, codec=0, rows=0, encoding=0, lies=None):
    """A data page. rep, def_: encoded levels, or None. lies: {id: (type, value)} for the header."""
    if version == 1:
        body = b"".join(struct.pack("<I", len(x)) + x for x in (rep, def_) if x is not None) + values
        full, body = len(body), packed(body, codec)
        kind = {1: (I32, count), 2: (I32, encoding), 3: (I32, 3), 4: (I32, 3)}
        head = {1: (I32, 0), 2: (I32, full), 3: (I32, len(body)), 5: (STRUCT, kind)}
    else:
        rep, def_ = rep or b"", def_ or b""
        full, body = len(rep + def_ + values), rep + def_ + packed(values, codec)
        kind = {1: (I32, count), 2: (I32, 0), 3: (I32, rows), 4: (I32, encoding), 5: (I32, len(def_)), 6: (I32, len(rep)),
                7: ("bool", codec != 0)}
        head = {1: (I32, 3), 2: (I32, full), 3: (I32, len(body)), 8: (STRUCT, kind)}
    head.update(lies or {})
    return thrift(head) + body


def element(name, **of):
    names = {"type": 1, "length": 2, "repetition": 3, "children": 5, "converted": 6}
    return {4: (BINARY, name.encode()), **{names[k]: (I32, v) for k, v in of.items()}}


def file(schema, groups, rows=None, encrypted=False, lies=None):
    """A file. schema: elements; groups: [(rows, [(type, codec, values, [page, ...])])], a page being bytes."""
    data, metas, total = b"PAR1", [], 0
    for n, columns in groups:
        chunks = []
        for kind, codec, values, pages in columns:
            meta = {1: (I32, kind), 2: (LIST, (I32, [0])), 3: (LIST, (BINARY, [b"x"])), 4: (I32, codec), 5: (I64, values),
                    6: (I64, sum(map(len, pages))), 7: (I64, sum(map(len, pages))), 9: (I64, len(data))}
            data += b"".join(pages)
            chunks.append({2: (I64, 0), 3: (STRUCT, meta)})
        metas.append({1: (LIST, (STRUCT, chunks)), 2: (I64, 0), 3: (I64, n)})
        total += n
    footer = {1: (I32, 1), 2: (LIST, (STRUCT, schema)), 3: (I64, total if rows is None else rows), 4: (LIST, (STRUCT, metas))}
    footer.update(lies or {})
    footer = thrift(footer)
    return data + footer + struct.pack("<I", len(footer)) + (b"PARE" if encrypted else b"PAR1")


SCHEMA = [element("schema", children=2), element("term", type=6, repetition=0, converted=0),
          element("vec", repetition=1, children=1, converted=3), element("list", repetition=2, children=1),
          element("element", type=4, repetition=1)]
LEGACY = {  # the other ways to write a list; the definition levels of a number differ
    "two levels": (SCHEMA[:3] + [element("array", type=4, repetition=2)], 2),
    "bag": (SCHEMA[:3] + [element("bag", repetition=2, children=1), element("array_element", type=4, repetition=1)], 3),
    "bare": (SCHEMA[:2] + [element("vec", type=4, repetition=2)], 1),
    "required": (SCHEMA[:2] + [element("vec", repetition=0, children=1, converted=3), element("list", repetition=2, children=1),
                               element("element", type=4, repetition=0)], 1),
}


def term_pages(terms, codec=0):
    values = b"".join(struct.pack("<I", len(t)) + t for t in (x.encode() for x in terms))
    return [page(len(terms), None, None, values, codec=codec)]


def list_pages(vectors, deepest=3, cut=None, version=1, codec=0):
    """The pages of a list column; cut: numbers of values after which a page ends, also within a row."""
    rep = [int(j > 0) for v in vectors for j in range(len(v))]
    x = [y for v in vectors for y in v]
    pages, at = [], 0
    for to in [*(cut or []), len(x)]:
        pages.append(page(to - at, runs(rep[at:to], 1), runs([deepest] * (to - at), 2), struct.pack("<%df" % (to - at), *x[at:to]),
                          version, codec, rows=rep[at:to].count(0)))
        at = to
    return pages


def parquet(rows=ROWS, shape=None, cut=None, version=1, codec=0, group=None, **lies):
    """A file of terms and lists."""
    schema, deepest = LEGACY[shape] if shape else (SCHEMA, 3)
    groups = []
    for i in range(0, len(rows), group or len(rows)):
        some = rows[i:i + (group or len(rows))]
        vectors = [v for _, v in some]
        groups.append((len(some), [(6, codec, len(some), term_pages([t for t, _ in some], codec)),
                                   (4, codec, sum(map(len, vectors)), list_pages(vectors, deepest, cut, version, codec))]))
    return file(schema, groups, **lies)


def column(name, type, values, n=2, encoding=0, def_=None, pages=None, **of):
    """A plain column beside others: (elements of the schema, chunk)."""
    of.setdefault("repetition", 0 if def_ is None else 1)
    return [element(name, type=type, **of)], (type, 0, n, pages or [page(n, None, def_, values, encoding=encoding)])


def dictionary(n, values, lies=None):
    """A dictionary page."""
    head = {1: (I32, 2), 2: (I32, len(values)), 3: (I32, len(values)), 7: (STRUCT, {1: (I32, n), 2: (I32, 0)})}
    head.update(lies or {})
    return thrift(head) + values


def table(*columns, rows=None, n=2, vec=True, lies=None):
    """A file of columns, after those of term and vec."""
    some = ([("a", [1, 2]), ("b", [3, 4]), ("c", [5, 6])] if rows is None else rows)[:n]
    schema, chunks = [], []
    if vec:
        schema, chunks = SCHEMA[1:], [(6, 0, n, term_pages([t for t, _ in some])), (4, 0, 2 * n, list_pages([v for _, v in some]))]
    for elements, chunk in columns:
        schema, chunks = schema + elements, chunks + [chunk]
    tops = len(columns) + (2 if vec else 0)
    return file([element("schema", children=tops)] + schema, [(n, chunks)], lies=lies)


def large(body, n, d, pages=1, codec=0):
    """n rows of d numbers whose bytes are given, in pages of as many rows."""
    each = n // pages
    row = runs([0, (1, d - 1)], 1)
    parts = [page(each * d, row * each, runs([(3, each * d)], 2), body[4 * d * i:4 * d * (i + each)], codec=codec)
             for i in range(0, n, each)]
    return file(SCHEMA, [(n, [(6, 0, n, term_pages(["r%d" % i for i in range(n)])), (4, codec, n * d, parts)])])
