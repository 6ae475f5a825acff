/* Documents that are taken out: of rows, labels, records of clusters, and models. What cannot be taken out is what was
 * computed from many rows: centroids, and words and facets that the document shared; the answer names the runs that
 * have to be reclustered for that.
 *
 * Fewer rows are written to a file of their own, rows.new, which takes the place of rows.jsonl once the database has
 * been told their size: it is always smaller, so whoever finds it knows whether that was so (cgi_settle_rows). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/num.h"
#include "cgi/cgi.h"
#include "json/json.h"
#include "la/matrix.h"
#include "model/model.h"

/* Write rows.new, the rows without those of the term, whose lines go to `gone`. Return the bytes that are left; *rows:
 * how many rows. */
static int64_t filter_rows(struct cgi *c, int64_t seq, int64_t bytes, const char *term, struct kc_buf *gone,
                           int64_t *rows)
{
    char fresh[1200], path[1200];
    size_t n, len, kept = 0;
    char *text = cgi_read_file(c, seq, "rows.new", &n); /* of a term before this one, in the same transaction */
    text = text ? text : cgi_read_file(c, seq, "rows.jsonl", &n);
    *rows = 0;
    if (!text)
        return bytes;
    n = n < (size_t)bytes ? n : (size_t)bytes;
    for (char *next = text, *p; (p = cgi_line(&next, text + n, &len)) != NULL;) {
        struct kc_json_str s;
        const char *value = kc_json_find(p, "term");
        p[len++] = '\n';
        if (value && kc_json_text(value, &s) == 0 && kc_json_equals(&s, term, strlen(term))) {
            cgi_put_n(c, gone, p, len);
        } else {
            memmove(text + kept, p, len);
            kept += len;
            ++*rows;
        }
    }
    if (gone->n > 0) {
        static const char zeros[KC_NUM_PAD];
        cgi_put_n(c, gone, zeros, sizeof zeros); /* what the scanner of numbers wants behind them */
        gone->n -= sizeof zeros;
        int fd = kc_fd_open(cgi_path(c, seq, "rows.tmp", fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || kc_fd_write(fd, text, kept, -1) != 0 || kc_fd_sync(fd) != 0 ||
            rename(fresh, cgi_path(c, seq, "rows.new", path)) != 0)
            cgi_fail(c, 503, 0, "the rows could not be written");
        close(fd);
    }
    kc_mem_free(text);
    return (int64_t)kept;
}

/* Take the term out of the list; at: room for its numbers, which are those of the strings that stay. */
static size_t drop_term(struct kc_strs *list, const char *term, uint32_t *at)
{
    size_t kept = 0, len, all = list->n;
    for (size_t i = 0; i < all; i++) {
        const char *p = kc_strs_get(list, i, &len);
        if (len != strlen(term) || memcmp(p, term, len) != 0)
            at[kept++] = (uint32_t)i;
    }
    if (kept < all)
        kc_strs_pick(list, at, kept, 1);
    return kept;
}

/* Take the term out of what stands for clusters, and out of the rows that wait for similar ones. Return 1 if it was
 * there. */
static int drop_names(struct cgi *c, struct kc_model *m, const char *term)
{
    const size_t reps = m->rep_terms.n, pool = m->pool.n, d = m->d;
    uint32_t *at = kc_mem_alloc((reps > pool ? reps : pool) + 1, sizeof *at, &c->e);
    if (!at)
        cgi_fail(c, 503, 0, "memory is short");
    size_t kept = drop_term(&m->rep_terms, term, at), from = 0;
    for (size_t i = 0; i < kept; i++)
        m->rep_similarity[i] = m->rep_similarity[at[i]];
    for (size_t cluster = 0; cluster <= m->k; cluster++) {
        while (from < kept && at[from] < m->rep_first[cluster])
            from++;
        m->rep_first[cluster] = (uint32_t)from;
    }
    m->pool.n = drop_term(&m->pool.terms, term, at);
    for (size_t i = 0; i < m->pool.n; i++)
        memmove(m->pool.x + i * d, m->pool.x + at[i] * d, d * sizeof *m->pool.x);
    kc_mem_free(at);
    return kept < reps || m->pool.n < pool;
}

/* Take row i out of those that vote. */
static void drop_voter(struct kc_model *m, size_t i)
{
    struct kc_model_rows *r = &m->rows;
    const size_t d = m->d, after = r->n - i - 1;
    if (r->halves)
        memmove(r->halves + i * d, r->halves + (i + 1) * d, after * d * sizeof *r->halves);
    if (r->bytes) {
        memmove(r->bytes + i * d, r->bytes + (i + 1) * d, after * d);
        memmove(r->scale + i, r->scale + i + 1, after * sizeof *r->scale);
    }
    memmove(r->label + i, r->label + i + 1, after * sizeof *r->label);
    memmove(r->hash + i, r->hash + i + 1, after * sizeof *r->hash);
    m->n = --r->n; /* the model has a row for each of its fit */
}

/* Take rows out of those that vote, but the last one. gone: their lines. */
static int drop_voters(struct cgi *c, struct kc_model *m, const struct kc_buf *gone)
{
    float *x = kc_mem_zalloc(m->d, sizeof *x, &c->e);
    const size_t before = m->rows.n;
    if (!x)
        cgi_fail(c, 503, 0, "memory is short");
    for (const char *p = gone->p, *end = p + gone->n; p && p < end && m->rows.n > 1; p = strchr(p, '\n') + 1) {
        size_t t = 0;
        for (const char *q = kc_json_first(kc_json_find(p, "vec")); q && t < m->d; q = kc_json_next(q))
            if (kc_num_float(&q, &x[t++]) != KC_NUM_OK)
                break;
        size_t i = kc_la_unit(x, m->d, x, NULL) == KC_ROW_OK ? kc_model_find_row(m, kc_la_hash(x, m->d)) : SIZE_MAX;
        if (i != SIZE_MAX)
            drop_voter(m, i);
    }
    kc_mem_free(x);
    return m->rows.n < before;
}

/* Let the clusters of a model have the labels that the database gives them now. */
static void copy_labels(struct cgi *c, struct kc_model *m, int64_t seq)
{
    struct kc_strs labels = {{NULL, 0, 0}, NULL, 0, 0};
    for (size_t i = 0; i < m->k && m->labels.n > 0; i++) {
        size_t n;
        const char *old = kc_strs_get(&m->labels, i, &n);
        char *label = cgi_sql_text(c, "SELECT label FROM clusters WHERE run = ?1 AND id = ?2", "ii", seq, m->ids[i]);
        if (kc_strs_add(&labels, label ? label : old, label ? strlen(label) : n, &c->e) != 0)
            cgi_fail(c, 503, 0, "memory is short");
    }
    if (m->labels.n > 0 && kc_model_set_labels(m, &labels, m->ids, &c->e) != 0)
        cgi_fail(c, 503, 0, "memory is short");
    kc_strs_free(&labels);
}

/* Take the term out of a file of a model. Return 1 if it was there. */
static int forget_in_model(struct cgi *c, int64_t seq, const char *name, const char *term, const struct kc_buf *gone)
{
    char path[1200];
    struct kc_model m;
    struct kc_outfile *f = NULL;
    if (access(cgi_path(c, seq, name, path), F_OK) != 0)
        return 0;
    if (kc_model_load(&m, path, &c->e) != 0)
        cgi_fail(c, 503, 0, "the model of a run cannot be read");
    int voters = drop_voters(c, &m, gone), changed = drop_names(c, &m, term) || voters;
    if (changed) {
        copy_labels(c, &m, seq);
        if (kc_outfile_open(&f, path, &c->e) != 0 || kc_model_save(&m, f, &c->e) != 0 ||
            kc_outfile_commit(f, &c->e) != 0)
            cgi_fail(c, 503, 0, "the model of a run could not be written");
        kc_outfile_free(f);
    }
    kc_model_free(&m);
    return changed;
}

/* Take the term out of the labels and the records: sizes, what stands for a cluster, and the keywords that only it had.
 * Return how many labels went. */
static int64_t forget_results(struct cgi *c, int64_t seq, const char *term)
{
    cgi_run_sql(c, "CREATE TEMP TABLE IF NOT EXISTS hit (cluster INTEGER PRIMARY KEY, n INTEGER)", "");
    cgi_run_sql(c, "DELETE FROM hit", "");
    cgi_run_sql(c,
                "INSERT INTO hit SELECT cluster, count(*) FROM labels INDEXED BY labels_term WHERE run = ?1 AND"
                " term = ?2 GROUP BY cluster",
                "it", seq, term);
    cgi_run_sql(c, "DELETE FROM labels INDEXED BY labels_term WHERE run = ?1 AND term = ?2", "it", seq, term);
    int64_t gone = sqlite3_changes(c->db);
    cgi_run_sql(c,
                "UPDATE clusters SET size = size - (SELECT n FROM hit WHERE cluster = id), record = json_set(record,"
                " '$.representatives', json((SELECT json_group_array(value) FROM json_each(record, '$.representatives')"
                " WHERE value <> ?2)), '$.keywords', json((SELECT json_group_array(value) FROM json_each(record,"
                " '$.keywords') w WHERE NOT instr(lower(?2), lower(value)) OR (SELECT params ->> '$.text_field' FROM"
                " runs WHERE seq = ?1) IS NOT NULL OR EXISTS (SELECT 1 FROM labels WHERE run = ?1 AND cluster ="
                " clusters.id AND instr(lower(term), lower(w.value)))))) WHERE run = ?1 AND id IN (SELECT cluster FROM"
                " hit)",
                "it", seq, term);
    cgi_run_sql(c,
                "UPDATE clusters SET words = (SELECT group_concat(value, ' ') FROM json_each(record, '$.keywords')),"
                " label = coalesce((SELECT group_concat(value, ', ') FROM (SELECT value FROM json_each(record,"
                " '$.keywords') LIMIT 3)), record ->> '$.representatives[0]') WHERE run = ?1 AND id IN (SELECT cluster"
                " FROM hit)",
                "i", seq);
    cgi_run_sql(c,
                "UPDATE clusters SET record = json_set(record, '$.cluster_label', label) WHERE run = ?1 AND id IN"
                " (SELECT cluster FROM hit)",
                "i", seq);
    return gone;
}

int cgi_forget(struct cgi *c, int64_t seq, const char *term)
{
    static const char *const derived[] = {"summary.json", "report.html", "log", CGI_CHECKPOINT};
    struct kc_buf gone = {NULL, 0, 0};
    char path[1200], model[40];
    int64_t rows, bytes = cgi_sql_int(c, "SELECT bytes FROM runs WHERE seq = ?1", "i", seq);
    int expired = cgi_sql_int(c, "SELECT expired FROM runs WHERE seq = ?1", "i", seq) != 0;
    snprintf(model, sizeof model, "model.%lld",
             (long long)cgi_sql_int(c, "SELECT model FROM runs WHERE seq = ?1", "i", seq));
    bytes = filter_rows(c, seq, bytes, term, &gone, &rows);
    int found = forget_results(c, seq, term) > 0 || gone.n > 0;
    found |= forget_in_model(c, seq, model, term, &gone);
    found |= forget_in_model(c, seq, "like.model", term, &gone);
    kc_buf_free(&gone);
    if (!found || expired)
        return found;
    cgi_run_sql(c, "UPDATE runs SET bytes = ?2, rows = ?3 WHERE seq = ?1", "iii", seq, bytes, rows);
    if (cgi_sql_int(c, "SELECT status = 'running' FROM runs WHERE seq = ?1", "i", seq))
        return 1; /* the work writes these files, and forgets the term when it ends */
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) /* they may name it, or are of the old rows */
        unlink(cgi_path(c, seq, derived[i], path));
    return 1;
}

void cgi_document_delete(struct cgi *c)
{
    struct kc_buf again = {NULL, 0, 0}, b = {NULL, 0, 0};
    const char *term = c->part[1];
    int64_t runs = 0, seq = 0, admin = c->role == CGI_ADMIN;
    /* Until there are no later runs: one may be made meanwhile of the rows of a run that is still to come. */
    while ((seq = cgi_sql_int(c, "SELECT min(seq) FROM runs WHERE (owner = ?1 OR ?2) AND seq > ?3", "tii", c->owner,
                              admin, seq)) > 0) {
        int lock = cgi_rows_try(c, seq);
        if (lock < 0) /* deleted meanwhile */
            continue;
        cgi_begin(c);
        cgi_run_sql(c, /* work that has begun with the old rows looks here when it ends */
                    "INSERT INTO removed SELECT owner, ?1, unixepoch() FROM runs WHERE seq = ?2"
                    " ON CONFLICT (owner, term) DO UPDATE SET at = unixepoch()",
                    "ti", term, seq);
        int found = cgi_forget(c, seq, term);
        char *id = found ? cgi_sql_text(c, "SELECT id FROM runs WHERE seq = ?1 AND model > 0", "i", seq) : NULL;
        cgi_commit(c);
        cgi_settle_rows(c, seq);
        close(lock);
        runs += found;
        if (id)
            cgi_put(c, &again, "%s\"%s\"", again.n > 0 ? ", " : "", id);
        kc_mem_free(id);
    }
    if (runs == 0)
        cgi_fail(c, 404, 0, "no run has such a document");
    cgi_run_sql(c, "PRAGMA wal_checkpoint(TRUNCATE)", ""); /* the log of the database has it no longer */
    cgi_put(c, &b, "{\"runs\": %lld, \"recluster\": [%.*s]}", (long long)runs, (int)again.n, again.p ? again.p : "");
    cgi_answer_buf(c, &b);
}
