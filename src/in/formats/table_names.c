/* Find the columns that are one vector by their names: one stem and rising numbers, as pandas, R, Miller and others
 * write an array over many columns. e0, e1, ...; dim_1, dim_2, ...; embedding.1, ...; V1, ...; 0, 1, ...; x, y, z.
 *
 * The numbers must be 0 to n-1 or 1 to n, each once. So a table of years (2019, 2020, 2021) is no vector. The columns
 * may stand in any order: their numbers say which place each has. */
#include "in/formats/table_names.h"

#include <stdio.h>
#include <string.h>
#include "base/intern.h"
#include "base/num.h"
#include "in/fields/fields.h"

#define MOST_DIGITS 7
#define MOST_STEMS 64 /* looked at; the columns of other stems are no vector */

static const char usual_stems[] =
    "e, emb, embs, embed, embedding, embeddings, vec, vector, vectors, v, x, d, dim, dims, "
    "dimension, f, feat, feature, features, value, values, component, openai, ada, c, col";

/* The runs under way. */
struct stems {
    struct kc_intern names;
    size_t *count, *low, *high; /* (MOST_STEMS) */
    unsigned char *bad;         /* a column of this stem holds no numbers, or two have the same number */
};

/* Split a name into its stem and its number. Return 0 if it has no number. */
static int split_name(const char *p, size_t n, size_t *stem, size_t *number)
{
    size_t end = n, from;
    if (end > 2 && (p[end - 1] == ']' || p[end - 1] == ')'))
        end--;
    from = end;
    while (from > 0 && end - from < MOST_DIGITS && p[from - 1] >= '0' && p[from - 1] <= '9')
        from--;
    if (from == end || (from > 0 && p[from - 1] >= '0' && p[from - 1] <= '9'))
        return 0;
    *stem = from;
    *number = 0;
    for (size_t i = from; i < end; i++)
        *number = *number * 10 + (size_t)(p[i] - '0');
    return 1;
}

/* Return the length of the stem without what separates it from the number. */
static size_t trim_stem(const char *p, size_t n)
{
    while (n > 0 && strchr("_-. /[(:", p[n - 1]))
        n--;
    return n;
}

/* Count the columns of each stem. */
static int count_stems(struct stems *s, const struct kc_strs *names, const unsigned char *is_number, size_t n,
                       uint32_t *stem_of, struct kc_err *e)
{
    for (size_t i = 0; i < n; i++) {
        size_t len, stem, number;
        uint32_t id;
        const char *p = kc_strs_get(names, i, &len);
        stem_of[i] = KC_NO_DIM;
        if (!split_name(p, len, &stem, &number))
            continue;
        if (kc_intern_add(&s->names, p, stem, &id, e) != 0)
            return -1;
        if (id >= MOST_STEMS)
            continue;
        stem_of[i] = id;
        s->low[id] = s->count[id] == 0 || number < s->low[id] ? number : s->low[id];
        s->high[id] = s->count[id] == 0 || number > s->high[id] ? number : s->high[id];
        s->count[id]++;
        s->bad[id] |= !is_number[i];
    }
    return 0;
}

/* Set dim to the places of the columns of stem `id`. Return 0 if two columns have the same. */
static int place_columns(const struct stems *s, const struct kc_strs *names, size_t n, const uint32_t *stem_of,
                         uint32_t id, uint32_t *dim, unsigned char *taken)
{
    memset(taken, 0, s->count[id]);
    for (size_t i = 0; i < n; i++) {
        size_t len, stem, number;
        const char *p = kc_strs_get(names, i, &len);
        dim[i] = KC_NO_DIM;
        if (stem_of[i] != id || !split_name(p, len, &stem, &number))
            continue;
        size_t at = number - s->low[id];
        if (at >= s->count[id] || taken[at])
            return 0;
        taken[at] = 1;
        dim[i] = (uint32_t)at;
    }
    return 1;
}

/* Describe the run of stem `id`. */
static void describe_run(const struct stems *s, uint32_t id, struct kc_name_run *run)
{
    size_t len;
    const char *p = kc_strs_get(&s->names.strs, id, &len);
    snprintf(run->stem, sizeof run->stem, "%.*s", (int)(len < 60 ? len : 60), p);
    run->count = s->count[id];
    run->low = s->low[id];
    len = trim_stem(p, len);
    run->usual = len == 0 || kc_fields_find(usual_stems, p, len) >= 0;
}

/* Find names of one letter each that follow each other in the alphabet, side by side: x, y, z. */
static int find_letters(const struct kc_strs *names, const unsigned char *is_number, size_t n, uint32_t *dim,
                        struct kc_name_run *run)
{
    size_t from = 0, best = 0, best_from = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len, before;
        const char *p = kc_strs_get(names, i, &len);
        int letter = len == 1 && is_number[i] && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'));
        const char *q = i > from ? kc_strs_get(names, i - 1, &before) : p;
        if (!letter)
            from = i + 1;
        else if (i > from && *p != *q + 1)
            from = i;
        if (letter && i - from + 1 > best) {
            best = i - from + 1;
            best_from = from;
        }
    }
    if (best < 2)
        return 0;
    for (size_t i = 0; i < n; i++)
        dim[i] = i >= best_from && i < best_from + best ? (uint32_t)(i - best_from) : KC_NO_DIM;
    *run = (struct kc_name_run){"a letter", best, 0, 1};
    return 1;
}

/* Choose the run: the only one, or the only one with a usual stem. */
static int choose_run(const struct stems *s, const struct kc_strs *names, size_t n, const uint32_t *stem_of,
                      uint32_t *dim, unsigned char *taken, struct kc_name_run *run, struct kc_name_run *second)
{
    uint32_t chosen = KC_NO_DIM;
    int runs = 0, usual = 0;
    for (uint32_t id = 0; id < s->names.strs.n && id < MOST_STEMS; id++) {
        struct kc_name_run one;
        if (s->count[id] < 2 || s->bad[id] || s->low[id] > 1 || s->high[id] - s->low[id] + 1 != s->count[id] ||
            !place_columns(s, names, n, stem_of, id, dim, taken))
            continue;
        describe_run(s, id, &one);
        runs++;
        if (chosen == KC_NO_DIM || (one.usual && !run->usual)) {
            *second = runs > 1 ? *run : *second;
            *run = one;
            chosen = id;
        } else if (one.usual || second->count == 0) {
            *second = one;
        }
        usual += one.usual;
    }
    if (runs == 0)
        return 0;
    (void)place_columns(s, names, n, stem_of, chosen, dim, taken);
    return usual == 1 || runs == 1 ? 1 : runs;
}

/* Allocate the counts, count the stems, and call choose. stem: the one to take, NULL: choose. */
static int search_names(const struct kc_strs *names, const unsigned char *is_number, size_t n, const char *stem,
                        uint32_t *dim, struct kc_name_run *run, struct kc_name_run *second, struct kc_err *e)
{
    struct stems s = {.count = kc_mem_zalloc(MOST_STEMS, sizeof *s.count, e),
                      .low = kc_mem_zalloc(MOST_STEMS, sizeof *s.low, e),
                      .high = kc_mem_zalloc(MOST_STEMS, sizeof *s.high, e),
                      .bad = kc_mem_zalloc(MOST_STEMS, 1, e)};
    uint32_t *stem_of = kc_mem_alloc(n, sizeof *stem_of, e);
    unsigned char *taken = kc_mem_alloc(n, 1, e);
    int rc = -1;
    memset(run, 0, sizeof *run);
    memset(second, 0, sizeof *second);
    if (!s.count || !s.low || !s.high || !s.bad || !stem_of || !taken ||
        count_stems(&s, names, is_number, n, stem_of, e) != 0)
        goto out;
    rc = 0;
    if (!stem) {
        rc = choose_run(&s, names, n, stem_of, dim, taken, run, second);
        rc = rc == 0 ? find_letters(names, is_number, n, dim, run) : rc;
        goto out;
    }
    for (uint32_t id = 0; id < s.names.strs.n && id < MOST_STEMS; id++) {
        size_t len, want = strlen(stem);
        const char *p = kc_strs_get(&s.names.strs, id, &len);
        if (s.count[id] < 2 || s.high[id] - s.low[id] + 1 != s.count[id] ||
            !((len == want && memcmp(p, stem, len) == 0) ||
              (trim_stem(p, len) == want && memcmp(p, stem, want) == 0)) ||
            !place_columns(&s, names, n, stem_of, id, dim, taken))
            continue;
        describe_run(&s, id, run);
        rc = 1;
        break;
    }
out:
    kc_mem_free(s.count);
    kc_mem_free(s.low);
    kc_mem_free(s.high);
    kc_mem_free(s.bad);
    kc_mem_free(stem_of);
    kc_mem_free(taken);
    kc_intern_free(&s.names);
    return rc;
}

int kc_name_runs(const struct kc_strs *names, const unsigned char *is_number, size_t n, uint32_t *dim,
                 struct kc_name_run *run, struct kc_name_run *second, struct kc_err *e)
{
    return search_names(names, is_number, n, NULL, dim, run, second, e);
}

int kc_name_run_of(const struct kc_strs *names, const char *stem, const unsigned char *is_number, size_t n,
                   uint32_t *dim, struct kc_name_run *run, struct kc_err *e)
{
    struct kc_name_run second;
    return search_names(names, is_number, n, stem, dim, run, &second, e);
}

size_t kc_name_find(const struct kc_strs *names, const char *name)
{
    size_t any = SIZE_MAX, len, want = strlen(name);
    for (size_t i = 0; i < names->n; i++) {
        const char *p = kc_strs_get(names, i, &len);
        if (len == want && memcmp(p, name, len) == 0)
            return i;
        char list[256];
        if (len == want && any == SIZE_MAX && len < sizeof list && !memchr(name, ',', len) &&
            snprintf(list, sizeof list, "%s", name) > 0 && kc_fields_find(list, p, len) == 0)
            any = i;
    }
    return any;
}

int kc_name_range(const char *s, size_t *first, size_t *last)
{
    char digits[2][24] = {"", ""};
    uint64_t v[2] = {0, 0};
    size_t n = strspn(s, "0123456789"), m = s[n] == '-' ? strspn(s + n + 1, "0123456789") : 0;
    if (n == 0 || n > 20 || m > 20 || s[n + (s[n] == '-') + m] != '\0')
        return 0;
    memcpy(digits[0], s, n);
    memcpy(digits[1], s + n + (s[n] == '-'), m);
    if (kc_num_u64(digits[0], &v[0]) != 0 || (m > 0 && kc_num_u64(digits[1], &v[1]) != 0) || v[0] == 0 ||
        v[0] > SIZE_MAX / 2 || (m > 0 && (v[1] < v[0] || v[1] > SIZE_MAX / 2)))
        return 0;
    *first = (size_t)v[0] - 1;
    *last = s[n] != '-' ? *first : m > 0 ? (size_t)v[1] - 1 : SIZE_MAX;
    return 1;
}
