/* planted FAULT [BYTES]: programs that are wrong on purpose, one by the name of each fault, and one that is right,
 * "none". Each takes BYTES of memory, 100, in three places and writes "done" to standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *fault;

static int is(const char *name)
{
    return strcmp(fault, name) == 0;
}

/* What a careful program does when there is no memory, but for the fault. */
static void no_memory(void)
{
    if (is("half-made")) {
        FILE *f = fopen("OUT", "w");
        if (f) {
            fputs("half", f);
            fclose(f);
        }
    }
    if (is("temporary")) {
        FILE *f = fopen(".OUT.kclust-abcdef", "w");
        if (f)
            fclose(f);
    }
    if (is("crash"))
        abort();
    while (is("hang"))
        pause();
    if (is("silent"))
        exit(0);
    if (!is("mute"))
        fputs(is("vague") ? "kclust: out of memory\n" : "kclust: out of memory: 100 B more were needed\n", stderr);
    if (is("twice"))
        fputs("kclust: failed\n", stderr);
    exit(is("wrong-status") ? 1 : 4);
}

int main(int argc, char **argv)
{
    fault = argc > 1 ? argv[1] : "none";
    char *volatile p[3]; /* the compiler must not leave them out */
    const char *text = "done\n";
    size_t bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
    setvbuf(stderr, NULL, _IONBF, 0);
    for (int i = 0; i < 3; i++)
        if (!(p[i] = malloc(bytes)) && !is("ignored"))
            no_memory();
        else if (!p[i])
            text = "don\n";
    if (write(1, text, strlen(text)) < 0)
        return 4;
    for (int i = 0; i < 3; i++)
        free(p[i]);
    return 0;
}
