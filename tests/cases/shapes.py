"""Files of vectors as services and programs write them in JSON: each holds the rows of data.py, or is to be refused."""
import base64
import json
import struct

from data import ROWS, VECTORS

NAMES = [name for name, _ in ROWS]
FLOATS = ["%r" % v for v in VECTORS]


def base64_of(vec):
    return base64.b64encode(struct.pack("<%df" % len(vec), *vec)).decode()


def four(vec):
    """Four numbers, the fewest that count as base64 or hexadecimal."""
    return vec + [0.0]


def openai(rows, first=0):
    return {"object": "list", "data": [{"object": "embedding", "index": i + first, "embedding": v}
                                       for i, v in enumerate(rows)], "model": "m", "usage": {"total_tokens": 8}}


def lines(values):
    return "".join(json.dumps(v) + "\n" for v in values)


def each(make):
    return lines(make(name, vec) for name, vec in ROWS)


FILES = {
    "openai.json": json.dumps(openai(VECTORS)),
    "openai-pretty.json": json.dumps(openai(VECTORS), indent=2),
    "openai-lines.jsonl": lines(openai(VECTORS[i:i + 3]) for i in (0, 3, 6)),
    "cohere-1.json": json.dumps({"id": "x", "texts": NAMES, "embeddings": VECTORS}),
    "cohere-2.json": json.dumps({"id": "x", "embeddings": {"float": VECTORS}, "texts": NAMES, "meta": {"v": [1, 2]}}),
    "cohere-two-types.json": json.dumps({"id": "x", "embeddings": {"float": VECTORS, "int8": VECTORS}}),
    "gemini.json": json.dumps({"embeddings": [{"values": v} for v in VECTORS]}),
    "vertex.json": json.dumps({"predictions": [{"embeddings": {"statistics": {"token_count": 3}, "values": v}}
                                               for v in VECTORS]}),
    "ollama.json": json.dumps({"model": "m", "embeddings": VECTORS, "total_duration": 14}),
    "ollama-lines.jsonl": each(lambda name, vec: {"embedding": vec}),
    "batch.jsonl": each(lambda name, vec: {"id": "b", "custom_id": name, "response": {"body": openai([vec])}}),
    "chroma.json": json.dumps({"ids": NAMES, "embeddings": VECTORS, "documents": ["d"] * 9, "metadatas": None}),
    "chroma-ids-last.json": json.dumps({"documents": ["d"] * 9, "embeddings": VECTORS, "ids": NAMES}),
    "chroma-short.json": json.dumps({"ids": NAMES[1:], "embeddings": VECTORS}),
    "chroma-bad-ids.json": json.dumps({"ids": [[1]] * 9, "embeddings": VECTORS}),
    "pinecone.json": json.dumps({"matches": [{"id": n, "score": 0.1, "values": v} for n, v in ROWS]}),
    "qdrant.json": json.dumps({"result": {"points": [{"id": n, "vector": v, "payload": {}} for n, v in ROWS]}}),
    "elastic.json": json.dumps({"hits": {"hits": [{"_id": n, "_source": {"embedding": v}} for n, v in ROWS]}}),
    "map.json": json.dumps(dict(ROWS)),
    "map-pretty.json": json.dumps(dict(ROWS), indent=1),
    "map-lines.jsonl": each(lambda name, vec: {name: vec}),
    "map-inside.json": json.dumps({"vectors": dict(ROWS), "n": 9}),
    "map-of-fields.jsonl": each(lambda name, vec: {"title": vec, "body_vec": vec}),
    "bare.jsonl": lines(VECTORS),
    "bare-pretty.json": "".join(json.dumps(v, indent=1) + "\n" for v in VECTORS),
    "pretty.json": "".join(json.dumps({"id": n, "embedding": v}, indent=2) + "\n" for n, v in ROWS),
    "pretty-damaged.json": json.dumps({"id": 1, "embedding": [1, 2]}, indent=1).replace('"embedding":', '"embedding"'),
    "other-case.jsonl": each(lambda name, vec: {"ID": name, "Embedding": vec}),
    "only-vector.jsonl": each(lambda name, vec: {"id": name, "ada": vec}),
    "whole-numbers.jsonl": each(lambda name, vec: {"id": name, "tags": [1, 2]}),
    "two-vectors.jsonl": each(lambda name, vec: {"id": name, "title_vector": vec, "content_vector": vec}),
    "class-and-text.jsonl": each(lambda name, vec: {"label": name[0], "sentence": name, "embedding": vec}),
    "string.jsonl": each(lambda name, vec: {"id": name, "embedding": json.dumps(vec)}),
    "numpy-string.jsonl": each(lambda name, vec: {"id": name, "embedding": "[%g  %g\n %g]" % tuple(vec)}),
    "postgres.jsonl": each(lambda name, vec: {"id": name, "embedding": "{%g,%g,%g}" % tuple(vec)}),
    "sparse.jsonl": each(lambda name, vec: {"id": name, "embedding": "{1:0.5}/8"}),
    "ellipsis.jsonl": each(lambda name, vec: {"id": name, "embedding": "[0.1 ... 0.2]"}),
    "base64.jsonl": each(lambda name, vec: {"id": name, "embedding": base64_of(four(vec)), "encoding": "base64"}),
    "base64-inside.jsonl": each(lambda name, vec: {"id": name,
                                                   "embedding": {"encoding": "base64", "data": base64_of(four(vec))}}),
    "base64-array.json": json.dumps({"ids": NAMES, "embeddings": [base64_of(four(v)) for v in VECTORS]}),
    "base64-cut.jsonl": each(lambda name, vec: {"id": name, "embedding": base64_of(four(vec))[:-5]}),
    "float64.jsonl": lines([{"id": 1, "embedding": base64.b64encode(struct.pack("<4d", .1, .2, -.3, 1 / 3)).decode()}]),
    "hex.jsonl": each(lambda name, vec: {"id": name, "embedding": "\\x" + struct.pack("<4f", *four(vec)).hex()}),
    "hex-upper.jsonl": each(lambda name, vec: {"id": name,
                                               "embedding": struct.pack("<4f", *four(vec)).hex().upper()}),
}


def write():
    for name, text in FILES.items():
        with open(name, "w") as f:
            f.write(text)
    print(*FILES)
