/* What the targets of models and of maps share: both are safetensors containers. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "io/outfile.h"

uint8_t *fuzz_container(const uint8_t **p, size_t *n)
{
    const unsigned flags = *(*p)++;
    (*n)--;
    if (!(flags & 1))
        return NULL;
    const uint8_t *nul = memchr(*p, '\0', *n);
    const size_t header = nul ? (size_t)(nul - *p) : *n, data = nul ? *n - header - 1 : 0;
    uint8_t *own = malloc(8 + header + data);
    if (!own)
        abort();
    for (size_t i = 0; i < 8; i++)
        own[i] = (uint8_t)((uint64_t)header >> 8 * i);
    memcpy(own + 8, *p, header);
    if (data > 0)
        memcpy(own + 8 + header, nul + 1, data);
    *p = own;
    *n = 8 + header + data;
    return own;
}

void fuzz_refusal(const struct kc_err *e)
{
    char line[2048];
    kc_err_format(e, line, sizeof line);
    FUZZ_CHECK(e->code == KC_EINPUT && twin_utf8(line, line + strlen(line)) && !strpbrk(line, "\n\033\177"));
}

void fuzz_save(int (*save)(const void *what, struct kc_outfile *f, struct kc_err *e), const void *what, struct kc_buf *b)
{
    struct kc_outfile *f = NULL;
    struct kc_err e = KC_ERR_INIT;
    int fd = memfd_create("saved", 0);
    if (fd < 0 || dup2(fd, 101) < 0)
        abort();
    FUZZ_CHECK(kc_outfile_open(&f, "/dev/fd/101", &e) == 0 && save(what, f, &e) == 0);
    FUZZ_CHECK(kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    off_t n = lseek(fd, 0, SEEK_END);
    if (n < 0 || kc_buf_reserve(b, (size_t)n, &e) != 0 || pread(fd, b->p, (size_t)n, 0) != n)
        abort();
    b->n = (size_t)n;
    close(fd);
    close(101);
}

void fuzz_by_path(int (*load)(const char *path, struct kc_err *e), const uint8_t *p, size_t n, int through_pipe,
                  const struct kc_err *want)
{
    int fds[2];
    struct kc_err e = KC_ERR_INIT;
    if (n >= 2 && ((p[0] == 0x1F && p[1] == 0x8B) || p[0] == 0x28 || (p[0] & 0xF0) == 0x50))
        return; /* packed, perhaps */
    if (through_pipe && n <= 65536) {
        if (pipe(fds) != 0 || write(fds[1], p, n) != (ssize_t)n)
            abort();
        close(fds[1]);
    } else {
        fds[0] = memfd_create("loaded", 0);
        if (fds[0] < 0 || pwrite(fds[0], p, n, 0) != (ssize_t)n)
            abort();
    }
    if (dup2(fds[0], 100) < 0)
        abort();
    close(fds[0]);
    const int rc = load("/proc/self/fd/100", &e);
    close(100);
    if ((rc == 0) != (want->code == KC_OK) || e.code != want->code)
        fuzz_fail("from memory '%s', by its path '%s'", want->msg, e.msg);
}
