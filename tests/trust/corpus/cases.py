"""The malformed inputs: Case(name, bytes, arguments, verdict). Everything here is the same in every run."""
import gzip
import io
import json
import os
import struct
import subprocess
import sys

import numpy as np

import oracle
from oracle import Verdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cases"))
import parquet as pq  # noqa: E402

FIELDS = ["--term-field", "term", "--vec-field", "vec"]


class Case:
    def __init__(self, name, data, args, verdict, program="convert"):
        self.name, self.data, self.args, self.verdict, self.program = name, data, args, verdict, program


LINES = ('{"term":"a","vec":[1,-0.5,2e-3]}\n'
         '{"vec":[0.25,1E+2,-0],"term":"b\\u00e9\\ud83d\\ude00","x":{"y":[1,null,"z"]}}\n'
         '\n{"term": 7.50, "vec": [3.4028235e38, 1e-45, 16777217]}\r\n{"term":"\u0416","vec":[4,5,6]}\n').encode()
ARRAY = ('[{"term":"a","vec":[1,2]},\n {"vec":[0.5,-3],"term":"b","x":[{}]},\n'
         ' {"term":"c \\u00e9","vec":[1e-3,4]}\n]\n').encode()
RECORDS = b'{"object":"list","data":' + ARRAY.rstrip() + b',"usage":{"n":[1,2]}}\n'


def kvec_file():
    def rec(term, *x):
        term = term.encode()
        return struct.pack("<I", len(term)) + term + struct.pack("<2f", *x)
    head = b"KCV1" + struct.pack("<I", 2)
    return head + rec("a", 1, 2) + rec("", -3, 0.5) + head + rec("\u0416\u20ac", 1e-20, 0)


def npy_file(kind="<f4", version=(1, 0)):
    b = io.BytesIO()
    np.lib.format.write_array(b, np.array([[1, 2], [-0.5, 3e-5], [7, 0]]).astype(kind), version=version)
    return b.getvalue()


def faiss_file(letters=b"IxFI", ids=None, metric=0, n=3, d=2, count=None):
    x = np.array([[1, 2], [-0.5, 3e-5], [7, 0]], "<f4")

    def head(letters):
        return letters + struct.pack("<IQqqBi", d % (1 << 32), n % (1 << 64), 1 << 20, 1 << 20, 1, metric) + (bytes(4) if metric > 1
            else b"")
    data = head(letters) + struct.pack("<Q", (n * d if count is None else count) % (1 << 64)) + x.tobytes()
    return data if ids is None else head(b"IxM2") + data + struct.pack(f"<Q{len(ids)}q", len(ids), *ids)


def fvecs_file(kind="f"):
    rows = [[1, 2], [0, 3], [7, 255]]
    return b"".join(struct.pack(f"<i2{kind}", 2, *r) for r in rows)


def tensors(parts, header=None):
    says, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (kind, shape, body) in parts.items():
        says[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(body)]}
        data += body
    text = json.dumps(says).encode() if header is None else header
    return struct.pack("<Q", len(text)) + text + data


def tensor_file(kind="F32"):
    x = np.array([[1, 2], [-0.5, 3e-5], [7, 0]])
    body = x.astype("<f4").tobytes()[:12] if kind == "BF16" else x.astype({"F32": "<f4", "F16": "<f2"}[kind]).tobytes()
    return tensors({"n": ("I64", [2], bytes(16)), "emb": (kind, [3, 2], body), "z": ("U8", [3], b"xyz")})


def zstd_file(data):
    return subprocess.run(["zstd", "-q", "-c", "--check"], input=data, stdout=subprocess.PIPE, check=True).stdout


def truncations(name, data, args, judge, step=1):
    for n in range(0, len(data) + 1, step):
        yield Case(f"{name}-cut-{n}", data[:n], args, judge(data[:n]))


def flips(name, data, args, judge, step=1):
    for bit in range(0, 8 * len(data), step):
        b = bytearray(data)
        b[bit // 8] ^= 1 << bit % 8
        yield Case(f"{name}-flip-{bit}", bytes(b), args, judge(bytes(b)))


def auto(data, skip=False):
    """Detect the format by the first bytes, as kclust does without --input-format."""
    if not data:
        return Verdict(1, "no records", rows=[])
    if data[:2] == b"\x1f\x8b" and data[2:3] in (b"", b"\x08"):
        return oracle.packed(data, oracle.gunzip, auto)
    if data[:4] == b"\x28\xb5\x2f\xfd" or (data[1:4] == b"\x2a\x4d\x18" and data[0] & 0xF0 == 0x50):
        return oracle.packed(data, oracle.unzstd, auto)
    return (oracle.kvec(data, skip) or oracle.npy(data, skip) or oracle.faiss(data, skip) or
            oracle.safetensors(data, skip) or oracle.lines(data, skip))


def skipping(data):
    return auto(data, skip=True)


GLOVE = "the 0.5 -2e-3\n. . 1 2\nat b@c.d 3 +4\r\n\n\" 5. .6\n\u0416\u20ac 007 -0".encode()
CSV = 'a,0.5,-2e-3\n"b ""q"", c",1,2\r\n\n"two\nlines", 3 ,"+4"\nq"x,5.,.6\n\u0416\u20ac,007,-0\n'.encode()
TSV = 'a\t0.5\t-2e-3\n"b c"\t1\t2\r\n"\t3\t4\n"d" e\t5.\t+.6\nf\\tg\\\\\\x41\t7\t8\n\u0416\t1\t-0'.encode()


def word2vec_bin_file(end=b"\n"):
    rows = (("a", (1, -2)), ("\u0416\u20ac", (0.5, 3e-5)), ("new_york", (7, 0)))
    return b"3 2\n" + b"".join(t.encode() + b" " + struct.pack("<2f", *x) + end for t, x in rows)


def parquet_files(step):
    """Truncations of Parquet files are all damaged. A flipped bit of a number gives another number; elsewhere it gives an
    error or, in what no reader needs, nothing."""
    rows = [("a", [1.0, 2.0]), ("\u0416", [-0.5, 3.0]), ("c", [7.0, 0.125])]
    numbers = struct.pack("<6f", *(x for _, v in rows for x in v))
    for name, data in (("plain", pq.parquet(rows)), ("v2", pq.parquet(rows, version=2, group=2)), ("cut", pq.parquet(rows, cut=[1, 3])),
                       ("snappy", pq.parquet(rows, codec=1)), ("gzip", pq.parquet(rows, codec=2, version=2)),
                       ("two", pq.parquet(rows, shape="two levels"))):
        at = data.find(numbers) if name == "plain" else len(data)

        def judge(d, whole=data, at=at):
            if len(d) < len(whole):
                return Verdict(1, "no records" if d == b"" else None, rows=[])
            bit = next((i for i in range(len(d)) if d[i] != whole[i]), -1)
            if not at <= bit < at + len(numbers):
                return Verdict(0 if bit < 0 else (0, 1))
            x = np.frombuffer(d[at:at + len(numbers)], "<f4").reshape(3, 2)
            terms = [t for t, _ in rows]
            good = 0
            while good < 3 and np.isfinite(x[good]).all():
                good += 1
            return Verdict(0 if good == 3 else 1, None if good == 3 else f"row {good}: ", rows=list(zip(terms[:good], x[:good])))
        yield from truncations("parquet-" + name, data, [], judge, max(1, step // 8))
        yield from flips("parquet-" + name, data, [], judge, step)


def texts(step):
    """The same for the text formats other than JSONL."""
    three = ["--header", "no", "--term-field", "1", "--vec-field", "2-3"]
    kinds = (("glove", GLOVE, [], lambda d, s: oracle.words(d, False, s)),
             ("word2vec", b"5 2\n" + GLOVE, [], lambda d, s: oracle.words(d, True, s)),
             ("word2vec-bin", word2vec_bin_file(), [], oracle.word2vec_bin),
             ("word2vec-bin", word2vec_bin_file(b""), [], oracle.word2vec_bin),
             ("csv", CSV, three, lambda d, s: oracle.columns(d, False, s)),
             ("tsv", TSV, three + ["--tsv-dialect", "copy"], lambda d, s: oracle.columns(d, True, s)))
    for i, (name, data, args, of) in enumerate(kinds):
        for more in ([], ["--on-bad", "skip"]):
            def judge(d, of=of, skip=bool(more)):
                return of(d, skip)
            label = f"text-{i}-{name}" + "-skip" * len(more[:1])
            yield from truncations(label, data, ["-i", name, *args, *more], judge, max(1, step // 8))
            yield from flips(label, data, ["-i", name, *args, *more], judge, step)


def small(step):
    """Every truncation and every flipped bit of a small file of each format; step > 1 leaves some out."""
    files = {"jsonl": LINES, "array": ARRAY, "kvec": kvec_file(), "npy-f4": npy_file(), "npy-f8": npy_file(">f8", (2,
    0)),
             "npy-f2": npy_file("<f2", (3, 0)), "gzip": gzip.compress(LINES[:80], mtime=0) + gzip.compress(LINES[80:],
             mtime=0),
             "zstd": zstd_file(LINES[:80]) + zstd_file(LINES[80:]), "gzip-kvec": gzip.compress(kvec_file(), mtime=0),
             "faiss": faiss_file(), "faiss-map": faiss_file(b"IxFl", (5, -7, 1 << 40), 2),
             "gzip-faiss-map": gzip.compress(faiss_file(ids=(5, -7, 1 << 40)), mtime=0), "tensor": tensor_file(),
             "tensor-bf16": tensor_file("BF16"), "gzip-tensor": gzip.compress(tensor_file("F16"), mtime=0)}
    for name, data in files.items():
        fields = FIELDS if name in ("jsonl", "array", "gzip", "zstd") else []  # the others have none
        yield from truncations(name, data, fields, auto, max(1, step // 8))
        yield from flips(name, data, fields, auto, step)
        if name in ("jsonl", "kvec", "npy-f4", "faiss-map", "tensor"):
            skip = [*fields, "--on-bad", "skip"]
            yield from truncations(name + "-skip", data, skip, skipping, max(1, step // 8))
            yield from flips(name + "-skip", data, skip, skipping, step)

    def records(data):
        if not data:
            return Verdict(1, "no records", rows=[])
        return oracle.elements(data, "data")
    args = FIELDS + ["--records", "/data", "-i", "jsonl"]
    yield from truncations("records", RECORDS, args, records, max(1, step // 8))
    rows = np.array([[1, 2], [-0.5, 3], [7, 0]], "<f4").tobytes()
    yield from truncations("raw", rows, ["-i", "raw", "--dim", "2"], lambda d: oracle.raw(d, 2))
    for name, kind, data in (("fvecs", "<f4", fvecs_file()), ("bvecs", "u1", fvecs_file("B"))):
        for more in ([], ["--on-bad", "skip"]):
            def judge(d, kind=kind, skip=bool(more)):
                return oracle.fvecs(d, kind, skip)
            yield from truncations(name + "-skip" * len(more[:1]), data, ["-i", name, *more], judge, max(1, step // 8))
            yield from flips(name + "-skip" * len(more[:1]), data, ["-i", name, *more], judge, step)
    yield from texts(step)
    yield from parquet_files(step)
    yield from flips("raw", rows, ["-i", "raw", "--dim", "2"], lambda d: oracle.raw(d, 2), step)


def lies():
    """Headers that promise data that are not there, or more than any machine can hold."""
    good = struct.pack("<I", 1) + b"a" + struct.pack("<2f", 1, 2)
    for d in (0, 1, 3, 1 << 20, (1 << 20) + 1, 1 << 24, 1 << 30, (1 << 30) + 1, 1 << 31, (1 << 32) - 1):
        data = b"KCV1" + struct.pack("<I", d) + good
        yield Case(f"kvec-dim-{d}", data, [], oracle.kvec(data))
    for n in (2, 9, 100, 1 << 16, 1 << 24, (1 << 24) + 1, (1 << 28) - 1, 1 << 28, 1 << 31, (1 << 32) - 1):
        data = b"KCV1" + struct.pack("<I", 2) + good + struct.pack("<I", n) + b"xyz"
        yield Case(f"kvec-term-{n}", data, [], oracle.kvec(data))
        data = gzip.compress(data, mtime=0)
        yield Case(f"kvec-term-{n}-gzip", data, [], oracle.packed(data, oracle.gunzip, oracle.kvec))
    big = ["0", "1", "4", "65536", "4294967295", "4294967296", "4611686018427387904", "9223372036854775807",
           "18446744073709551615", "18446744073709551616", "99999999999999999999999", "-1", "3L", "0x3", "3.0",
           "True", ""]
    for rows in big:
        for columns in ("2", "1", "0", "16777216", "4294967296", "9223372036854775807", "18446744073709551615", "-2"):
            text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%s, %s), }" % (rows.encode(), columns.encode())
            data = b"\x93NUMPY\1\0" + struct.pack("<H", len(text) + 1) + text + b"\n" + np.arange(6,
                dtype="<f4").tobytes()
            if (rows, columns) in (("3L", "2"), ("0x3", "2")):  # Python 2 wrote the one, nobody the other
                verdict = Verdict((0, 1))
            elif (rows, columns) == ("3", "2"):
                verdict = oracle.npy(data)
            else:
                verdict = Verdict(1, rows=[])
            yield Case(f"npy-shape-{rows}-{columns}", data, [], verdict)
            if columns in ("2", "16777216"):
                packed = gzip.compress(data, mtime=0)  # no size that gives it away
                yield Case(f"npy-shape-{rows}-{columns}-gzip", packed, [], Verdict((0,
                    1) if verdict.status != (1,) else 1))
    for n in (0, 1, 50, 118, 65535):
        data = npy_file()[:8] + struct.pack("<H", n) + npy_file()[10:]
        yield Case(f"npy-header-{n}", data, [], oracle.npy(data))
    for n in (0, 1 << 20, (1 << 20) + 1, 1 << 31, (1 << 32) - 1):
        data = npy_file(version=(2, 0))[:8] + struct.pack("<I", n) + npy_file(version=(2, 0))[12:]
        yield Case(f"npy-header2-{n}", data, [], Verdict(1, rows=[]))
    for kind in ("<i4", "|O", "<f16", "<c8", "|S4", "<f3", "f4", "|f4", "<U1", "=f4", "<f4x", "[('a', '<f4')]", "",
    "<" * 40):
        shown = kind if kind[:1] == "[" else repr(kind)
        text = ("{'descr': %s, 'fortran_order': False, 'shape': (3, 2), }" % shown).encode()
        data = b"\x93NUMPY\1\0" + struct.pack("<H", len(text) + 1) + text + b"\n" + np.arange(6, dtype="<f4").tobytes()
        yield Case(f"npy-type-{kind}", data, [], Verdict((0,) if kind in ("=f4", "<i4") else 1))
    sizes = (0, 1, 2, 4, 1 << 20, 1 << 31, 1 << 32, (1 << 61) + 3, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -1)
    for n in sizes:
        for d in (0, 1, 2, 1 << 20, (1 << 20) + 1, (1 << 31) - 1, 1 << 31, -1):
            for ids in (None, (5, -7, 9)):
                data = faiss_file(n=n, d=d, ids=ids)
                yield Case(f"faiss-shape-{n}-{d}-{ids is None}", data, [], oracle.faiss(data))
                yield Case(f"faiss-shape-{n}-{d}-{ids is None}-gzip", gzip.compress(data, mtime=0), [],
                           Verdict(0 if oracle.faiss(data).status == (0,) else 1))
        data = faiss_file(count=n)
        yield Case(f"faiss-count-{n}", data, [], oracle.faiss(data))
        data = fvecs_file()[:24] + struct.pack("<Q", n % (1 << 64)) + fvecs_file()[28:]
        yield Case(f"fvecs-dim-{n}", data, ["-i", "fvecs"], oracle.fvecs(data, "<f4"))
        data = struct.pack("<Q", n % (1 << 64)) + tensor_file()[8:]
        yield Case(f"tensor-length-{n}", data, [], auto(data))
        for columns in (0, 2, 1 << 20, 1 << 32, 1 << 63, (1 << 64) - 1):
            at = [0, min(n * columns * 4, (1 << 64) - 1)]
            header = json.dumps({"a": {"dtype": "F32", "shape": [n, columns], "data_offsets": at}}).encode()
            data = tensors({"a": ("F32", [3, 2], bytes(24))}, header)
            yield Case(f"tensor-shape-{n}-{columns}", data, [], Verdict(1, rows=[]))
    for letters in ("IwFl", "IHNf", "IxPq", "IxMp", "IxM2", "IBxF", "NPLf", "IxZZ", "Inde"):
        yield Case(f"faiss-other-{letters}", faiss_file(letters.encode()), [], Verdict(1, rows=[]))
        yield Case(f"faiss-other-{letters}-map", faiss_file(letters.encode(), ids=(5, -7, 9)), [], Verdict(1, rows=[]))
    for log in (10, 24, 25, 26, 31, 41):
        data = b"\x28\xb5\x2f\xfd\0" + bytes([(log - 10) << 3]) + b"\1\0\0"
        yield Case(f"zstd-window-{log}", data, [], Verdict(1, "no records" if log <= 25 else "zstd window"))
    for size in (0, 5, 1 << 20, 1 << 40, (1 << 64) - 1):
        data = b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", size) + struct.pack("<I", 5 << 3 | 1)[:3] + b"lines"
        yield Case(f"zstd-content-{size}", data, [], Verdict(1))
    for n in (4, 1 << 20, (1 << 32) - 1):
        yield Case(f"zstd-skip-{n}", b"\x50\x2a\x4d\x18" + struct.pack("<I", n) + b"abc", [], Verdict(1, "cut short"))


def hard_json():
    """Numbers, strings and nesting at their limits, one line each between two good ones."""
    before, after = b'{"term":"a","vec":[1]}\n', b'{"term":"b","vec":[2]}\n'
    bodies = []
    for n in ("1e308", "1e309", "1e999999999999999999999999", "-1e400", "1e-400", "1e-999999999999999999999",
    "1" * 400, "1" * 5000,
              "0." + "0" * 5000 + "1", "0." + "9" * 5000, "1" + "0" * 38, "1" + "0" * 39, "1" + "0" * 5000 + "e-5000",
              "3.4028235677973366e38", "3.4028235677973367e38", "-0", "-0.0", "0e5", "00", "01", "-", "+1", ".5",
              "5.", "1e", "1e+",
              "0x1", "1_000", "NaN", "Infinity", "-Infinity", "1f", "1d", "\u0661", "1,", "1,,2", "null", "true",
              '"1"', "[1]", "{}", ""):
        bodies.append((f"number-{n[:24]}-{len(n)}", '{"term":"x","vec":[%s]}' % n))
        bodies.append((f"number-elsewhere-{n[:24]}-{len(n)}", '{"term":"x","vec":[1],"y":%s}' % n))
    for depth in (509, 510, 511, 512, 513, 1000, 100000):
        for a, b in (("[", "]"), ('{"a":', "}")):
            inside = "1" if a != "[" else ""
            bodies.append((f"deep-{a[0]}-{depth}", '{"term":"x","vec":[1],"y":' + a * depth + inside + b * depth + "}"))
            bodies.append((f"deep-open-{a[0]}-{depth}", '{"term":"x","vec":[1],"y":' + a * depth))
            bodies.append((f"deep-vec-{a[0]}-{depth}", '{"term":"x","vec":' + a * depth + "1" + b * depth + "}"))
            bodies.append((f"deep-term-{a[0]}-{depth}", '{"vec":[1],"term":' + a * depth + "1" + b * depth + "}"))
    for s in (r"\ud800", r"\udc00", r"\ud800\ud800", r"\ud83d\ude00", r"\u0000", r"\u12", r"\x41", "\\", r"\"", "\t",
    "\x00", "\x1f", "\x7f",
              "a" * 100000, r"\u0041" * 20000, '"', r"\/", r"\ud83d\u0041"):
        bodies.append((f"string-{s[:12]!r}-{len(s)}", '{"term":"%s","vec":[1]}' % s))
        bodies.append((f"string-elsewhere-{s[:12]!r}-{len(s)}", '{"term":"x","vec":[1],"y":"%s"}' % s))
        bodies.append((f"key-{s[:12]!r}-{len(s)}", '{"term":"x","vec":[1],"%s":0}' % s))
    for s in (b"\xff", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80", b"\x80", b"\xe2\x82",
              b"\xef\xbb\xbf", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xf8\x88\x80\x80\x80"):
        for place in (b'{"term":"%s","vec":[1]}', b'{"term":"x","vec":[1],"y":"%s"}', b'{"term":"x","vec":[1]%s}',
        b'%s{"term":"x","vec":[1]}',
                      b'{"term":"x","%s":1,"vec":[1]}'):
            bodies.append((f"bytes-{s.hex()}-{len(bodies)}", place % s))
    for t in ("{}", "[]", "1", '"x"', "null", "{", "}", "[", "]", ",", ":", '{"term"}', '{"term":}', '{"term":"x",}',
    '{"term":"x" "vec":[1]}',
              '{"term":"x","vec":[1]},', '{"term":"x","vec":[1]}{}', '{"term":"x","vec":[1]} x',
                  '{"term":"x","vec":[1]}}', "{'term':'x','vec':[1]}",
              '{term:"x",vec:[1]}', '{"term":"x","vec":[1],"vec":null}', '{"term":"x","vec":null,"vec":[1]}',
                  '{"term":null,"term":"x","vec":[1]}',
              '{"te\\u0072m":"x","v\\u0065c":[1]}', '{"term":"x","vec":[1,2]}', '{"term":"x","vec":"1"}',
                  '{"term":"x","vec":{"0":1}}',
              '{"term":["x"],"vec":[1]}', '{"term":true,"vec":[1]}', '{"term":1e5,"vec":[1]}', '{"vec":[1]}',
                  '{"term":"x"}', "//", "# x", "nul", "tru",
              '\v{"term":"x","vec":[1]}', '\f', '\u00a0', '{"term":"x","vec":[1]}\v', '{"term":"x","vec":[1]}\u2028'):
        bodies.append((f"text-{t[:30]}", t))
    for i, (name, body) in enumerate(bodies):
        body = body if isinstance(body, bytes) else body.encode("utf-8")
        for skip in (False, True):
            data = before + body + b"\n" + after
            yield Case(f"json-{i}-{name}" + ("-skip" if skip else ""), data, FIELDS + (["--on-bad",
                "skip"] if skip else []),
                       oracle.lines(data, skip))
        data = b"[" + before.strip() + b",\n" + body + b",\n" + after.strip() + b"]"
        yield Case(f"json-{i}-{name}-array", data, FIELDS, oracle.elements(data))


MIB = 1 << 20


def bombs():
    """Small files that expand to much, and much of one thing. These test memory."""
    good = '{"term":"a","vec":[1]}\n'
    limit = 16 * MIB
    long = b'{"term":"' + b"x" * (limit - 100) + b'","vec":[1]}\n'
    over = b'{"term":"' + b"x" * limit + b'","vec":[1]}\n'
    one = [("a", np.array([1], "<f4"))]
    line_1, line_2 = Verdict(1, r":1: longer than"), Verdict(1, r":2: longer than", rows=one)
    skip = FIELDS + ["--on-bad", "skip"]
    pack = gzip.compress

    def case(name, data, args, verdict):
        return Case("bomb-" + name, data, args, verdict)
    yield case("line", pack(over * 3, 1), FIELDS, line_1)
    yield case("line-second", pack(good.encode() + over * 3, 1), FIELDS, line_2)
    yield case("line-skipped", pack(good.encode() + over * 3 + good.encode(), 1), skip, Verdict(0, rows=one * 2,
        skipped=3))
    yield case("line-just-fits", pack(long * 3, 1), FIELDS, Verdict(0))
    yield case("line-8-threads", pack(long * 4, 1), FIELDS + ["-j", "8"], Verdict(0))
    yield case("other-8-threads", pack((b'{"term":"a","vec":[1],"y":"' + b"x" * (15 * MIB) + b'"}\n') * 4, 1),
        FIELDS + ["-j", "8"], Verdict(0))
    yield case("line-never-ends", pack(b'{"term":"' + b"x" * (64 * MIB), 1), FIELDS, line_1)
    yield case("line-of-spaces", pack(good.encode() + b" " * (64 * MIB), 1), FIELDS, line_2)
    yield case("newlines", pack(b"\n" * (64 * MIB) + good.encode(), 1), FIELDS, Verdict(0, rows=one))
    yield case("small-limit", pack(good.encode() + b"{" + b" " * (8 * MIB) + b"}", 1), FIELDS + ["--max-line", "64K"],
        line_2)
    yield case("escapes", pack(b'{"term":"' + b"\\u0001" * (2 * MIB) + b'","vec":[1]}\n', 1), FIELDS, Verdict(0))
    dense = b'{"term":"a","vec":[' + b",".join([b"1"] * (MIB + 1)) + b"]}\n"
    yield case("dense", pack(dense * 3, 1), FIELDS, Verdict(1, r":1: .*1048577 numbers"))
    dense = b'{"term":"a","vec":[' + b",".join([b"1"] * MIB) + b"]}\n"
    yield case("dense-fits", pack(dense * 3, 1), FIELDS + ["-j", "8"], Verdict(0))
    yield case("bad-lines", pack(good.encode() + b"x\n" * (2 * MIB), 1), skip, Verdict(0, rows=one, skipped=2 * MIB))
    yield case("bad-lines-8-threads", pack(good.encode() + b"x\n" * (2 * MIB), 1), skip + ["-j", "8"], Verdict(0,
        rows=one, skipped=2 * MIB))
    yield case("deep", pack(b"[" * (32 * MIB), 1), FIELDS, Verdict(1))
    yield case("deep-objects", pack(b'{"term":"a","vec":[1],"y":' + b'{"a":' * (3 * MIB), 1), FIELDS, Verdict(1,
        ":1: "))
    yield case("deep-element", pack(b"[" + b"[" * (32 * MIB), 1), skip, Verdict(1))
    yield case("elements", pack(b"[" + b"1," * (8 * MIB) + b"1]", 1), FIELDS + ["-j", "8"], Verdict(1))
    yield case("elements-skipped", pack(b"[" + b"1," * MIB + b"1]", 1), skip + ["-j", "8"], Verdict(1,
        "no records: all"))
    outside = b'{"x":%s,"data":[{"term":"a","vec":[1]}]}'
    records = FIELDS + ["--records", "/data"]
    yield case("records-string", pack(outside % (b'"' + b"y" * (64 * MIB) + b'"'), 1), records, Verdict(0, rows=one))
    yield case("records-number", pack(outside % (b"1" * (64 * MIB)), 1), records, Verdict((0, 1)))
    yield case("records-key", pack(b'{"' + b"k" * (64 * MIB) + b'":1,"data":[{"term":"a","vec":[1]}]}', 1), records,
        Verdict((0, 1)))
    yield case("records-element", pack(b'{"data":[{"term":"' + b"x" * (64 * MIB) + b'"}]}', 1), records, Verdict(1,
        "longer than"))
    yield case("records-keys", pack(b"{" + b'"k":1,' * (8 * MIB) + b'"data":[{"term":"a","vec":[1]}]}', 1), records,
        Verdict(0, rows=one))
    head = b"KCV1" + struct.pack("<I", MIB)
    row = struct.pack("<I", 0) + np.ones(MIB, "<f4").tobytes()
    yield case("kvec-wide", pack(head + row * 6, 1), ["-j", "8"], Verdict(0))
    term = struct.pack("<I", limit) + b"t" * limit + struct.pack("<f", 1)
    yield case("kvec-terms", pack(b"KCV1" + struct.pack("<I", 1) + term * 3, 1), ["-j", "8"], Verdict(0))
    yield case("kvec-headers", pack((b"KCV1" + struct.pack("<I", 1)) * (4 * MIB), 1), [], Verdict(1, "no records"))
    yield case("kvec-narrow", pack(b"KCV1" + struct.pack("<I", 1) + (struct.pack("<I", 0) + struct.pack("<f",
        1)) * (2 * MIB), 1), ["-j", "8"], Verdict(0))
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (8, %d), }\n" % MIB
    yield case("npy-wide", pack(b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + np.ones(8 * MIB).tobytes(),
        1), ["-j", "8"], Verdict(0))
    yield case("npy-header", pack(b"\x93NUMPY\2\0" + struct.pack("<I", 1 << 30) + b" " * (64 * MIB), 1), [],
        Verdict(1, "npy header"))
    head = faiss_file(n=1 << 40, d=2)[:45]
    yield case("faiss-rows", pack(head + bytes(16 * MIB), 1), [], Verdict(1, "cut short"))
    head = faiss_file(n=1 << 40, d=2, ids=(1,))[:82]
    yield case("faiss-map", pack(head + bytes(64 * MIB), 1), [], Verdict(1, "cut short"))
    row = struct.pack("<I", MIB) + np.ones(MIB, "<f4").tobytes()
    yield case("fvecs-wide", pack(row * 6, 1), ["-i", "fvecs", "-j", "8"], Verdict(0))
    yield case("fvecs-narrow", pack(struct.pack("<If", 1, 1) * (2 * MIB), 1), ["-i", "fvecs", "-j", "8"], Verdict(0))
    for n in (15 * MIB, 17 * MIB, 99 * MIB):
        data = struct.pack("<Q", n) + b'{"a":' + b" " * (n - 5)
        yield case(f"tensor-header-{n}", pack(data, 1), [], Verdict(1, "safetensors header"))
    entry = b'"%06d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},'
    many = b"{" + b"".join(entry % i for i in range(280000)) + b'"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}'
    yield case("tensor-many", pack(struct.pack("<Q", len(many)) + many + bytes(4), 1), [], Verdict(0))
    behind = tensors({"a": ("F32", [1, 1], struct.pack("<f", 1)), "z": ("U8", [64 * MIB], bytes(64 * MIB))})
    yield case("tensor-behind", pack(behind, 1), [], Verdict(0))
    wide = b",".join([b"1"] * (2 * MIB))
    for kind, sep in (("csv", b","), ("tsv", b"\t"), ("glove", b" ")):
        row = b"a" + sep + wide.replace(b",", sep) + b"\n"
        yield case(kind + "-wide", pack(row * 3, 1), ["-i", kind, "--header", "no"], Verdict(1, "numbers"))
    yield case("csv-open", pack(b'a,1.5,3\n"' + b"x\n" * (32 * MIB), 1), ["-i", "csv"], Verdict(1, ":2: ",
        rows=[("a", np.array([1.5, 3], "<f4"))]))
    yield case("csv-open-skip", pack(b'a,1.5,3\n"' + b"x\n" * (32 * MIB), 1), ["-i", "csv", "--on-bad", "skip"],
        Verdict(1, ":2: "))
    yield case("csv-quotes", pack(b'a,1.5,3\n' + b'"' * (64 * MIB), 1), ["-i", "csv"], Verdict(1, ":2: "))
    yield case("word2vec-term", pack(b"2 2\n" + b"x" * (64 * MIB), 1), ["-i", "word2vec-bin"], Verdict(1, "max-line"))
    yield case("word2vec-lie", pack(b"9999999999 2\na 1 2\n", 1), ["-i", "word2vec"], Verdict(1, ":1: states"))
    yield case("first-line", pack(b"x" * (64 * MIB), 1), [], Verdict(1, "not a format"))
    thing = pq.element("x", type=4, repetition=0)
    for n in (1 << 17, 5 << 17):
        data = pq.file([pq.element("s", children=n), *[thing] * n], [])
        yield case(f"parquet-columns-{n}", pack(data, 1), [], Verdict(1))
    tail = struct.pack("<I", 64 * MIB) + b"PAR1"
    yield case("parquet-footer", pack(b"PAR1" + bytes(64 * MIB) + tail, 1), [], Verdict(1, "more than 16777216"))
    tail = struct.pack("<I", 15 * MIB) + b"PAR1"
    for fill in (b"\0", b"\x1c", b"\xff", b"\x19", b"\x11"):
        yield case(f"parquet-footer-{fill.hex()}", pack(b"PAR1" + fill * (15 * MIB) + tail, 1), [], Verdict(1))
    many = pq.thrift({1: (pq.LIST, (pq.STRUCT, [])), 3: (pq.I64, 0)})
    yield case("parquet-groups", pack(pq.file(pq.SCHEMA, [], lies={4: (pq.LIST, (pq.BINARY, [b""]))}), 1), [], Verdict(1))
    data = pq.file(pq.SCHEMA, []).replace(b"\x19\x0c", b"\x19\xfc" + pq.varint(MIB) + many * MIB)
    data = data[:-8] + struct.pack("<I", len(data) - 12) + b"PAR1"
    yield case("parquet-many-groups", pack(data, 1), [], Verdict(1))
    n = 1 << 30

    def one(values, codec=0, **lies):
        page = pq.page(n, pq.runs([0, (1, n - 1)], 1), pq.runs([(3, n)], 2), values, codec=codec, **lies)
        return pq.file(pq.SCHEMA, [(1, [(6, 0, 1, pq.term_pages("a")), (4, codec, n, [page])])])
    yield case("parquet-long-row", one(b""), [], Verdict(1))
    for codec in (0, 1, 2, 6, 7):
        yield case(f"parquet-large-page-{codec}", one(b"", codec, lies={2: (pq.I32, (1 << 31) - 1)}), [], Verdict(1))
    yield case("parquet-header", pack(b"PAR1" + bytes([0x15, 0, 0x18]) + pq.varint(8 * MIB) + bytes(8 * MIB) +
                                      pq.file(pq.SCHEMA, [(1, [(6, 0, 1, [b""]), (4, 0, 1, [b""])])])[4:], 1), [], Verdict(1))
    yield case("gzip-members", gzip.compress(b"", mtime=0) * 200000, [], Verdict(1, "no records"))
    yield case("zstd-window", subprocess.run(["zstd", "-q", "-c", "--long=27", "-1"], input=b"\n" * (200 * MIB),
        stdout=subprocess.PIPE,
                                             check=True).stdout, [], Verdict(1, "zstd window"))
    yield case("zstd-line", zstd_file(over * 4), FIELDS, line_1)
    yield case("zstd-empty-frames", (b"\x28\xb5\x2f\xfd\x20\0\1\0\0") * 200000, [], Verdict(1, "no records"))


def models(step, kclust, folder):
    """A model of kclust, truncated and with flipped bits."""
    data, path = os.path.join(folder, "model-data"), os.path.join(folder, "model-whole")
    with open(data, "w") as f:
        f.write("".join('{"term":"%s%d","vec":[%d,%d,0.%d]}\n' % ("ab"[i % 2], i, i % 2, 1 - i % 2,
        i) for i in range(9)))
    subprocess.run([kclust, "-q", "-k", "2", "-m", path, "-o", "/dev/null", data], check=True)
    with open(path, "rb") as f:
        model = f.read()
    for n in range(0, len(model) + 1, step):
        yield Case(f"model-cut-{n}", model[:n], [], Verdict(1 if n < len(model) else 0), "model")
    for bit in range(0, 8 * len(model), 3 * step):
        b = bytearray(model)
        b[bit // 8] ^= 1 << bit % 8
        yield Case(f"model-flip-{bit}", bytes(b), [], oracle.model(bytes(b)), "model")
    for n in (0, 1, len(model), 1 << 20, 100 << 20, (100 << 20) + 1, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        yield Case(f"model-length-{n}", struct.pack("<Q", n) + model[8:], [], Verdict(1), "model")
    yield Case("model-longer", model + b"x", [], Verdict(1), "model")
    yield Case("model-deep", struct.pack("<Q", 300000) + b'{"a":' + b"[" * 299995, [], Verdict(1), "model")
    # A model is in memory whole, and takes less than four times its file: headers that long within the limit of all.
    most = 12 * MIB
    for what, begin, each, end in (
            ("spaces", "{", " ", "}"), ("name", '{"', "x", '":1}'), ("string", '{"__metadata__":{"a":"', "x", '"}}'),
            ("escapes", '{"__metadata__":{"a":"', "\\u0041", '"}}'), ("numbers", '{"a":{"shape":[1', ",1", "]}}"),
            ("texts", '{"__metadata__":{"":""', ',"%07x":""', "}}"),
            ("tensors", "{", '"%07x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},', '"a":1}')):
        count = (most - len(begin) - len(end)) // len(each % 0 if "%" in each else each)
        text = begin + ("".join(each % i for i in range(count)) if "%" in each else each * count) + end
        yield Case("model-header-" + what, struct.pack("<Q", len(text)) + text.encode(), [], Verdict(1), "model")
    yield Case("model-bomb", gzip.compress(struct.pack("<Q", 16 << 20) + b'{"a":"' + b"x" * (16 << 20), 1), [],
        Verdict(1), "model")
