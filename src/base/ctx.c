/* Log lines and events of the run context. A line is formatted on the stack and cut at 1000 bytes, so that logging
 * needs no memory. */
#include "base/ctx.h"

#include <stdio.h>

void kc_ctx_log(const struct kc_ctx *ctx, enum kc_log level, const char *fmt, ...)
{
    char line[1001];
    va_list ap;
    if (!ctx->log)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    ctx->log(ctx->arg, level, line);
}

void kc_ctx_stage(const struct kc_ctx *ctx, enum kc_phase phase)
{
    const struct kc_progress p = {.phase = phase};
    if (ctx->progress)
        ctx->progress(ctx->arg, &p);
}

void kc_ctx_event(const struct kc_ctx *ctx, const char *phase, const char *message, const struct kc_fact *facts,
                  size_t n)
{
    if (ctx->event)
        ctx->event(ctx->arg, phase, message, facts, n);
}
