/* The check of --max-memory, once the rows are known. */
#include "job/memory.h"

#include "base/num.h"

int kc_job_check_memory(const struct kc_ctx *ctx, uint64_t data, uint64_t work, uint64_t max, const char *what,
                        struct kc_err *e)
{
    char for_data[16], for_work[16];
    kc_num_human(for_data, data);
    kc_num_human(for_work, work);
    kc_ctx_log(ctx, KC_LOG_INFO, "memory: %s for the data, %s for the work", for_data, for_work);
    return max == 0 || data + work <= max ? 0 :
           kc_err_set(e, KC_ESYS, "needs %s of memory for the data and %s for %s: more than --max-memory allows",
                      for_data, for_work, what);
}
