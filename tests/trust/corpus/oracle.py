"""The expected result of an input, computed without kclust: by Python's json, numpy's reader of npy, zlib, libzstd,
and decoders written here for the other formats. A verdict is a Verdict; rows are (term, float32 array)."""
import ctypes
import io
import json
import itertools
import re
import struct
import zlib

import numpy as np

MAX_DIM = 1 << 20


class Verdict:
    """status: the right exit statuses. message: a pattern of the one message if status is not 0, or a function that
    returns whether a line number is right. rows: the rows that must be accepted (before an error: of which a beginning
    may be written); None: not known."""

    def __init__(self, status, message=None, rows=None, skipped=0):
        self.status = status if isinstance(status, tuple) else (status,)
        self.message, self.rows, self.skipped = message, rows, skipped


class Bad(Exception):
    pass


class Number(str):
    """The text of a number, as json passes it to its hooks."""


def refuse(word):
    raise ValueError(word + " is not JSON")


DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=refuse)


def depth(text):
    """Return how deep arrays and objects nest in a valid text."""
    now = most = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text, re.S):
        c = token.group()
        if c in "[{":
            now += 1
            most = max(most, now)
        elif c in "]}":
            now -= 1
    return most


def to_float(text):
    value = 0.0 if text == "-0" else float(text)  # an integer has no negative zero
    with np.errstate(over="ignore"):
        x = np.float32(value)
    if not np.isfinite(x):
        raise Bad("beyond float32")
    return x


def json_value(data):
    """Return the one value of a text of bytes."""
    try:
        text = data.decode("utf-8")
        if text != text.lstrip("\ufeff"):
            raise Bad("a byte order mark")
        value, at = DECODER.raw_decode(text, len(text) - len(text.lstrip(" \t\n\r")))
    except (ValueError, RecursionError) as e:
        raise Bad(str(e)) from None
    if text[at:].strip(" \t\n\r"):
        raise Bad("something behind the value")
    if depth(text[:at]) > 512:
        raise Bad("nested too deep")
    return value


def record(value, d):
    """Return a JSON value as (term, floats)."""
    if not isinstance(value, dict):
        raise Bad("no object")
    if "vec" not in value or "term" not in value:
        raise Bad("a field is missing")
    vec, term = value["vec"], value["term"]
    if not isinstance(vec, list) or not vec or not all(isinstance(x, Number) for x in vec):
        raise Bad("no vector")
    if len(vec) > MAX_DIM:
        raise Bad("too many numbers")
    if not isinstance(term, str):
        raise Bad("no term")
    try:
        term.encode("utf-8")
    except UnicodeEncodeError:
        raise Bad("a lone surrogate") from None
    x = np.array([to_float(v) for v in vec], "<f4")
    if d and len(x) != d:
        raise Bad("another dimension")
    return str(term), x


def summing_up(rows, skipped, skip):
    if rows:
        return Verdict(0, rows=rows, skipped=skipped)
    return Verdict(1, r"no records", rows=[], skipped=skipped)


def lines(data, skip=False, max_line=16 << 20):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4] == b"PK\3\4" or data[:2] == b"\x1f\x8b":
        return Verdict(1, r"not a format|damaged|cut short")
    data = data[3:] if data[:3] == b"\xef\xbb\xbf" else data
    first = data.lstrip(b" \t\r\n")[:1]
    if first == b"[":
        return elements(data)
    if first == b"":
        return Verdict(1, "no records", rows=[])
    if first != b"{":
        return Verdict(1, "not a format that kclust knows")
    rows, skipped = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip(b" \t\r"):
            continue
        try:
            if len(line) > max_line:
                raise Bad("too long")
            rows.append(record(json_value(line), len(rows[0][1]) if rows else 0))
        except Bad:
            if not skip:
                return Verdict(1, rf":{number}: ", rows=rows)
            skipped += 1
    return summing_up(rows, skipped, skip)


def elements(data, pointer=None):
    """Return the elements of the array at the top, or at a key of the object at the top, of each text. The line in a
    message lies between the element's first and the file's last."""
    rows, at, line = [], 0, 1
    last = data.count(b"\n") + 1

    def fault(start):
        return Verdict(1, lambda n: start <= n <= last, rows=rows)

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        text = data[:e.start].decode("utf-8")  # what comes before may be wrong, too
        last = data.count(b"\n") + 1
    blank = re.compile(r"[ \t\n\r]*")
    whole = len(text.encode()) == len(data)
    at = blank.match(text).end()
    if at == len(text):
        return Verdict(1, "no records" if whole else None, rows=[])
    while at < len(text):
        if pointer is None:
            if text[at] != "[":
                return fault(1)
            begin = at
        else:
            try:
                value, _ = DECODER.raw_decode(text, at)
                begin = text.index("[", text.index('"%s"' % pointer, at))  # our own texts have the key once, outside
                assert isinstance(value[pointer], list)
            except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
                return Verdict(1, lambda n: 1 <= n <= last)
        at = blank.match(text, begin + 1).end()
        empty = text[at:at + 1] == "]"
        while not empty:
            line = text.count("\n", 0, at) + 1
            try:
                value, end = DECODER.raw_decode(text, at)
                if depth(text[at:end]) > 512:
                    raise Bad("nested too deep")
                rows.append(record(value, len(rows[0][1]) if rows else 0))
            except (ValueError, RecursionError, Bad):
                return fault(line)
            at = blank.match(text, end).end()
            if text[at:at + 1] == "]":
                break
            if text[at:at + 1] != ",":
                return fault(line)
            at = blank.match(text, at + 1).end()
        at += 1
        if pointer is not None:
            at = DECODER.raw_decode(text, blank.match(text, 0).end())[1]
        at = blank.match(text, at).end()
    if not whole:
        return fault(1)
    return summing_up(rows, 0, False)


def kvec(data, skip=False, max_line=16 << 20):
    """kvec as in kclust-formats(5): KCV1, d, then records; a header may be repeated."""
    rows, skipped, d, at, n = [], 0, 0, 0, 0
    if data[:4] != b"KCV1":
        return None
    while at < len(data):
        if data[at:at + 4] == b"KCV1":
            if len(data) - at < 8:
                return Verdict(1, "kvec header is cut short", rows=rows)
            new, = struct.unpack_from("<I", data, at + 4)
            if new == 0 or new > MAX_DIM or (d and new != d):
                return Verdict(1, r"numbers? per row|no numbers", rows=rows)
            d, at = new, at + 8
            continue
        if len(data) - at < 4:
            return Verdict(1, f"row {n} is cut short", rows=rows)
        length, = struct.unpack_from("<I", data, at)
        if length > min(max_line, (1 << 28) - 1):
            return Verdict(1, f"row {n} states a term of {length} bytes", rows=rows)
        if len(data) - at < 4 + length + 4 * d:
            return Verdict(1, f"row {n} is cut short", rows=rows)
        x = np.frombuffer(data, "<f4", d, at + 4 + length)
        try:
            term = data[at + 4:at + 4 + length].decode("utf-8")
            good = bool(np.isfinite(x).all())
        except UnicodeDecodeError:
            good = False
        if good:
            rows.append((term, x))
        elif not skip:
            return Verdict(1, f"row {n}: ", rows=rows)
        else:
            skipped += 1
        at += 4 + length + 4 * d
        n += 1
    return summing_up(rows, skipped, skip)


def numbered(x, skip, terms=None):
    terms = range(len(x)) if terms is None else terms
    rows = [(str(t), r) for t, r in zip(terms, x) if np.isfinite(r).all()]
    if len(rows) < len(x) and not skip:
        first = next(i for i, r in enumerate(x) if not np.isfinite(r).all())
        return Verdict(1, f"row {first}: ", rows=rows[:first])
    return summing_up(rows, len(x) - len(rows), skip)


def npy(data, skip=False):
    if data[:6] != b"\x93NUMPY":
        return None
    f = io.BytesIO(data)
    try:
        x = np.lib.format.read_array(f, allow_pickle=False)
    except Exception:  # numpy raises whatever comes along
        return Verdict(1, rows=[])
    if f.read(1):
        return Verdict(1, "bytes of numbers, its header states|npy header is damaged|its rows have no numbers", rows=[])
    if x.ndim != 2 or x.dtype.kind != "f" or x.dtype.itemsize not in (2, 4, 8) or x.shape[1] == 0:
        return Verdict(1, rows=[])
    if x.shape[0] == 0:
        return Verdict(1, "no records|bytes of numbers", rows=[])
    with np.errstate(over="ignore", invalid="ignore"):
        verdict = numbered(x.astype("<f4"), skip)
    if not x.flags.c_contiguous:
        return Verdict(1, "Fortran", rows=[])
    usual = rb"\{'descr': '[<>]f[248]', 'fortran_order': (True|False), 'shape': \(\d+, \d+\), \} *\n"
    start = 10 if data[6] == 1 else 12
    if not re.fullmatch(usual, data[start:start + int.from_bytes(data[8:start], "little")]):
        verdict.status = (0, 1)  # numpy takes any Python literal, kclust what numpy writes
        verdict.message = verdict.message or "npy header is damaged|holds numbers of type"
    return verdict


def faiss(data, skip=False):
    """A flat index, in an id map or not: every field of the header, then as many bytes as it says."""
    if data[:4] not in (b"IxFI", b"IxF2", b"IxFl", b"IxMp", b"IxM2"):
        return Verdict(1, rows=[]) if data[:1] in (b"I", b"N") and data[:1] != b"" else None
    bad = Verdict(1, rows=[])

    def head(at):
        d, n, _, _, trained, metric = struct.unpack_from("<iqqqBi", data, at + 4)
        if d < 0 or n < 0 or trained > 1 or not 0 <= metric <= 255:
            raise Bad("header")
        return d, n, at + 37 + (4 if metric > 1 else 0)
    try:
        at, outer = 0, None
        if data[:3] == b"IxM":
            d, n, at = head(0)
            outer = d, n
        if data[at:at + 4] not in (b"IxFI", b"IxF2", b"IxFl"):
            return bad
        d, n, at = head(at)
        count, = struct.unpack_from("<Q", data, at)
        at += 8
    except (struct.error, Bad):
        return bad
    if outer not in (None, (d, n)) or count != n * d or len(data) - at != 4 * count + (8 + 8 * n if outer else 0):
        return bad
    if n == 0:
        return Verdict(1, "no records", rows=[])
    if not 1 <= d <= MAX_DIM:
        return bad
    x, ids = np.frombuffer(data, "<f4", n * d, at).reshape(n, d), None
    if outer:
        said, = struct.unpack_from("<Q", data, at + 4 * count)
        if said != n:
            return bad
        ids = np.frombuffer(data, "<i8", n, at + 4 * count + 8)
    return numbered(x, skip, ids)


def fvecs(data, kind, skip=False):
    """kind: <f4 or u1."""
    bad, width = Verdict(1, rows=[]), np.dtype(kind).itemsize
    if not data:
        return Verdict(1, "no records", rows=[])
    d = int.from_bytes(data[:4], "little")
    if len(data) < 4 or not 1 <= d <= MAX_DIM or len(data) % (4 + d * width):
        return bad
    rows, skipped = [], 0
    for i in range(len(data) // (4 + d * width)):
        at = i * (4 + d * width)
        if int.from_bytes(data[at:at + 4], "little") != d:
            return Verdict(1, f"row {i} has", rows=rows)
        x = np.frombuffer(data, kind, d, at + 4).astype("<f4")
        if np.isfinite(x).all():
            rows.append((str(i), x))
        elif not skip:
            return Verdict(1, f"row {i}: ", rows=rows)
        else:
            skipped += 1
    return summing_up(rows, skipped, skip)


TENSORS = {"F32": 4, "F64": 8, "I64": 8, "U64": 8, "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1,
           "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}


def unique(pairs):
    if len(dict(pairs)) < len(pairs):
        raise Bad("a key twice")
    return dict(pairs)


def is_size(x):
    return type(x) is int and x >= 0


def safetensors(data, skip=False):
    """The container in full, then its only matrix of floats."""
    n = int.from_bytes(data[:8], "little")
    if len(data) < 9 or n > 100 << 20 or data[8:9] != b"{":
        return None
    bad = Verdict(1, rows=[])
    try:
        header = json.loads(data[8:8 + n].decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
        for value in header.pop("__metadata__", {}).values():
            if not isinstance(value, str):
                raise Bad("metadata")
        spans = []
        for name, t in header.items():
            begin, end = t["data_offsets"]
            if set(t) != {"dtype", "shape", "data_offsets"} or name == "":
                raise Bad("members")
            if not all(map(is_size, [begin, end, *t["shape"]])) or not isinstance(t["shape"], list):
                raise Bad("sizes")
            size = TENSORS[t["dtype"]]
            for m in t["shape"]:
                size *= m
            if begin + size != end:
                raise Bad("offsets")
            spans.append((begin, end))
        spans.sort()
        if not spans or [b for b, _ in spans] != [0] + [e for _, e in spans[:-1]]:
            raise Bad("gaps")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Bad):
        return bad
    found = [t for t in header.values() if len(t["shape"]) == 2 and t["dtype"] in ("F32", "F64", "F16", "BF16")]
    if n > 16 << 20 or len(data) - 8 - n != spans[-1][1] or len(found) != 1:
        return bad
    t = found[0]
    if t["shape"][0] == 0:
        return Verdict(1, "no records", rows=[])
    if not 1 <= t["shape"][1] <= MAX_DIM:
        return bad
    body = data[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]
    if t["dtype"] == "BF16":
        x = (np.frombuffer(body, "<u2").astype("<u4") << 16).view("<f4")
    else:
        x = np.frombuffer(body, {"F32": "<f4", "F64": "<f8", "F16": "<f2"}[t["dtype"]])
    with np.errstate(over="ignore", invalid="ignore"):
        return numbered(x.reshape(t["shape"]).astype("<f4"), skip)


def raw(data, dim, skip=False):
    if not data:
        return Verdict(1, "no records", rows=[])
    if len(data) % (4 * dim):
        return Verdict(1, "not a whole number of rows", rows=[])
    return numbered(np.frombuffer(data, "<f4").reshape(-1, dim), skip)


class Damaged(Exception):
    """Compressed data are damaged. args[0]: what was inflated before."""


def gunzip(data):
    out = b""
    while data:
        if data[:2] != b"\x1f\x8b":
            raise Damaged(out)
        z = zlib.decompressobj(wbits=31)
        try:
            out += z.decompress(data)
        except zlib.error:
            raise Damaged(out) from None
        if not z.eof:
            raise Damaged(out)
        data = z.unused_data
    return out


ZSTD = None


def unzstd(data):
    global ZSTD
    if ZSTD is None:
        ZSTD = ctypes.CDLL("libzstd.so.1")
        for f in (ZSTD.ZSTD_findFrameCompressedSize, ZSTD.ZSTD_decompress):
            f.restype = ctypes.c_size_t
        ZSTD.ZSTD_findFrameCompressedSize.argtypes = (ctypes.c_char_p, ctypes.c_size_t)
        ZSTD.ZSTD_decompress.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t)
    out, room = b"", ctypes.create_string_buffer(1 << 20)
    while data:
        n = ZSTD.ZSTD_findFrameCompressedSize(data, len(data))
        if ZSTD.ZSTD_isError(ctypes.c_size_t(n)):
            raise Damaged(out)
        m = ZSTD.ZSTD_decompress(room, len(room), data, n)
        if ZSTD.ZSTD_isError(ctypes.c_size_t(m)):
            raise Damaged(out)
        out += room.raw[:m]
        data = data[n:]
    return out


NUMBER = re.compile(rb" *([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *")


def loose(field):
    """Return a number as the text formats accept it."""
    m = NUMBER.fullmatch(field)
    if not m:
        raise Bad("no number")
    integer = m.group(3) is None and b"." not in m.group(2)
    value = float(field)
    return to_float("0" if integer and value == 0 else field.decode())


def text_term(term):
    if not term or b"\0" in term:
        raise Bad("no term")
    try:
        return term.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("not UTF-8") from None


def is_number(word):
    try:
        loose(word)
    except Bad:
        return False
    return True


def word_row(line, d):
    words = [w for w in line.split(b" ") if w]
    if line[:1] == b" ":
        raise Bad("no term")
    d = d or len(words) - 1
    if d < 1 or len(words) <= d:
        raise Bad("too few")
    if len(words) > d + 1 and is_number(words[-d - 1]):
        raise Bad("too many")
    numbers, term = words[-d:], line
    for w in reversed(numbers):
        term = term.rstrip(b" ")[:-len(w)]
    x = np.array([loose(w) for w in numbers], "<f4")
    return text_term(term.rstrip(b" ")), x


def text_lines(data):
    """Return (number, line) of the lines that are not blank, without the line break (LF or CR LF)."""
    data = data[3:] if data[:3] == b"\xef\xbb\xbf" else data
    for number, line in enumerate(data.split(b"\n"), 1):
        line = line[:-1] if line[-1:] == b"\r" else line
        if line.strip(b" "):
            yield number, line


def dimension(line):
    try:
        return len(word_row(line, 0)[1])
    except Bad:
        return 0


def words(data, head, skip=False):
    """GloVe, or, with a first line, word2vec."""
    rows, skipped, d, n, said = [], 0, 0, 0, None
    if head:
        m = re.match(rb"(?:\xef\xbb\xbf)?([0-9]{1,18}) ([0-9]{1,18})[ \r]*\n", data)
        if not data or data == b"\xef\xbb\xbf":
            return Verdict(1, "no records", rows=[])
        if not m:
            return Verdict(1, r":1: the line is", rows=[])
        said, d = int(m.group(1)), int(m.group(2))
        if d < 1 or d > MAX_DIM:
            return Verdict(1, "no numbers|numbers per row", rows=[])
        if said * (2 if skip else 2 * d + 2) > len(data) - m.end() + 1:
            return Verdict(1, r":1: states", rows=[])
        data = b"\n" + data[m.end():]
    elif skip: # the dimension is that of most of the first rows
        counts = [dimension(line) for _, line in itertools.islice(text_lines(data), 16)]
        d = max((c for c in counts if c), key=counts.count, default=0)
    for number, line in text_lines(data):
        if n == said:
            return Verdict(1, rf":{number}: one row more", rows=rows, skipped=skipped)
        n += 1
        try:
            rows.append(word_row(line, d or (len(rows[0][1]) if rows else 0)))
        except Bad:
            if not skip:
                return Verdict(1, rf":{number}: ", rows=rows)
            skipped += 1
    if said is not None and n < said:
        return Verdict(1, r":1: states", rows=rows)
    return summing_up(rows, skipped, skip)


def word2vec_bin(data, skip=False):
    rows, skipped = [], 0
    m = re.match(rb"(?:\xef\xbb\xbf)?([0-9]{1,18}) ([0-9]{1,18})[ \r]*\n", data)
    if not data or data == b"\xef\xbb\xbf":
        return Verdict(1, "no records", rows=[])
    if not m:
        return Verdict(1, r":1: the line is", rows=[])
    said, d, at = int(m.group(1)), int(m.group(2)), m.end()
    if d < 1 or d > MAX_DIM:
        return Verdict(1, "no numbers|numbers per row", rows=[])
    if said * (4 * d + 1) > len(data) - at + 1:
        return Verdict(1, r":1: states", rows=[])
    for n in range(said):
        at += n > 0 and data[at:at + 1] == b"\n"
        blank = data.find(b" ", at)
        if blank < 0 or len(data) < blank + 1 + 4 * d:
            return Verdict(1, f"ends within row {n}", rows=rows)
        x = np.frombuffer(data, "<f4", d, blank + 1)
        try:
            if not np.isfinite(x).all():
                raise Bad("not finite")
            rows.append((text_term(data[at:blank]), x))
        except Bad:
            if not skip:
                return Verdict(1, f"row {n}: ", rows=rows)
            skipped += 1
        at = blank + 1 + 4 * d
    if data[at:] not in (b"", b"\n"):
        return Verdict(1, "more bytes follow", rows=rows)
    return summing_up(rows, skipped, skip)


def csv_records(data):
    """Return (line, fields) of the records that are not blank; fields is None if quotes are damaged. If quotes are
    never closed, the last item is (line, Bad)."""
    at, line = 0, 1
    while at < len(data):
        begin, first, fields, field, good, open_at_end = at, line, [], b"", True, False
        fresh = True  # at a field's beginning
        while at < len(data) and data[at:at + 1] != b"\n":
            c = data[at:at + 1]
            at += 1
            if c == b'"' and fresh:
                fresh, open_at_end = False, True
                while at < len(data):
                    c = data[at:at + 1]
                    at += 1
                    line += c == b"\n"
                    if c == b'"' and data[at:at + 1] == b'"':
                        at += 1
                    elif c == b'"':
                        open_at_end = False
                        break
                    field += c
                end = data[at:at + 1]
                good &= open_at_end or end in (b"", b",", b"\n") or data[at:at + 2] in (b"\r\n",) or data[at:] == b"\r"
            elif c == b",":
                fields.append(field)
                field, fresh = b"", True
            else:
                field, fresh = field + c, False
        text = data[begin:at]
        if text[-1:] == b"\r":
            text, field = text[:-1], field[:-1] if field[-1:] == b"\r" else field
        if open_at_end:
            yield first, Bad("never closed")
            return
        if text.strip(b" "):
            yield first, fields + [field] if good else None
        line += at < len(data)
        at += 1


def tsv_records(data):
    """tsv as COPY writes it: quotes are characters like any other."""
    for number, line in text_lines(data):
        yield number, [(field, False) for field in line.split(b"\t")]


def unescape(term):
    def one(m):
        s = m.group()
        if len(s) == 4:
            return bytes([int(s[2:], 16)])
        if s[1:] not in (b"t", b"n", b"r", b"\\", b"b", b"f", b"v"):
            raise Bad("escape")
        return {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"\\": b"\\", b"b": b"\b", b"f": b"\f", b"v": b"\v"}[s[1:]]
    return re.sub(rb"\\x[0-9a-fA-F]{2}|\\.?", one, term, flags=re.S)


def columns(data, tabs, skip=False):
    """csv or tsv of the columns term, x, y, as --header no --term-field 1 --vec-field 2-3 says."""
    rows, skipped = [], 0
    data = data[3:] if data[:3] == b"\xef\xbb\xbf" else data
    widths = [len(f) if f is not None else -1 for _, f in itertools.islice(tsv_records(data) if tabs else csv_records(data), 17)
              if not isinstance(f, Bad)]
    count = max(widths, key=widths.count, default=0) # the first of those that most records have
    if widths and -1 in widths and widths.count(count) <= widths.count(-1) + 1:
        return Verdict((0, 1)) # damaged records count as far as they go, which is not worked out here
    if widths and count < 3:
        return Verdict(1, r":1: .*expected more", rows=[])
    for number, fields in (tsv_records(data) if tabs else csv_records(data)):
        if isinstance(fields, Bad):
            return Verdict(1, rf":{number}: ", rows=rows)
        try:
            if fields is None:
                raise Bad("quotes")
            if len(fields) != count:
                raise Bad("columns")
            fields = fields if tabs else [(f, True) for f in fields]
            x = np.array([loose(f) for f, _ in fields[1:3]], "<f4")
            for f, _ in fields[3:]:
                try:
                    f.decode("utf-8")
                except UnicodeDecodeError:
                    raise Bad("not UTF-8") from None
            term, quoted = fields[0]
            if not quoted and term == rb"\N":
                raise Bad("null")
            text_term(term)
            rows.append(((term if quoted else unescape(term)).decode("utf-8", "replace"), x))
        except Bad:
            if not skip:
                return Verdict(1, rf":{number}: ", rows=rows)
            skipped += 1
    return summing_up(rows, skipped, skip)


def packed(data, unpack, inner=lines):
    try:
        return inner(unpack(data))
    except Damaged:
        return Verdict(1)  # what is read before the damage may be bad in any way, and whole lines may have been written


def model(data):
    """Check only the container; its contents are left to kclust."""
    def offsets():
        n, = struct.unpack_from("<Q", data)
        header = json.loads(data[8:8 + n].decode("utf-8")) if n <= len(data) - 8 else None
        spans = sorted(t["data_offsets"] for name, t in header.items() if name != "__metadata__")
        ends = [0] + [b for _, b in spans]
        return ends[-1] == len(data) - 8 - n and all(a == e for (a, _), e in zip(spans, ends))
    try:
        good = offsets()
    except Exception:
        good = False
    return Verdict((0, 1)) if good else Verdict(1)
