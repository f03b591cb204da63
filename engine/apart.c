// apart.c -- a child process, two pipes (what it found, and how it ended), and limits on what it may use. A helper is
// one that stays: a pipe with questions, a pipe with answers.
#include "apart.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
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

// What a process is to be that a file may bring down. seconds: of processor time from now on.
static void limit_time(double seconds)
{
    struct rusage used;
    const bool known = getrusage(RUSAGE_SELF, &used) == 0;
    limit(RLIMIT_CPU, (uint64_t)seconds + 1 + (known ? (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) : 0));
}

static void become_expendable(double seconds, uint64_t memory)
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
    limit_time(seconds);
    const uint64_t before = memory_now();
    if (before) limit(RLIMIT_AS, before + memory);
}

_Noreturn static void child(const brc_apart* a, int found, int ended)
{
    become_expendable(a->seconds, a->memory);
    brc_channel c = {.fd = found};
    verdict v = {.status = a->work(a->task, &c)};
    if (v.status != BRC_OK) snprintf(v.text, sizeof v.text, "%s", brc_last_error());
    ssize_t n = write(ended, &v, sizeof v);
    _exit(n == (ssize_t)sizeof v ? 0 : 1);
}

// ---- the caller ------------------------------------------------------------------------------------------

static brc_status died(const char* what, double seconds, int how, bool silent)
{
    const int s = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
    BRC_CHECK(!silent, BRC_ERR_FILE, "%s: reading it takes too long", what);
    BRC_CHECK(s != SIGXCPU && s != SIGKILL, BRC_ERR_FILE,
              "%s: reading it takes more than %.0f s of processor time or too much memory: it is damaged", what,
              seconds);
    BRC_CHECK(s == 0, BRC_ERR_FILE, "%s: it is damaged: the library that reads it crashed (signal %d)", what, s);
    BRC_CHECK(false, BRC_ERR_FILE, "%s: it is damaged: the library that reads it gave up", what);
}

static int patience_ms(double seconds) // of processor time it has that; beyond it may wait for a disk, but not for ever
{
    const double patience = 1e3 * (60 + 10 * seconds);
    return patience < 1e9 ? (int)patience : 1000000000;
}

static int end_of(pid_t pid)
{
    int how = 0;
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    return how;
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
    int found[2], ended[2];
    pid_t pid = start(a, found, ended);
    BRC_CHECK(pid > 0, BRC_ERR_MEMORY, "%s: no process to read it in: %s", a->what, strerror(errno));
    brc_channel c = {.fd = found[0], .patience_ms = patience_ms(a->seconds)};
    verdict v = {.status = BRC_OK}, taken = {.status = a->take(a->task, &c)};
    if (taken.status != BRC_OK) snprintf(taken.text, sizeof taken.text, "%s", brc_last_error());
    close(found[0]); // a child that still sends learns that nobody listens
    brc_channel last = {.fd = ended[0], .patience_ms = c.silent ? 0 : c.patience_ms};
    bool told = brc_apart_receive(&last, &v, sizeof v) == BRC_OK;
    close(ended[0]);
    if (!told && (last.silent || c.silent)) kill(pid, SIGKILL);
    const int how = end_of(pid);
    if (!told && taken.status != BRC_ERR_MEMORY) return died(a->what, a->seconds, how, last.silent || c.silent);
    v.text[sizeof v.text - 1] = 0;
    // What the child says of the file comes first; that nobody listened is no fault of the file.
    const verdict* first = told && v.status != BRC_OK && taken.status != BRC_ERR_MEMORY ? &v : &taken;
    if (first->status != BRC_OK) brc_error_keep(first->text);
    return first->status;
}

// ---- a helper --------------------------------------------------------------------------------------------

struct brc_helper {
    brc_helper_def def;
    pid_t pid; // 0: it is the caller itself; -1: it is gone
    brc_channel to, from;
};

typedef struct reply {
    verdict how;
    uint64_t size; // of what follows
} reply;

static brc_status answer(const brc_helper_def* d, const void* question, reply* r, void** data)
{
    size_t size = 0;
    *data = NULL;
    *r = (reply){.how = {.status = d->answer(d->task, question, data, &size)}};
    if (r->how.status == BRC_OK) {
        r->size = size;
        return BRC_OK;
    }
    snprintf(r->how.text, sizeof r->how.text, "%s", brc_last_error());
    brc_free(*data);
    *data = NULL;
    return r->how.status;
}

_Noreturn static void serve(const brc_helper_def* d, int questions, int answers)
{
    brc_channel from = {.fd = questions, .patience_ms = -1}, to = {.fd = answers};
    become_expendable(d->seconds, d->memory);
    void* question = brc_alloc(d->question);
    while (question && brc_apart_receive(&from, question, d->question) == BRC_OK) { // until nobody is there any more
        reply r;
        void* data;
        limit_time(d->seconds);
        (void)answer(d, question, &r, &data);
        brc_status sent = brc_apart_send(&to, &r, sizeof r);
        if (sent == BRC_OK) sent = brc_apart_send(&to, data, (size_t)r.size);
        brc_free(data);
        if (sent != BRC_OK) break;
    }
    _exit(0);
}

brc_status brc_helper_start(const brc_helper_def* def, brc_helper** out)
{
    brc_helper* h = BRC_NEW(1, brc_helper);
    BRC_CHECK(h, BRC_ERR_MEMORY, "%s: no memory", def->what);
    h->def = *def;
    if (!brc_apart_here) {
        int questions[2], answers[2];
        h->pid = pipe(questions) ? -1 : 0;
        if (h->pid == 0 && pipe(answers)) {
            close(questions[0]), close(questions[1]);
            h->pid = -1;
        }
        if (h->pid == 0) {
            for (int k = 0; k < 2; k++)
                fcntl(questions[k], F_SETFD, FD_CLOEXEC), fcntl(answers[k], F_SETFD, FD_CLOEXEC);
            h->pid = fork();
            if (h->pid == 0) {
                close(questions[1]), close(answers[0]);
                serve(def, questions[0], answers[1]);
            }
            close(questions[0]), close(answers[1]);
            if (h->pid < 0) close(questions[1]), close(answers[0]);
        }
        if (h->pid < 0) {
            const int why = errno;
            brc_free(h);
            BRC_CHECK(0, BRC_ERR_MEMORY, "%s: no process to read it in: %s", def->what, strerror(why));
        }
        h->to = (brc_channel){.fd = questions[1]};
        h->from = (brc_channel){.fd = answers[0], .patience_ms = patience_ms(def->seconds)};
    }
    *out = h;
    return BRC_OK;
}

// Ends the child, which has nothing to lose, or learns how it has ended before.
static int end_child(brc_helper* h)
{
    if (h->pid <= 0) return 0;
    kill(h->pid, SIGKILL);
    const int how = end_of(h->pid);
    close(h->to.fd), close(h->from.fd);
    h->pid = -1;
    return how;
}

// A question to a process that is gone must not end this one.
static brc_status put_question(brc_helper* h, const void* question)
{
    sigset_t pipes, before, waiting;
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipes, &before);
    const brc_status status = brc_apart_send(&h->to, question, h->def.question);
    if (status != BRC_OK && !sigismember(&before, SIGPIPE) && sigpending(&waiting) == 0 &&
        sigismember(&waiting, SIGPIPE)) {
        int which;
        (void)sigwait(&pipes, &which);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

brc_status brc_helper_ask(brc_helper* h, const void* question, void* room, void** out, size_t* size)
{
    const char* what = h->def.what;
    reply r;
    void* data = NULL;
    BRC_CHECK(h->pid >= 0, BRC_ERR_FILE, "%s: it is damaged: the process that read it has ended", what);
    if (h->pid == 0) {
        (void)answer(&h->def, question, &r, &data);
    } else if (put_question(h, question) != BRC_OK || brc_apart_receive(&h->from, &r, sizeof r) != BRC_OK) {
        const bool silent = h->from.silent;
        return died(what, h->def.seconds, end_child(h), silent);
    }
    r.how.text[sizeof r.how.text - 1] = 0;
    if (r.how.status != BRC_OK) {
        brc_error_keep(r.how.text);
        return r.how.status;
    }
    brc_status status = r.size > *size ? BRC_ERR_FILE : BRC_OK;
    void* to = room;
    if (status == BRC_OK && !room && !(to = brc_alloc_unset(r.size ? (size_t)r.size : 1))) status = BRC_ERR_MEMORY;
    if (status != BRC_OK) {
        brc_free(data);
        (void)end_child(h); // what it sends would be taken for the next answer
        BRC_CHECK(status != BRC_ERR_MEMORY, status, "%s: no memory for %" PRIu64 " bytes of it", what, r.size);
        BRC_CHECK(0, status, "%s: it is damaged: %" PRIu64 " bytes came, and there is room for %zu", what, r.size,
                  *size);
    }
    if (h->pid == 0) {
        if (r.size) memcpy(to, data, (size_t)r.size);
        brc_free(data);
    } else if (brc_apart_receive(&h->from, to, (size_t)r.size) != BRC_OK) {
        if (!room) brc_free(to);
        const bool silent = h->from.silent;
        return died(what, h->def.seconds, end_child(h), silent);
    }
    *size = (size_t)r.size;
    if (out) *out = to;
    return BRC_OK;
}

void brc_helper_end(brc_helper* h)
{
    if (!h) return;
    (void)end_child(h);
    brc_free(h);
}
