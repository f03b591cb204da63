// output_test.c -- trajectory files and exports against a made-up simulation: what is read back, what is left after a
// kill, a full disk or a wrong name. Reading is done by tests/tools/*.py, which know nothing of the code that writes.
#include "check.h"
#include "contacts.h"
#include "snapshot.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// ---- a simulation that is a formula -------------------------------------------------------------------------------

struct brc_sim {
    int64_t step, count;
    int32_t walls;
    double shift;     // [m] of the walls
    bool second_gone; // wall 2 has been removed
};

// tests/spec/contacts_spec.lua reads files of contacts.
brc_status brc_contacts_take(brc_sim* sim, brc_contact_list* list)
{
    (void)sim, (void)list;
    return BRC_ERR_STATE;
}
void brc_contacts_free(brc_contact_list* list) { (void)list; }
brc_status brc_contacts_order(brc_comm* comm, brc_contact_list* list)
{
    (void)comm, (void)list;
    return BRC_ERR_STATE;
}
brc_comm* brc_sim_comm(const brc_sim* sim)
{
    (void)sim;
    return brc_comm_null();
}

static double value(int64_t step, int64_t i, int k) { return 1e-3 * (double)i + 10.0 * (double)step + 1.0 / (3 + k); }

brc_status brc_snapshot_take(brc_sim* sim, brc_snapshot* s)
{
    int64_t n = sim->count, room = n ? n : 1;
    double* real = BRC_NEW(17 * room, double);
    int64_t* id = BRC_NEW(room, int64_t);
    int32_t* material = BRC_NEW(room, int32_t);
    for (int64_t i = 0; i < n; i++) {
        id[i] = 2 * i + 1;
        material[i] = (int32_t)(i % 2);
        for (int k = 0; k < 15; k++) real[(k / 3) * 3 * room + 3 * i + k % 3] = value(sim->step, i, k);
        real[15 * room + i] = 1e-3 * (1 + (double)i);
        real[16 * room + i] = 1e-6 * (1 + (double)i);
    }
    static const double density[2] = {2500, 7800};
    *s = (brc_snapshot){.comm = brc_comm_null(),
                        .step = sim->step,
                        .count = n,
                        .here = n,
                        .time = 0.1 * (double)sim->step,
                        .dt = 1e-5,
                        .gravity = {0, 0, -9.81},
                        .id = id,
                        .x = real,
                        .v = real + 3 * room,
                        .w = real + 6 * room,
                        .force = real + 9 * room,
                        .torque = real + 12 * room,
                        .radius = real + 15 * room,
                        .mass = real + 16 * room,
                        .material = material,
                        .wall_count = sim->walls,
                        .material_count = 2,
                        .density = density};
    return BRC_OK;
}

void brc_snapshot_free(brc_snapshot* s)
{
    brc_free((void*)s->x);
    brc_free((void*)s->id);
    brc_free((void*)s->material);
}

brc_status brc_summary_get(brc_sim* sim, brc_summary* out)
{
    *out = (brc_summary){.step = sim->step, .particles = sim->count, .kinetic_energy = 0.5 * (double)sim->step};
    return BRC_OK;
}

// Wall 0 is a triangle, wall 1 a square, further ones like them.
brc_status brc_wall_triangles(const brc_sim* sim, int32_t wall, int64_t* vertex_count, double* vertices,
                              int64_t* triangle_count, int32_t* triangles)
{
    static const double corner[4][3] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}};
    static const int32_t face[6] = {0, 1, 2, 0, 2, 3};
    int n = sim->second_gone && wall == 1 ? 0 : 1 + wall % 2;
    *vertex_count = n ? n + 2 : 0;
    *triangle_count = n;
    if (!vertices) return BRC_OK;
    for (int i = 0; n && i < n + 2; i++)
        for (int k = 0; k < 3; k++) vertices[3 * i + k] = corner[i][k] + (k == 2 ? wall + sim->shift : 0);
    memcpy(triangles, face, (size_t)n * 3 * sizeof(int32_t));
    return BRC_OK;
}

brc_status brc_wall_state_get(const brc_sim* sim, int32_t wall, brc_wall_state* out)
{
    if (sim->second_gone && wall == 1) return BRC_ERR_STATE;
    *out = (brc_wall_state){.position = {0, 0, wall + sim->shift}, .rotation = {0, 0, 0, 1}, .contacts = wall};
    return BRC_OK;
}

// A fork with the address sanitizer is slow, and what the many ends of a process leave on the disk is not its business.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
enum { EVERY = SANITIZED ? 16 : 1 };

// ---- helpers ------------------------------------------------------------------------------------------------------

static const char *work, *source, *python;

static const char* at(const char* name)
{
    static char path[4][4096];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[0], "%s/%s", work, name);
    return path[next];
}

// Exit code of a tool with its output in `text`.
static int tool(char* text, size_t size, const char* name, const char* path, const char* more)
{
    char command[9000];
    snprintf(command, sizeof command, "'%s' '%s/tests/tools/%s' '%s' %s 2>&1", python, source, name, path, more);
    FILE* f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, size - 1, f);
    text[n] = 0;
    return WEXITSTATUS(pclose(f));
}

static char text[1 << 21];

static brc_output* opened(brc_sim* sim, const char* path, int walls, int single, int compress)
{
    brc_output* o = NULL;
    brc_output_def def = {.path = path,
                          .provenance = "{\"script\": \"gr\xc3\xbc\xc3\x9f.lua\"}",
                          .content = walls ? BRC_CONTENT_WALLS : BRC_CONTENT_PARTICLES,
                          .single = single,
                          .compress = compress};
    if (brc_output_open(sim, &def, &o) != BRC_OK) fail_msg("%s", brc_last_error());
    return o;
}

// The rows that a tool printed are those of the formula.
static void check_rows(int64_t step, int64_t count, bool single)
{
    char* line = text;
    assert_memory_equal(line, "# body_id material_id position velocity angular_velocity force radius mass\n", 70);
    for (int64_t i = 0; i < count; i++) {
        line = strchr(line, '\n') + 1;
        double got[16];
        char* p = line;
        for (int k = 0; k < 16; k++) got[k] = strtod(p, &p);
        assert_true(got[0] == (double)(2 * i + 1) && got[1] == (double)(i % 2));
        for (int k = 0; k < 14; k++) {
            double want = k < 12 ? value(step, i, k) : k == 12 ? 1e-3 * (1 + (double)i) : 1e-6 * (1 + (double)i);
            if (single) want = (float)want;
            if (got[2 + k] != want)
                fail_msg("step %d row %d column %d: %.17g, not %.17g", (int)step, (int)i, k, got[2 + k], want);
        }
    }
    line = strchr(line, '\n') + 1;
    assert_int_equal(*line, 0);
}

// ---- tests --------------------------------------------------------------------------------------------------------

static void reads_back(void** state)
{
    (void)state;
    static const int64_t counts[] = {0, 5, 700, 3, 0, 701, 40000};
    for (int mode = 0; mode < 4; mode++) {
        struct brc_sim sim = {0};
        bool single = mode & 1;
        const char* path = at("particles.vtkhdf");
        brc_output* o = opened(&sim, path, 0, single, mode & 2 ? 6 : 0);
        int steps = mode == 2 ? 7 : 6; // the large one once
        for (int k = 0; k < steps; k++) {
            sim.step = 3 * k;
            sim.count = counts[k];
            OK(brc_output_write(o));
            OK(brc_output_write(o)); // the same step again adds nothing
            if (mode == 3 && tool(text, sizeof text, "read_trajectory.py", path, "") != 0)
                fail_msg("while it is written: %s", text);
        }
        OK(brc_output_close(o));
        for (int k = mode ? 4 : 0; k < 6; k++) {
            char more[32];
            snprintf(more, sizeof more, "--step %d", k);
            if (tool(text, sizeof text, "read_trajectory.py", path, more) != 0) fail_msg("%s", text);
            check_rows(3 * k, counts[k], single);
        }
    }
    assert_int_equal(tool(text, sizeof text, "read_trajectory.py", at("particles.vtkhdf"), "--provenance"), 0);
    assert_string_equal(text, "{\"script\": \"gr\xc3\xbc\xc3\x9f.lua\"}\n");
}

static void same_run_same_file(void** state)
{
    (void)state;
    const char* names[2] = {"a.vtkhdf", "b.vtkhdf"};
    for (int i = 0; i < 2; i++) {
        struct brc_sim sim = {.count = 1000};
        brc_output* o = opened(&sim, at(names[i]), 0, 0, 4);
        for (sim.step = 0; sim.step < 5; sim.step++) OK(brc_output_write(o));
        OK(brc_output_close(o));
    }
    char command[9000];
    snprintf(command, sizeof command, "cmp '%s' '%s'", at("a.vtkhdf"), at("b.vtkhdf"));
    assert_int_equal(system(command), 0);
}

static void walls_read_back(void** state)
{
    (void)state;
    struct brc_sim sim = {.walls = 2};
    const char* path = at("walls.vtkhdf");
    brc_output* o = opened(&sim, path, 1, 0, 0);
    OK(brc_output_write(o));
    sim.step = 1; // nothing has moved
    OK(brc_output_write(o));
    sim.step = 2, sim.shift = 0.25;
    OK(brc_output_write(o));
    sim.step = 3, sim.second_gone = true;
    OK(brc_output_write(o));
    sim.step = 4, sim.walls = 4;
    OK(brc_output_write(o));
    OK(brc_output_close(o));
    if (tool(text, sizeof text, "read_trajectory.py", path, "") != 0) fail_msg("%s", text);
    static const int vertices[5] = {7, 7, 7, 3, 10};
    char* line = text;
    for (int k = 0; k < 5; k++) {
        int step = -1, count = -1;
        double time = -1;
        line = strchr(line, '\n') + 1;
        assert_int_equal(sscanf(line, " %d time %lg s %d vertices of walls", &step, &time, &count), 3);
        assert_int_equal(step, k);
        assert_int_equal(count, vertices[k]);
    }
    assert_int_equal(tool(text, sizeof text, "read_trajectory.py", path, "--step 2"), 0);
    assert_non_null(strstr(text, "\n1 1 1.25\n"));
    char command[9000]; // step 1 shares the rows of step 0, the pose table leaves the removed wall out
    snprintf(command, sizeof command,
             "'%s' -c \"import sys; sys.path.insert(0, '%s/tests/tools'); from read_trajectory import *; t = "
             "Trajectory('%s')\n"
             "assert list(t.steps['PointOffsets'][:5]) == [0, 0, 7, 14, 17]\n"
             "assert list(t.read(4)['cell_wall']) == [0, 2, 3, 3]\n"
             "assert list(t.poses(3)['wall']) == [0] and list(t.poses(4)['wall']) == [0, 2, 3]\n"
             "assert t.poses(2)['position'][1][2] == 1.25\"",
             python, source, path);
    assert_int_equal(system(command), 0);
}

// A kill at any moment leaves the steps that were complete.
static void survives_a_kill(void** state)
{
    (void)state;
    const char* path = at("killed.vtkhdf");
    int whole = 0;
    for (int round = 0; round < 12; round += SANITIZED ? 6 : 1) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            struct brc_sim sim = {0};
            brc_output_def def = {.path = path, .compress = round % 2};
            brc_output* o;
            if (brc_output_open(&sim, &def, &o) != BRC_OK) _exit(1);
            for (sim.step = 0;; sim.step++) {
                sim.count = 2000 + 37 * (sim.step % 50);
                if (brc_output_write(o) != BRC_OK) _exit(1);
            }
        }
        struct timespec pause = {0, 40000000L + 1700000L * round};
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        int how;
        waitpid(child, &how, 0);
        assert_true(WIFSIGNALED(how));
        if (access(path, F_OK)) continue;
        if (tool(text, sizeof text, "read_trajectory.py", path, "") != 0) fail_msg("after a kill: %s", text);
        int steps;
        assert_int_equal(sscanf(strstr(text, "killed.vtkhdf: "), "killed.vtkhdf: %d steps", &steps), 1);
        if (steps > 0) {
            assert_int_equal(tool(text, sizeof text, "read_trajectory.py", path, "--step -1"), 0);
            check_rows(steps - 1, 2000 + 37 * ((steps - 1) % 50), false);
            whole++;
        }
    }
    assert_true(whole > 0);
}

// The process ends at its n-th write to the disk, for every n, or in the middle of it: then the pages before a page
// boundary are on the disk and those behind it are not, or the other way round. Whatever the file holds is whole. The
// engine's pwrite is this one; it counts only where a test asks for it.
static int writes_left = -1;
static enum { HEAD, TAIL, BEFORE } ending;

ssize_t pwrite(int fd, const void* data, size_t size, off_t where)
{
    if (writes_left >= 0 && writes_left-- == 0) {
        off_t edge = (where / 4096 + 1) * 4096 - where; // bytes to the next page
        if (ending == HEAD && (off_t)size > edge && lseek(fd, where, SEEK_SET) >= 0 &&
            write(fd, data, (size_t)edge) < 0)
            _exit(2);
        if (ending == TAIL && (off_t)size > edge && lseek(fd, where + edge, SEEK_SET) >= 0 &&
            write(fd, (const char*)data + edge, size - (size_t)edge) < 0)
            _exit(2);
        _exit(0);
    }
    return lseek(fd, where, SEEK_SET) < 0 ? -1 : write(fd, data, size);
}

static void survives_an_end_at_any_write(void** state)
{
    (void)state;
    static char command[1 << 20];
    for (int mode = 0; mode < 3; mode++) { // particles, particles, walls
        ending = mode;
        int n = 0, ended = 1;
        size_t length = (size_t)snprintf(command, sizeof command,
                                         "'%s' '%s/tests/tools/read_trajectory.py' 2>&1 >/dev/null", python, source);
        for (; ended; n += EVERY) {
            char name[64];
            snprintf(name, sizeof name, "end_%d.vtkhdf", n);
            unlink(at(name));
            fflush(NULL);
            pid_t child = fork();
            if (child == 0) {
                struct brc_sim sim = {.count = 300, .walls = 3};
                brc_output_def def = {.path = at(name), .content = mode == 2 ? BRC_CONTENT_WALLS : 0};
                brc_output* o;
                writes_left = n;
                if (brc_output_open(&sim, &def, &o) != BRC_OK) _exit(2);
                for (sim.step = 0; sim.step < 2; sim.step++, sim.count += 300, sim.shift += 1) // into the second chunk
                    if (brc_output_write(o) != BRC_OK) _exit(2);
                _exit(1);
            }
            int how;
            waitpid(child, &how, 0);
            assert_true(WIFEXITED(how) && WEXITSTATUS(how) < 2);
            ended = WEXITSTATUS(how) == 0;
            if (access(at(name), F_OK) == 0)
                length += (size_t)snprintf(command + length, sizeof command - length, " '%s'", at(name));
        }
        assert_true(n > 50);
        assert_true(length > 200);
        FILE* f = popen(command, "r");
        size_t size = fread(text, 1, sizeof text - 1, f);
        text[size] = 0;
        if (pclose(f)) fail_msg("%s", text);
        snprintf(command, sizeof command, "rm -f '%s'/end_*", work);
        assert_int_equal(system(command), 0);
    }
}

// Long runs split the nodes of HDF5's chunk trees: after an end at any write, every row is still there.
static void survives_an_end_at_a_split(void** state)
{
    (void)state;
    enum { AT_ONCE = SANITIZED ? 2 : 12, SPLITS = 2, ENDS = AT_ONCE };
    for (int n = 0; n < SPLITS * ENDS; n++) {
        char name[64];
        snprintf(name, sizeof name, "split_%d.vtkhdf", n % AT_ONCE);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            struct brc_sim sim = {.count = 520};
            brc_output_def def = {.path = at(name), .single = 1};
            brc_output* o;
            if (brc_output_open(&sim, &def, &o) != BRC_OK) _exit(2);
            for (sim.step = 0; sim.step < 130; sim.step++) { // a chunk a step; a node holds 64
                if (sim.step == (n < ENDS ? 63 : 119))
                    writes_left = 23 * (n % ENDS); // some 80 writes a step, the split within three
                if (brc_output_write(o) != BRC_OK) _exit(2);
            }
            _exit(1);
        }
        int how;
        waitpid(child, &how, 0);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
        if (n % AT_ONCE < AT_ONCE - 1) continue;
        char command[9000];
        snprintf(command, sizeof command,
                 "'%s' '%s/tests/tools/read_trajectory.py' '%s'/split_* 2>&1 >/dev/null; rm '%s'/split_*", python,
                 source, work, work);
        FILE* f = popen(command, "r");
        size_t size = fread(text, 1, sizeof text - 1, f);
        text[size] = 0;
        pclose(f);
        if (size) fail_msg("%s", text);
    }
}

// The disk is full (here: the process may write no longer files): an error with the reason, a file with the steps
// before it, and a quiet end of the process, whether the script closes the file or not.
static void survives_a_full_disk(void** state)
{
    (void)state;
    for (int mode = 0; mode < 8; mode++) {
        const char* path = at("full.vtkhdf");
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            signal(SIGXFSZ, SIG_IGN);
            struct rlimit limit = {(rlim_t)(50000 + 131072 * mode), RLIM_INFINITY};
            if (mode < 4 ? setrlimit(RLIMIT_FSIZE, &limit) : 0) exit(10);
            struct brc_sim sim = {.count = 3000};
            brc_output_def def = {.path = path, .compress = mode % 4 == 3};
            brc_output* o;
            if (brc_output_open(&sim, &def, &o) != BRC_OK) exit(11);
            limit.rlim_cur = (rlim_t)(3000000 + 131000 * mode);
            if (setrlimit(RLIMIT_FSIZE, &limit)) exit(10);
            brc_status status = BRC_OK;
            for (sim.step = 0; status == BRC_OK && sim.step < 2000; sim.step++) status = brc_output_write(o);
            if (status != BRC_ERR_FILE || !strstr(brc_last_error(), "full.vtkhdf': File too large")) exit(12);
            if (brc_output_write(o) != BRC_ERR_FILE) exit(13);
            if (mode % 2 && brc_output_close(o) != BRC_OK) exit(14);
            exit(0);
        }
        int how;
        waitpid(child, &how, 0);
        if (!WIFEXITED(how) || WEXITSTATUS(how)) fail_msg("mode %d: status %x", mode, (unsigned)how);
        if (tool(text, sizeof text, "read_trajectory.py", path, "") != 0) fail_msg("after a full disk: %s", text);
        int steps = -1;
        assert_int_equal(sscanf(strstr(text, "full.vtkhdf: "), "full.vtkhdf: %d steps", &steps), 1);
        assert_true(steps > 2);
        assert_int_equal(tool(text, sizeof text, "read_trajectory.py", path, "--step -1"), 0);
        check_rows(steps - 1, 3000, false);
    }
}

static void refuses(brc_sim* sim, const char* path, brc_status code, const char* reason)
{
    brc_output* o = (brc_output*)&o;
    brc_output_def def = {.path = path};
    assert_int_equal(brc_output_open(sim, &def, &o), code);
    assert_null(o);
    if (!strstr(brc_last_error(), reason) || !strstr(brc_last_error(), path ? path : ""))
        fail_msg("%s", brc_last_error());
}

static void refuses_wrong_names(void** state)
{
    (void)state;
    struct brc_sim sim = {.count = 3};
    refuses(&sim, "", BRC_ERR_ARGUMENT, "needs a file name");
    refuses(&sim, NULL, BRC_ERR_ARGUMENT, "needs a file name");
    refuses(&sim, at("no-such-folder/x.vtkhdf"), BRC_ERR_FILE, "No such file or directory");
    refuses(&sim, work, BRC_ERR_FILE, "Is a directory");
    refuses(&sim, "/dev/full", BRC_ERR_FILE, "not a regular file");
    const char* path = at("twice.vtkhdf");
    brc_output* o = opened(&sim, path, 0, 0, 0);
    refuses(&sim, path, BRC_ERR_ARGUMENT, "another output");
    OK(brc_output_write(o));
    OK(brc_output_close(o));
    if (tool(text, sizeof text, "read_trajectory.py", path, "") != 0) fail_msg("%s", text);
    brc_output_def def = {.path = path, .compress = 10};
    assert_int_equal(brc_output_open(&sim, &def, &o), BRC_ERR_ARGUMENT);
    assert_non_null(strstr(brc_last_error(), "got 10"));
    // A truncated file and a text are no trajectories.
    assert_int_equal(truncate(path, 3000), 0);
    assert_int_equal(tool(text, sizeof text, "read_trajectory.py", path, ""), 1);
}

static void exports_read_back(void** state)
{
    (void)state;
    static const char* const names[4] = {"e.vtk", "e.vtp", "e.csv", "e_ascii.vtk"};
    static const int64_t counts[3] = {0, 1, 700};
    for (int c = 0; c < 3; c++)
        for (int format = 0; format < 4; format++) {
            struct brc_sim sim = {.step = 7, .count = counts[c]};
            const char* path = at(names[format]);
            OK(brc_export(&sim, path, format));
            if (tool(text, sizeof text, "read_export.py", path, "") != 0) fail_msg("%s", text);
            check_rows(7, counts[c], false);
        }
}

static void exports_appear_whole(void** state)
{
    (void)state;
    struct brc_sim sim = {.count = 10};
    const char* path = at("whole.vtp");
    OK(brc_export(&sim, path, BRC_EXPORT_VTP));
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) { // no room for the new file: the old one stays, and no temporary one
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {100000, 100000};
        setrlimit(RLIMIT_FSIZE, &limit);
        sim.count = 100000;
        brc_status status = brc_export(&sim, path, BRC_EXPORT_VTP);
        _exit(status == BRC_ERR_FILE && strstr(brc_last_error(), "whole.vtp': File too large") ? 0 : 1);
    }
    int how;
    waitpid(child, &how, 0);
    assert_int_equal(how, 0);
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size);
    char command[5000];
    snprintf(command, sizeof command, "test -z \"$(ls '%s' | grep '[.]part$')\"", work);
    assert_int_equal(system(command), 0);

    assert_int_equal(brc_export(&sim, at("no-such-folder/x.vtk"), BRC_EXPORT_VTK), BRC_ERR_FILE);
    assert_non_null(strstr(brc_last_error(), "No such file or directory"));
    assert_int_equal(brc_export(&sim, "/dev/null", BRC_EXPORT_VTK), BRC_ERR_FILE);
    assert_int_equal(brc_export(&sim, work, BRC_EXPORT_VTK), BRC_ERR_FILE);
    assert_int_equal(brc_export(&sim, "", BRC_EXPORT_VTK), BRC_ERR_ARGUMENT);
    assert_int_equal(brc_export(&sim, path, 17), BRC_ERR_ARGUMENT);
}

static void lists_a_series(void** state)
{
    (void)state;
    static const double times[2] = {0, 0.1};
    static const char* const files[2] = {"a<b>.vtp", "c&\"d\".vtp"};
    const char* path = at("series.pvd");
    OK(brc_pvd_write(path, 2, times, files));
    FILE* f = fopen(path, "r");
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    assert_non_null(strstr(text, "timestep=\"0.10000000000000001\" part=\"0\" file=\"c&amp;&quot;d&quot;.vtp\"/>"));
    assert_non_null(strstr(text, "file=\"a&lt;b&gt;.vtp\""));
    static const char* const bad[2] = {"a.vtp", ""};
    assert_int_equal(brc_pvd_write(path, 2, times, bad), BRC_ERR_ARGUMENT);
    assert_non_null(strstr(brc_last_error(), "file 2 "));
}

static void is_absent_without_hdf5(void** state)
{
    (void)state;
    struct brc_sim sim = {0};
    brc_output_def def = {.path = "x.vtkhdf"};
    brc_output* o;
    assert_int_equal(brc_output_open(&sim, &def, &o), BRC_ERR_DEVICE);
    assert_non_null(strstr(brc_last_error(), "without HDF5"));
}

int main(int count, char** arguments)
{
    if (count > 1) cmocka_set_test_filter(arguments[1]); // as in output_test 'survives*'
    work = getenv("BARCHAN_WORK") ? getenv("BARCHAN_WORK") : "/tmp";
    source = getenv("BARCHAN_SOURCE") ? getenv("BARCHAN_SOURCE") : ".";
    python = getenv("BARCHAN_PYTHON") ? getenv("BARCHAN_PYTHON") : "/usr/bin/python3";
    static char folder[4096];
    snprintf(folder, sizeof folder, "%s/output_test", work);
    snprintf(text, sizeof text, "rm -rf '%s'", folder); // a killed run may have left parts there
    if (system(text) || mkdir(folder, 0777)) return 1;
    work = folder;
    const struct CMUnitTest exports[] = {
        cmocka_unit_test(exports_read_back),
        cmocka_unit_test(exports_appear_whole),
        cmocka_unit_test(lists_a_series),
    };
    const struct CMUnitTest trajectories[] = {
        cmocka_unit_test(reads_back),
        cmocka_unit_test(same_run_same_file),
        cmocka_unit_test(walls_read_back),
        cmocka_unit_test(survives_a_kill),
        cmocka_unit_test(survives_an_end_at_any_write),
        cmocka_unit_test(survives_an_end_at_a_split),
        cmocka_unit_test(survives_a_full_disk),
        cmocka_unit_test(refuses_wrong_names),
    };
    const struct CMUnitTest absent[] = {cmocka_unit_test(is_absent_without_hdf5)};
    int failed = cmocka_run_group_tests(exports, NULL, NULL);
    return failed + (brc_has("hdf5") ? cmocka_run_group_tests(trajectories, NULL, NULL)
                                     : cmocka_run_group_tests(absent, NULL, NULL));
}
