/* The Parquet reader (parquet-format 2.11). The footer, at the end, says where everything is, so the file must be one
 * that can be read at any place; what comes through a pipe or compressed goes to a temporary file first.
 *
 * The filling thread walks through the levels of the vector's column, which say where rows begin and cost little, and
 * reads terms and attributes. A piece is a number of rows and a copy of the places where they begin in the columns;
 * workers inflate and decode the numbers (parquet_rows.c). So row groups, and the pages of one, are read in parallel,
 * whatever their sizes.
 *
 * 1.03 GB of lists of 768 floats, not compressed, as DuckDB writes them, take one core 0.23 s to convert: 4.5 GB/s. The
 * same rows as npy take 0.21 s. To copy the bytes out of the system's cache, which is the floor, takes 0.09 s; the rest
 * is to look for NaN and to copy them on. 307 MB in pages of 1 MiB, as Arrow writes them, take 0.07 s with Snappy or
 * LZ4 and 0.31 s with zstd, of which all but some 0.06 s is the codec. DuckDB's pages of 100 MB take 0.21 s and 0.39 s,
 * because they do not fit into the processor's cache. Columns of single floats take 0.21 s for 184 MB: a read for each
 * column and piece. */
#include "in/formats/parquet.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/formats/formats.h"
#include "in/formats/plain.h"
#include "in/piece/dims.h"
#include "in/piece/reopened.h"
#include "io/outfile.h"

#define PAGES_PART 4       /* a page may take this part of --max-memory */
#define MOST_ROWS 16384    /* of a piece */
#define UNKNOWN_ROWS 1024  /* of a piece if no row so far was good */

struct parquet_state {
    struct kc_pq_file *file;
    struct kc_pq_footer footer;
    struct kc_pq_choice choice;
    size_t *use;                  /* (schema.n) the column's number among those in use; SIZE_MAX: not in use */
    size_t nuse;
    struct kc_pq_chunk *chunks;   /* (nuse) of the present row group */
    struct kc_pq_cursor *vec;     /* (choice.nvec) */
    struct kc_pq_cursor term;
    struct kc_pq_cursor *attrs;   /* (nattrs) */
    size_t nattrs;
    struct kc_buf text;
    uint64_t left;                /* rows left in the row group */
    uint64_t rows, pieces;        /* so far */
    int begun;                    /* a row group has been begun */
    uint64_t end;                 /* the row groups from this one on are left out */
    uint64_t passed;              /* bytes that are counted as read */
    struct kc_err broken;         /* what comes after the rows of the last piece */
};

static int is_parquet(const struct kc_feed *f)
{
    const char *p = f->carry.p + f->carry_at;
    return f->carry.n - f->carry_at >= 4 && (memcmp(p, "PAR1", 4) == 0 || memcmp(p, "PARE", 4) == 0);
}

/* Copy the whole input to a temporary file. */
static int spool_input(struct kc_feed *f, struct kc_pq_file *file, struct kc_err *e)
{
    struct kc_buf b = {NULL, 0, 0};
    int rc = kc_outfile_open_spool(&file->spool, e);
    while (rc == 0) {
        b.n = 0;
        rc = kc_feed_take(f, &b, f->block, e);
        if (rc == 0 && b.n == 0)
            break;
        rc = rc == 0 ? kc_outfile_write(file->spool, b.p, b.n, e) : -1;
        file->size += b.n;
    }
    kc_buf_free(&b);
    return rc == 0 && kc_feed_broken(f, e) == 0 ? kc_outfile_finish(file->spool, e) : -1;
}

/* Get hold of the file's bytes at any place. */
static int open_bytes(struct kc_feed *f, struct parquet_state *st, struct kc_err *e)
{
    struct kc_pq_file *file = kc_mem_zalloc(1, sizeof *file, e);
    uint64_t at;
    if (!file)
        return -1;
    st->file = file;
    file->refs = 1;
    file->fd = -1;
    pthread_mutex_init(&file->lock, NULL);
    file->most = f->o->max_memory / PAGES_PART;
    file->most_text = f->o->max_line;
    file->name = kc_mem_strdup(f->name, e);
    if (!file->name)
        return -1;
    if (memcmp(f->carry.p + f->carry_at, "PARE", 4) == 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is an encrypted Parquet file, expected one in plain: decrypt it "
                         "first");
    file->fd = kc_source_dup(f->src, &at);
    if (file->fd < 0)
        return spool_input(f, file, e);
    file->base = at - (f->carry.n - f->carry_at);
    file->size = kc_source_left(f->src) + (f->carry.n - f->carry_at);
    return 0;
}

/* Put a leaf among the columns in use, if it is not there. */
static int use_leaf(struct parquet_state *st, size_t leaf, struct kc_err *e)
{
    struct kc_pq_file *f = st->file;
    struct kc_buf name = {NULL, 0, 0};
    if (st->use[leaf] != SIZE_MAX)
        return 0;
    int rc = kc_pq_leaf_name(&st->footer.schema, leaf, &name, e) != 0 ? -1 :
             kc_strs_add(&f->names, name.p ? name.p : "", name.n, e);
    kc_buf_free(&name);
    f->leaves[st->nuse] = st->footer.schema.leaves[leaf];
    st->use[leaf] = st->nuse++;
    return rc;
}

/* Collect the columns in use: those of the vector come first. */
static int use_columns(struct parquet_state *st, size_t nattrs, struct kc_err *e)
{
    const struct kc_pq_choice *c = &st->choice;
    size_t n = st->footer.schema.n, most = c->nvec + 1 + nattrs;
    st->use = kc_mem_alloc(n, sizeof *st->use, e);
    st->file->leaves = kc_mem_alloc(most, sizeof *st->file->leaves, e);
    st->chunks = kc_mem_zalloc(most, sizeof *st->chunks, e);
    st->vec = kc_mem_zalloc(c->nvec, sizeof *st->vec, e);
    st->attrs = kc_mem_zalloc(nattrs, sizeof *st->attrs, e);
    if (!st->use || !st->file->leaves || !st->chunks || !st->vec || !st->attrs)
        return -1;
    st->nattrs = nattrs;
    for (size_t i = 0; i < n; i++)
        st->use[i] = SIZE_MAX;
    for (size_t i = 0; i < c->nvec; i++)
        if (use_leaf(st, c->vec[i], e) != 0)
            return -1;
    if (c->term != SIZE_MAX && use_leaf(st, c->term, e) != 0)
        return -1;
    for (size_t i = 0; i < nattrs; i++)
        if (c->attrs[i] != SIZE_MAX && use_leaf(st, c->attrs[i], e) != 0)
            return -1;
    return 0;
}

/* Copy the name of a column in use, for info. */
static void copy_name(char out[256], const struct kc_pq_file *f, size_t column)
{
    size_t n;
    const char *p = kc_pq_name(f, column, &n);
    snprintf(out, 256, "%.*s", (int)(n < 255 ? n : 255), p);
}

/* Set what info and -v show, of the first input. */
static void set_stats(struct kc_feed *f, const struct parquet_state *st)
{
    static const char *const types[KC_PQ_TYPES] = {"bool", "int32", "int64", "int96", "float", "double", "bytes",
                                                   "float16"};
    const struct kc_pq_leaf *l = &st->file->leaves[0];
    struct kc_in_stats *to = f->st;
    if (to->format != KC_IN_PARQUET || to->vec_field[0])
        return;
    if (st->choice.term != SIZE_MAX)
        copy_name(to->term_field, st->file, st->use[st->choice.term]);
    copy_name(to->vec_field, st->file, 0);
    snprintf(to->how, sizeof to->how, "%s", st->choice.how);
    if (!st->choice.is_list) {
        char last[256];
        size_t n = strlen(to->vec_field);
        copy_name(last, st->file, st->choice.nvec - 1);
        snprintf(to->vec_field + n, sizeof to->vec_field - n, "..%s", last);
    }
    snprintf(to->dtype, sizeof to->dtype, st->choice.is_list ? "list<%s>" : "%s", types[l->type]);
}

static int begin_parquet(struct kc_feed *f, struct kc_err *e)
{
    struct parquet_state *st = kc_mem_zalloc(1, sizeof *st, e);
    f->state = st;
    if (!st)
        return -1;
    st->broken = (struct kc_err)KC_ERR_INIT;
    if (open_bytes(f, st, e) != 0 || kc_pq_footer_read(&st->footer, st->file, e) != 0)
        return -1;
    if (st->footer.rows == 0 && st->footer.ngroups == 0) /* an empty table has no say */
        return 0;
    if (kc_pq_choose(&st->choice, f, &st->footer.schema, e) != 0 ||
        use_columns(st, f->o->metadata ? 0 : f->attrs.n, e) != 0)
        return -1;
    st->end = st->footer.ngroups;
    if (f->o->only_attrs)
        return 0;
    set_stats(f, st);
    if (!st->choice.is_list && kc_feed_dim(f, st->choice.nvec, e) != 0)
        return -1;
    f->hint_rows = f->nfiles == 1 ? st->footer.rows : 0;
    return 0;
}

static void end_parquet(struct kc_feed *f)
{
    struct parquet_state *st = f->state;
    for (size_t i = 0; st->vec && i < st->choice.nvec; i++)
        kc_pq_cursor_end(&st->vec[i]);
    for (size_t i = 0; st->attrs && i < st->nattrs; i++)
        kc_pq_cursor_end(&st->attrs[i]);
    kc_pq_cursor_end(&st->term);
    kc_pq_file_free(st->file);
    kc_pq_footer_free(&st->footer);
    kc_pq_choice_free(&st->choice);
    kc_mem_free(st->use);
    kc_mem_free(st->chunks);
    kc_mem_free(st->vec);
    kc_mem_free(st->attrs);
    kc_buf_free(&st->text);
}

/* Find the dimension by the first good list of the row group; with --on-bad skip by most of the first good ones. */
static int find_dim(struct kc_feed *f, struct parquet_state *st, struct kc_err *e)
{
    struct kc_pq_cursor probe = {0};
    struct kc_err fault = KC_ERR_INIT;
    struct kc_dim_votes votes = {0};
    size_t good = 0, most = f->o->skip_bad ? KC_DIM_ROWS : 1;
    kc_pq_cursor_begin(&probe, st->file, 0, 1, &st->chunks[0]);
    for (uint64_t i = 0; good < most && i < st->left; i++) {
        enum kc_pq_row what;
        uint64_t count, hole;
        if (kc_pq_list_row(&probe, NULL, 0, &what, &count, &hole, &fault) != 0)
            break;
        if (what == KC_PQ_ROW_OK && count <= KC_MAX_DIM) {
            kc_dim_vote(&votes, (size_t)count);
            good++;
        }
        if (!f->o->skip_bad)
            break;
    }
    kc_pq_cursor_end(&probe);
    if (fault.code == KC_ESYS) { /* the walk will come upon any other one again */
        *e = fault;
        return -1;
    }
    size_t d = kc_dim_most(&votes);
    return d > 0 ? kc_feed_dim(f, d, e) : 0;
}

/* Check that the pages of a row of columns are not too large together. */
static int check_memory(const struct parquet_state *st, struct kc_err *e)
{
    uint64_t sum = 0;
    char need[32], most[32];
    for (size_t i = 0; i < st->choice.nvec; i++)
        if (st->vec[i].page && st->vec[i].page->codec != KC_PQ_NONE)
            sum += st->vec[i].page->full;
    if (st->file->most == 0 || sum <= 2 * st->file->most)
        return 0;
    kc_num_human_pair(need, sum, most, 2 * st->file->most);
    return kc_err_at(e, KC_ESYS, st->file->name, 0, "inflating a page of each column takes %s, more than the %s that "
                     "--max-memory leaves for it: raise that, or write the file with smaller row groups", need, most);
}

/* Begin the next row group. */
static int begin_group(struct kc_feed *f, struct parquet_state *st, struct kc_err *e)
{
    const struct kc_pq_choice *c = &st->choice;
    if (kc_pq_footer_group(&st->footer, st->file, st->use, st->chunks, &st->left, e) != 0)
        return -1;
    st->begun = 1;
    st->rows += st->left;
    if (st->rows < st->left || st->rows > st->footer.rows)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "its Parquet footer is damaged: it states %llu rows, its row groups "
                         "have more", (unsigned long long)st->footer.rows);
    for (size_t i = 0; i < c->nvec; i++) {
        kc_pq_cursor_begin(&st->vec[i], st->file, i, 1, &st->chunks[i]);
        if (st->left > 0 && kc_pq_cursor_more(&st->vec[i], e) < 0)
            return -1;
    }
    if (c->term != SIZE_MAX)
        kc_pq_cursor_begin(&st->term, st->file, st->use[c->term], 0, &st->chunks[st->use[c->term]]);
    for (size_t i = 0; i < st->nattrs; i++)
        if (c->attrs[i] != SIZE_MAX)
            kc_pq_cursor_begin(&st->attrs[i], st->file, st->use[c->attrs[i]], 0, &st->chunks[st->use[c->attrs[i]]]);
    if (check_memory(st, e) != 0)
        return -1;
    return c->is_list && f->d == 0 && st->left > 0 ? find_dim(f, st, e) : 0;
}

/* Check that no column has values left when its row group has no rows left. */
static int end_group(struct parquet_state *st, struct kc_err *e)
{
    for (size_t i = 0; st->begun && i < st->choice.nvec + 1 + st->nattrs; i++) {
        struct kc_pq_cursor *c = i < st->choice.nvec ? &st->vec[i] : i == st->choice.nvec ? &st->term :
                                 &st->attrs[i - st->choice.nvec - 1];
        int more = c->file ? kc_pq_cursor_more(c, e) : 0;
        if (more != 0)
            return more < 0 ? -1 : kc_pq_damaged(st->file, c->column, e, "it has more values than its row group has "
                                                 "rows");
    }
    return 0;
}

/* Count bytes as read up to `at`, for the progress. */
static int pass_bytes(struct kc_feed *f, struct parquet_state *st, uint64_t at, struct kc_err *e)
{
    uint64_t missing;
    if (st->file->spool || at <= st->passed)
        return 0;
    uint64_t n = at - st->passed;
    st->passed = at;
    return kc_feed_skip(f, n, &missing, e);
}

/* Walk over at most `rows` rows of a list. Return how many; fewer if a page ends well, or if one is damaged: then
 * st->broken is set. *regular: all have d numbers. */
static size_t walk_list(struct parquet_state *st, size_t rows, size_t d, int *regular)
{
    struct kc_pq_cursor *c = &st->vec[0];
    const struct kc_pq_page *page = c->page;
    size_t i = 0;
    *regular = d > 0;
    while (i < rows) {
        enum kc_pq_row what;
        uint64_t count, hole;
        if (kc_pq_list_row(c, NULL, 0, &what, &count, &hole, &st->broken) != 0)
            return i;
        i++;
        *regular &= what == KC_PQ_ROW_OK && count == d;
        if (c->page != page && c->in_page == c->page->levels && i > rows / 4)
            break;
        page = c->page;
    }
    return i;
}

/* Walk over n levels, which the page has, of a column of single numbers. */
static int walk_levels(struct kc_pq_cursor *c, size_t n, struct kc_err *e)
{
    c->in_page -= (uint32_t)n;
    while (n > 0) {
        size_t present = kc_pq_rle_equal(&c->def, kc_pq_leaf_of(c)->max_def, n);
        if (kc_pq_floats(c, NULL, present, e) != 0)
            return -1;
        n -= present;
        if (n > 0) {
            kc_pq_rle_take(&c->def, NULL, 1);
            n--;
        }
        if (c->def.bad)
            return kc_pq_damaged(c->file, c->column, e, "the definition levels of a page end too early");
    }
    return 0;
}

/* Walk over rows of columns of single numbers, as walk_list does. */
static size_t walk_columns(struct parquet_state *st, size_t rows)
{
    for (size_t j = 0; j < st->choice.nvec; j++) {
        struct kc_pq_cursor *c = &st->vec[j];
        struct kc_err e = KC_ERR_INIT;
        size_t i = 0, most = SIZE_MAX;
        while (i < rows) {
            int more = kc_pq_cursor_more(c, &e);
            if (more == 0)
                (void)kc_pq_damaged(c->file, c->column, &e, "it has fewer values than its row group has rows");
            if (more <= 0)
                break;
            size_t n = rows - i < c->in_page ? rows - i : c->in_page;
            n = n < most ? n : most;
            struct kc_pq_cursor before = *c;
            struct kc_err fault = KC_ERR_INIT;
            if (walk_levels(c, n, &fault) == 0) {
                i += n;
            } else if (n == 1) {
                e = fault;
                break;
            } else { /* again, row by row up to the fault */
                *c = before;
                most = 1;
            }
        }
        if (i < rows) {
            rows = i;
            st->broken = e;
        }
    }
    return rows;
}

/* Read the terms and attributes of the piece's rows. Return how many rows have all of them, fewer if one is damaged:
 * then st->broken is set. */
static size_t read_texts(struct parquet_state *st, struct kc_slot *s, struct kc_pq_order *o, size_t rows)
{
    struct kc_err e = KC_ERR_INIT;
    for (size_t i = 0; i < rows; i++) {
        int null, rc = 0;
        if (o->term != SIZE_MAX) {
            size_t n;
            rc = kc_pq_text_row(&st->term, 0, &s->terms, &st->text, &null, &e);
            const char *p = rc == 0 ? kc_strs_get(&s->terms, i, &n) : NULL;
            o->term_bad[i] = null ? KC_PQ_TERM_NULL : p && kc_utf8_bad(p, p + n) ? KC_PQ_TERM_TEXT : KC_PQ_TERM_OK;
        }
        for (size_t a = 0; rc == 0 && a < st->nattrs; a++)
            rc = kc_pq_text_row(&st->attrs[a], 1, &o->attrs, &st->text, &null, &e);
        if (rc != 0) {
            st->broken = e;
            return i;
        }
    }
    return rows;
}

/* Say where in the file the piece's numbers are, if they lie there one row after the other, so that they can be read
 * again. `from`: where the cursor was before the rows. */
static void place_rows(struct kc_feed *f, const struct parquet_state *st, struct kc_slot *s,
                       const struct kc_pq_order *o, const struct kc_pq_cursor *from)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(from);
    const struct kc_pq_page *p = from->page;
    struct kc_layout layout = {l->type == KC_PQ_FLOAT ? KC_CELL_F32 : l->type == KC_PQ_DOUBLE ? KC_CELL_F64 :
                               KC_CELL_F16, 0, 0};
    uint64_t n = (uint64_t)o->rows * f->d, ignored;
    int in_place = o->regular && st->file->fd >= 0 && from->in_page >= n && p->codec == KC_PQ_NONE &&
                   p->encoding == KC_PQ_PLAIN &&
                   (l->type == KC_PQ_FLOAT || l->type == KC_PQ_DOUBLE || l->meaning == KC_PQ_HALF);
    if (in_place && f->fresh)
        f->reopened = kc_reopened_open(f, &layout, &ignored);
    s->at = s->end = 0;
    if (in_place) {
        s->at = st->file->base + p->at + p->skip + (uint64_t)from->i * l->width;
        s->end = s->at + n * l->width;
    }
}

/* Make the order of the next piece, and fill the slot with what no worker needs to do. */
static int fill_piece(struct kc_feed *f, struct parquet_state *st, struct kc_slot *s, struct kc_err *e)
{
    const struct kc_pq_choice *c = &st->choice;
    size_t rows = f->d == 0 ? UNKNOWN_ROWS : f->block / (f->d * sizeof(float));
    rows = rows == 0 ? 1 : rows < MOST_ROWS ? rows : MOST_ROWS;
    rows = rows < st->left ? rows : (size_t)st->left;
    struct kc_pq_order *o = kc_mem_zalloc(1, sizeof *o, e);
    if (!o)
        return -1;
    s->order = o;
    s->order_free = kc_pq_order_free;
    o->file = st->file;
    __atomic_add_fetch(&o->file->refs, 1, __ATOMIC_RELAXED);
    o->is_list = c->is_list;
    o->no = st->pieces++;
    o->ncursors = c->nvec;
    o->term = c->term == SIZE_MAX ? SIZE_MAX : st->use[c->term];
    o->term_bad = kc_mem_zalloc(rows, 1, e);
    o->cursors = kc_mem_zalloc(c->nvec, sizeof *o->cursors, e);
    if (!o->term_bad || !o->cursors)
        return -1;
    for (size_t i = 0; i < c->nvec; i++)
        kc_pq_cursor_copy(&o->cursors[i], &st->vec[i]);
    size_t walked = c->is_list ? walk_list(st, rows, f->d, &o->regular) : walk_columns(st, rows);
    o->rows = read_texts(st, s, o, walked);
    if (o->rows == 0 && st->broken.code != KC_OK) {
        *e = st->broken;
        return -1;
    }
    st->left -= o->rows;
    if (c->is_list)
        place_rows(f, st, s, o, &o->cursors[0]);
    return pass_bytes(f, st, st->vec[0].next, e);
}

/* Begin row groups until one has rows. Set *eof after the last. */
static int find_rows(struct kc_feed *f, struct parquet_state *st, int *eof, struct kc_err *e)
{
    while (st->left == 0) {
        if (end_group(st, e) != 0)
            return -1;
        if (st->footer.group == st->end) {
            *eof = 1;
            return st->end < st->footer.ngroups ? 0 :
                   st->rows == st->footer.rows ? pass_bytes(f, st, st->file->size, e) :
                   kc_err_at(e, KC_EINPUT, f->name, 0, "its Parquet footer is damaged: it states %llu rows, its row "
                             "groups have %llu", (unsigned long long)st->footer.rows, (unsigned long long)st->rows);
        }
        if (begin_group(f, st, e) != 0)
            return -1;
    }
    return 0;
}

/* The row groups of a rank. */
struct groups {
    struct kc_pq_footer at; /* the footer before the first of them */
    uint64_t end;           /* the number of the one after the last */
    uint64_t before, rows;  /* rows before them, and in them */
    uint64_t offset;        /* bytes before them */
};

/* Find this rank's row groups, those whose vectors begin in its part of the file. Return 1 if the groups do not lie in
 * the file one after the other, or if the footer is damaged: all ranks find that alike, and the first reports it. */
static int find_groups(const struct kc_feed *f, const struct parquet_state *st, struct groups *g)
{
    const struct kc_part *part = &f->part;
    struct kc_pq_footer t = st->footer;
    struct kc_err fault = KC_ERR_INIT;
    uint64_t before = 0, n;
    *g = (struct groups){.at = t};
    while (t.group < t.ngroups) {
        if (kc_pq_footer_group(&t, st->file, st->use, st->chunks, &n, &fault) != 0 || st->chunks[0].at < before)
            return 1;
        before = st->chunks[0].at;
        if (before < part->from) {
            g->at = t;
            g->before += n;
        } else if (before < part->to || part->to == part->size) {
            g->end = t.group;
            g->rows += n;
            g->offset = g->offset ? g->offset : before;
        }
    }
    g->end = g->end > g->at.group ? g->end : g->at.group;
    return 0;
}

/* Restrict the file to this rank's row groups. */
static int narrow_parquet(struct kc_feed *f, struct kc_slot *s, struct kc_err *e)
{
    struct parquet_state *st = f->state;
    struct groups g;
    if (st->footer.ngroups == 0 || find_groups(f, st, &g))
        return 1;
    if (kc_part_decide(f, s, NULL, e) != 0)
        return -1;
    st->footer = g.at;
    st->end = g.end;
    st->rows = f->part.row0 = g.before;
    st->left = 0;
    st->begun = 0;
    st->broken = (struct kc_err)KC_ERR_INIT;
    st->passed = g.offset > st->passed ? g.offset : st->passed;
    f->hint_rows = f->nfiles == 1 ? g.rows : 0;
    return 0;
}

static int fill_parquet(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct parquet_state *st = f->state;
    if (st->broken.code != KC_OK) {
        *e = st->broken;
        return -1;
    }
    return find_rows(f, st, eof, e) != 0 ? -1 : *eof ? 0 : fill_piece(f, st, s, e);
}

int kc_parquet_attrs(struct kc_feed *f, kc_attrs_row fn, void *arg, struct kc_err *e)
{
    struct parquet_state *st = f->state;
    struct kc_strs row = {.n = 0};
    int eof = 0, null, rc = 0;
    while (rc == 0 && (rc = find_rows(f, st, &eof, e)) == 0 && !eof) {
        kc_strs_clear(&row);
        for (size_t a = 0; rc == 0 && a < st->nattrs; a++)
            rc = st->choice.attrs[a] == SIZE_MAX ? kc_strs_add(&row, "", 0, e) :
                 kc_pq_text_row(&st->attrs[a], 1, &row, &st->text, &null, e);
        rc = rc == 0 ? fn(arg, &row, e) : -1;
        st->left--;
    }
    kc_strs_free(&row);
    return rc;
}

const struct kc_reader kc_reader_parquet = {
    .format = KC_IN_PARQUET, .is = is_parquet, .binary = 1, .has_fields = 1,
    .begin = begin_parquet, .narrow = narrow_parquet,
    .fill = fill_parquet, .work = kc_pq_work, .end = end_parquet};
