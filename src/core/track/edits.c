/* Corrections of a clustering by hand (edits.h). Merges are found first, then splits, then names: so the order of the
 * options makes no difference. What contradicts something else is refused, and not settled by a rule that nobody
 * knows. */
#include "core/track/edits.h"

#include <stdio.h>
#include <string.h>
#include "base/intern.h"
#include "base/num.h"
#include "base/suggest.h"
#include "base/utf8.h"

#define SHOWN 24 /* ids in a message about one that there is not */

static const char *const options[] = {"--merge", "--split", "--rename"};

/* Return where the piece of a value that begins at p ends: at the first `stop` without a backslash before it, else at
 * the end of the text. */
static const char *find_stop(const char *p, char stop)
{
    for (; *p && *p != stop; p++)
        p += *p == '\\' && p[1] && strchr(",:=\\", p[1]);
    return p;
}

/* Set tmp to the piece [p, end) without its backslashes. */
static int unescape_piece(struct kc_buf *tmp, const char *p, const char *end, struct kc_err *e)
{
    tmp->n = 0;
    if (kc_buf_reserve(tmp, (size_t)(end - p) + 1, e) != 0)
        return -1;
    for (; p < end; p++) {
        p += *p == '\\' && p + 1 < end && strchr(",:=\\", p[1]);
        tmp->p[tmp->n++] = *p;
    }
    return 0;
}

/* Return the end of the id in the value of a split. *parts: the number after its last colon, 2 if there is none there,
 * and 0 if there cannot be so many. */
static const char *find_parts(const char *value, uint64_t *parts)
{
    const char *colon = NULL;
    for (const char *p = find_stop(value, ':'); *p; p = find_stop(p + 1, ':'))
        colon = p;
    *parts = 2;
    if (!colon || colon[1] == '\0' || colon[1 + strspn(colon + 1, "0123456789")] != '\0')
        return value + strlen(value);
    if (kc_num_u64(colon + 1, parts) != 0 || *parts < 2 || *parts > KC_EDIT_PARTS_MOST)
        *parts = 0;
    return colon;
}

/* Check the form of a value. Return what it should be; NULL if it is well. */
static const char *judge_value(enum kc_edit_kind kind, const char *value)
{
    uint64_t parts;
    const char *stop = find_stop(value, '=');
    size_t ids = 0;
    switch (kind) {
    case KC_EDIT_MERGE:
        for (const char *p = value;; p = stop + 1) {
            stop = find_stop(p, ',');
            ids++;
            if (stop == p || *stop == '\0')
                return stop > p && ids > 1 ? NULL : "two or more ids, as in 3,7";
        }
    case KC_EDIT_SPLIT:
        return find_parts(value, &parts) > value && parts > 0 ? NULL :
               "an id, or an id and a number of parts from 2 to 1024, as in 5:3";
    default:
        if (kc_utf8_bad(value, value + strlen(value)))
            return "an id and a name in UTF-8, as in 2=fonts";
        return stop > value && *stop == '=' && stop[1] ? NULL : "an id and a name, as in 2=fonts";
    }
}

int kc_edit_parse(struct kc_edit_opts *o, enum kc_edit_kind kind, const char *value, const char *name, struct kc_err *e)
{
    const char *expected = judge_value(kind, value);
    if (expected)
        return kc_err_set(e, KC_EUSAGE, "%s: '%.200s' is not %s", name, value, expected);
    if (o->n == KC_EDITS_MOST)
        return kc_err_set(e, KC_EUSAGE, "%s: more than %d corrections in one run", name, KC_EDITS_MOST);
    o->edit[o->n].kind = kind;
    o->edit[o->n++].value = value;
    return 0;
}

size_t kc_edit_count(const struct kc_edit_opts *o, enum kc_edit_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++)
        n += o->edit[i].kind == kind;
    return n;
}

/* The search for the clusters of the corrections. */
struct edit_search {
    struct kc_edits *s;
    const struct kc_strs *ids;
    const uint64_t *rows;
    const char *file;
    struct kc_intern known; /* the ids, each at its place */
    struct kc_buf tmp;
    struct kc_err *e;
};

/* Return -1 with an error that begins with the correction. */
static int refuse_edit(const struct edit_search *w, enum kc_edit_kind kind, const char *value, const char *why)
{
    return kc_err_set(w->e, KC_EUSAGE, "%s %.100s: %s", options[kind], value, why);
}

/* Refuse an id that no cluster has: it is in w->tmp. */
static int refuse_id(struct edit_search *w, enum kc_edit_kind kind, const char *value)
{
    char msg[512], id[64];
    struct kc_known known;
    kc_err_escape(id, sizeof id, w->tmp.p, w->tmp.n < 60 ? w->tmp.n : 60);
    if (w->tmp.n == 2 && memcmp(w->tmp.p, "-1", 2) == 0)
        return refuse_edit(w, kind, value, "-1 is no cluster, but the rows in none, which stay as they are");
    snprintf(msg, sizeof msg, "%s %.100s: no cluster '%s'; it has ", options[kind], value, id);
    const int number = w->tmp.p[0] >= '0' && w->tmp.p[0] <= '9'; /* a similar number means something else */
    kc_known_begin(&known, number ? NULL : w->tmp.p, msg, sizeof msg);
    known.most = SHOWN;
    for (size_t c = 0; c < w->ids->n; c++) {
        size_t n;
        const char *p = kc_strs_get(w->ids, c, &n);
        kc_known_add(&known, p, n);
    }
    kc_known_end(&known);
    return kc_err_at(w->e, KC_EINPUT, w->file, 0, "%s", msg);
}

/* Find the cluster whose id is the piece [p, end). */
static int find_cluster(struct edit_search *w, enum kc_edit_kind kind, const char *value, const char *p,
                        const char *end, uint32_t *c)
{
    if (unescape_piece(&w->tmp, p, end, w->e) != 0)
        return -1;
    w->tmp.p[w->tmp.n] = '\0';
    *c = kc_intern_find(&w->known, w->tmp.p, w->tmp.n);
    return *c == KC_INTERN_NONE ? refuse_id(w, kind, value) : 0;
}

/* Append a cluster to those of the correction. */
static int add_cluster(struct edit_search *w, struct kc_edit *edit, uint32_t c)
{
    struct kc_edits *s = w->s;
    uint32_t *at = kc_mem_realloc(s->at, s->nat + 1, sizeof *at, w->e);
    if (!at)
        return -1;
    s->at = at;
    s->at[s->nat++] = c;
    edit->n++;
    return 0;
}

/* Return the id of a cluster for a message. */
static const char *show_id(const struct edit_search *w, uint32_t c, char out[64])
{
    size_t n;
    const char *p = kc_strs_get(w->ids, c, &n);
    kc_err_escape(out, 64, p, n < 60 ? n : 60);
    return out;
}

/* Find the clusters of a merge, and the one that keeps its id. */
static int find_merge(struct edit_search *w, struct kc_edit *edit, const char *value)
{
    struct kc_edits *s = w->s;
    char why[160], id[64];
    uint32_t kept = KC_NONE;
    for (const char *p = value, *stop;; p = stop + 1) {
        uint32_t c;
        stop = find_stop(p, ',');
        if (find_cluster(w, KC_EDIT_MERGE, value, p, stop, &c) != 0)
            return -1;
        if (s->into[c] != KC_NONE) {
            snprintf(why, sizeof why, "%s is merged twice: name all that become one cluster in one --merge",
                     show_id(w, c, id));
            return refuse_edit(w, KC_EDIT_MERGE, value, why);
        }
        s->into[c] = c;
        kept = kept == KC_NONE || w->rows[c] > w->rows[kept] ? c : kept;
        if (add_cluster(w, edit, c) != 0)
            return -1;
        if (*stop == '\0')
            break;
    }
    for (size_t i = 0; i < edit->n; i++)
        s->into[s->at[edit->first + i]] = kept;
    s->gone += (uint32_t)edit->n - 1;
    return 0;
}

static int find_split(struct edit_search *w, struct kc_edit *edit, const char *value)
{
    struct kc_edits *s = w->s;
    uint64_t parts;
    const char *end = find_parts(value, &parts);
    uint32_t c;
    if (find_cluster(w, KC_EDIT_SPLIT, value, value, end, &c) != 0)
        return -1;
    if (s->into[c] != KC_NONE)
        return refuse_edit(w, KC_EDIT_SPLIT, value, "it is merged in the same run: split the union in another one");
    if (s->parts[c] > 1)
        return refuse_edit(w, KC_EDIT_SPLIT, value, "it is split twice: 5:3 makes three parts of cluster 5");
    s->parts[c] = (uint32_t)parts;
    s->more += (uint32_t)parts - 1;
    return add_cluster(w, edit, c);
}

static int find_rename(struct edit_search *w, struct kc_edit *edit, const char *value)
{
    struct kc_edits *s = w->s;
    char why[160], id[64];
    const char *stop = find_stop(value, '=');
    uint32_t c;
    if (find_cluster(w, KC_EDIT_RENAME, value, value, stop, &c) != 0)
        return -1;
    if (s->name[c] != KC_NONE)
        return refuse_edit(w, KC_EDIT_RENAME, value, "it is renamed twice");
    if (s->into[c] != KC_NONE && s->into[c] != c) {
        snprintf(why, sizeof why, "it is merged into %s, which is larger: rename that", show_id(w, s->into[c], id));
        return refuse_edit(w, KC_EDIT_RENAME, value, why);
    }
    s->name[c] = (uint32_t)s->names.n;
    return kc_strs_add(&s->names, stop + 1, strlen(stop + 1), w->e) != 0 ? -1 : add_cluster(w, edit, c);
}

/* Make the table of the ids, and the arrays with nothing in them. */
static int begin_search(struct edit_search *w, const struct kc_edit_opts *o)
{
    struct kc_edits *s = w->s;
    s->k = (uint32_t)w->ids->n;
    s->into = kc_mem_alloc(s->k, sizeof *s->into, w->e);
    s->parts = kc_mem_alloc(s->k, sizeof *s->parts, w->e);
    s->name = kc_mem_alloc(s->k, sizeof *s->name, w->e);
    s->edit = kc_mem_zalloc(o->n, sizeof *s->edit, w->e);
    if (!s->into || !s->parts || !s->name || !s->edit)
        return -1;
    s->n = o->n;
    for (uint32_t c = 0; c < s->k; c++) {
        size_t n;
        uint32_t number;
        const char *p = kc_strs_get(w->ids, c, &n);
        s->into[c] = s->name[c] = KC_NONE;
        s->parts[c] = 1;
        if (kc_intern_add(&w->known, p, n, &number, w->e) != 0)
            return -1;
    }
    return 0;
}

/* Number the clusters of afterwards. */
static int number_clusters(struct kc_edits *s, struct kc_err *e)
{
    uint32_t at = 0;
    s->after = s->k - s->gone + s->more;
    s->place = kc_mem_alloc(s->k, sizeof *s->place, e);
    s->part = kc_mem_alloc(s->k, sizeof *s->part, e);
    s->from = kc_mem_alloc(s->after, sizeof *s->from, e);
    s->changed = kc_mem_zalloc(s->after, sizeof *s->changed, e);
    if (!s->place || !s->part || !s->from || !s->changed)
        return -1;
    for (uint32_t c = 0; c < s->k; c++) {
        s->part[c] = KC_NONE;
        if (s->into[c] != c)
            continue;
        s->from[at] = c;
        s->changed[at] = s->parts[c] > 1;
        s->place[c] = at++;
    }
    for (uint32_t c = 0; c < s->k; c++)
        if (s->into[c] != c) {
            s->place[c] = s->place[s->into[c]];
            s->changed[s->place[c]] = 1;
        }
    for (size_t i = 0; i < s->n; i++) {
        if (s->edit[i].kind != KC_EDIT_SPLIT)
            continue;
        const uint32_t c = s->at[s->edit[i].first];
        s->part[c] = at;
        for (uint32_t p = 1; p < s->parts[c]; p++) {
            s->from[at] = c;
            s->changed[at++] = 1;
        }
    }
    return 0;
}

int kc_edits_find(struct kc_edits *s, const struct kc_edit_opts *o, const struct kc_strs *ids, const uint64_t *rows,
                  const char *file, struct kc_err *e)
{
    static int (*const find[])(struct edit_search *, struct kc_edit *, const char *) = {find_merge, find_split,
                                                                                        find_rename};
    struct edit_search w = {.s = s, .ids = ids, .rows = rows, .file = file, .e = e};
    memset(s, 0, sizeof *s);
    int rc = begin_search(&w, o);
    for (int kind = KC_EDIT_MERGE; rc == 0 && kind <= KC_EDIT_RENAME; kind++)
        for (size_t i = 0; rc == 0 && i < o->n; i++)
            if ((int)o->edit[i].kind == kind) {
                s->edit[i] = (struct kc_edit){o->edit[i].kind, s->nat, 0};
                rc = find[kind](&w, &s->edit[i], o->edit[i].value);
            }
    for (uint32_t c = 0; rc == 0 && c < s->k; c++)
        s->into[c] = s->into[c] == KC_NONE ? c : s->into[c];
    if (rc == 0)
        rc = number_clusters(s, e);
    kc_intern_free(&w.known);
    kc_buf_free(&w.tmp);
    return rc;
}

void kc_edits_free(struct kc_edits *s)
{
    kc_mem_free(s->into);
    kc_mem_free(s->parts);
    kc_mem_free(s->name);
    kc_strs_free(&s->names);
    kc_mem_free(s->edit);
    kc_mem_free(s->at);
    kc_mem_free(s->place);
    kc_mem_free(s->part);
    kc_mem_free(s->from);
    kc_mem_free(s->changed);
    memset(s, 0, sizeof *s);
}
