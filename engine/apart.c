// apart.c -- a child process, two pipes (what it found, and how it ended), and limits on what it may use.
#include "apart.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

bool brc_apart_here = false;

struct brc_channel {
    int fd;          // -1: the bytes are in memory
    int patience_ms; // for the other side to send something
    bool silent;     // it did not
    char* data;
    size_t count, capacity, at;
};

// How the work ended. Below PIPE_BUF, so it goes through a pipe in one piece and without waiting.
typedef struct verdict {
    brc_status status;
    char text[1024];
} verdict;

// ---- the channel -----------------------------------------------------------------------------------------

brc_status brc_apart_send(brc_channel* to, const void* data, size_t size)
{
    if (to->fd < 0) {
        if (to->count + size > to->capacity) {
            size_t more = 2 * (to->count + size);
            BRC_TRY(brc_grow((void**)&to->data, to->count, more));
            to->capacity = more;
        }
        if (size) memcpy(to->data + to->count, data, size);
        to->count += size;
        return BRC_OK;
    }
    for (const char* p = data; size > 0;) {
        ssize_t n = write(to->fd, p, size);
        if (n < 0 && errno == EINTR) continue;
        BRC_CHECK(n > 0, BRC_ERR_FILE, "the process that reads it is gone");
        p += n, size -= (size_t)n;
    }
    return BRC_OK;
}

brc_status brc_apart_receive(brc_channel* from, void* data, size_t size)
{
    if (from->fd < 0) {
        BRC_CHECK(size <= from->count - from->at, BRC_ERR_FILE, "there is less than was announced");
        if (size) memcpy(data, from->data + from->at, size);
        from->at += size;
        return BRC_OK;
    }
    for (char* p = data; size > 0;) {
        struct pollfd look = {from->fd, POLLIN, 0};
        int ready = poll(&look, 1, from->patience_ms);
        if (ready < 0 && errno == EINTR) continue;
        from->silent = ready == 0;
        BRC_CHECK(ready > 0, BRC_ERR_FILE, "no answer");
        ssize_t n = read(from->fd, p, size);
        if (n < 0 && errno == EINTR) continue;
        BRC_CHECK(n > 0, BRC_ERR_FILE, "there is less than was announced");
        p += n, size -= (size_t)n;
    }
    return BRC_OK;
}

static brc_status run_here(const brc_apart* a)
{
    brc_channel c = {.fd = -1};
    brc_status status = a->work(a->task, &c);
    if (status == BRC_OK) status = a->take(a->task, &c);
    brc_free(c.data);
    return status;
}

// ---- the child -------------------------------------------------------------------------------------------

static void limit(int resource, uint64_t most)
{
    struct rlimit now;
    if (getrlimit(resource, &now)) return;
    if (now.rlim_max == RLIM_INFINITY || most < now.rlim_max) now.rlim_cur = most;
    setrlimit(resource, &now);
}

// Memory of this process, shared libraries included [bytes]; 0: unknown.
static uint64_t memory_now(void)
{
    unsigned long long pages = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%llu", &pages) != 1) pages = 0;
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

_Noreturn static void child(const brc_apart* a, int found, int ended)
{
    // As the system has them: what handlers there are belong to the run. So do the signals that a terminal or a queue
    // sends to all its processes: should it end by them, this one has nobody left to write to.
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGALRM};
    static const int others[] = {SIGINT, SIGTERM, SIGUSR1, SIGPIPE};
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) signal(own[k], SIG_DFL);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) signal(others[k], SIG_IGN);
    int nowhere = open("/dev/null", O_RDWR); // libraries say what they died of
    if (nowhere >= 0) dup2(nowhere, 0), dup2(nowhere, 1), dup2(nowhere, 2);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, (uint64_t)a->seconds + 1);
    const uint64_t before = memory_now();
    if (before) limit(RLIMIT_AS, before + a->memory);

    brc_channel c = {.fd = found};
    verdict v = {.status = a->work(a->task, &c)};
    if (v.status != BRC_OK) snprintf(v.text, sizeof v.text, "%s", brc_last_error());
    ssize_t n = write(ended, &v, sizeof v);
    _exit(n == (ssize_t)sizeof v ? 0 : 1);
}

// ---- the caller ------------------------------------------------------------------------------------------

static brc_status died(const brc_apart* a, int how, bool silent)
{
    const int s = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    BRC_CHECK(!silent, BRC_ERR_FILE, "%s: reading it takes too long", a->what);
    BRC_CHECK(s != SIGXCPU && s != SIGKILL, BRC_ERR_FILE,
              "%s: reading it takes more than %.0f s of processor time or too much memory: it is damaged", a->what,
              a->seconds);
    BRC_CHECK(s == 0, BRC_ERR_FILE, "%s: it is damaged: the library that reads it crashed (signal %d)", a->what, s);
    BRC_CHECK(false, BRC_ERR_FILE, "%s: it is damaged: the library that reads it gave up", a->what);
}

// Both pipes and the process; -1: the system has none to give.
static pid_t start(const brc_apart* a, int found[2], int ended[2])
{
    if (pipe(found)) return -1;
    pid_t pid = -1;
    if (pipe(ended) == 0) {
        for (int k = 0; k < 2; k++) fcntl(found[k], F_SETFD, FD_CLOEXEC), fcntl(ended[k], F_SETFD, FD_CLOEXEC);
        pid = fork();
        if (pid == 0) {
            close(found[0]), close(ended[0]);
            child(a, found[1], ended[1]);
        }
        close(ended[1]);
        if (pid < 0) close(ended[0]);
    }
    close(found[1]);
    if (pid < 0) close(found[0]);
    return pid;
}

brc_status brc_apart_run(const brc_apart* a)
{
    if (brc_apart_here) return run_here(a);
    int found[2], ended[2], how = 0;
    pid_t pid = start(a, found, ended);
    BRC_CHECK(pid > 0, BRC_ERR_MEMORY, "%s: no process to read it in: %s", a->what, strerror(errno));
    // Of processor time it has `seconds`; beyond that it may wait for a disk, but not for ever.
    const double patience = 1e3 * (60 + 10 * a->seconds);
    brc_channel c = {.fd = found[0], .patience_ms = patience < 1e9 ? (int)patience : 1000000000};
    verdict v = {.status = BRC_OK}, taken = {.status = a->take(a->task, &c)};
    if (taken.status != BRC_OK) snprintf(taken.text, sizeof taken.text, "%s", brc_last_error());
    close(found[0]); // a child that still sends learns that nobody listens
    brc_channel last = {.fd = ended[0], .patience_ms = c.silent ? 0 : c.patience_ms};
    bool told = brc_apart_receive(&last, &v, sizeof v) == BRC_OK;
    close(ended[0]);
    if (!told && (last.silent || c.silent)) kill(pid, SIGKILL);
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    if (!told && taken.status != BRC_ERR_MEMORY) return died(a, how, last.silent || c.silent);
    v.text[sizeof v.text - 1] = 0;
    // What the child says of the file comes first; that nobody listened is no fault of the file.
    const verdict* first = told && v.status != BRC_OK && taken.status != BRC_ERR_MEMORY ? &v : &taken;
    if (first->status != BRC_OK) brc_error_keep(first->text);
    return first->status;
}
