/* Blobs of rows on a plane, whose texts are made of the words of a topic. */
#include "view_util.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "base/rng.h"

#define TOPICS 24
static const char *const topics[TOPICS][9] = {
    {"late delivery", "parcel", "courier", "late", "delivery", "tracking", "days", "waiting", "depot"},
    {"battery life", "battery", "charge", "hours", "drains", "charger", "overnight", "percent", "replace"},
    {"refund requests", "refund", "money", "return", "bank", "receipt", "paid", "credit", "statement"},
    {"login trouble", "password", "login", "account", "reset", "email", "locked", "code", "verify"},
    {"friendly staff", "staff", "helpful", "friendly", "service", "kind", "patient", "smile", "thanks"},
    {"screen defects", "screen", "pixel", "cracked", "display", "bright", "flicker", "glass", "lines"},
    {"wrong size", "size", "small", "large", "fits", "shoes", "tight", "sleeves", "measure"},
    {"app crashes", "app", "crash", "update", "freezes", "phone", "version", "opens", "reinstall"},
    {"sound quality", "sound", "bass", "headphones", "volume", "clear", "noise", "earbuds", "music"},
    {"good value", "price", "value", "cheap", "worth", "money", "bargain", "quality", "recommend"},
    {"missing parts", "missing", "parts", "screws", "box", "manual", "assembly", "shelf", "incomplete"},
    {"slow website", "website", "slow", "page", "loading", "checkout", "basket", "browser", "error"},
    {"coffee machines", "coffee", "machine", "milk", "beans", "leaks", "grinder", "cup", "espresso"},
    {"colour not as shown", "colour", "photo", "blue", "different", "shade", "picture", "darker", "fabric"},
    {"subscription cancelled", "subscription", "cancel", "renewal", "month", "charged", "trial", "plan", "notice"},
    {"packaging waste", "packaging", "plastic", "waste", "cardboard", "recycle", "paper", "huge", "filling"},
    {"garden tools", "garden", "hose", "mower", "grass", "blade", "plants", "soil", "rust"},
    {"gift orders", "gift", "birthday", "wrapped", "card", "present", "surprise", "ribbon", "message"},
    {"wireless printer", "printer", "wireless", "ink", "cartridge", "paper", "network", "scanner", "jam"},
    {"smell of plastic", "smell", "chemical", "plastic", "strong", "air", "wash", "odour", "headache"},
    {"children's toys", "toy", "children", "broke", "safe", "puzzle", "daughter", "wheels", "batteries"},
    {"warranty claims", "warranty", "claim", "repair", "broken", "months", "replace", "manufacturer", "proof"},
    {"loyalty points", "points", "voucher", "discount", "loyalty", "expired", "member", "code", "reward"},
    {"opening hours", "shop", "open", "hours", "closed", "sunday", "parking", "queue", "till"}};
static const char *const fillers[] = {"the", "was", "very", "after", "and", "my", "again", "it", "not", "with", "two",
                                      "for", "this", "but", "still", "from", "order", "really", "never", "always"};
#define TEXT(t) {t, sizeof t - 1}
static const struct {
    const char *p;
    size_t n;
} hostile[] = {
    TEXT("</script><script>alert(1)</script>"), TEXT("<!-- <script>"), TEXT("]]>"), TEXT("&lt;b&gt; &amp;"),
    TEXT("\"'` onload=alert(1) x=\""), TEXT("a\0b\x01\x1f\x7f"), TEXT("bad \xff\xfe \xc3( \xed\xa0\x80"),
    TEXT("line \xe2\x80\xa8 and \xe2\x80\xa9 paragraph"), TEXT("<img src=x onerror=alert(1)>"),
    TEXT("\xe2\x80\xae right to left override"), TEXT("javascript:alert(1)"), TEXT("</title></style></noscript>"),
    TEXT("\\u003c/script\\u003e \\"), TEXT("{{7*7}} ${7*7} <%= 7*7 %>"), TEXT("")};
static const char *const arabic[] = {"تأخر التسليم", "خدمة العملاء", "البطارية ضعيفة", "السعر جيد", "שירות מצוין", "משלוח מאוחר", "الشاشة مكسورة"};
static const char *const chinese[] = {"物流太慢", "电池续航", "客服态度很好", "屏幕有坏点", "尺码偏小", "性价比高", "应用闪退", "退款没有到账"};

struct maker {
    struct kc_view *v;
    const struct view_recipe *r;
    struct kc_rng rng;
    double *at;      /* (k, 4) middle and spread of each blob */
    struct kc_err *e;
    int failed;
};

static double unit(struct maker *m) { return kc_rng_unit(&m->rng); }

/* Nearly normal. */
static double normal(struct maker *m)
{
    double s = 0;
    for (int i = 0; i < 6; i++)
        s += unit(m) - 0.5;
    return s * 1.4142;
}

static void *get(struct maker *m, size_t n, size_t size)
{
    void *p = kc_mem_zalloc(n, size, m->e);
    m->failed |= !p;
    return p;
}

static void add(struct maker *m, struct kc_strs *s, const char *t, size_t n)
{
    m->failed |= kc_strs_add(s, t, n, m->e) != 0;
}

static void addz(struct maker *m, struct kc_strs *s, const char *t) { add(m, s, t, strlen(t)); }

static char *dup(struct maker *m, const char *t)
{
    char *p = kc_mem_strdup(t, m->e);
    m->failed |= !p;
    return p;
}

/* Make a text about a cluster. */
static void add_text(struct maker *m, struct kc_strs *s, uint32_t c, unsigned words)
{
    char t[400] = "";
    size_t n = 0;
    if (m->r->texts == 2) {
        const size_t i = (size_t)kc_rng_below(&m->rng, sizeof hostile / sizeof *hostile);
        add(m, s, hostile[i].p, hostile[i].n);
        return;
    }
    for (unsigned i = 0; i < words && n < sizeof t - 60; i++) {
        const char *w;
        if (m->r->texts == 3)
            w = arabic[kc_rng_below(&m->rng, sizeof arabic / sizeof *arabic)];
        else if (m->r->texts == 4)
            w = chinese[(c + kc_rng_below(&m->rng, 3)) % (sizeof chinese / sizeof *chinese)];
        else if (c < m->r->k && unit(m) < 0.45)
            w = topics[c % TOPICS][1 + kc_rng_below(&m->rng, 8)];
        else
            w = fillers[kc_rng_below(&m->rng, sizeof fillers / sizeof *fillers)];
        n += (size_t)snprintf(t + n, sizeof t - n, "%s%s", n && m->r->texts != 4 ? " " : "", w);
    }
    add(m, s, t, n);
}

static void make_clusters(struct maker *m)
{
    struct kc_view *v = m->v;
    const uint32_t k = m->r->k;
    v->k = k;
    v->cluster = get(m, k, sizeof *v->cluster);
    m->at = get(m, (size_t)k * 4, sizeof *m->at);
    m->failed |= kc_view_lists_begin(&v->keywords, k, m->e) || kc_view_lists_begin(&v->representatives, k, m->e);
    if (m->failed)
        return;
    const double spread = 0.36 / sqrt((double)k + 1);
    for (uint32_t c = 0; c < k && !m->failed; c++) {
        double best = -1;
        for (int try = 0; try < (k > 2000 ? 1 : 24); try++) {
            const double x = unit(m), y = unit(m);
            double near = 9;
            for (uint32_t o = 0; o < c && k <= 2000; o++)
                near = fmin(near, (x - m->at[4 * o]) * (x - m->at[4 * o]) + (y - m->at[4 * o + 1]) * (y - m->at[4 * o + 1]));
            if (near > best) {
                best = near;
                m->at[4 * c] = x;
                m->at[4 * c + 1] = y;
            }
        }
        m->at[4 * c + 2] = spread * (0.3 + 0.6 * unit(m));
        m->at[4 * c + 3] = spread * (0.3 + 0.6 * unit(m));
        char id[32];
        snprintf(id, sizeof id, "%u", (unsigned)c);
        addz(m, &v->id, id);
        if (m->r->texts == 1) {
            char name[64];
            snprintf(name, sizeof name, c < TOPICS ? "%s" : "%s %u", topics[c % TOPICS][0], (unsigned)(c / TOPICS + 1));
            addz(m, &v->name, name);
        } else {
            add_text(m, &v->name, c, 2);
        }
        for (int i = 1; i < 9; i++)
            if (m->r->texts == 1)
                addz(m, &v->keywords.text, topics[c % TOPICS][i]);
            else if (m->r->texts)
                add_text(m, &v->keywords.text, c, 1);
        kc_view_lists_end(&v->keywords, c);
        for (int i = 0; i < 3 && m->r->texts; i++)
            add_text(m, &v->representatives.text, c, 9 + (unsigned)kc_rng_below(&m->rng, 9));
        kc_view_lists_end(&v->representatives, c);
        v->cluster[c].cohesion = 0.45 + 0.4 * unit(m);
        v->cluster[c].silhouette = -0.02 + 0.5 * unit(m);
        v->cluster[c].stability = 0.4 + 0.6 * unit(m);
        v->cluster[c].group = KC_NONE;
    }
    v->keywords.weight = get(m, v->keywords.text.n, sizeof(double));
    for (size_t i = 0; v->keywords.weight && i < v->keywords.text.n; i++)
        v->keywords.weight[i] = 1.0 / (1.0 + (double)(i % 8)) * (0.8 + 0.4 * unit(m));
}

/* Draw a label: sizes fall with the number of the cluster. */
static uint32_t draw_label(struct maker *m)
{
    if (m->r->k == 0 || unit(m) < m->r->noise)
        return KC_NOISE;
    const double u = unit(m);
    const uint32_t c = (uint32_t)(u * (0.4 + 0.6 * u) * m->r->k);
    return c < m->r->k ? c : m->r->k - 1;
}

static void make_rows(struct maker *m)
{
    struct kc_view *v = m->v;
    v->n = m->r->n;
    v->d = 384;
    v->label = get(m, v->n, sizeof *v->label);
    v->row_silhouette = get(m, v->n, sizeof *v->row_silhouette);
    if (m->r->map) {
        v->xy = get(m, v->n * 2, sizeof *v->xy);
        v->map_how = dup(m, "t-SNE, perplexity 30, exaggeration 1");
    }
    if (m->r->times)
        v->time = get(m, v->n, sizeof *v->time);
    double sum = 0;
    for (size_t i = 0; i < v->n && !m->failed; i++) {
        const uint32_t c = draw_label(m);
        v->label[i] = c;
        if (c == KC_NOISE)
            v->noise++;
        else
            v->cluster[c].size++;
        const double s = c == KC_NOISE ? 0 : v->cluster[c].silhouette + 0.18 * normal(m);
        v->row_silhouette[i] = c == KC_NOISE ? NAN : (float)(s > 0.95 ? 0.95 : s < -0.6 ? -0.6 : s);
        sum += c == KC_NOISE ? 0 : s;
        if (v->xy) {
            const double a = normal(m), b = normal(m);
            const double *at = c == KC_NOISE ? NULL : m->at + 4 * (size_t)c;
            v->xy[2 * i] = (float)(at ? at[0] + at[2] * (a + 0.15 * b * b + 0.4 * b) : unit(m)) * 160 - 80;
            v->xy[2 * i + 1] = (float)(at ? at[1] + at[3] * (b - 0.1 * a * a) : unit(m)) * 110 - 55;
        }
        if (v->time)
            v->time[i] = INT64_C(1760000000000000) + (int64_t)(unit(m) * 3.1e13);
        if (m->r->texts)
            add_text(m, &v->text, c, 7 + (unsigned)kc_rng_below(&m->rng, 14));
    }
    v->silhouette = v->n > v->noise ? sum / (double)(v->n - v->noise) : NAN;
}

static void make_levels(struct maker *m)
{
    struct kc_view *v = m->v;
    static const char *const names[] = {"Delivery", "Devices", "Money", "Accounts", "Shop", "Home"};
    v->level = get(m, 2, sizeof *v->level);
    if (m->failed)
        return;
    v->nlevels = 2;
    for (uint32_t l = 0; l < 2; l++) {
        const uint32_t k = l ? (v->k + 2) / 3 : (v->k + 5) / 6;
        v->level[l].k = k;
        v->level[l].parent = get(m, v->k, sizeof(uint32_t));
        for (uint32_t c = 0; c < v->k && !m->failed; c++) { /* each belongs to the nearest of the first k */
            double best = 9;
            for (uint32_t o = 0; o < k; o++) {
                const double x = m->at[4 * c] - m->at[4 * o], y = m->at[4 * c + 1] - m->at[4 * o + 1];
                if (x * x + y * y < best) {
                    best = x * x + y * y;
                    v->level[l].parent[c] = o;
                }
            }
        }
        for (uint32_t c = 0; c < k; c++)
            addz(m, &v->level[l].name, l ? topics[(c * 5 + 2) % TOPICS][0] : names[c % 6]);
    }
}

static void make_groups(struct maker *m)
{
    struct kc_view *v = m->v;
    static const char *const names[] = {"web shop", "telephone", "branches"};
    for (int g = 0; g < 3; g++)
        addz(m, &v->group, names[g]);
    v->group_figures = get(m, 3, sizeof *v->group_figures);
    for (uint32_t c = 0; c < v->k && !m->failed; c++) {
        v->cluster[c].group = c % 3;
        v->group_figures[c % 3].rows += v->cluster[c].size;
        v->group_figures[c % 3].clusters++;
    }
    for (int g = 0; g < 3 && !m->failed; g++) {
        v->group_figures[g].silhouette = 0.3 * unit(m);
    }
}

static void make_times(struct maker *m)
{
    struct kc_view *v = m->v;
    for (int b = 0; b < 12; b++) {
        char t[32];
        snprintf(t, sizeof t, "2026-%02d", b + 1);
        addz(m, &v->bin, t);
    }
    v->bin_rows = get(m, 12 * ((size_t)v->k + 1), sizeof *v->bin_rows);
    for (size_t b = 0; b < 12 && !m->failed; b++)
        for (size_t c = 0; c <= v->k; c++) {
            const uint64_t size = c < v->k ? v->cluster[c].size : v->noise;
            v->bin_rows[b * ((size_t)v->k + 1) + c] = (uint64_t)((double)size / 12 * (0.4 + 1.2 * unit(m)));
        }
    for (uint32_t c = 0; c < v->k && !m->failed; c++) {
        v->cluster[c].begin = INT64_C(1760000000000000);
        v->cluster[c].end = INT64_C(1791000000000000);
    }
}

static void make_facets(struct maker *m)
{
    struct kc_view *v = m->v;
    static const char *const values[2][3] = {{"Germany", "France", "Japan"}, {"5 stars", "3 stars", "1 star"}};
    for (size_t f = 0; f < 2 && !m->failed; f++) {
        v->facet[f].name = dup(m, f ? "rating" : "country");
        v->nfacets = f + 1;
        m->failed |= kc_view_lists_begin(&v->facet[f].values, v->k, m->e) != 0;
        for (uint32_t c = 0; c < v->k && !m->failed; c++) {
            for (size_t i = 0; i < 3; i++)
                addz(m, &v->facet[f].values.text, values[f][(c + i) % 3]);
            kc_view_lists_end(&v->facet[f].values, c);
        }
        v->facet[f].values.weight = get(m, v->facet[f].values.text.n, sizeof(double));
        for (size_t i = 0; !m->failed && i < v->facet[f].values.text.n; i++)
            v->facet[f].values.weight[i] = floor((double)v->cluster[i / 3].size * (0.5 - 0.15 * (double)(i % 3)));
    }
}

static void make_sweep(struct maker *m)
{
    struct kc_view *v = m->v;
    v->nentries = 39;
    v->entry = get(m, v->nentries, sizeof *v->entry);
    for (uint32_t i = 0; i < 39 && !m->failed; i++) {
        v->entry[i] = kc_k_entry_of(i + 2, v->n, 9);
        const double off = ((double)i + 2 - 24) / 24;
        v->entry[i].silhouette = 0.31 - 0.1 * off * off + 0.01 * unit(m);
        v->entry[i].davies_bouldin = 1.6 + 0.5 * off * off + 0.02 * unit(m);
        v->entry[i].calinski_harabasz = 900 - 10 * i;
        v->entry[i].modularity = 0.72 - 0.12 * off * off;
        v->entry[i].stability = 0.8 - 0.2 * off * off;
    }
    v->k_by = KC_INDEX_SILHOUETTE;
    v->k_selected = v->k;
    v->evidence = KC_EVIDENCE_MODULARITY | KC_EVIDENCE_HALVES;
}

static void make_heat(struct maker *m)
{
    struct kc_view *v = m->v;
    const size_t n = v->k < 40 ? v->k : 40;
    if (n < 2)
        return;
    v->heat_cluster = get(m, n, sizeof *v->heat_cluster);
    v->heat = get(m, n * n, sizeof *v->heat);
    v->heat_order = get(m, n, sizeof *v->heat_order);
    v->merge = get(m, n - 1, sizeof *v->merge);
    if (m->failed)
        return;
    v->nheat = n;
    for (size_t i = 0; i < n; i++) {
        v->heat_cluster[i] = v->heat_order[i] = (uint32_t)i;
        for (size_t j = 0; j < n; j++) {
            const double x = m->at[4 * i] - m->at[4 * j], y = m->at[4 * i + 1] - m->at[4 * j + 1];
            v->heat[i * n + j] = (float)(1 - sqrt(x * x + y * y) * 0.8);
        }
    }
    for (size_t i = 0; i + 1 < n; i++) {
        const struct kc_merge g = {i ? (uint32_t)(n + i - 1) : 0, (uint32_t)i + 1, 0.1 + 0.02 * (double)i, i + 2};
        v->merge[i] = g;
    }
}

static void make_gold(struct maker *m)
{
    struct kc_view *v = m->v;
    static const char *const names[] = {"complaint", "praise", "question", "return", "other"};
    for (int i = 0; i < 5; i++)
        addz(m, &v->gold, names[i]);
    v->gold_rows = get(m, ((size_t)v->k + 1) * 6, sizeof *v->gold_rows);
    v->nworst = v->n < 12 ? (size_t)v->n : 12;
    v->worst = get(m, v->nworst, sizeof *v->worst);
    for (size_t c = 0; c <= v->k && !m->failed; c++)
        for (size_t g = 0; g < 6; g++)
            v->gold_rows[c * 6 + g] = (uint64_t)((double)(c < v->k ? v->cluster[c].size : v->noise) * (g == c % 5 ? 0.7 : 0.06));
    v->agreement = (struct kc_agreement){.ari = 0.61, .ami = 0.58, .v_measure = 0.64, .homogeneity = 0.7, .completeness = 0.59, .purity = 0.81};
    for (size_t i = 0; i < v->nworst && !m->failed; i++) {
        const uint64_t row = i * 37 % v->n;
        v->worst[i] = (struct kc_view_worst){row, v->label[row], (uint32_t)(i % 5), -0.3 + 0.02 * (double)i};
    }
}

static void make_flow(struct maker *m)
{
    struct kc_view_flow *f = &m->v->flow;
    const uint32_t n = m->v->k < 8 ? m->v->k : 8;
    for (int s = 0; s < 2; s++) {
        f->title[s] = dup(m, s ? "november.kcm" : "october.kcm");
        f->side[s].size = get(m, n, sizeof(uint64_t));
        f->side[s].fate = get(m, n, 1);
        for (uint32_t c = 0; c < n && !m->failed; c++) {
            addz(m, &f->side[s].name, topics[c][0]);
            f->side[s].size[c] = m->v->cluster[c].size;
        }
    }
    f->stream = get(m, 2 * (size_t)n, sizeof *f->stream);
    for (uint32_t c = 0; c < n && !m->failed; c++) {
        f->stream[f->nstreams++] = (struct kc_view_stream){c, c, m->v->cluster[c].size * 3 / 4};
        f->stream[f->nstreams++] = (struct kc_view_stream){c, (c + 1) % n, m->v->cluster[c].size / 4};
    }
}

static void make_events(struct maker *m)
{
    struct kc_view *v = m->v;
    v->nevents = 7;
    v->event = get(m, v->nevents, sizeof *v->event);
    for (size_t i = 0; i < v->nevents && !m->failed; i++)
        v->event[i] = (struct kc_view_event){1, i, 1760000000 + (int64_t)i * 604800, 900 + 40 * i, 850 + 40 * i, i == 4,
                                             50, v->k, 0.62 - 0.01 * (double)i, 0.3, 1.1};
}

static void make_facts(struct maker *m)
{
    static const char *const facts[] = {"input", "reviews.jsonl", "rows", "20,000", "algorithm", "kmeans", "seed", "1", "space", "cosine",
                                        "kclust", "0.3.0", "time", "2026-11-30T09:12:00Z", "clusters tried", "2 to 40"};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        addz(m, &m->v->fact, facts[i]);
    m->v->title = dup(m, m->r->texts == 2 ? hostile[0].p : "What customers write about");
    m->v->command = dup(m, "kclust fit reviews.jsonl -k 2..40 --seed 1 --keywords --map --report reviews.html");
}

int view_make(struct kc_view *v, const struct view_recipe *r, struct kc_err *e)
{
    struct maker m = {v, r, kc_rng_stream(r->seed, KC_RNG_TEST, 0, 0), NULL, e, 0};
    const struct {
        int wanted;
        void (*make)(struct maker *m);
    } step[] = {{1, make_clusters}, {1, make_rows}, {r->levels && r->k > 3, make_levels}, {r->groups && r->k > 0, make_groups},
                {r->times && r->k > 0, make_times}, {r->facets, make_facets}, {r->sweep && r->k > 0, make_sweep}, {r->heat, make_heat},
                {r->gold && r->n > 0, make_gold}, {r->flow && r->k > 1, make_flow}, {r->events, make_events}, {1, make_facts}};
    kc_view_init(v);
    for (size_t i = 0; i < sizeof step / sizeof *step && !m.failed; i++)
        if (step[i].wanted)
            step[i].make(&m);
    kc_mem_free(m.at);
    return m.failed ? -1 : 0;
}
