/* Keywords in two passes over the texts, on the pipeline of par/pipe.h. The first counts all terms, in the order of the
 * input; the second takes the texts cluster by cluster and counts only terms that are still known. Pieces are counted
 * in parallel and merged in order, so the number of threads does not change the result. */
#include "text/keywords.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "par/pipe.h"
#include "text/languages.h"
#include "text/rank.h"

#ifndef KEYWORDS_PIECE
#define KEYWORDS_PIECE ((uint64_t)256 << 10) /* bytes of text: the tables of a piece stay in the second-level cache */
#endif
#define MOST_WORDS ((size_t)1 << 19)
#define MOST_PAIRS ((size_t)1 << 21)
#define MOST_BYTES ((size_t)16 << 20)

/* Occurrences of a term in a piece. */
struct term_count {
    uint32_t term, n;
};

/* A piece: some texts, and the terms in them. */
struct text_piece {
    size_t from, to;    /* positions in the order */
    int last;           /* it ends its cluster */
    struct kc_tally tally;
    struct term_count *share; /* second pass: the terms of the vocabulary that occur */
    size_t nshare, share_cap;
    uint32_t *number;   /* second pass: numbers in the vocabulary of the tally's words */
    size_t number_cap;
    struct kc_err err;
};

/* The state of both passes. */
struct keyword_run {
    const struct kc_strs *texts;
    const uint32_t *labels;
    size_t k;
    struct kc_stops stops;
    struct kc_vocabulary v;
    double *idf;            /* (terms) */
    uint32_t *order;        /* (n) the texts cluster by cluster; NULL in the first pass: the order of the input */
    size_t n;               /* texts in the order */
    size_t at;              /* position of the next piece */
    struct kc_rank rank;
    size_t ended;           /* clusters whose keywords are in out */
    struct kc_keywords *out;
};

/* Return the index of text i of the order. */
static size_t text_at(const struct keyword_run *w, size_t i)
{
    return w->order ? w->order[i] : i;
}

/* Cut off the next piece. In the second pass its texts are of one cluster. */
static int fill_piece(void *arg, void *slot, int *eof, struct kc_err *e)
{
    struct keyword_run *w = arg;
    struct text_piece *p = slot;
    uint64_t bytes = 0;
    (void)e;
    *eof = w->at == w->n;
    p->from = w->at;
    p->last = 0;
    while (w->at < w->n && bytes < KEYWORDS_PIECE && !p->last) {
        size_t len, i = text_at(w, w->at++);
        (void)kc_strs_get(w->texts, i, &len);
        bytes += len + 16; /* an empty text takes its time too */
        p->last = w->order && (w->at == w->n || w->labels[w->order[w->at]] != w->labels[i]);
    }
    p->to = w->at;
    return 0;
}

/* Count the terms of a piece. */
static int tally_piece(struct keyword_run *w, struct text_piece *p)
{
    kc_tally_clear(&p->tally);
    for (size_t j = p->from; j < p->to; j++) {
        size_t len, i = text_at(w, j);
        const char *text = kc_strs_get(w->texts, i, &len);
        if (w->labels[i] < w->k && kc_tally_text(&p->tally, &w->stops, text, len, &p->err) != 0)
            return -1;
    }
    return 0;
}

/* Count a piece in the first pass. */
static void count_piece(void *arg, void *slot)
{
    struct text_piece *p = slot;
    (void)(tally_piece(arg, p) != 0); /* the drain reports an error */
}

/* Return -1 with the piece's error, if it has one. */
static int copy_error(const struct text_piece *p, struct kc_err *e)
{
    if (p->err.code == KC_OK)
        return 0;
    *e = p->err;
    return -1;
}

/* Add a piece's counts to the vocabulary in the first pass. */
static int add_counted(void *arg, void *slot, struct kc_err *e)
{
    struct keyword_run *w = arg;
    struct text_piece *p = slot;
    return copy_error(p, e) != 0 ? -1 : kc_vocabulary_add(&w->v, &p->tally, e);
}

/* Make room in the piece for the terms that are found in the vocabulary. */
static int reserve_found(struct text_piece *p, struct kc_err *e)
{
    size_t words = p->tally.words.strs.n, all = words + p->tally.pairs.n;
    if (words > p->number_cap) {
        uint32_t *number = kc_mem_realloc(p->number, words, sizeof *number, e);
        if (!number)
            return -1;
        p->number = number;
        p->number_cap = words;
    }
    if (all > p->share_cap) {
        struct term_count *share = kc_mem_realloc(p->share, all, sizeof *share, e);
        if (!share)
            return -1;
        p->share = share;
        p->share_cap = all;
    }
    return 0;
}

/* Count a piece in the second pass, and look its terms up in the vocabulary. */
static void find_terms(void *arg, void *slot)
{
    struct keyword_run *w = arg;
    struct text_piece *p = slot;
    const struct kc_tally *t = &p->tally;
    size_t words = w->v.words.strs.n;
    p->nshare = 0;
    if (tally_piece(w, p) != 0 || reserve_found(p, &p->err) != 0)
        return;
    for (size_t i = 0; i < t->words.strs.n; i++) {
        size_t len;
        const char *s = kc_strs_get(&t->words.strs, i, &len);
        p->number[i] = t->count[i] ? kc_intern_find(&w->v.words, s, len) : KC_INTERN_NONE;
        if (p->number[i] != KC_INTERN_NONE)
            p->share[p->nshare++] = (struct term_count){p->number[i], t->count[i]};
    }
    for (size_t i = 0; i < t->pairs.n; i++) {
        uint32_t a = p->number[t->pairs.pair[i] >> 32], b = p->number[t->pairs.pair[i] & UINT32_MAX];
        uint32_t pair = a == KC_INTERN_NONE || b == KC_INTERN_NONE ? KC_PAIR_NONE :
                        kc_pairs_find(&w->v.pairs, (uint64_t)a << 32 | b);
        if (pair != KC_PAIR_NONE)
            p->share[p->nshare++] = (struct term_count){(uint32_t)words + pair, t->pair_count[i]};
    }
}

/* End the clusters before `cluster`: what is in out->words now is what they have. */
static void end_clusters(struct keyword_run *w, size_t cluster)
{
    while (w->ended < cluster)
        w->out->first[++w->ended] = w->out->words.n;
}

/* Add a piece's counts to its cluster in the second pass, and rank the cluster's terms after its last piece. */
static int rank_counted(void *arg, void *slot, struct kc_err *e)
{
    struct keyword_run *w = arg;
    struct text_piece *p = slot;
    if (copy_error(p, e) != 0)
        return -1;
    for (size_t i = 0; i < p->nshare; i++)
        kc_rank_count(&w->rank, p->share[i].term, p->share[i].n);
    if (!p->last)
        return 0;
    const uint32_t cluster = w->labels[w->order[p->from]];
    end_clusters(w, cluster);
    if (kc_rank_end(&w->rank, cluster, w->out, e) != 0)
        return -1;
    end_clusters(w, (size_t)cluster + 1);
    return 0;
}

/* Run one of the two passes. */
static int run_pass(const struct kc_ctx *ctx, struct keyword_run *w, int second, struct kc_err *e)
{
    static const struct kc_pipe_ops first = {.fill = fill_piece, .work = count_piece, .drain = add_counted},
                                    then = {.fill = fill_piece, .work = find_terms, .drain = rank_counted};
    size_t n = 2 * (size_t)kc_pool_threads(ctx->pool);
    struct text_piece *pieces = kc_mem_zalloc(n, sizeof *pieces, e);
    void **slots = kc_mem_alloc(n, sizeof *slots, e);
    int rc = -1;
    w->at = 0;
    if (pieces && slots) {
        for (size_t i = 0; i < n; i++)
            slots[i] = &pieces[i];
        rc = kc_pipe_run(ctx->pool, second ? &then : &first, w, slots, n, e);
    }
    for (size_t i = 0; pieces && i < n; i++) {
        kc_tally_free(&pieces[i].tally);
        kc_mem_free(pieces[i].share);
        kc_mem_free(pieces[i].number);
    }
    kc_mem_free(slots);
    kc_mem_free(pieces);
    return rc;
}

/* Sort the texts by cluster; within a cluster they stay in input order. */
static int sort_texts(struct keyword_run *w, struct kc_err *e)
{
    size_t *next = kc_mem_zalloc(w->k + 1, sizeof *next, e);
    w->order = kc_mem_alloc(w->texts->n, sizeof *w->order, e);
    if (!next || !w->order) {
        kc_mem_free(next);
        return -1;
    }
    for (size_t i = 0; i < w->texts->n; i++)
        if (w->labels[i] < w->k)
            next[w->labels[i] + 1]++;
    for (size_t c = 0; c < w->k; c++)
        next[c + 1] += next[c];
    w->n = next[w->k];
    for (size_t i = 0; i < w->texts->n; i++)
        if (w->labels[i] < w->k)
            w->order[next[w->labels[i]]++] = (uint32_t)i;
    kc_mem_free(next);
    return 0;
}

/* Find whose stop words are used, and tell of it. */
static int find_languages(const struct kc_ctx *ctx, const struct kc_strs *texts, const struct kc_keywords_opts *o,
                          uint64_t *languages, struct kc_err *e)
{
    char codes[256] = "";
    size_t at = 0;
    uint64_t found = 0;
    *languages = o->languages ? o->languages : KC_LANGUAGES_AUTO;
    if ((*languages & KC_LANGUAGES_AUTO) && kc_languages_find(texts, &found, e) != 0)
        return -1;
    *languages = (*languages | found) & ~KC_LANGUAGES_AUTO;
    for (size_t i = 0; kc_language_list(i) && at + 8 < sizeof codes; i++)
        if (*languages >> i & 1)
            at += (size_t)snprintf(codes + at, sizeof codes - at, "%s%s", at ? "," : "", kc_language_list(i)->code);
    kc_ctx_log(ctx, KC_LOG_INFO, "keywords: stop words of %s", codes);
    return 0;
}

/* Set the stop words: the built-in ones and the user's. */
static int read_stops(const struct kc_ctx *ctx, struct keyword_run *w, const struct kc_keywords_opts *o,
                      struct kc_err *e)
{
    struct kc_chars *chars = kc_mem_zalloc(1, sizeof *chars, e);
    uint64_t languages = 0;
    int rc = chars && (o->no_builtin || find_languages(ctx, w->texts, o, &languages, e) == 0) ? 0 : -1;
    for (size_t i = 0; rc == 0 && kc_language_list(i); i++)
        if (languages >> i & 1)
            rc = kc_stops_add_list(&w->stops, kc_language_list(i), chars, e);
    for (size_t i = 0; rc == 0 && o->stop && i < o->stop->n; i++) {
        size_t n;
        const char *p = kc_strs_get(o->stop, i, &n);
        if (n > 0 && p[0] != '#')
            rc = kc_stops_add(&w->stops, p, n, chars, e);
    }
    kc_mem_free(chars);
    return rc == 0 ? kc_stops_ready(&w->stops, e) : -1;
}

/* Compute log(1 + A / f) for every term. */
static int weigh_terms(const struct kc_ctx *ctx, struct keyword_run *w, struct kc_err *e)
{
    size_t words = w->v.words.strs.n, terms = kc_vocabulary_terms(&w->v);
    uint64_t all = 0;
    w->idf = kc_mem_alloc(terms, sizeof *w->idf, e);
    if (!w->idf)
        return -1;
    for (size_t i = 0; i < words; i++)
        all += w->v.count[i];
    for (size_t i = 0; i < w->v.pairs.n; i++)
        all += w->v.pair_count[i];
    double mean = (double)all / (double)w->k;
    for (size_t i = 0; i < terms; i++)
        w->idf[i] = log(1 + mean / (double)(i < words ? w->v.count[i] : w->v.pair_count[i - words]));
    kc_ctx_log(ctx, KC_LOG_INFO, "keywords: %zu words and %zu pairs of words%s", words, w->v.pairs.n,
               w->v.forgot ? "; the rarest were dropped" : "");
    return 0;
}

int kc_keywords_make(const struct kc_ctx *ctx, const struct kc_strs *texts, const uint32_t *labels, size_t k,
                     const struct kc_keywords_opts *o, struct kc_keywords *out, struct kc_err *e)
{
    struct keyword_run w = {.texts = texts, .labels = labels, .k = k, .n = texts->n, .out = out,
                     .v = {.most_words = MOST_WORDS, .most_pairs = MOST_PAIRS, .most_bytes = MOST_BYTES}};
    int rc = -1;
    out->k = k;
    out->first = kc_mem_zalloc(k + 1, sizeof *out->first, e);
    if (!out->first)
        goto out;
    if (texts->n > UINT32_MAX) {
        (void)kc_err_set(e, KC_ESYS, "%zu texts, expected at most %u for keywords", texts->n, UINT32_MAX);
        goto out;
    }
    if (read_stops(ctx, &w, o, e) != 0 || run_pass(ctx, &w, 0, e) != 0 || kc_vocabulary_end(&w.v, e) != 0 ||
        weigh_terms(ctx, &w, e) != 0 || sort_texts(&w, e) != 0 || kc_rank_init(&w.rank, &w.v, w.idf, o->top, e) != 0 ||
        run_pass(ctx, &w, 1, e) != 0)
        goto out;
    end_clusters(&w, k);
    rc = kc_rank_labels(&w.rank, out, e);
out:
    kc_rank_free(&w.rank);
    kc_mem_free(w.order);
    kc_mem_free(w.idf);
    kc_vocabulary_free(&w.v);
    kc_stops_free(&w.stops);
    return rc;
}

void kc_keywords_free(struct kc_keywords *w)
{
    kc_mem_free(w->first);
    kc_mem_free(w->weight);
    kc_strs_free(&w->words);
    kc_strs_free(&w->labels);
    memset(w, 0, sizeof *w);
}

/* Return the smaller of two. */
static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t kc_keywords_bytes(uint64_t n, uint64_t bytes, uint64_t longest, uint64_t k, size_t top, unsigned threads)
{
    /* A word needs two bytes and one before the next. What one piece adds comes on top before anything is forgotten. */
    uint64_t piece = smaller(bytes, KEYWORDS_PIECE + longest), in_piece = piece / 3 + 1;
    uint64_t words = smaller(bytes / 3 + 1, MOST_WORDS + in_piece);
    uint64_t pairs = smaller(bytes / 3 + 1, MOST_PAIRS + in_piece);
    uint64_t text = smaller(bytes, MOST_BYTES + piece);
    /* Arrays are up to twice as large as their contents, and tables exist twice while they grow or shrink. */
    uint64_t vocabulary = 3 * text + words * 80 + pairs * 80;
    uint64_t ranking = (words + pairs) * (sizeof(double) + sizeof(uint64_t) + sizeof(uint32_t));
    uint64_t slots = 2 * (uint64_t)threads * (sizeof(struct text_piece) + 3 * piece + in_piece * 160);
    uint64_t results = k * (32 + 2 * KC_LABEL_FROM * sizeof(struct kc_candidate) +
                            smaller(top, bytes / 3 + 1) * (sizeof(double) + 2 * KC_WORD_MOST));
    uint64_t all = vocabulary + ranking + slots + 4 * n + results; /* what finds the languages is freed before */
    return all > KC_LANGUAGES_BYTES ? all : KC_LANGUAGES_BYTES;
}

uint64_t kc_keywords_bytes_of(const struct kc_strs *texts, uint64_t n, uint64_t k, size_t top, unsigned threads)
{
    uint64_t bytes = 0, longest = 0;
    if (!texts)
        return kc_keywords_bytes(n, n * 256, 4096, k, top, threads);
    for (size_t i = 0; i < texts->n; i++) {
        size_t len;
        (void)kc_strs_get(texts, i, &len);
        longest = len > longest ? len : longest;
        bytes += len;
    }
    return kc_keywords_bytes(n, bytes, longest, k, top, threads);
}
