// trajectory.c -- trajectory files read back, for exporters, pictures and plots. A helper (apart.h) has the file open
// and reads it (trajectory_file.c): what HDF5 does with a damaged one ends that process and not this one.
#include "trajectory.h"
#include "apart.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#if BRC_HAVE_HDF5

struct brc_trajectory {
    brc_helper* helper;
    brc_trajectory_reader reader; // the helper's
    char *path, *what;
    brc_trajectory_head* head; // and the times
};

static const double* times_of(const brc_trajectory* t) { return (const double*)(t->head + 1); }

static brc_status ask(const brc_trajectory* t, brc_trajectory_question q, const char* name, void* room, size_t* size)
{
    if (name) {
        BRC_CHECK(strlen(name) < sizeof q.name, BRC_ERR_ARGUMENT, "'%s' has no column '%s'", t->path, name);
        strcpy(q.name, name);
    }
    q.most = *size;
    return brc_helper_ask(t->helper, &q, room, NULL, size);
}

// ---- opening ---------------------------------------------------------------------------------------------

static void destroy(brc_trajectory* t)
{
    brc_helper_end(t->helper);
    brc_hdf5_lock();
    brc_trajectory_reader_end(&t->reader);
    brc_hdf5_unlock();
    brc_free(t->head);
    free(t->path), free(t->what), brc_free(t);
}

// What the helper says is looked at as if it came from the file: who knows what has become of it.
static bool sound(const brc_trajectory_head* h, size_t size)
{
    const brc_trajectory_info* f = &h->info;
    if (f->steps < 0 || f->steps > INT64_C(1) << 32 || size != sizeof *h + (size_t)f->steps * sizeof(double))
        return false;
    if (f->columns < 0 || f->columns > BRC_TRAJECTORY_COLUMNS) return false;
    if (f->content < BRC_CONTENT_PARTICLES || f->content > BRC_CONTENT_CONTACTS) return false;
    for (int32_t i = 0; i < f->columns; i++) {
        const brc_trajectory_entry* c = &h->column[i];
        if (!memchr(c->name, 0, sizeof c->name) || !memchr(c->unit, 0, sizeof c->unit)) return false;
        if (c->components < 1 || c->components > 9 || c->kind < BRC_COLUMN_POINT || c->kind > BRC_COLUMN_SERIES)
            return false;
    }
    return true;
}

static brc_status start(brc_trajectory* t)
{
    struct stat about = {.st_size = 0};
    (void)stat(t->path, &about);
    const double bytes = (double)about.st_size; // a column may be much longer than what it was compressed to
    const brc_helper_def def = {t->what,           brc_trajectory_answer,
                                &t->reader,        sizeof(brc_trajectory_question),
                                20 + 1e-7 * bytes, (UINT64_C(1) << 30) + (uint64_t)(16 * bytes)};
    brc_hdf5_lock(); // no other thread is inside of HDF5 when it gets a twin
    const brc_status status = brc_helper_start(&def, &t->helper);
    brc_hdf5_unlock();
    BRC_TRY(status);
    const brc_trajectory_question q = {.what = BRC_TRAJECTORY_OPEN};
    size_t size = sizeof *t->head + ((size_t)1 << 32) * sizeof(double);
    void* head;
    BRC_TRY(brc_helper_ask(t->helper, &q, NULL, &head, &size));
    t->head = head;
    BRC_CHECK(size >= sizeof *t->head && sound(t->head, size), BRC_ERR_FILE, "'%s' is damaged", t->path);
    return BRC_OK;
}

brc_status brc_trajectory_open(const char* path, brc_trajectory** out)
{
    BRC_CHECK(path && *path && out, BRC_ERR_ARGUMENT, "no file name, or nowhere to put the trajectory");
    brc_trajectory* t = BRC_NEW(1, brc_trajectory);
    BRC_CHECK(t, BRC_ERR_MEMORY, "no memory for a trajectory");
    t->reader.file = -1;
    const size_t room = strlen(path) + sizeof "cannot read ''";
    t->path = strdup(path);
    t->what = malloc(room);
    brc_status status = t->path && t->what ? BRC_OK : BRC_ERR_MEMORY;
    if (status == BRC_OK) {
        snprintf(t->what, room, "cannot read '%s'", path);
        t->reader.path = t->path;
        status = start(t);
    } else brc_error_set(__FILE__, __LINE__, __func__, "no memory for a trajectory");
    if (status == BRC_OK) *out = t;
    else destroy(t);
    return status;
}

void brc_trajectory_close(brc_trajectory* t)
{
    if (t) destroy(t);
}

void brc_trajectory_get(const brc_trajectory* t, brc_trajectory_info* out) { *out = t->head->info; }

const char* brc_trajectory_column(const brc_trajectory* t, int32_t number, brc_trajectory_field* out)
{
    if (number < 0 || number >= t->head->info.columns) return NULL;
    const brc_trajectory_entry* c = &t->head->column[number];
    *out = (brc_trajectory_field){.name = c->name, .unit = c->unit, .components = c->components, .kind = c->kind};
    return c->name;
}

// ---- a step ----------------------------------------------------------------------------------------------

brc_status brc_trajectory_at(brc_trajectory* t, int64_t k, brc_trajectory_step* out)
{
    BRC_CHECK(k >= 0 && k < t->head->info.steps, BRC_ERR_ARGUMENT,
              "'%s' has %" PRId64 " steps, there is no step %" PRId64, t->path, t->head->info.steps, k + 1);
    size_t size = sizeof *out;
    BRC_TRY(ask(t, (brc_trajectory_question){.what = BRC_TRAJECTORY_STEP, .step = k}, NULL, out, &size));
    BRC_CHECK(size == sizeof *out && out->points >= 0 && out->points < INT64_C(1) << 40 && out->cells >= 0 &&
                  out->cells < INT64_C(1) << 40,
              BRC_ERR_FILE, "'%s' is damaged", t->path);
    out->time = times_of(t)[k];
    return BRC_OK;
}

brc_status brc_trajectory_read(brc_trajectory* t, int64_t k, int32_t kind, const char* name, int64_t room, double* out)
{
    size_t size = (size_t)(room > 0 ? room : 0) * sizeof *out;
    return ask(t, (brc_trajectory_question){.what = BRC_TRAJECTORY_COLUMN, .kind = kind, .step = k}, name, out, &size);
}

brc_status brc_trajectory_cells(brc_trajectory* t, int64_t k, int64_t room, int64_t* out)
{
    brc_trajectory_step step;
    size_t size = (size_t)(room > 0 ? room : 0) * sizeof *out;
    BRC_TRY(brc_trajectory_at(t, k, &step));
    BRC_TRY(ask(t, (brc_trajectory_question){.what = BRC_TRAJECTORY_CELLS, .step = k}, NULL, out, &size));
    for (size_t i = 0; i < size / sizeof *out; i++)
        BRC_CHECK(out[i] >= 0 && out[i] < step.points, BRC_ERR_FILE,
                  "'%s' is damaged: a cell names a point that is not there", t->path);
    return BRC_OK;
}

brc_status brc_trajectory_series(brc_trajectory* t, const char* name, int64_t room, double* out)
{
    size_t size = (size_t)(room > 0 ? room : 0) * sizeof *out;
    return ask(t, (brc_trajectory_question){.what = BRC_TRAJECTORY_SERIES}, name, out, &size);
}

// ---- a step as exporters see it --------------------------------------------------------------------------

// Numbers of a snapshot in one piece, as brc_snapshot_free frees them.
static brc_status fill(brc_trajectory* t, int64_t k, const brc_trajectory_step* step, brc_snapshot* s, double* numbers,
                       int64_t* id, int32_t* material)
{
    const int64_t n = step->points, size = n ? n : 1;
    double *at = numbers, *x = at, *v = x + 3 * size, *w = v + 3 * size, *f = w + 3 * size, *torque = f + 3 * size;
    double *radius = torque + 3 * size, *mass = radius + size, *spare = mass + size;
    static const char* const own[] = {"velocity", "angular_velocity", "force",      "radius",
                                      "mass",     "body_id",          "material_id"};
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, "position", 3 * size, x));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[0], 3 * size, v));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[1], 3 * size, w));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[2], 3 * size, f));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[3], size, radius));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[4], size, mass));
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[5], size, spare));
    for (int64_t i = 0; i < n; i++) id[i] = (int64_t)spare[i]; // ids are below 2^53
    BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, own[6], size, spare));
    for (int64_t i = 0; i < n; i++) material[i] = (int32_t)spare[i];
    for (int32_t i = 0; i < t->head->info.columns && s->field_count < 8; i++) {
        const brc_trajectory_entry* c = &t->head->column[i];
        bool known = c->kind != BRC_COLUMN_POINT || c->components != 1;
        for (size_t j = 0; j < sizeof own / sizeof *own; j++) known = known || !strcmp(own[j], c->name);
        if (known) continue;
        double* field = spare + s->field_count * size;
        BRC_TRY(brc_trajectory_read(t, k, BRC_COLUMN_POINT, c->name, size, field));
        s->field[s->field_count] = field;
        s->field_name[s->field_count] = c->name, s->field_unit[s->field_count] = c->unit;
        s->field_count++;
    }
    s->x = x, s->v = v, s->w = w, s->force = f, s->torque = torque, s->radius = radius, s->mass = mass;
    return BRC_OK;
}

brc_status brc_trajectory_snapshot(brc_trajectory* t, int64_t k, brc_snapshot* out)
{
    brc_trajectory_step step;
    memset(out, 0, sizeof *out);
    BRC_CHECK(t->head->info.content == BRC_CONTENT_PARTICLES, BRC_ERR_ARGUMENT,
              "'%s' holds no particles but %s; export the file that it stands beside", t->path,
              t->head->info.content == BRC_CONTENT_WALLS ? "walls" : "contacts");
    BRC_TRY(brc_trajectory_at(t, k, &step));
    const int64_t size = step.points ? step.points : 1;
    double* numbers = BRC_NEW(26 * size, double);
    int64_t* id = BRC_NEW(size, int64_t);
    int32_t* material = BRC_NEW(size, int32_t);
    *out = (brc_snapshot){.comm = brc_comm_null(), .step = step.step, .time = step.time, .count = step.points};
    out->here = step.points, out->x = numbers, out->id = id, out->material = material;
    for (int a = 0; a < 3; a++) {
        out->lo[a] = step.lo[a], out->hi[a] = step.hi[a], out->tilt[a] = step.tilt[a];
        out->periodic[a] = t->head->info.periodic[a];
    }
    brc_status status = numbers && id && material ? BRC_OK : BRC_ERR_MEMORY;
    if (status != BRC_OK)
        brc_error_set(__FILE__, __LINE__, __func__, "no memory for %" PRId64 " particles of '%s'", step.points,
                      t->path);
    if (status == BRC_OK) status = fill(t, k, &step, out, numbers, id, material);
    if (status != BRC_OK) brc_snapshot_free(out);
    return status;
}

#else

#define ABSENT(...)                                                                                                    \
    (void)sizeof((int[]){__VA_ARGS__});                                                                                \
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which trajectory files need")
brc_status brc_trajectory_open(const char* path, brc_trajectory** out) { ABSENT(path != NULL, out != NULL); }
void brc_trajectory_close(brc_trajectory* t) { (void)t; }
void brc_trajectory_get(const brc_trajectory* t, brc_trajectory_info* out)
{
    (void)t;
    *out = (brc_trajectory_info){.steps = 0};
}
const char* brc_trajectory_column(const brc_trajectory* t, int32_t number, brc_trajectory_field* out)
{
    (void)sizeof((int[]){t != NULL, number, out != NULL});
    return NULL;
}
brc_status brc_trajectory_at(brc_trajectory* t, int64_t k, brc_trajectory_step* out)
{
    ABSENT(t != NULL, k > 0, out != NULL);
}
brc_status brc_trajectory_read(brc_trajectory* t, int64_t k, int32_t kind, const char* name, int64_t room, double* out)
{
    ABSENT(t != NULL, k > 0, kind, name != NULL, room > 0, out != NULL);
}
brc_status brc_trajectory_cells(brc_trajectory* t, int64_t k, int64_t room, int64_t* out)
{
    ABSENT(t != NULL, k > 0, room > 0, out != NULL);
}
brc_status brc_trajectory_series(brc_trajectory* t, const char* name, int64_t room, double* out)
{
    ABSENT(t != NULL, name != NULL, room > 0, out != NULL);
}
brc_status brc_trajectory_snapshot(brc_trajectory* t, int64_t k, brc_snapshot* out)
{
    ABSENT(t != NULL, k > 0, out != NULL);
}

#endif
