/* Recognise the format of a file by its first bytes: by magic numbers, then as JSON, then as one of the text formats
 * (detect.c). Anything else is refused with what was seen. */
#include <stdio.h>
#include <string.h>
#include "in/fields/vectext.h"
#include "in/formats/formats.h"
#include "in/piece/reopened.h"

#define SHOWN_BYTES 8 /* shown of a file whose format is not known */

/* Format the first bytes for a message: as text if they begin so, else in hexadecimal. */
static void format_first_bytes(const char *p, size_t n, char *out, size_t size)
{
    size_t o = 0, text = 0;
    if (n > SHOWN_BYTES)
        n = SHOWN_BYTES;
    while (text < n && p[text] >= 0x20 && p[text] < 0x7F)
        text++;
    /* one or two printable bytes before others may be chance */
    if (text > 2 || (text > 0 && (text == n || p[text] == '\n' || p[text] == '\r' || p[text] == '\t'))) {
        snprintf(out, size, "'%.*s'", (int)text, p);
        return;
    }
    out[0] = '\0';
    for (size_t i = 0; i < n && i < 4 && o < size; i++)
        o += (size_t)snprintf(out + o, size - o, "%s0x%02x", i ? " " : "", (unsigned char)p[i]);
}

static int starts_with(const struct kc_feed *f, const char *magic, size_t n)
{
    return f->carry.n - f->carry_at >= n && memcmp(f->carry.p + f->carry_at, magic, n) == 0;
}

/* Return 1 if the file begins as the reader's format does. */
static int is_of_format(const struct kc_feed *f, const struct kc_reader *rd)
{
    return rd->is ? rd->is(f) : rd->magic && starts_with(f, rd->magic, rd->magic_n);
}

#define PICKLE "a Python pickle: if you trust it, python3 -c 'import pickle, numpy; numpy.save(\"x.npy\", " \
               "pickle.load(open(\"FILE\", \"rb\")))' makes an array in it npy"

/* A kind of file that no reader accepts, and the way out, in which FILE stands for its name. */
static const struct foreign {
    const char *magic;
    size_t n;
    const char *what;
} foreign[] = {
    {"\x89HDF\r\n\x1a\n", 8, "an HDF5 file: python3 -c 'import h5py, numpy; numpy.save(\"x.npy\", "
                            "h5py.File(\"FILE\")[\"NAME\"][:])' makes it npy"},
    {"\xFD" "7zXZ", 5, "compressed by xz: unpack it first, as in xz -dc FILE | kclust"},
    {"BZh", 3, "compressed by bzip2: unpack it first, as in bzip2 -dc FILE | kclust"},
    {"7z\xBC\xAF", 4, "a 7z archive: unpack it first"},
    {"SQLite format 3", 15, "an SQLite database: sqlite3 -json FILE 'SELECT id, embedding FROM t' | kclust"},
    {"\x80\x02", 2, PICKLE},
    {"\x80\x03", 2, PICKLE},
    {"\x80\x04", 2, PICKLE},
    {"\x80\x05", 2, PICKLE},
    {"ARROW1", 6, "an Arrow file: duckdb or pyarrow write it as Parquet, which is read"},
    {"FEA1", 4, "a Feather file: duckdb or pyarrow write it as Parquet, which is read"},
    {"RDX", 3, "an R workspace: write.csv(x, file) writes its vectors as csv"},
    {"%PDF", 4, "a PDF, expected vectors"},
    {"\xD0\xCF\x11\xE0", 4, "an old Excel file: save the sheet as csv, which is read"},
    {"\xFF\xFF\xFF\xFF", 4, "an Arrow stream: duckdb or pyarrow write it as Parquet, which is read"},
    {"ORC\n", 4, "an ORC file: duckdb or pyarrow write it as Parquet, which is read"},
    {"ORC\x08", 4, "an ORC file: duckdb or pyarrow write it as Parquet, which is read"},
    {"Obj\x01", 4, "an Avro file: duckdb or pyarrow write it as Parquet, which is read"},
    {"<!DOCTYPE", 9, "HTML, expected vectors: is it the answer of a server that failed?"},
    {"<!doctype", 9, "HTML, expected vectors: is it the answer of a server that failed?"},
    {"<html", 5, "HTML, expected vectors: is it the answer of a server that failed?"},
    {"<?xml", 5, "XML, expected vectors"},
    {"version https:/", 15, "a pointer of Git LFS in place of the file: git lfs pull fetches it"},
    {"\xFF\xFE", 2, "UTF-16, expected UTF-8: iconv -f UTF-16 -t UTF-8 FILE | kclust"},
    {"\xFE\xFF", 2, "UTF-16, expected UTF-8: iconv -f UTF-16 -t UTF-8 FILE | kclust"},
};

/* Name a kind of file that no reader accepts, whatever format was asked for; NULL if the first bytes show none. */
static const char *name_foreign_file(const struct kc_feed *f)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (starts_with(f, foreign[i].magic, foreign[i].n))
            return foreign[i].what;
    if (f->carry.n - f->carry_at >= 12 && memcmp(f->carry.p + f->carry_at + 8, "DUCK", 4) == 0)
        return "a DuckDB database: duckdb FILE \"COPY t TO 'x.parquet'\" writes a table as Parquet, which is read";
    /* the source has decompressed one layer */
    return kc_source_packed(f->carry.p + f->carry_at, f->carry.n - f->carry_at) == KC_SOURCE_PLAIN ? NULL :
           "compressed twice";
}

/* Write a file's name as a command has it: quoted for the shell if need be, or within a string of Python's in single
 * quotes of the shell. An empty text if it does not fit. */
static void quote_name(const char *name, int in_python, char out[256])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+=:,@%-";
    int quotes = !in_python && (name[strspn(name, plain)] != '\0' || *name == '-');
    size_t o = (size_t)snprintf(out, 256, "%s%s", quotes ? "'" : "", *name == '-' ? "./" : "");
    for (const char *p = name; *p && o < 250; p++)
        o += (size_t)snprintf(out + o, 256 - o, *p == '\'' ? "'\\''" : in_python && strchr("\"\\", *p) ? "\\%c" : "%c",
                              *p);
    snprintf(out + o, 256 - o, "%s", quotes ? "'" : "");
    if (o >= 250)
        out[0] = '\0';
}

/* Refuse such a file. The way out gets its name. */
static int refuse_foreign(const struct kc_feed *f, const char *what, struct kc_err *e)
{
    char name[256] = "";
    const char *at = strcmp(f->path, "-") == 0 ? NULL : strstr(what, "FILE");
    if (at)
        quote_name(f->path, at > what && at[-1] == '"', name);
    return name[0] ? kc_err_at(e, KC_EINPUT, f->name, 0, "not a format that kclust knows: %.*s%s%s", (int)(at - what),
                               what, name, at + 4) :
                kc_err_at(e, KC_EINPUT, f->name, 0, "not a format that kclust knows: %s", what);
}

/* Return 1 if the first line is a text without numbers. */
static int is_prose(const struct kc_feed *f)
{
    const unsigned char *p = (const unsigned char *)f->carry.p + f->carry_at;
    size_t n = f->carry.n - f->carry_at, i = 0;
    if (n == 0 || !(p[0] >= 0xC2 || ((p[0] | 0x20) >= 'a' && (p[0] | 0x20) <= 'z')))
        return 0;
    while (i < n && (p[i] >= ' ' || p[i] == '\t' || p[i] == '\r') && !(p[i] >= '0' && p[i] <= '9'))
        i++;
    return i < n && p[i] == '\n';
}

/* Skip a byte order mark and the blanks before the first value. *lead: the blanks before it on its line, which can be
 * given back. */
static int skip_blanks(struct kc_feed *f, size_t *lead, struct kc_err *e)
{
    *lead = 0;
    if (starts_with(f, "\xEF\xBB\xBF", 3))
        f->carry_at += 3;
    for (;;) {
        for (; f->carry_at < f->carry.n; f->carry_at++) {
            char c = f->carry.p[f->carry_at];
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
                return 0;
            f->line0 += c == '\n';
            *lead = c == '\n' ? 0 : *lead + 1;
        }
        if (f->src_eof)
            return 0;
        *lead = 0;
        if (kc_feed_peek(f, 4096, e) != 0)
            return -1;
    }
}

/* Return 1 if the text begins as Python prints an array: array([, tensor([. */
static int begins_printed(const struct kc_feed *f)
{
    return kc_vectext_wrapper(f->carry.p + f->carry_at, f->carry.p + f->carry.n) > 0;
}

/* Set f->rd by the first bytes and the wanted format; NULL if the file is empty. */
static int recognise(struct kc_feed *f, struct kc_err *e)
{
    enum kc_in_format want = f->o->format;
    char seen[64];
    size_t lead;
    f->rd = NULL;
    if (kc_feed_peek(f, KC_SEEN, e) != 0)
        return -1;
    if (want == KC_IN_RAW || want == KC_IN_FVECS || want == KC_IN_BVECS) { /* any bytes may be numbers */
        f->rd = f->carry.n > 0 ? kc_readers[want] : NULL;
        return f->rd ? 0 : kc_feed_broken(f, e);
    }
    const char *what = name_foreign_file(f);
    for (int i = 0; !f->rd && i < KC_IN_FORMATS; i++)
        if (kc_readers[i] && is_of_format(f, kc_readers[i]))
            f->rd = kc_readers[i];
    if (what && !f->rd)
        return refuse_foreign(f, what, e);
    if (f->rd) {
        /* recognised, but another one may have been asked for */
    } else if (want == KC_IN_AUTO || want == KC_IN_JSONL) {
        if (skip_blanks(f, &lead, e) != 0)
            return -1;
        if (f->carry_at == f->carry.n)
            return kc_feed_broken(f, e);
        char c = f->carry.p[f->carry_at];
        if (c == '{' || c == '[' || begins_printed(f) || want == KC_IN_JSONL)
            f->rd = &kc_reader_jsonl;
        f->carry_at -= f->rd ? 0 : lead;
        if (!f->rd && kc_detect_text(f, &f->rd, e) != 0)
            return -1;
    } else if (f->carry.n == 0) {
        return kc_feed_broken(f, e);
    } else if (!kc_readers[want]->magic && !kc_readers[want]->is) { /* text without a sign of its own */
        f->carry_at += starts_with(f, "\xEF\xBB\xBF", 3) ? 3 : 0;
        if (f->carry_at == f->carry.n && f->src_eof)
            return kc_feed_broken(f, e);
        f->rd = kc_readers[want];
    }
    if (f->rd && (want == KC_IN_AUTO || want == f->rd->format))
        return 0;
    if (kc_feed_broken(f, e) != 0) /* more bytes might have decided it */
        return -1;
    format_first_bytes(f->carry.p + f->carry_at, f->carry.n - f->carry_at, seen, sizeof seen);
    if (want == KC_IN_AUTO)
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "not a format that kclust knows: starts with %s, expected one of kclust-formats(5)%s", seen,
                         is_prose(f) ? "; of texts, an embedding model must make the vectors first" :
                         strncmp(seen, "0x", 2) == 0 ? "; rows of float32 without a header need -i raw --dim N" : "");
    if (want == KC_IN_JSONL)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "not jsonl: starts as %s does", kc_in_format_name(f->rd->format));
    return kc_err_at(e, KC_EINPUT, f->name, 0, "not %s: starts with %s", kc_in_format_name(want), seen);
}

int kc_formats_open_next(struct kc_feed *f, int *none, struct kc_err *e)
{
    *none = 0;
    while (f->next < f->nfiles) {
        f->path = f->files[f->next++];
        f->name = kc_source_name(f->path);
        if (kc_part_skips(f))
            continue;
        f->src_eof = 0;
        f->fresh = 1;
        f->sep = 0;
        f->line0 = 0;
        f->hint_rows = 0;
        f->carry.n = f->carry_at = 0;
        f->src = f->first;
        f->first = NULL;
        if (!f->src && kc_source_open(&f->src, f->path, e) != 0)
            return -1;
        f->st->gzip |= kc_source_kind(f->src) == KC_SOURCE_GZIP;
        f->st->zstd |= kc_source_kind(f->src) == KC_SOURCE_ZSTD;
        if (recognise(f, e) != 0)
            return -1;
        if (f->rd) {
            if (f->o->tensor && f->rd->format != KC_IN_SAFETENSORS && f->rd->format != KC_IN_NPZ)
                return kc_err_at(e, KC_EUSAGE, f->name, 0, "--tensor is for safetensors and npz, this is %s",
                                 kc_in_format_name(f->rd->format));
            if (f->st->format == KC_IN_AUTO)
                f->st->format = f->rd->format;
            return f->accepts && f->accepts(f->choice, f, e) != 0 ? -1 : f->rd->begin(f, e);
        }
        kc_feed_close(f);
    }
    *none = 1;
    return 0;
}
