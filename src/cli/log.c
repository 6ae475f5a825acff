/* Messages on standard error. Each line is written by one call, so that lines of several processes do not mix. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/messages.h"
#include "json/jsonw.h"

/* Bytes reserved for a JSON line: the longest message and file name, escaped. They are allocated early, so that an
 * error of memory can still be reported. */
#define ROOM (32u << 10)

static struct {
    int json;
    double began;      /* when the program started, by kc_clock_now */
    const char *phase; /* of the last event */
    struct kc_buf buf;
    pthread_mutex_t lock; /* of buf and phase: progress comes from any thread */
} state = {.phase = "start", .lock = PTHREAD_MUTEX_INITIALIZER};

void kc_log_init(void)
{
    state.began = kc_clock_now();
}

int kc_log_json(int json, struct kc_err *e)
{
    state.json = json;
    return json && state.buf.cap == 0 ? kc_buf_reserve(&state.buf, ROOM, e) : 0;
}

void kc_cli_say(const char *text, size_t n)
{
    kc_progress_clear();
    if (kc_fd_write(2, text, n, -1) != 0)
        return; /* nobody to tell */
}

int kc_cli_colours(void)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    return isatty(2) && !(term && strcmp(term, "dumb") == 0) && !(no_color && *no_color);
}

void kc_cli_say_summary(const char *text, size_t n)
{
    static const char plain[] = "\033[0m", bold[] = "\033[1m", green[] = "\033[1;32m";
    struct kc_buf b = {NULL, 0, 0};
    struct kc_err e = KC_ERR_INIT;
    int rc = 0;
    if (!kc_cli_colours()) {
        kc_cli_say(text, n);
        return;
    }
    for (const char *p = text, *end = text + n; rc == 0 && p < end;) {
        const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end, *word = p;
        while (word < stop && *word == ' ')
            word++;
        /* a head begins with a word, a row with a number or the mark of the chosen k */
        const char *colour = *p == '*' ? green : word > p && word < stop && *word >= 'a' && *word <= 'z' ? bold : NULL;
        rc = (colour && kc_buf_adds(&b, colour, &e) != 0) || kc_buf_add(&b, p, (size_t)(stop - p), &e) != 0 ||
             (colour && kc_buf_adds(&b, plain, &e) != 0) || (nl && kc_buf_addc(&b, '\n', &e) != 0);
        p = stop + 1;
    }
    kc_cli_say(rc == 0 ? b.p : text, rc == 0 ? b.n : n);
    kc_buf_free(&b);
}

/* Write one line, with control bytes escaped. */
static void say_line(const char *prefix, const char *line)
{
    char out[4200];
    size_t n = (size_t)snprintf(out, 64, "%s", prefix);
    kc_err_escape(out + n, sizeof out - n - 1, line, strlen(line));
    n = strlen(out);
    out[n++] = '\n';
    kc_cli_say(out, n);
}

/* Begin a JSON object with the members that all have; end_object must follow. */
static void begin_object(struct kc_jsonw *w, enum kc_level level, const char *message)
{
    static const char *const names[] = {"info", "warning", "error"};
    char when[40];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    pthread_mutex_lock(&state.lock);
    size_t n = strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(when + n, sizeof when - n, ".%03ldZ", now.tv_nsec / 1000000);
    kc_jsonw_open(w, NULL, '{', 1);
    kc_jsonw_cstr(w, "time", when);
    kc_jsonw_fixed(w, "elapsed", kc_clock_now() - state.began, 3);
    kc_jsonw_cstr(w, "level", names[level]);
    kc_jsonw_cstr(w, "phase", state.phase);
    kc_jsonw_cstr(w, "message", message);
}

/* End the object and write it as one line. */
static void end_object(struct kc_jsonw *w)
{
    kc_jsonw_close(w, '}');
    if (kc_jsonw_end(w) == 0)
        kc_cli_say(state.buf.p, state.buf.n);
    state.buf.n = 0;
    pthread_mutex_unlock(&state.lock);
}

/* Write counts and figures as members. */
static void put_facts(struct kc_jsonw *w, const struct kc_fact *facts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double v = facts[i].value;
        if (v >= 0 && v <= 9007199254740992.0 && floor(v) == v)
            kc_jsonw_u64(w, facts[i].name, (uint64_t)v);
        else
            kc_jsonw_double(w, facts[i].name, v);
    }
}

void kc_log_progress(const char *stage, const struct kc_fact *facts, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_jsonw w = KC_JSONW(&state.buf, &e);
    begin_object(&w, KC_LEVEL_INFO, "progress");
    kc_jsonw_cstr(&w, "stage", stage);
    put_facts(&w, facts, n);
    end_object(&w);
}

void kc_log_line(enum kc_level level, int code, const char *line)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_jsonw w = KC_JSONW(&state.buf, &e);
    if (!state.json) {
        say_line(level == KC_LEVEL_WARNING && !code ? "kclust: warning: " : "kclust: ", line);
        return;
    }
    begin_object(&w, level, line);
    if (code)
        kc_jsonw_u64(&w, "code", (uint64_t)code);
    end_object(&w);
}

/* Not inlined: otherwise `line` takes 4 KiB of stack as long as a verb runs. */
__attribute__((noinline)) int kc_cli_fail(const struct kc_err *e)
{
    char line[4096];
    struct kc_err none = KC_ERR_INIT;
    struct kc_jsonw w = KC_JSONW(&state.buf, &none);
    if (!state.json) {
        kc_err_format(e, line, sizeof line);
        say_line("kclust: ", line);
        return (int)e->code;
    }
    begin_object(&w, KC_LEVEL_ERROR, e->msg);
    kc_jsonw_u64(&w, "code", (uint64_t)e->code);
    kc_jsonw_cstr(&w, "file", e->file[0] ? e->file : NULL);
    if (e->line)
        kc_jsonw_u64(&w, "line", e->line);
    else
        kc_jsonw_null(&w, "line");
    end_object(&w);
    return (int)e->code;
}

void kc_log_event(void *arg, const char *phase, const char *message, const struct kc_fact *facts, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_jsonw w = KC_JSONW(&state.buf, &e);
    const struct kc_cli *c = arg;
    pthread_mutex_lock(&state.lock);
    state.phase = phase;
    pthread_mutex_unlock(&state.lock);
    if (c->loudness < 0)
        return;
    begin_object(&w, KC_LEVEL_INFO, message);
    put_facts(&w, facts, n);
    end_object(&w);
}
