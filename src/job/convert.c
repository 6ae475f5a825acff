/* convert: a reader whose sink is a writer of vectors (report/vectors.h). */
#include "job/convert.h"

#include <string.h>
#include "base/num.h"
#include "io/suffix.h"
#include "par/team.h"
#include "report/vectors.h"

static int ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n > m && memcmp(s + n - m, suffix, m) == 0;
}

int kc_job_convert_target(const char *output, enum kc_in_format *f, struct kc_err *e)
{
    static const char *const packed[] = {".gz", ".zst", ".bz2", ".xz"};
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++)
        if (ends_with(output, packed[i]))
            return kc_err_at(e, KC_EUSAGE, output, 0,
                             "convert does not compress: write to a pipe, as in kclust convert FILE | gzip > OUT");
    static const char words[] = "jsonl/ndjson kvec npy raw faiss fvecs parquet";
    static const enum kc_in_format formats[] = {KC_IN_JSONL, KC_IN_KVEC, KC_IN_NPY, KC_IN_RAW, KC_IN_FAISS,
                                                KC_IN_FVECS, KC_IN_PARQUET};
    char suffix[KC_SUFFIX_MAX];
    *f = KC_IN_AUTO;
    if (*kc_suffix_of(output, suffix) == '\0' || strcmp(suffix, "txt") == 0)
        return 0;
    int which = kc_suffix_find(words, suffix);
    if (which < 0)
        return kc_suffix_refuse(output, "convert", words, "--output-format writes any of them to any name", e);
    *f = formats[which];
    return 0;
}

static int write_piece(void *arg, const struct kc_chunk *c, struct kc_err *e)
{
    return kc_out_vectors_write(arg, c, e);
}

int kc_job_convert_run(const struct kc_ctx *ctx, const struct kc_job_convert *j, struct kc_err *e)
{
    enum kc_in_format target = j->target;
    struct kc_in_stats st;
    struct kc_vectors *v = NULL;
    int terms_lost, rc = -1;
    struct kc_in_opts in = j->in;
    in.normalise = 0;
    in.want_raw = KC_RAW_NONE;
    in.relay_rows = 1;
    if (kc_team_rank(ctx->team) > 0) /* the first rank writes */
        return kc_in_stream(ctx, &in, write_piece, NULL, &st, e);
    if (target == KC_IN_AUTO && kc_job_convert_target(j->output, &target, e) != 0)
        return -1;
    if (kc_out_vectors_open(&v, j->output, target == KC_IN_AUTO ? KC_IN_JSONL : target, e) != 0 ||
        kc_outfile_check_inputs(kc_out_vectors_file(v), j->in.files, j->in.nfiles, e) != 0)
        goto out;
    memset(&st, 0, sizeof st);
    char human[16];
    kc_num_human(human, kc_in_stream_bytes(ctx, &in));
    kc_ctx_log(ctx, KC_LOG_INFO, "memory: %s to read in; rows are not kept", human);
    if (kc_in_stream(ctx, &in, write_piece, v, &st, e) != 0)
        goto out;
    if (st.records == 0) {
        kc_err_set(e, KC_EINPUT, "no records");
        goto out;
    }
    if (kc_out_vectors_commit(v, &terms_lost, e) != 0)
        goto out;
    kc_outfile_tell(kc_out_vectors_file(v), ctx);
    if (terms_lost && target == KC_IN_RAW)
        kc_ctx_log(ctx, KC_LOG_WARN, "raw holds no terms: they are lost");
    else if (terms_lost)
        kc_ctx_log(ctx, KC_LOG_WARN, "%s holds no terms: they are lost; with -o OUT they go to OUT.terms",
                   kc_in_format_name(target));
    kc_ctx_log(ctx, KC_LOG_INFO, "%llu records from %llu bytes of %s", (unsigned long long)st.records,
               (unsigned long long)st.bytes, kc_in_format_name(st.format));
    rc = 0;
out:
    kc_out_vectors_free(v);
    return rc;
}
