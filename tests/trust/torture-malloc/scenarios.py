"""The runs of kclust that torture.py disturbs. A new verb is a new row at the end of TABLE."""
import gzip
import os
import random
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "cases"), os.path.join(HERE, "..")]
import data  # noqa: E402
import formats  # noqa: E402

OLD = b"what was here before\n"


class Scenario:
    def __init__(self, name, args, stdin=None, old=(), streams=False, threads=(1, 2), says=None, slow=False):
        """args: of kclust; IN/ stands for the folder of the inputs. stdin: a file in it. old: files that exist before
        the run. streams: whole lines may be written before a failure. says: with -v, what one of its lines must say.
        slow: a slice runs fewer injections of it."""
        self.name, self.args, self.stdin, self.streams = name, args, stdin, streams
        self.before = {n: OLD for n in old}
        self.threads, self.says, self.slow = threads, says, slow

    def argv(self, kclust, inputs, threads):
        args = [a.replace("IN/", inputs + "/") for a in self.args]
        return [kclust] + args + (["-j", str(threads)] if threads else [])


def vectors(n, d, groups, seed=1):
    """Return n rows in groups that overlap a little, so that the sweep has work to do."""
    rng = random.Random(seed)
    centres = [[rng.gauss(0, 1) for _ in range(d)] for _ in range(groups)]
    return [[struct.unpack("<f", struct.pack("<f", x + rng.gauss(0, 0.4)))[0] for x in centres[i % groups]]
            for i in range(n)]


def jsonl(rows, terms=True):
    return "".join('{"term": "t%d", "vec": [%s], "more": {"a": [1, "\\u00e9"]}}\n' %
                   (i, ", ".join("%.9g" % x for x in v)) for i, v in enumerate(rows)).encode()


def make(folder, kclust):
    """The inputs."""
    def put(name, content):
        data.save(os.path.join(folder, name), content)

    few, some, many = vectors(40, 6, 4), vectors(300, 5, 30), vectors(5000, 4, 6)
    put("few.jsonl", jsonl(few))
    put("few.jsonl.gz", gzip.compress(jsonl(few), mtime=0))
    put("few.jsonl.zst", subprocess.run(["zstd", "-qc"], input=jsonl(few), stdout=subprocess.PIPE, check=True).stdout)
    put("few.kvec", data.kvec([("t%d" % i, v) for i, v in enumerate(few)]))
    put("few.npy", data.npy(few))
    put("few.npy.terms", b"".join(b"name %d\n" % i for i in range(len(few))))
    put("few.raw", b"".join(struct.pack("<6f", *v) for v in few))
    put("bad.jsonl", jsonl(few[:20]) + b'{"term": "bad", "vec": [1, 2]}\n' + jsonl(few[20:]))
    put("answer.json", b'{"data": [%s]}' % b",\n".join(jsonl(few).splitlines()))
    put("words.jsonl", "".join('{"term": "\u039f\u03a3 Росси\u0301я, e\u0302\u0301 the word%d", "vec": [%s]}\n' %
                               (i % 7, ", ".join("%.9g" % x for x in v)) for i, v in enumerate(few)).encode())
    put("stop", b"word3\nsome words\n")
    put("pairs", b"t0\tt1\tmust\nt1\tt2\tmust\nt0\tt3\tcannot\nt3\tt4\tcannot\nt0\tt2\tcannot\n")
    put("some.npy", data.npy(some))
    for _, name, content, _ in formats.others(few):
        put(name, content)
    put("three.jsonl", jsonl(few[:3]))
    put("fields.jsonl", formats.lines_of_fields(len(few)))
    put("fields.json", formats.index_of_fields(len(few)))
    put("dated.jsonl", "".join('{"term": "t%d", "vec": [%s], "kind": "%s", "day": "2024-05-%02d", "w": %d, "tags": ["a%d", null]}\n' %
                               (i, ", ".join("%.9g" % x for x in v), "ab"[i % 3 == 0], 1 + i // 12, 1 + i % 4, i % 5)
                               for i, v in enumerate(some[:60])).encode())
    put("options", b"# a fit in parts\nk 2:3\nn-init 1\ngroup-by kind\ntime-field day\ntime-window 2d\nmax-gap 5d\n"
        b"weight-field w\nmerge-groups 0.99\nclusters records\nfacet tags\ndocument-field day\nkeywords 2\n")
    subprocess.run([kclust, "-q", "-k", "4", "-m", folder + "/model", "-o", folder + "/labels", folder + "/few.jsonl"],
                   check=True)
    subprocess.run([kclust, "-q", "--algorithm", "hdbscan", "--min-size", "2", "--min-samples", "1", "-m", folder + "/votes",
                    "-o", folder + "/labels3", folder + "/few.jsonl"], check=True)
    subprocess.run([kclust, "map", "-q", "--save-map", folder + "/map", "-o", folder + "/places", folder + "/few.jsonl"], check=True)
    subprocess.run([kclust, "-q", "-k", "2:4", "--n-init", "1", "--keywords", "2", "-s", folder + "/summary", "-o",
                    folder + "/dlabels", folder + "/dated.jsonl"], check=True)
    with open(folder + "/dlabels", "rb") as f:
        put("old", b"".join(line[:-2] + b"%d\n" % (int(line[-2:]) if i % 7 else 9) for i, line in enumerate(f)))
    put("middle.npy", data.large(3200, 8))
    rng = random.Random(7)
    fresh = [[3 * (-1) ** j + rng.gauss(0, 0.1) for j in range(6)] for _ in range(12)]
    put("batch.jsonl", jsonl(few[:20] + fresh))
    subprocess.run([kclust, "update", "-q", "-m", folder + "/model", "--save", folder + "/model2", "-o",
                    folder + "/labels2", folder + "/batch.jsonl"], check=True)
    for part, name in ("part", "few.jsonl"), ("part2", "batch.jsonl"):
        subprocess.run([kclust, "assign", "-q", "-m", folder + "/model", "--tally", folder + "/" + part, "-o", folder + "/labels4",
                        folder + "/" + name], check=True)
    put("many.npy", data.npy(many))
    large = data.large(40000, 64)
    put("large.npy.gz", gzip.compress(large, 1, mtime=0))
    body = memoryview(large)[-40000 * 256:]
    put("large.kvec", b"KCV1" + struct.pack("<I", 64) +
        b"".join(b"\1\0\0\0t" + body[i:i + 256] for i in range(0, len(body), 256)))


COLUMNS = "term,cluster,similarity,margin,silhouette,row"
QUICK = ["-k", "2:4", "--n-init", "2"]
# Between what the work takes with the rows in memory and without.
STREAMED = ["-v", "-k", "3", "--n-init", "1", "--max-iter", "1", "--sample", "60", "--max-memory"]

TABLE = [
    Scenario("fit and keywords", ["fit"] + QUICK + ["--keywords", "3", "--stop-words", "IN/stop", "-s", "side", "-o", "out",
                                                    "IN/words.jsonl"], old=("side", "out"), slow=True),
    Scenario("fit jsonl to tsv", ["fit"] + QUICK + ["IN/few.jsonl"]),
    Scenario("fit gzip to csv and a sidecar", ["fit"] + QUICK + ["-f", "csv", "--columns", COLUMNS, "-o", "out.csv",
                                                              "-s", "side.json", "IN/few.jsonl.gz"],
             old=["out.csv", "side.json"]),
    Scenario("fit zstd from standard input to jsonl", ["fit"] + QUICK + ["-f", "jsonl"], stdin="few.jsonl.zst"),
    Scenario("fit npy with terms beside, -v", ["fit", "-v"] + QUICK + ["IN/few.npy"], says="rows: in memory"),
    Scenario("fit kvec, new file", ["fit", "-q"] + QUICK + ["-o", "new", "-s", "new.json", "IN/few.kvec"]),
    Scenario("fit raw with a file of terms", ["fit"] + QUICK + ["-i", "raw", "--dim", "6", "--terms",
                                                                "IN/few.npy.terms", "IN/few.raw"]),
    Scenario("fit annotated, bad records skipped", ["fit"] + QUICK + ["--annotate", "--on-bad", "skip", "-o", "out",
                                                                      "IN/bad.jsonl"], old=["out"]),
    Scenario("fit the records of an answer", ["fit"] + QUICK + ["--records", "/data", "IN/answer.json"]),
    Scenario("fit a bad record", ["fit"] + QUICK + ["-o", "out", "IN/bad.jsonl"], old=["out"]),
    Scenario("fit several files", ["fit"] + QUICK + ["IN/few.kvec", "IN/few.jsonl.gz", "IN/few.npy"]),
    Scenario("fit many clusters, sizes limited", ["fit", "-k", "69:70", "--n-init", "1", "--min-size", "4",
                                                 "--max-size", "9", "IN/some.npy"]),
    Scenario("fit one k within limits, rows left out", ["fit", "-k", "5", "--n-init", "1", "--balanced", "--threshold",
                                                        "p10", "--min-margin", "0.01", "--top", "3", "-m", "model", "-o",
                                                        "out", "IN/few.npy"], old=["model", "out"], slow=True),
    Scenario("fit from centroids, a table over time", ["fit", "--centroids", "IN/three.jsonl", "--time-field", "day",
                                                       "--time-bins", "week", "--time-table", "table", "--keywords", "2",
                                                       "-o", "out", "IN/dated.jsonl"], old=["table", "out"]),
    Scenario("fit limits that cannot hold", ["fit", "-k", "3", "--n-init", "1", "--min-size", "50", "--max-size", "60",
                                             "-o", "out", "-s", "side", "IN/few.jsonl"], old=["out"]),
    Scenario("fit a sample, then all rows", ["fit", "-k", "2:5", "--n-init", "1", "--max-iter", "3", "--sample", "60",
                                             "IN/many.npy"]),
    Scenario("fit spilled", ["fit"] + STREAMED + ["12900000", "-o", "out", "IN/large.npy.gz"], old=["out"],
             says="rows: in a temporary file", slow=True),
    Scenario("fit read again from kvec", ["fit"] + STREAMED + ["13300000", "IN/large.kvec"],
             says="rows: read again", slow=True),
    Scenario("fit and save the model", ["fit"] + QUICK + ["-m", "model", "-o", "out", "-s", "side", "IN/few.npy"],
             old=["model", "out", "side"]),
    Scenario("convert jsonl to npy and terms", ["convert", "-o", "new.npy", "IN/few.jsonl"], old=["new.npy"]),
    Scenario("convert jsonl to parquet", ["convert", "-o", "new.parquet", "IN/few.jsonl"], old=["new.parquet"]),
    Scenario("convert kvec to jsonl", ["convert", "IN/few.kvec"], streams=True),
    Scenario("convert zstd to kvec", ["convert", "-o", "out.kvec", "IN/few.jsonl.zst"], old=["out.kvec"]),
    Scenario("convert npy to raw", ["convert", "-f", "raw", "-o", "out", "IN/few.npy"], old=["out"]),
    *(Scenario("convert " + what, ["convert"] + options + ["IN/" + name], streams=True)
      for what, name, _, options in formats.others(vectors(40, 6, 4))),
    Scenario("convert with fields beside the rows, by a key", ["convert", "-o", "new.npy", "--metadata",
                                                               "IN/fields.jsonl"] + formats.WITH_LINES +
             ["IN/few.npy"], old=["new.npy"]),
    Scenario("fit with fields beside an index", ["fit", "-q"] + QUICK + ["--metadata", "IN/fields.json"] +
             formats.WITH_INDEX + ["-o", "out", "IN/ids.faiss"], old=["out"]),
    Scenario("fit in groups and windows, by a file of options", ["fit", "--config", "IN/options", "-o", "out", "-s", "side",
                                                                 "IN/dated.jsonl"], old=["out", "side", "records"],
             slow=True),
    Scenario("assign", ["assign", "-q", "-m", "IN/model", "IN/few.jsonl.gz"], streams=True),
    Scenario("assign to a file", ["assign", "-q", "-m", "IN/model", "--top", "2", "-f", "csv", "-o", "out", "IN/few.npy"],
             old=["out"]),
    Scenario("update, a new topic", ["update", "-m", "IN/model", "--save", "new", "-o", "out", "-s", "side", "--late",
                                     "late", "IN/batch.jsonl"], old=["new", "out", "side", "late"]),
    Scenario("fit like a model", ["fit", "-k", "5", "--n-init", "1", "--like", "IN/model", "-m", "new", "-o", "out",
                                  "IN/batch.jsonl"], old=["new", "out"]),
    Scenario("fit by density, a model that votes", ["fit", "-q", "--algorithm", "hdbscan", "--min-size", "2",
                                                    "--min-samples", "1", "-m", "model", "-o", "out", "IN/few.jsonl"],
             old=["model", "out"]),
    Scenario("fit in a space like a model that votes", ["fit", "-q", "-k", "4", "--n-init", "1", "--space", "pca:2", "--like",
                                                        "IN/votes", "--min-purity", "0.5", "--model-rows", "int8", "-m",
                                                        "model", "-o", "out", "IN/batch.jsonl"], old=["model", "out"]),
    Scenario("assign by votes", ["assign", "-m", "IN/votes", "--drift", "--columns", "term,cluster,probability", "--top", "2",
                                 "-o", "out", "-s", "side", "IN/batch.jsonl"], old=["out", "side"]),
    Scenario("info of a model that votes", ["info", "IN/votes"]),
    Scenario("fit with pairs", ["fit"] + QUICK + ["--pairs", "IN/pairs", "-o", "out", "-s", "side", "-m", "model",
                                                  "IN/few.jsonl"], old=["out", "side", "model"]),
    Scenario("fit in the graph's space", ["fit"] + QUICK + ["--space", "graph:3", "-o", "out", "-s", "side",
                                          "IN/few.jsonl"], old=["out", "side"]),
    Scenario("fit in few directions", ["fit"] + QUICK + ["--space", "pca:2", "-o", "out", "-s", "side", "IN/few.jsonl"],
             old=["out", "side"]),
    Scenario("fit by density", ["fit", "-q", "--algorithm", "hdbscan", "--min-size", "2", "--min-samples", "1", "--columns",
                                "term,cluster,probability", "-o", "out", "-s", "side", "IN/few.jsonl"],
             old=["out", "side"]),
    Scenario("fit by density in layers", ["fit", "-q", "--algorithm", "hdbscan", "--min-size", "2", "--min-samples", "1",
                                          "--space", "graph:3", "--noise", "nearest", "-o", "out", "IN/few.jsonl"],
             old=["out"]),
    Scenario("fit by density of cells", ["fit", "-q", "--algorithm", "hdbscan", "--min-size", "2", "--min-samples", "1",
                                         "--two-stage", "6", "--levels", "2", "--top", "1", "--select", "layers", "-o", "out",
                                         "IN/few.jsonl"], old=["out"]),
    Scenario("fit with purity", ["fit"] + QUICK + ["--columns", "term,cluster,purity", "--min-purity", "0.5", "-o", "out",
                                  "IN/few.jsonl"], old=["out"]),
    Scenario("fit by a tree", ["fit", "--algorithm", "ward", "-k", "2:4", "--tree", "tree.json", "-o", "out", "-s", "side",
                               "IN/few.jsonl"], old=["out", "side"]),
    Scenario("fit by a tree of cells", ["fit", "--algorithm", "complete", "--two-stage", "6", "--cut", "0.5", "--tree",
                                        "tree.nwk", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("fit by a spanning tree", ["fit", "--algorithm", "single", "--max-size", "5", "--tree", "tree.npy", "-o",
                                        "out", "IN/few.jsonl"], old=["out"]),
    Scenario("neighbours", ["neighbours", "--neighbours", "3", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("neighbours by time to npy", ["neighbours", "-f", "npy", "--time-field", "day", "--time-decay", "2d", "-o",
                                           "out", "IN/dated.jsonl"], old=["out"]),
    Scenario("neighbours by cells", ["neighbours", "-q", "--neighbours", "2", "--recall", "0.9", "-o", "out",
                                     "IN/many.npy"], old=["out"], slow=True),
    Scenario("map", ["map", "--labels", "IN/labels", "--save-map", "map", "-o", "out", "IN/few.jsonl"], old=["out", "map"]),
    Scenario("map to Parquet", ["map", "-f", "parquet", "--components", "3", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("map of components to npy", ["map", "--method", "pca", "-f", "npy", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("map on a grid", ["map", "-q", "-o", "out", "IN/middle.npy"], old=["out"], slow=True),
    Scenario("map of new rows", ["map", "-m", "IN/map", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("info of a map", ["info", "IN/map"]),
    Scenario("report of all there is", ["report", "--from", "IN/summary", "--gold", "IN/old", "--old", "IN/old", "--time-field", "day",
                                        "--group-by", "kind", "--facet", "tags", "--text-field", "tags", "--keywords", "2", "-o",
                                        "out", "IN/dlabels", "IN/dated.jsonl"], old=["out"], slow=True),
    Scenario("report of labels", ["report", "IN/labels"], threads=(0,)),
    Scenario("report of a summary", ["report", "--from", "IN/summary", "-o", "out"], old=["out"], threads=(0,)),
    Scenario("report of a model's history", ["report", "-m", "IN/model2", "-o", "out"], old=["out"], threads=(0,)),
    Scenario("report on a map", ["report", "-m", "IN/model", "--map", "IN/map", "-o", "out", "IN/labels", "IN/few.jsonl"], old=["out"]),
    Scenario("plot a map", ["plot", "map", "--method", "pca", "-o", "out.svg", "IN/labels", "IN/few.jsonl"], old=["out.svg"]),
    Scenario("plot silhouettes", ["plot", "silhouette", "IN/labels", "IN/few.jsonl"]),
    Scenario("plot k", ["plot", "k", "--from", "IN/summary", "-o", "out.svg"], old=["out.svg"], threads=(0,)),
    Scenario("plot a flow", ["plot", "flow", "--old", "IN/old", "-o", "out.svg", "IN/dlabels"], old=["out.svg"], threads=(0,)),
    Scenario("plot times", ["plot", "time", "--time-field", "day", "-o", "out.svg", "IN/dlabels", "IN/dated.jsonl"], old=["out.svg"]),
    Scenario("plot a tree", ["plot", "tree", "-m", "IN/model2", "-o", "out.svg"], old=["out.svg"], threads=(0,)),
    Scenario("plot a confusion", ["plot", "confusion", "--gold", "IN/old", "-o", "out.svg", "IN/dlabels"], old=["out.svg"],
             threads=(0,)),
    Scenario("fit and report", ["fit"] + QUICK + ["--plot", "--keywords", "2", "--time-field", "day", "--facet", "tags", "-m", "model",
                                                  "--report", "page", "-o", "out", "IN/dated.jsonl"], old=["model", "page", "out"],
             slow=True),
    Scenario("update and report", ["update", "-m", "IN/model2", "--save", "new", "--report", "page", "-o", "out", "IN/batch.jsonl"],
             old=["new", "page", "out"], slow=True),
    Scenario("score and report", ["score", "--gold", "IN/old", "--report", "page", "-o", "out", "IN/dlabels", "IN/dated.jsonl"],
             old=["page", "out"], slow=True),
    Scenario("diff and report", ["diff", "--report", "page", "-o", "out", "IN/dlabels", "IN/old"], old=["page", "out"], threads=(0,)),
    Scenario("suggest and report", ["suggest", "-k", "2:3", "--n-init", "1", "--resamples", "1", "--report", "page", "-o", "out",
                                    "IN/few.jsonl"], old=["page", "out"], slow=True),
    Scenario("fit with all evidence", ["fit", "-k", "2:3", "--n-init", "1", "--k-by", "auto", "--resamples", "1", "--columns",
                                       "term,cluster,stability", "-m", "model", "-o", "out", "-s", "side", "IN/many.npy"],
             old=["out", "side"], slow=True),
    Scenario("fit by gaps", ["fit", "-k", "2:3", "--n-init", "1", "--k-by", "gap", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("fit by a tree and modularity", ["fit", "--algorithm", "ward", "-k", "2:4", "--k-by", "auto", "-o", "out",
                                              "IN/few.jsonl"], old=["out"]),
    Scenario("suggest", ["suggest", "-k", "2:3", "--n-init", "1", "--resamples", "1", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("suggest a way", ["suggest", "--json", "--algorithm", "all", "--budget", "0", "-k", "2:3", "--n-init", "1", "--gold",
                               "IN/labels", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("why", ["why", "-m", "IN/model", "--row", "#1", "--row", "#2", "--threshold", "p50", "-o", "out", "IN/few.jsonl"],
             old=["out"]),
    Scenario("why by votes", ["why", "--json", "-m", "IN/votes", "--row", "#1", "-o", "out", "IN/few.jsonl"], old=["out"]),
    Scenario("info of a model", ["info", "IN/model"]),
    Scenario("score", ["score", "IN/labels", "IN/few.jsonl"]),
    Scenario("score, near-duplicates", ["score", "--near-duplicates", "0.5", "IN/labels", "IN/few.jsonl"]),
    Scenario("diff", ["diff", "IN/labels", "IN/labels"], threads=(0,)),
    Scenario("edit a model", ["edit", "-m", "IN/model", "--merge", "0,2", "--split", "1", "--rename", "0=Name", "-o", "new",
                              "-s", "side", "IN/few.jsonl"], old=["new", "side"]),
    Scenario("edit a model without rows", ["edit", "-m", "IN/model2", "--merge", "0,2", "-o", "new"], old=["new"]),
    Scenario("edit a model that votes", ["edit", "-m", "IN/votes", "--split", "0:3", "-o", "new", "IN/few.jsonl"],
             old=["new"]),
    Scenario("assign with a tally", ["assign", "-m", "IN/model", "--tally", "new", "-o", "out", "IN/few.jsonl"], old=["new", "out"]),
    Scenario("merge", ["merge", "-o", "new", "-s", "side", "IN/part", "IN/part2"], old=["new", "side"]),
    Scenario("edit labels", ["edit", "--merge", "0,2", "--rename", "3=x", "--split", "1", "-o", "out", "-s", "side",
                             "IN/labels", "IN/few.jsonl"], old=["out", "side"]),
    Scenario("diff of models", ["diff", "-o", "out", "IN/model", "IN/model2"], old=["out"], threads=(0,)),
    Scenario("info", ["info", "IN/few.jsonl.gz"]),
    Scenario("info as JSON", ["info", "--json", "IN/few.npy", "IN/few.kvec"]),
    Scenario("help", ["help", "fit"], threads=(0,)),
    Scenario("help, no verb", ["--help"], threads=(0,)),
    Scenario("version", ["--version"], threads=(0,)),
    Scenario("completions for bash", ["help", "--completions", "bash"], threads=(0,)),
    Scenario("completions for zsh", ["help", "--completions", "zsh"], threads=(0,)),
    Scenario("completions for fish", ["help", "--completions", "fish"], threads=(0,)),
    Scenario("options for scripts", ["help", "--options", "fit"], threads=(0,)),
]
