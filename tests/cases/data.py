"""Writers of the binary formats for the cases, of the standard library alone."""
import struct
import sys

# The rows of lib.bash: exact in half precision too.
ROWS = [("a1", [1, 0.125, 0]), ("b1", [0, 1, 0.125]), ("a2", [1, 0, 0.125]), ("c1", [0.125, 0, 1]),
        ("a3", [2, 0.25, 0.25]), ("b2", [0.125, 1, 0]), ("a4", [0.5, 0, 0]), ("b3", [0.125, 1, 0.125]),
        ("c2", [0, 0.125, 1])]
VECTORS = [vec for _, vec in ROWS]


def put(data):
    sys.stdout.buffer.write(data)


def save(path, data):
    with open(path, "wb") as f:
        f.write(data)


def npy(vectors=VECTORS, descr="<f4", version=1, order="False", shape=None, text=None):
    """An npy file; shape and text (the header) may lie."""
    if text is None:
        if shape is None:
            shape = "(%d, %d)" % (len(vectors), len(vectors[0]) if vectors else 0)
        text = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)
    size = struct.Struct("<H" if version == 1 else "<I")
    header = text.encode()
    header += b" " * (-(8 + size.size + len(header) + 1) % 64) + b"\n"
    kind = {"f2": "e", "f4": "f", "f8": "d", "i4": "i"}[descr[1:]]
    end = descr[0] if descr[0] in "<>" else "="
    body = b"".join(struct.pack("%s%d%s" % (end, len(v), kind), *v) for v in vectors)
    return b"\x93NUMPY" + bytes([version, 0]) + size.pack(len(header)) + header + body


def kvec(rows=ROWS, d=None):
    data = b"KCV1" + struct.pack("<I", len(rows[0][1]) if d is None else d)
    for term, vec in rows:
        name = term if isinstance(term, bytes) else term.encode()
        data += struct.pack("<I", len(name)) + name + struct.pack("<%df" % len(vec), *vec)
    return data


def large(n=48000, d=256, groups=3):
    """An npy file of 49 MB in obvious groups, each third row of one: with the work on it more than 48M."""
    import random
    body = bytearray(random.Random(1).randbytes(4 * n * d))
    body[3::4] = body[3::4].translate(bytes(0x3D + c % 2 | c & 0x80 for c in range(256)))  # 0.03 to 0.5, either sign
    for g in range(groups):
        at = 4 * (g * d + g) + 3
        body[at::4 * groups * d] = b"\x41" * len(range(at, len(body), 4 * groups * d))  # from 8 up
    return npy(shape="(%d, %d)" % (n, d), vectors=[], descr="<f4") + bytes(body)


def faiss_header(letters, n, d, metric=None, trained=1):
    metric = {b"IxFI": 0, b"IxF2": 1}.get(letters, 2) if metric is None else metric
    return (letters + struct.pack("<iqqqBi", d, n, 1 << 20, 1 << 20, trained, metric) +
            (struct.pack("<f", 0) if metric > 1 else b""))


def faiss(vectors=VECTORS, letters=b"IxFI", ids=None, map_letters=b"IxMp", count=None, n=None, d=None, **header):
    """A flat FAISS index, with ids in an id map; n, d, count (of the numbers) and what else the header says may lie."""
    n = len(vectors) if n is None else n
    d = len(vectors[0]) if d is None else d
    data = faiss_header(letters, n, d, **header) + struct.pack("<Q", (n * d if count is None else count) % (1 << 64))
    data += b"".join(struct.pack("<%df" % len(v), *v) for v in vectors)
    if ids is None:
        return data
    return (faiss_header(map_letters, n, d, **header) + data + struct.pack("<Q", len(ids)) +
            struct.pack("<%dq" % len(ids), *ids))


def fvecs(vectors=VECTORS, kind="f"):
    return b"".join(struct.pack("<i%d%s" % (len(v), kind), len(v), *v) for v in vectors)


def bvecs(vectors):
    return fvecs(vectors, "B")


def tensor(vectors=VECTORS, kind="F32"):
    """(dtype, shape, bytes) for safetensors()."""
    d = len(vectors[0])
    data = b"".join(struct.pack("<%d%s" % (d, {"F32": "f", "F64": "d", "F16": "e", "BF16": "f", "I64": "q"}[kind]), *v)
                    for v in vectors)
    if kind == "BF16":  # the upper halves, exact for these rows
        data = b"".join(data[i + 2:i + 4] for i in range(0, len(data), 4))
    return kind, [len(vectors), d], data


def safetensors(tensors, metadata=None, header=None):
    """tensors: {name: (dtype, shape, bytes)}; header (bytes) may lie."""
    import json
    says, data = {}, b""
    if metadata:
        says["__metadata__"] = metadata
    for name, (kind, shape, body) in tensors.items():
        says[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(body)]}
        data += body
    text = json.dumps(says).encode() if header is None else header
    return struct.pack("<Q", len(text)) + text + data


def npz(arrays, deflated=False):
    """A zip archive of npy files, as numpy.savez and savez_compressed write it."""
    import io
    import zipfile
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as z:
        for name, data in arrays:
            with z.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as f:
                f.write(data)
    return out.getvalue()


def npy_of(vectors, kind, by_column=False):
    """An npy file with numbers of a type that npy() does not know, or by columns (Fortran order)."""
    order = [[v[j] for v in vectors] for j in range(len(vectors[0]))] if by_column else vectors
    letter = {"f2": "e", "f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I",
              "i8": "q", "u8": "Q"}[kind[1:]]
    text = "{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }" % (kind, by_column, len(vectors),
                                                                          len(vectors[0]))
    head = text.encode() + b" " * (-(11 + len(text)) % 64) + b"\n"
    flat = [x for v in order for x in v]
    sign = "<" if kind[0] == "|" else kind[0]
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head + struct.pack("%s%d%s" % (sign, len(flat), letter),
                                                                                *flat)
