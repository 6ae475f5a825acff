/* Progress: a bar, which is one line on standard error and redrawn at most ten times a second; or, with --log-format
 * json, an object a line, twice a second at most. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/num.h"
#include "cli/messages.h"

#define INTERVAL 0.1 /* seconds between two drawings */
#define INTERVAL_JSON 0.5 /* and between two objects of one stage */
#define PATIENCE 0.3 /* seconds before the first bar, unless --progress always: shorter runs show none */
#define BAR 12       /* columns between the brackets */

static struct {
    pthread_mutex_t lock;
    int on;    /* there is a bar, or there are objects */
    int json;  /* there are objects */
    int eager; /* it is drawn from the beginning */
    int color;
    enum kc_phase phase;
    double begun, phase_begun, drawn; /* when the run and the phase began and it was last drawn, by kc_clock_now */
} bar = {.lock = PTHREAD_MUTEX_INITIALIZER};

static volatile sig_atomic_t visible; /* the bar is on the screen; read by a signal handler */

static const char *const names[] = {"reading", "sweep", "indices", "final fit", "sizes", "words", "neighbours",
                                    "space", "tree", "map", "writing"};

void kc_progress_init(enum kc_when when, int json)
{
    const char *term = getenv("TERM");
    int tty = isatty(2);
    bar.on = when == KC_ALWAYS || (when == KC_AUTO && !json && tty && !(term && strcmp(term, "dumb") == 0));
    bar.json = json;
    bar.eager = when == KC_ALWAYS;
    bar.color = bar.on && !json && kc_cli_colours();
    bar.begun = bar.phase_begun = kc_clock_now();
    bar.drawn = 0;
    bar.phase = KC_PHASE_READ;
}

int kc_progress_on(void)
{
    return bar.on;
}

static void write_bytes(const char *s, size_t n)
{
    if (write(2, s, n) < 0)
        return; /* nobody to tell */
}

void kc_progress_clear_from_signal(void)
{
    if (visible)
        write_bytes("\r\033[K", 4);
}

void kc_progress_clear(void)
{
    pthread_mutex_lock(&bar.lock);
    if (visible)
        write_bytes("\r\033[K", 4);
    visible = 0;
    pthread_mutex_unlock(&bar.lock);
}

static void format_duration(char out[24], double seconds)
{
    unsigned long s = seconds < 1e8 ? (unsigned long)(seconds + 0.5) : 100000000ul;
    if (s >= 3600)
        snprintf(out, 24, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, 24, "%lu:%02lu", s / 60, s % 60);
}

/* Make the text after the bar. Return its length. */
static int describe_progress(char *out, size_t size, const struct kc_progress *p, double elapsed)
{
    char left[24] = "";
    if (p->total && p->done && p->done <= p->total && elapsed > 0.5) {
        char t[24];
        format_duration(t, elapsed * (double)(p->total - p->done) / (double)p->done);
        snprintf(left, sizeof left, "  %.15s left", t);
    }
    if (p->phase == KC_PHASE_READ) {
        char done[16], rate[16];
        kc_num_human(done, p->done);
        kc_num_human(rate, elapsed > 0 ? (uint64_t)((double)p->done / elapsed) : 0);
        return snprintf(out, size, "%s  %llu records  %s/s%s", done, (unsigned long long)p->records, rate, left);
    }
    if (p->phase != KC_PHASE_SWEEP && p->total == 0) { /* whose end is not known: how long it has taken so far */
        char t[24];
        format_duration(t, elapsed);
        return snprintf(out, size, "%s", elapsed > 1 ? t : "");
    }
    if (p->phase != KC_PHASE_SWEEP)
        return snprintf(out, size, "%s", left + 2 * (*left != '\0'));
    if (p->best_k == 0)
        return snprintf(out, size, "k %u of %u%s", p->k_done, p->k_all, left);
    return snprintf(out, size, "k %u of %u, best %u (%.4f)%s", p->k_done, p->k_all, p->best_k, p->best, left);
}

static void draw_bar(const struct kc_progress *p, double now)
{
    char line[512], text[256];
    struct winsize ws;
    int width = ioctl(2, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 20 ? ws.ws_col : 80;
    int n = describe_progress(text, sizeof text, p, now - bar.phase_begun);
    int room = width - 1 - (10 + 2 + BAR + 7); /* never the last column: some terminals wrap there */
    int with_bar = p->total > 0 && n <= room;
    double part = p->total ? (double)p->done / (double)p->total : 0;
    part = part > 1 ? 1 : part;
    if (with_bar) {
        char cells[BAR + 1];
        int full = (int)(part * BAR);
        for (int i = 0; i < BAR; i++)
            cells[i] = i < full ? '#' : '-';
        cells[BAR] = '\0';
        n = snprintf(line, sizeof line, "\r\033[K%-9s [%s%s%s] %3.0f%%  %s", names[p->phase],
                     bar.color ? "\033[32m" : "", cells, bar.color ? "\033[0m" : "", part * 100, text);
    } else {
        n = snprintf(line, sizeof line, "\r\033[K%-9s %.*s", names[p->phase], width - 11, text);
    }
    write_bytes(line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
    visible = 1;
}

/* Tell the progress of a stage as an object: what of it is done, from 0 to 1, and how many seconds that leaves. */
static void log_progress(const struct kc_progress *p, double elapsed)
{
    struct kc_fact facts[5];
    size_t n = 0;
    if (p->total > 0) {
        double done = p->done < p->total ? (double)p->done / (double)p->total : 1;
        facts[n++] = (struct kc_fact){"done", done};
        if (done > 0 && elapsed > 0.5)
            facts[n++] = (struct kc_fact){"left", elapsed * (1 - done) / done};
    }
    if (p->phase == KC_PHASE_READ)
        facts[n++] = (struct kc_fact){"records", (double)p->records};
    if (p->phase == KC_PHASE_SWEEP && p->k_all > 0) {
        facts[n++] = (struct kc_fact){"k_done", p->k_done};
        facts[n++] = (struct kc_fact){"k_all", p->k_all};
    }
    kc_log_progress(names[p->phase], facts, n);
}

void kc_progress_update(void *arg, const struct kc_progress *p)
{
    (void)arg;
    if (!bar.on)
        return;
    pthread_mutex_lock(&bar.lock);
    double now = kc_clock_now();
    if (p->phase != bar.phase) {
        bar.phase = p->phase;
        bar.phase_begun = now;
        bar.drawn = 0;
    }
    int due = now - bar.drawn >= (bar.json ? INTERVAL_JSON : INTERVAL) && (bar.eager || now - bar.begun >= PATIENCE);
    if (due && !bar.json)
        draw_bar(p, now);
    if (due)
        bar.drawn = now;
    double elapsed = now - bar.phase_begun;
    pthread_mutex_unlock(&bar.lock); /* the log has a lock of its own, and clears the bar */
    if (due && bar.json)
        log_progress(p, elapsed);
}
