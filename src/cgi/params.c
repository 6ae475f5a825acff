/* The parameters of a fit: a row says what one is called, which option of kclust it is, and what it may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "cgi/cgi.h"
#include "json/json.h"

enum kind { WHOLE, WORD, FIELD, FIELDS };

static const struct param {
    const char *name, *option;
    enum kind kind;
    int64_t low, high; /* WHOLE; high 0: KCLUST_MAX_K */
    const char *words; /* WORD: each between blanks */
    const char *env;   /* the variable with the default */
} params[] = {
    {"k", "-k", WHOLE, 1, 0, NULL, NULL},
    {"k_min", "--k-min", WHOLE, 1, 0, NULL, "K_MIN"},
    {"k_max", "--k-max", WHOLE, 1, 0, NULL, "K_MAX"},
    {"min_size", "--min-size", WHOLE, 1, 1000000000, NULL, "MIN_SIZE"},
    {"max_size", "--max-size", WHOLE, 1, 1000000000, NULL, "MAX_SIZE"},
    {"n_init", "--n-init", WHOLE, 1, 100, NULL, NULL},
    {"seed", "--seed", WHOLE, 0, INT64_MAX, NULL, NULL},
    {"sample", "--sample", WHOLE, 2, 1000000000, NULL, NULL},
    {"keywords", "--keywords", WHOLE, 1, 50, NULL, NULL},
    {"min_samples", "--min-samples", WHOLE, 1, 10000, NULL, NULL},
    {"k_by", "--k-by", WORD, 0, 0, " silhouette auto calinski-harabasz davies-bouldin macro-silhouette modularity ",
     NULL},
    {"algorithm", "--algorithm", WORD, 0, 0, " kmeans hdbscan ward average complete single ", NULL},
    {"space", "--space", WORD, 0, 0, " cosine graph ", NULL},
    {"text_field", "--text-field", FIELD, 0, 0, NULL, NULL},
    {"time_field", "--time-field", FIELD, 0, 0, NULL, NULL},
    {"facets", "--facet", FIELDS, 0, 0, NULL, NULL},
};
#define PARAMS (sizeof params / sizeof *params)

/* What else a body may have, and after it what only a query may have. */
static const char *const others[] = {"run_id", "name", "items", "vec", "vecs", "threshold", "min_margin", "limit",
                                     "offset", "status", "cluster", "term", "format", "search", "domain",
                                     "event_type", "entities", "facet", "from", "to", "old", "new"};
#define OTHERS (sizeof others / sizeof *others)
#define BODY (PARAMS + 7)

#define FACETS_MOST 16

char *cgi_param(struct cgi *c, const char *json, const char *key)
{
    const char *p = json ? kc_json_find(json, key) : NULL;
    if (p && *p == '"')
        return cgi_member_text(c, json, key);
    if (!p)
        return cgi_query(c, key);
    if (*p == 'n') /* null: as if it were not there */
        return NULL;
    return cgi_dup(c, p, (size_t)(kc_json_past(p) - p));
}

/* Return 1 if the text is the name of a field: letters, digits, '_' and '-', not too long. */
static int is_field(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((p[i] | 32) >= 'a' && (p[i] | 32) <= 'z') && !(p[i] >= '0' && p[i] <= '9') && p[i] != '_' &&
            !(p[i] == '-' && i > 0))
            return 0;
    return n > 0 && n <= 64;
}

/* Write the names of a list, "a,b" or ["a","b"], each once in quotes. */
static void put_fields(struct cgi *c, const struct param *p, char *value, struct kc_buf *out)
{
    const char *between = "[";
    int names = 0;
    for (char *at = value; *at;) {
        size_t skip = strspn(at, "[]\", \n\r\t"), n = strcspn(at + skip, "[]\", \n\r\t");
        if (n > 0 && !is_field(at + skip, n))
            cgi_fail(c, 422, 0, "%s must be names of fields", p->name);
        names += n > 0;
        if (names > FACETS_MOST)
            cgi_fail(c, 422, 0, "%s must be at most %d fields", p->name, FACETS_MOST);
        if (n > 0)
            cgi_put(c, out, "%s\"%.*s\"", between, (int)n, at + skip);
        between = n > 0 ? ", " : between;
        at += skip + n;
    }
    cgi_put(c, out, "%s", *between == '[' ? "[]" : "]");
}

/* Check a value and write it as JSON. */
static void put_value(struct cgi *c, const struct param *p, char *value, struct kc_buf *out)
{
    int64_t high = p->high > 0 ? p->high : c->limit[CGI_MAX_K];
    char word[80];
    uint64_t v = 0;
    switch (p->kind) {
    case WHOLE:
        if (kc_num_u64(value, &v) != 0 || v < (uint64_t)p->low || v > (uint64_t)high)
            cgi_fail(c, 422, 0, "%s must be a whole number from %lld to %lld", p->name, (long long)p->low,
                     (long long)high);
        cgi_put(c, out, "%llu", (unsigned long long)v);
        return;
    case WORD:
        snprintf(word, sizeof word, " %.70s ", value);
        if (strchr(value, ' ') || !strstr(p->words, word))
            cgi_fail(c, 422, 0, "%s must be one of%.*s", p->name, (int)strlen(p->words) - 1, p->words);
        cgi_put(c, out, "\"%s\"", value);
        return;
    case FIELD:
        if (!is_field(value, strlen(value)))
            cgi_fail(c, 422, 0, "%s must be the name of a field", p->name);
        cgi_put(c, out, "\"%s\"", value);
        return;
    case FIELDS:
        put_fields(c, p, value, out);
    }
}

/* Refuse a name that nothing knows, which may be a misspelled limit, and one that comes twice. most: how many names
 * are allowed; seen: a bit for each. */
static void check_name(struct cgi *c, int status, const struct kc_json_str *key, size_t most, uint64_t *seen)
{
    int n = key->n < 70 ? (int)key->n : 70;
    size_t i = 0;
    for (; i < most; i++) {
        const char *name = i < PARAMS ? params[i].name : others[i - PARAMS];
        if (kc_json_equals(key, name, strlen(name)))
            break;
    }
    if (i == most)
        cgi_fail(c, status, 0, "there is no parameter '%.*s'", n, key->p);
    if (*seen & UINT64_C(1) << i)
        cgi_fail(c, status, 0, "'%.*s' comes twice", n, key->p);
    *seen |= UINT64_C(1) << i;
}

void cgi_check_members(struct cgi *c, const char *json)
{
    uint64_t seen = 0;
    for (const char *p = kc_json_first(json); p;) {
        struct kc_json_str key;
        const char *value = kc_json_member(p, &key);
        check_name(c, 422, &key, BODY, &seen);
        p = kc_json_next(kc_json_past(value));
    }
}

void cgi_check_query(struct cgi *c)
{
    uint64_t seen = 0;
    for (const char *p = c->query; *p; p += *p == '&') {
        size_t n = strcspn(p, "&");
        const struct kc_json_str key = {.p = p, .n = strcspn(p, "=&")};
        if (n > 0)
            check_name(c, 400, &key, PARAMS + OTHERS, &seen);
        p += n;
    }
}

void cgi_params(struct cgi *c, const char *json, struct kc_buf *out)
{
    const char *between = "";
    char *fixed = cgi_param(c, json, "k"), *algorithm = cgi_param(c, json, "algorithm");
    int no_range = fixed || (algorithm && strcmp(algorithm, "hdbscan") == 0); /* that finds its own k */
    cgi_put(c, out, "{");
    for (size_t i = 0; i < PARAMS; i++) {
        int range = strncmp(params[i].name, "k_m", 3) == 0;
        char *value = cgi_param(c, json, params[i].name);
        if (!value && params[i].env && !(range && no_range))
            value = getenv(params[i].env);
        if (!value || !*value || (params[i].env && strcmp(value, "0") == 0 && !range))
            continue;
        if (range && fixed)
            cgi_fail(c, 422, 0, "k and %s cannot both be given", params[i].name);
        cgi_put(c, out, "%s\"%s\": ", between, params[i].name);
        put_value(c, &params[i], value, out);
        between = ", ";
    }
    cgi_put(c, out, "}");
    out->p = cgi_dup(c, out->p, out->n);
    uint64_t low = 0, high = 0;
    if (kc_json_u64(kc_json_find(out->p, "k_min"), &low) == 0 &&
        kc_json_u64(kc_json_find(out->p, "k_max"), &high) == 0 && low > high)
        cgi_fail(c, 422, 0, "k_min must not be above k_max");
    if (kc_json_u64(kc_json_find(out->p, "min_size"), &low) == 0 &&
        kc_json_u64(kc_json_find(out->p, "max_size"), &high) == 0 && low > high)
        cgi_fail(c, 422, 0, "min_size must not be above max_size");
}

void cgi_params_change(struct cgi *c, const char *old, const char *json, struct kc_buf *out)
{
    cgi_params(c,
               cgi_sql_text(c,
                            "SELECT json_patch(CASE WHEN ?2 ->> '$.k' IS NOT NULL THEN json_remove(?1, '$.k_min',"
                            " '$.k_max') WHEN ?2 ->> '$.k_min' IS NOT NULL OR ?2 ->> '$.k_max' IS NOT NULL THEN"
                            " json_remove(?1, '$.k') ELSE ?1 END, ?2)",
                            "tt", old, json),
               out);
}

void cgi_params_argv(struct cgi *c, const char *json, int64_t fields, struct cgi_child *k)
{
    static const char *const usual[] = {"domain", "event_type", "entities"};
    for (size_t i = 0; i < PARAMS; i++) {
        const char *list = params[i].kind == FIELDS ? kc_json_find(json, params[i].name) : NULL;
        char *value = list ? NULL : cgi_param(c, json, params[i].name);
        for (const char *p = list ? kc_json_first(list) : NULL; p; p = kc_json_next(kc_json_past(p))) {
            char name[80];
            snprintf(name, sizeof name, "%.*s", (int)(kc_json_past(p) - p) - 2, p + 1);
            cgi_child_args(c, k, params[i].option, name, NULL);
        }
        if (value)
            cgi_child_args(c, k, params[i].option, value, NULL);
    }
    for (int i = 0; i < 3 && !kc_json_find(json, "facets"); i++)
        if (fields & 1 << i)
            cgi_child_args(c, k, "--facet", usual[i], NULL);
    if (fields & CGI_TIME && !kc_json_find(json, "time_field"))
        cgi_child_args(c, k, "--time-field", "time", NULL);
    if (!kc_json_find(json, "keywords"))
        cgi_child_args(c, k, "--keywords", "5", NULL);
}
