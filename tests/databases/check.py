"""Run the manual's recipes for SQLite and PostgreSQL exactly as printed, on terms that are as hostile as possible: the
database must return the same bytes. If PostgreSQL is installed, it runs with a cluster of its own in a temporary
folder."""

import glob
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
from recipes import KCLUST, recipe, shell  # noqa: E402

TERMS = ["plain", "a\tb", "line\nbreak", "cr\rhere", "crlf\r\nend\r\n", "back\\slash", "\\", "\\t", "\\N", "\\.", "NULL",
         '"', '"quoted"', 'half"', "it's", "a,b", "a|b", " lead", "trail ", "\x01\x02\x1f\x7f", "\x1b[2J", "\b\f\v",
         "Hà Nội", "\u0416\u20ac\U0001f600", "e\u0301 \u00e9", "{}", "[1,2]", "#", "--", "'; drop table labels; --", "-1"]
passed = failed = skipped = 0


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print("FAIL " + what)


def skip(why):
    global skipped
    skipped += 1
    print("skip: " + why)


def prepare(folder):
    """Make words.jsonl and put kclust on the path. Return the expected labels {term: cluster}, and the records of
    clusters."""
    os.mkdir(os.path.join(folder, "bin"))
    os.symlink(KCLUST, os.path.join(folder, "bin", "kclust"))
    with open(os.path.join(folder, "words.jsonl"), "w", encoding="utf-8") as f:
        for i, term in enumerate(TERMS):
            vec = [1 + i / 100, i % 3 * 2.5, (i % 3 == 1) * 3]
            f.write(json.dumps({"term": term, "vec": vec}) + "\n")
    out = shell(folder, "kclust -q -f jsonl --clusters expected.jsonl words.jsonl").stdout
    labels = {r["term"]: r["cluster_id"] for r in map(json.loads, out.splitlines())}
    with open(os.path.join(folder, "expected.jsonl"), encoding="utf-8") as f:
        return labels, [json.loads(line) for line in f]


def differs(got, labels, clusters):
    """Return what is not as expected in got: (labels as {hex of the term: cluster}, clusters as (id, size, members as
    hex, centroid))."""
    wrong = [] if got[0] == {t.encode().hex(): c for t, c in labels.items()} else ["labels: %s" % got[0]]
    wanted = [(c["cluster_id"], c["cluster_size"], sorted(m.encode().hex() for m in c["member_ids"]),
               c["centroid_vector"]) for c in clusters]
    return wrong + ([] if got[1] == wanted else ["clusters: %s" % got[1]])


def compare(what, got, labels, clusters):
    wrong = differs(got, labels, clusters)
    check(not wrong, "%s: others came back: %s" % (what, wrong))


def sqlite(folder, labels, clusters):
    if not shutil.which("sqlite3"):
        return skip("no sqlite3 (Debian: sqlite3)")
    result = shell(folder, recipe("sqlite"))
    check(result.returncode == 0 and not result.stderr, "sqlite3: %s" % result)

    def ask(query):
        out = shell(folder, 'sqlite3 -json topics.db "$Q"', Q=query)
        check(out.returncode == 0, "sqlite3: %s" % out.stderr)
        return json.loads(out.stdout or "[]")
    got = {r["h"].lower(): r["cluster_id"] for r in ask("select hex(term) h, cluster_id from labels")}
    rows = ask("select cluster_id id, json_extract(record, '$.cluster_size') n, json_extract(record, '$.member_ids') m, "
               "json_extract(record, '$.centroid_vector') v from clusters order by 1")
    compare("sqlite3", (got, [(r["id"], r["n"], sorted(m.encode().hex() for m in json.loads(r["m"])), json.loads(r["v"]))
                              for r in rows]), labels, clusters)
    members = {r["h"].lower(): r["id"] for r in ask(
        "select hex(m.value) h, cluster_id id from clusters, json_each(record, '$.member_ids') m")}
    check(members == got, "sqlite3: the members of the clusters are not the labels")
    # The trap that the manual tells of: a file that is cut is imported without a failure; the count shows it.
    check(ask("select count(*) n from labels")[0]["n"] == len(TERMS), "sqlite3: rows are missing")
    return None


class Postgres:
    """A PostgreSQL cluster of its own, reached by a socket in its folder and run by a user who is not root."""

    def __init__(self, folder):
        self.folder, self.user = folder, None
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        self.bin = os.path.dirname(found[-1]) if found else os.path.dirname(shutil.which("initdb") or "")
        if os.getuid() == 0:
            names = {p.pw_name for p in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"

    def run(self, program, *arguments):
        return subprocess.run([os.path.join(self.bin, program), *arguments], user=self.user, cwd="/", check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        os.mkdir(self.folder, 0o700)
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data = os.path.join(self.folder, "data")
        made = self.run("initdb", "-D", self.data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        begun = made.returncode == 0 and self.run(
            "pg_ctl", "-D", self.data, "-w", "-t", "120", "-l", os.path.join(self.folder, "log"), "-o",
            "-c listen_addresses='' -c unix_socket_directories='%s' -c fsync=off" % self.folder, "start")
        if not begun or begun.returncode != 0:
            raise OSError("PostgreSQL does not start: %s" % (begun or made).stdout)
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")


def postgres(folder, labels, clusters):
    server = Postgres(os.path.join(folder, "pg"))
    if not server.bin or not shutil.which("psql"):
        return skip("no PostgreSQL server (Debian: postgresql)")
    os.chmod(folder, 0o755)
    with server:
        where = {"PGHOST": server.folder, "PGUSER": "tester", "PGDATABASE": "postgres", "PGCLIENTENCODING": "UTF8"}

        def ask(query):
            out = shell(folder, 'psql -XAtq -v ON_ERROR_STOP=1 -c "$Q"', Q=query, **where)
            check(out.returncode == 0, "psql: %s" % out.stderr)
            return [json.loads(line) for line in out.stdout.splitlines()]
        result = shell(folder, recipe("postgres"), **where)
        check(result.returncode == 0, "psql: %s" % result)
        got = {r[0]: r[1] for r in ask("select json_build_array(encode(convert_to(term, 'UTF8'), 'hex'), cluster_id) "
                                       "from labels")}
        rows = ask("select json_build_array(cluster_id, record->'cluster_size', record->'member_ids', "
                   "record->'centroid_vector') from clusters order by cluster_id")
        compare("psql", (got, [(r[0], r[1], sorted(m.encode().hex() for m in r[2]), r[3]) for r in rows]), labels,
                clusters)
        # And from a table into kclust: the same labels as from the file.
        shell(folder, "kclust convert -o vectors.jsonl words.jsonl; psql -Xq <<'END'\n"
              "CREATE TEMP TABLE lines (record jsonb);\n"
              "\\copy lines FROM 'vectors.jsonl' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')\n"
              "CREATE TABLE items AS SELECT record->>'term' AS term, record->>'vec' AS embedding FROM lines;\nEND\n",
              **where)
        result = shell(folder, recipe("from-postgres"), **where)
        check(result.returncode == 0, "psql: %s" % result)
        with open(os.path.join(folder, "again.tsv"), "rb") as again:
            there = sorted(again)
        check(there == sorted(shell(folder, "kclust -q words.jsonl").stdout.splitlines(True)),
              "psql: rows that come from a table have other labels")
        if ask("select count(*) from pg_available_extensions where name = 'vector'") != [1]:
            return skip("PostgreSQL has no pgvector here")
        result = shell(folder, recipe("pgvector"), **where)
        check(result.returncode == 0, "pgvector: %s" % result)
        rows = ask("select json_build_array(cluster_id, centroid::text) from clusters order by cluster_id")
        check([json.loads(r[1]) for r in rows] == [c["centroid_vector"] for c in clusters], "pgvector: other centroids")
    return None


def main():
    with tempfile.TemporaryDirectory(prefix="kclust-db.", dir="/tmp") as folder:  # a socket's name has to be short
        labels, clusters = prepare(folder)
        check(len(labels) == len(TERMS) and len(clusters) == 3, "kclust: %d labels" % len(labels))
        planted = {t.encode().hex(): c for t, c in dict(labels, plain=7).items()}
        check(len(differs((planted, []), labels, clusters)) == 2, "a wrong label and missing clusters are not seen")
        sqlite(folder, labels, clusters)
        postgres(folder, labels, clusters)
    print("databases: %d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
