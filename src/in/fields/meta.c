/* Read a file of metadata: JSONL line by line as rows need it, a table (meta_table.c), or an index's maps (ids to
 * records, ids to positions) member by member through a window, in any order of the members. The ids are interned; when
 * all are known, the maps are joined to one array from position to record, and the ids are freed. */
#include "in/fields/meta.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "io/lines.h"
#include "json/window.h"

#define NOWHERE UINT32_MAX
#define LOOKED_AT ((size_t)1 << 20) /* bytes by which the form is recognised */
#define NAMED 3 /* of many ids that are wrong, this many are named in the message */

/* An index's metadata while they are read. */
struct index_maps {
    struct kc_meta *m;
    const struct kc_attrs *want;
    struct kc_path *path;  /* (want->n + inner) of the wanted attributes in a record, then inside its "metadata" */
    size_t inner, *of;     /* of[i]: the attribute that inner path i belongs to */
    int *is_id;            /* (want->n) the attribute is the vector id itself */
    uint32_t *record, *at; /* of id number i: its record and its position; NOWHERE: not known */
    size_t cap;
    size_t nrecords;
    size_t next; /* number of the id that comes next if the three members list the ids in one order */
};

uint64_t kc_meta_bytes(const struct kc_meta *m)
{
    uint64_t keys = m->keys.strs.bytes.cap + m->keys.strs.cap * sizeof *m->keys.strs.off +
                    (m->keys.slot ? m->keys.mask + 1 : 0) * sizeof *m->keys.slot + m->keys.cap * sizeof *m->keys.hash;
    return m->values.bytes.cap + m->values.cap * sizeof *m->values.off + keys + (m->at ? m->n * sizeof *m->at : 0);
}

/* Close the file, which has no more records or is not wanted any more. */
static void end_reading(struct kc_meta *m)
{
    if (m->end)
        m->end(m->state);
    m->next = NULL;
    m->end = NULL;
    m->state = NULL;
}

void kc_meta_free(struct kc_meta *m)
{
    end_reading(m);
    kc_strs_free(&m->values);
    kc_strs_free(&m->ids);
    kc_intern_free(&m->keys);
    kc_mem_free(m->at);
    memset(m, 0, sizeof *m);
}

/* Write a scalar as the text that terms and keys are compared by. Return 1 if it is none. */
static int scalar_text(const char *p, struct kc_buf *out, struct kc_err *e)
{
    struct kc_json_str s;
    out->n = 0;
    if (!p || *p == '{' || *p == '[' || *p == 'n')
        return 1;
    if (kc_json_text(p, &s) == 0)
        return kc_json_decode(&s, out, e);
    return kc_buf_add(out, p, (size_t)(kc_json_past(p) - p), e);
}

int kc_meta_add_key(struct kc_meta *m, const char *key, size_t n, uint64_t line, struct kc_err *e)
{
    uint32_t number;
    if (kc_intern_add(&m->keys, key, n, &number, e) != 0)
        return -1;
    return number == m->n ? 0 : kc_err_at(e, KC_EINPUT, m->name, line, "the key '%.*s' is there already",
                                          (int)(n < 80 ? n : 80), key);
}

int kc_meta_keep_id(struct kc_meta *m, const char *p, size_t n, struct kc_err *e)
{
    return m->ids.n == m->n && m->n < KC_META_IDS ? kc_strs_add(&m->ids, p, n, e) : 0;
}

/* Check that the record of this row has no other id than the row's term, if another record has that term as its id:
 * then the order differs. */
static int check_order(struct kc_meta *m, uint64_t row, const char *term, size_t n, struct kc_err *e)
{
    size_t len;
    if (row >= m->ids.n || !term)
        return 0;
    const char *id = kc_strs_get(&m->ids, (size_t)row, &len);
    if (len == n && memcmp(id, term, n) == 0)
        return 0;
    if (m->is_file && kc_meta_need(m, KC_META_IDS, e) != 0)
        return -1;
    for (size_t i = 0; i < m->ids.n; i++) {
        const char *other = kc_strs_get(&m->ids, i, &len);
        if (len != n || memcmp(other, term, n) != 0)
            continue;
        id = kc_strs_get(&m->ids, (size_t)row, &len);
        return kc_err_at(e, KC_EINPUT, m->name, 0,
                         "%s %llu is '%.*s', but row %llu is '%.*s', which is %s %llu: --metadata-key %s finds the "
                         "records in any order", m->id_name, (unsigned long long)row, (int)(len < 80 ? len : 80), id,
                         (unsigned long long)row, (int)(n < 80 ? n : 80), term, m->id_name, (unsigned long long)i,
                         m->id_name);
    }
    return 0;
}

int kc_meta_begin(struct kc_meta *m, const char *path, size_t each, const char *key, const char *key_option,
                  struct kc_path *key_path, struct kc_err *e)
{
    memset(m, 0, sizeof *m);
    m->name = kc_source_name(path);
    m->each = each;
    m->by_key = key != NULL;
    return key ? kc_path_parse(key_path, key, 0, key_option, e) : 0;
}

int kc_meta_check(const struct kc_meta *m, struct kc_err *e)
{
    uint64_t held = m->max > 0 ? kc_meta_bytes(m) : 0;
    char need[32], most[32];
    if (held <= m->max)
        return 0;
    kc_num_human_pair(need, held, most, m->max);
    return kc_err_at(e, KC_ESYS, m->name, 0, "its first %llu record%s take%s %s, more than --max-memory %s allows",
                     (unsigned long long)m->n, m->n == 1 ? "" : "s", m->n == 1 ? "s" : "", need, most);
}

/* Read on until there are n records, or the metadata take `most` bytes, or there are no more. */
static int read_records(struct kc_meta *m, uint64_t n, uint64_t most, struct kc_err *e)
{
    while (m->next && m->n < n && m->values.bytes.n + m->keys.strs.bytes.n < most) {
        int rc = m->next(m, e);
        if (rc < 0 || kc_meta_check(m, e) != 0)
            return -1;
        if (rc == 0)
            end_reading(m);
    }
    return 0;
}

int kc_meta_need(struct kc_meta *m, uint64_t n, struct kc_err *e)
{
    return read_records(m, n, UINT64_MAX, e);
}

int kc_meta_count(struct kc_meta *m, uint64_t *n, struct kc_err *e)
{
    int rc = 1;
    while (m->next && (rc = m->next(m, e)) > 0)
        kc_strs_clear(&m->values);
    *n = m->n;
    return rc < 0 ? -1 : 0;
}

int kc_meta_first(struct kc_meta *m, int is_file, struct kc_err *e)
{
    return m->by_key ? read_records(m, UINT64_MAX, UINT64_MAX, e) :
           is_file   ? read_records(m, 1, UINT64_MAX, e) : read_records(m, UINT64_MAX, KC_META_AHEAD, e);
}

/* A file of JSONL under way. */
struct meta_lines {
    struct kc_lines in;
    const struct kc_attrs *want;
    struct kc_path key, id;
    struct kc_buf tmp;
};

/* Keep the id of a record: the field with the best of the usual names that the first record has. */
static int keep_record_id(struct kc_meta *m, struct meta_lines *s, const char *p, const char *end, struct kc_err *e)
{
    const char *value;
    if (m->n == 0) {
        struct kc_fields f = {.want_term = 1};
        kc_fields_guess(&f, p, end, 0);
        s->id = f.term;
        snprintf(m->id_name, sizeof m->id_name, "%.60s", f.term.name);
    }
    if (s->id.n == 0 || m->ids.n != m->n || m->n >= KC_META_IDS)
        return 0;
    kc_attrs_find(&s->id, 1, p, NULL, NULL, &value);
    int rc = scalar_text(value, &s->tmp, e);
    return rc != 0 ? (rc < 0 ? -1 : 0) : kc_meta_keep_id(m, s->tmp.p ? s->tmp.p : "", s->tmp.n, e);
}

/* Parse one record of JSONL, and keep its attributes and its key. */
static int parse_line(struct kc_meta *m, struct meta_lines *s, const char *p, size_t n, struct kc_err *e)
{
    const struct kc_lines *l = &s->in;
    struct kc_buf *tmp = &s->tmp;
    struct kc_json_fault f;
    char msg[512];
    const char *end = p + n, *q, *begin = kc_json_ws(p);
    if (begin == end)
        return 0;
    q = kc_json_skip(begin, end, 0, &f);
    q = q ? kc_json_ws(q) : NULL;
    if (!q || q != end) {
        if (q)
            f = (struct kc_json_fault){q, "the end of the line: one record per line", NULL};
        kc_json_explain(&f, (size_t)(f.at - p) + 1, end, "line", msg, sizeof msg);
        return kc_err_at(e, KC_EINPUT, l->name, l->line, "%s", msg);
    }
    if (*begin != '{')
        return kc_err_at(e, KC_EINPUT, l->name, l->line, "the record is %s, expected an object%s", kc_json_kind(*begin),
                         *begin == '[' ? " on each line: jq -c '.[]' makes them of an array" : "");
    if (m->by_key) {
        const char *value;
        kc_attrs_find(&s->key, 1, begin, NULL, NULL, &value);
        int rc = scalar_text(value, tmp, e);
        if (rc > 0) {
            snprintf(msg, sizeof msg, "no key: '%.200s' is neither a string nor a number; ", s->key.name);
            kc_fields_list(begin, end, s->key.name, msg, sizeof msg);
            return kc_err_at(e, KC_EINPUT, l->name, l->line, "%s", msg);
        }
        if (rc < 0 || kc_meta_add_key(m, tmp->p ? tmp->p : "", tmp->n, l->line, e) != 0)
            return -1;
    }
    if (!m->by_key && keep_record_id(m, s, begin, end, e) != 0)
        return -1;
    if (m->n++ == 0)
        kc_fields_keys(begin, end, m->names, sizeof m->names);
    return kc_attrs_take(s->want, begin, end, NULL, NULL, &m->values, e);
}

/* Read the next record of JSONL: 1; 0 at the end. */
static int read_line(struct kc_meta *m, struct kc_err *e)
{
    struct meta_lines *s = m->state;
    const uint64_t before = m->n;
    char *p;
    size_t n;
    int rc = 1;
    while (m->n == before && (rc = kc_lines_next(&s->in, &p, &n, e)) > 0)
        if (parse_line(m, s, p, n, e) != 0)
            return -1;
    return rc;
}

static void free_lines(void *state)
{
    struct meta_lines *s = state;
    kc_lines_free(&s->in);
    kc_buf_free(&s->tmp);
    kc_mem_free(s);
}

/* Begin to read JSONL from src, which is closed at the end. */
static int begin_lines(struct kc_meta *m, const char *path, struct kc_source *src, const struct kc_attrs *want,
                       const struct kc_path *key, uint64_t max_line, struct kc_err *e)
{
    struct meta_lines *s = kc_mem_zalloc(1, sizeof *s, e);
    if (!s) {
        kc_source_free(src);
        return -1;
    }
    kc_lines_begin(&s->in, path, src);
    s->in.limit = max_line;
    s->in.limit_code = KC_EINPUT;
    s->want = want;
    if (key)
        s->key = *key;
    m->next = read_line;
    m->end = free_lines;
    m->state = s;
    return 0;
}

/* Find or assign the number of an id, and make room for its record and position. */
static int number_id(struct index_maps *t, const char *p, size_t n, uint32_t *number, struct kc_err *e)
{
    const struct kc_strs *ids = &t->m->keys.strs;
    size_t m = 0;
    const char *next = t->next < ids->n ? kc_strs_get(ids, t->next, &m) : NULL;
    if (next && m == n && memcmp(next, p, n) == 0) /* compared first, because a look into the table is a cache miss */
        *number = (uint32_t)t->next;
    else if (kc_intern_add(&t->m->keys, p ? p : "", n, number, e) != 0)
        return -1;
    t->next = (size_t)*number + 1;
    if (*number < t->cap)
        return 0;
    size_t cap = t->cap ? kc_mem_mul(t->cap, 2) : 1024;
    uint32_t *record = kc_mem_realloc(t->record, cap, sizeof *record, e);
    t->record = record ? record : t->record;
    uint32_t *at = record ? kc_mem_realloc(t->at, cap, sizeof *at, e) : NULL;
    t->at = at ? at : t->at;
    if (!at)
        return -1;
    memset(record + t->cap, 0xff, (cap - t->cap) * sizeof *record);
    memset(at + t->cap, 0xff, (cap - t->cap) * sizeof *at);
    t->cap = cap;
    return 0;
}

/* Read an entry of metadata_store: the record of an id. */
static int read_record(struct index_maps *t, struct kc_window *w, const struct kc_buf *id, const char *p,
                       const char *end, struct kc_err *e)
{
    uint32_t number;
    if (*p != '{')
        return kc_window_bad(w, p, e, "the metadata of '%.*s' is %s, expected an object",
                             (int)(id->n < 80 ? id->n : 80), id->p, kc_json_kind(*p));
    if (number_id(t, id->p, id->n, &number, e) != 0)
        return -1;
    if (t->record[number] != NOWHERE)
        return kc_window_bad(w, p, e, "'%.*s' is twice in metadata_store", (int)(id->n < 80 ? id->n : 80), id->p);
    t->record[number] = (uint32_t)t->nrecords++;
    const char *found[KC_ATTRS_MOST];
    kc_attrs_find(t->path, t->want->n + t->inner, p, NULL, NULL, found);
    for (size_t i = 0; i < t->inner; i++)
        if (found[t->want->n + i])
            found[t->of[i]] = found[t->want->n + i];
    for (size_t i = 0; i < t->want->n; i++) {
        if (!found[i] && t->is_id[i]) {
            if (kc_window_quoted(w, id, e) != 0 || kc_strs_add(&t->m->values, w->quoted.p, w->quoted.n, e) != 0)
                return -1;
        } else if (kc_attrs_add(found[i], end, &t->m->values, e) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Read an entry of id_map or reverse_id_map: the position of an id. */
static int set_position(struct index_maps *t, struct kc_window *w, const struct kc_buf *id, uint64_t at, const char *p,
                        struct kc_err *e)
{
    uint32_t number;
    if (at >= NOWHERE)
        return kc_window_bad(w, p, e, "a position beyond all indexes");
    if (number_id(t, id->p, id->n, &number, e) != 0)
        return -1;
    if (t->at[number] != NOWHERE && t->at[number] != at)
        return kc_window_bad(w, p, e, "'%.*s' is at position %lu and at %lu", (int)(id->n < 80 ? id->n : 80), id->p,
                             (unsigned long)t->at[number], (unsigned long)at);
    t->at[number] = (uint32_t)at;
    return 0;
}

enum index_member { OTHER, STORE, MAP, REVERSE };

static enum index_member which_member(const char *p, size_t n)
{
    static const char *const names[] = {"", "metadata_store", "id_map", "reverse_id_map"};
    for (int i = STORE; i <= REVERSE; i++)
        if (strlen(names[i]) == n && memcmp(names[i], p, n) == 0)
            return (enum index_member)i;
    return OTHER;
}

/* Read one entry of one of the three members: its key in `key`, its value at [p, end). */
static int read_entry(struct index_maps *t, struct kc_window *w, enum index_member kind, struct kc_buf *key,
                      const char *p, const char *end, struct kc_buf *tmp, struct kc_err *e)
{
    uint64_t at;
    if (kind == STORE)
        return read_record(t, w, key, p, end, e);
    if (kind == MAP)
        return kc_json_u64(p, &at) != 0 ? kc_window_bad(w, p, e, "a position in id_map is %s, expected a whole number",
                                                        kc_json_kind(*p)) : set_position(t, w, key, at, p, e);
    if (kc_buf_addc(key, '\0', e) != 0)
        return -1;
    if (kc_num_u64(key->p, &at) != 0)
        return kc_window_bad(w, p, e, "a key of reverse_id_map is not a position");
    int rc = scalar_text(p, tmp, e);
    if (rc > 0)
        return kc_window_bad(w, p, e, "an id in reverse_id_map is %s, expected a string", kc_json_kind(*p));
    return rc < 0 ? -1 : set_position(t, w, tmp, at, p, e);
}

/* List the ids that `wrong` picks as "'a', 'b' and 7 more". Return how many there are. */
static size_t name_some(const struct index_maps *t, int (*wrong)(const struct index_maps *t, size_t i), char *out,
                        size_t size)
{
    size_t n = 0, used = 0;
    for (size_t i = 0; i < t->m->keys.strs.n; i++)
        if (wrong(t, i)) {
            size_t len;
            const char *id = kc_strs_get(&t->m->keys.strs, i, &len);
            if (n++ < NAMED && used < size)
                used += (size_t)snprintf(out + used, size - used, "%s'%.*s'", n > 1 ? ", " : "",
                                         (int)(len < 80 ? len : 80), id);
        }
    if (n > NAMED && used < size)
        snprintf(out + used, size - used, " and %zu more", n - NAMED);
    return n;
}

static int has_no_record(const struct index_maps *t, size_t i)
{
    return !t->record || t->record[i] == NOWHERE;
}

static int has_no_position(const struct index_maps *t, size_t i)
{
    return !t->at || t->at[i] == NOWHERE;
}

/* Check that every id has a record and a position, and that the positions are 0 .. n - 1, each once; then set m->at. */
static int join_maps(struct index_maps *t, struct kc_err *e)
{
    struct kc_meta *m = t->m;
    char some[400];
    size_t n = m->keys.strs.n, wrong;
    if ((wrong = name_some(t, has_no_record, some, sizeof some)) > 0)
        return kc_err_at(e, KC_EINPUT, m->name, 0, "%zu vector id%s not in metadata_store: %s", wrong,
                         wrong == 1 ? " is" : "s are", some);
    if ((wrong = name_some(t, has_no_position, some, sizeof some)) > 0)
        return kc_err_at(e, KC_EINPUT, m->name, 0, "%zu vector id%s no position in id_map or reverse_id_map: %s", wrong,
                         wrong == 1 ? " has" : "s have", some);
    m->at = kc_mem_alloc(n, sizeof *m->at, e);
    if (!m->at)
        return -1;
    memset(m->at, 0xff, n * sizeof *m->at);
    for (size_t i = 0; i < n; i++) {
        if (t->at[i] >= n)
            continue;
        if (m->at[t->at[i]] != NOWHERE) {
            size_t la, lb;
            const char *a = kc_strs_get(&m->keys.strs, m->at[t->at[i]], &la), *b = kc_strs_get(&m->keys.strs, i, &lb);
            return kc_err_at(e, KC_EINPUT, m->name, 0, "'%.*s' and '%.*s' are both at position %lu",
                             (int)(la < 80 ? la : 80), a, (int)(lb < 80 ? lb : 80), b, (unsigned long)t->at[i]);
        }
        m->at[t->at[i]] = (uint32_t)i; /* the id for now, the record below */
    }
    for (size_t i = 0; i < n; i++) {
        if (m->at[i] == NOWHERE)
            return kc_err_at(e, KC_EINPUT, m->name, 0,
                             "no id is at position %zu, expected one at each of the %zu positions", i, n);
        m->at[i] = t->record[m->at[i]];
    }
    m->n = n;
    kc_intern_free(&m->keys);
    return 0;
}

/* Read the metadata of an index, an object with the three members in any order; other members are skipped. */
static int load_index(struct kc_meta *m, struct kc_window *w, const struct kc_attrs *want, struct kc_err *e)
{
    struct index_maps t = {.m = m, .want = want};
    struct kc_buf key = {0}, tmp = {0};
    int rc = -1, more;
    t.path = kc_mem_alloc(want->n, 2 * sizeof *t.path, e);
    t.of = kc_mem_alloc(want->n, sizeof *t.of, e);
    t.is_id = kc_mem_zalloc(want->n, sizeof *t.is_id, e);
    if (!t.path || !t.of || !t.is_id)
        goto out;
    memcpy(t.path, want->path, want->n * sizeof *t.path);
    for (size_t i = 0; i < want->n; i++)
        if (*want->path[i].name != '/') {
            t.is_id[i] = strcmp(want->path[i].name, "vector_id") == 0;
            t.of[t.inner] = i;
            kc_path_inside(&t.path[want->n + t.inner++], "metadata", &want->path[i]);
        }
    for (int first = 1; t.next = 0, (more = kc_window_member(w, first, &key, e)) > 0; first = 0) {
        enum index_member kind = which_member(key.p, key.n);
        const char *p, *end;
        if (kind == OTHER ? kc_window_value(w, 1, &p, &end, e) != 0 : kc_window_enter(w, e) != 0)
            goto out;
        for (int one = 1; kind != OTHER && (more = kc_window_member(w, one, &key, e)) > 0; one = 0)
            if (kc_window_value(w, 2, &p, &end, e) != 0 || read_entry(&t, w, kind, &key, p, end, &tmp, e) != 0 ||
                kc_meta_check(m, e) != 0)
                goto out;
        if (more < 0)
            goto out;
    }
    if (more < 0 || kc_window_end(w, e) != 0 || join_maps(&t, e) != 0)
        goto out;
    rc = 0;
out:
    kc_mem_free(t.path);
    kc_mem_free(t.of);
    kc_mem_free(t.is_id);
    kc_mem_free(t.record);
    kc_mem_free(t.at);
    kc_buf_free(&key);
    kc_buf_free(&tmp);
    return rc;
}

/* Return 1 if the text's first object has one of the three members, as far as [p, end) shows. */
static int is_index(const char *p, const char *end)
{
    struct kc_json_fault f;
    struct kc_json_str key;
    p = kc_json_ws(p);
    if (*p != '{')
        return 0;
    do {
        p = kc_json_ws(p + 1);
        if (*p != '"' || !(p = kc_json_string(p, end, &key, &f)))
            return 0;
        if (which_member(key.p, key.n) != OTHER)
            return 1;
        p = kc_json_ws(p);
        p = *p == ':' ? kc_json_skip(kc_json_ws(p + 1), end, 1, &f) : NULL;
        p = p ? kc_json_ws(p) : NULL;
    } while (p && *p == ',');
    return 0;
}

int kc_meta_load(struct kc_meta *m, const char *path, struct kc_source *src, const struct kc_attrs *want,
                 size_t optional, const char *key, const char *key_option, uint64_t max_line, uint64_t max,
                 struct kc_err *e)
{
    struct kc_path key_path;
    const char *p;
    size_t n;
    const int is_file = kc_source_is_file(src);
    if (kc_meta_begin(m, path, want->n, key, key_option, &key_path, e) != 0 ||
        kc_source_peek(src, LOOKED_AT, &p, &n, e) != 0) {
        kc_source_free(src);
        return -1;
    }
    m->max = max;
    m->is_file = is_file;
    const char *end = p + n, *text = kc_json_ws(n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? p + 3 : p);
    if (is_index(text, end)) {
        struct kc_window w;
        int rc = kc_window_begin(&w, path, src, max_line, e);
        if (rc == 0 && key)
            rc = kc_err_at(e, KC_EUSAGE, m->name, 0, "%s is for records: an index's metadata has positions",
                           key_option);
        else if (rc == 0)
            rc = load_index(m, &w, want, e);
        kc_window_free(&w);
        return rc;
    }
    const struct kc_path *by = key ? &key_path : NULL;
    int rc = text >= end || *text == '{' || *text == '[' ? begin_lines(m, path, src, want, by, max_line, e) :
             kc_meta_begin_table(m, path, src, want, optional, by, max_line, e);
    return rc != 0 ? -1 : kc_meta_first(m, is_file, e);
}

int kc_meta_find(struct kc_meta *m, uint64_t row, const char *term, size_t n, uint64_t *record, struct kc_err *e)
{
    if (m->by_key) {
        uint32_t number = term ? kc_intern_find(&m->keys, term, n) : KC_INTERN_NONE;
        if (number == KC_INTERN_NONE)
            return kc_err_at(e, KC_EINPUT, m->name, 0, "no record for row %llu, '%.*s'", (unsigned long long)row,
                             (int)(n < 80 ? n : 80), term ? term : "");
        *record = number;
        return 0;
    }
    if (kc_meta_need(m, row + 1, e) != 0)
        return -1;
    if (row >= m->n)
        return kc_err_at(e, KC_EINPUT, m->name, 0, "describes %llu row%s, but the input has more",
                         (unsigned long long)m->n, m->n == 1 ? "" : "s");
    *record = m->at ? m->at[row] : row;
    return check_order(m, row, term, n, e);
}
