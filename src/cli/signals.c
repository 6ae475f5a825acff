/* Signals and closed descriptors. Signal handlers only unlink temporary files, clear the bar, or set flags that a job
 * reads at its next step. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include "base/fd.h"
#include "cli/messages.h"
#include "io/outfile.h"
#include "job/checkpoint.h"

/* Closed descriptors would be handed out to the next file that is opened, and messages would go into it. The wrong
 * access mode makes reading standard input and writing standard output fail, as they should. */
void kc_cli_guard_fds(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        int got = kc_fd_open("/dev/null", fd == 1 ? O_RDONLY : O_WRONLY, 0);
        if (got < 0) /* no /dev here: a descriptor that can neither be read nor written */
            got = kc_fd_open("/", O_PATH | O_DIRECTORY, 0);
        if (got >= 0 && got != fd) { /* cannot happen: open returns the lowest free descriptor, which is fd */
            dup2(got, fd);
            close(got);
        }
    }
}

#define LINGER_MS 500

static int one_of_many; /* there are other ranks */

/* Remove the temporary files and the bar, then die by the signal. A rank lingers, so that the others can do that, too:
 * mpirun of Open MPI 4 sends SIGKILL to all that are left as soon as one is dead. */
static void on_signal(int sig)
{
    int saved = errno;
    kc_outfile_unlink_all();
    kc_progress_clear_from_signal();
    if (one_of_many)
        poll(NULL, 0, LINGER_MS);
    errno = saved;
    raise(sig); /* the default action is back: it kills when this handler returns */
}

void kc_cli_silence(void)
{
    const int fd = kc_fd_open("/dev/null", O_WRONLY, 0);
    if (fd < 0)
        return;
    dup2(fd, 1);
    dup2(fd, 2);
    close(fd);
}

void kc_cli_guard_signals(unsigned ranks)
{
    static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ, SIGXCPU};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    one_of_many = ranks > 1;
    sigfillset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        struct sigaction old;
        if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup and the like stay in force */
            sigaction(deadly[i], &sa, NULL);
    }
}

static struct kc_signal_requests requests;

/* Record a request: SIGUSR1 to save, another signal to save and die. A second one of those kills, as does one while
 * nothing can be saved. */
static void on_request(int sig)
{
    if (sig == SIGUSR1) {
        requests.save = 1;
    } else if (requests.armed && !requests.die) {
        requests.die = sig;
    } else { /* nothing to save, or the second signal */
        signal(sig, SIG_DFL);
        on_signal(sig);
    }
}

struct kc_signal_requests *kc_cli_watch_signals(void)
{
    static const int signals[] = {SIGTERM, SIGUSR1};
    struct sigaction sa = {.sa_handler = on_request, .sa_flags = SA_RESTART};
    sigfillset(&sa.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction old;
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &sa, NULL);
    }
    return &requests;
}

void kc_cli_die(void)
{
    if (!requests.die)
        return;
    kc_progress_clear();
    signal(requests.die, SIG_DFL);
    raise(requests.die);
}
