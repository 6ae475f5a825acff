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
