// output.c -- trajectory files: one HDF5 file with /VTKHDF (temporal PolyData: ParaView opens it), /ONDEM (the open DEM
// format's scene and materials) and /barchan (provenance, and one row per time step of what the run was like).
//
// The rows of a time step are appended, then HDF5's directory of the file is brought up to date, and only then NSteps
// is raised; staged.h orders the writes below HDF5. So a reader finds whole steps only, whether the job runs, was
// killed or ran out of disk. The file gets its name when it holds a step; until then an older one of that name stays.
#include "apart.h"
#include "checkpoint.h"
#include "output_parts.h"

#if BRC_HAVE_HDF5
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void forget(brc_output* o)
{
    brc_output_forget_walls(o);
    free(o->file.path);
    brc_free(o);
}

// Opens the parts of a file that is there, and takes back its steps behind the place where it is to go on.
static brc_status open_again(brc_output* o, const brc_snapshot* s, const brc_contact_list* contacts)
{
    int64_t steps = 0;
    hsize_t part[2] = {0, 0};
    o->file.again = true;
    BRC_TRY(brc_output_header(o, NULL));
    BRC_TRY(brc_output_lay_out(o, s, 0, 0, contacts));
    o->file.again = false;
    BRC_H5_TRY(&o->file, H5Aread(o->step_count, H5T_NATIVE_INT64, &steps));
    BRC_CHECK(steps >= o->at.steps, BRC_ERR_FILE,
              "'%s' has %" PRId64 " steps; when the checkpoint was written it had %" PRId64, o->file.path, steps,
              o->at.steps);
    BRC_CHECK((int64_t)o->time.rows >= o->at.steps, BRC_ERR_FILE,
              "'%s' has the times of %" PRId64 " steps; when the checkpoint was written it had %" PRId64, o->file.path,
              (int64_t)o->time.rows, o->at.steps);
    hid_t how = H5Dget_create_plist(o->points.id);
    int rank = H5Pget_chunk(how, 2, part);
    H5Pclose(how);
    BRC_H5_TRY(&o->file, rank);
    o->chunk = part[0];
    if (o->file.trial) return BRC_OK;
    BRC_H5_TRY(&o->file, H5Awrite(o->step_count, H5T_NATIVE_INT64, &o->at.steps));
    return brc_tables_commit(&o->file);
}

typedef struct reopening {
    brc_output* o;
    const brc_snapshot* snapshot;
    const brc_contact_list* contacts;
} reopening;

static brc_status open_there(const reopening* r)
{
    brc_output* o = r->o;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    o->file.id = brc_output_file_open(o->file.path, o->file.staged, !o->file.trial);
    BRC_CHECK(o->file.id >= 0, BRC_ERR_FILE, "cannot go on with '%s': it is no HDF5 file, or it is damaged",
              o->file.path);
    return open_again(o, r->snapshot, r->contacts);
}

// In the child process: what it does to the output stays there, and it writes nothing.
static brc_status try_it(void* task, brc_channel* to)
{
    const reopening* r = task;
    const char done = 1;
    r->o->file.trial = true;
    BRC_TRY(open_there(r));
    return brc_apart_send(to, &done, 1);
}

static brc_status tried(void* task, brc_channel* from)
{
    char done;
    (void)task;
    return brc_apart_receive(from, &done, 1);
}

// A damaged file may bring HDF5 down: it is opened in a process of its own first.
static brc_status open_if_sound(const reopening* r)
{
    char what[512];
    snprintf(what, sizeof what, "cannot go on with '%.400s'", r->o->file.path);
    const double size = (double)brc_staged_end(r->o->file.staged);
    const brc_apart a = {what, try_it, tried, (void*)(uintptr_t)r, 4 + 1e-8 * size, UINT64_C(1) << 29};
    if (!brc_apart_here) BRC_TRY(brc_apart_run(&a));
    return open_there(r);
}

static brc_status reopen_file(brc_output* o)
{
    brc_snapshot s = {0};
    brc_contact_list list = {0};
    int error = o->elsewhere ? 0 : brc_staged_reopen(o->file.path, &o->file.staged);
    brc_status status = error ? BRC_ERR_FILE : BRC_OK;
    if (error) brc_error_set(__FILE__, __LINE__, __func__, "cannot go on with '%s': %s", o->file.path, strerror(error));
    BRC_TRY(brc_comm_agree(brc_sim_comm(o->sim), status));
    status = brc_snapshot_take(o->sim, &s);
    if (status == BRC_OK && o->content == BRC_CONTENT_CONTACTS) status = brc_contacts_take(o->sim, &list);
    if (status == BRC_OK) {
        if (o->elsewhere) status = brc_output_lay_out(o, &s, 0, 0, &list);
        else status = open_if_sound(&(reopening){o, &s, &list});
        if (o->content == BRC_CONTENT_CONTACTS) brc_contacts_free(&list);
    }
    brc_snapshot_free(&s);
    return status;
}

static brc_status open_file(brc_output* o, const char* provenance)
{
    int error = brc_staged_create(o->file.path, &o->file.staged);
    BRC_CHECK(error != EBUSY, BRC_ERR_ARGUMENT, "'%s' is being written by another output already", o->file.path);
    BRC_CHECK(!error, BRC_ERR_FILE, "cannot write '%s': %s", o->file.path,
              error == EINVAL ? "not a regular file" : strerror(error));
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); // errors go to the script, not to the terminal
    o->file.id = brc_output_file_create(o->file.path, o->file.staged);
    BRC_H5_TRY(&o->file, o->file.id);
    return brc_output_header(o, provenance);
}

static brc_status open_output(brc_sim* sim, const brc_output_def* def, const brc_output_place* place, brc_output** out)
{
    BRC_CHECK(sim && def && out, BRC_ERR_ARGUMENT, "no simulation, definition or result");
    *out = NULL;
    BRC_CHECK(def->path && *def->path, BRC_ERR_ARGUMENT, "the output needs a file name");
    BRC_CHECK(def->compress >= 0 && def->compress <= 9, BRC_ERR_ARGUMENT, "compress must be 0 to 9, got %d",
              def->compress);
    BRC_CHECK(!def->compress || H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0, BRC_ERR_DEVICE,
              "this HDF5 library cannot compress; use compress = 0");
    if (place) { // it comes from a file too
        const int64_t at[] = {place->steps,      place->last_step,    place->next_point,    place->counted,
                              place->vertex_row, place->triangle_row, place->next_triangle, place->pose_row};
        for (size_t k = 0; k < sizeof at / sizeof *at; k++)
            BRC_CHECK(at[k] >= 0 && at[k] < INT64_C(1) << 48, BRC_ERR_FILE,
                      "cannot go on with '%s': the checkpoint says that it has %" PRId64 " rows", def->path, at[k]);
    }
    brc_output* o = BRC_NEW(1, brc_output);
    char* path = o ? strdup(def->path) : NULL;
    if (!path) {
        brc_free(o);
        BRC_CHECK(0, BRC_ERR_MEMORY, "no memory for an output");
    }
    o->sim = sim;
    o->file.path = path;
    o->content = def->content;
    o->file.single = def->single != 0;
    o->level = def->compress;
    o->file.id = H5I_INVALID_HID;
    o->file.steps = &o->at.steps;
    if (place) o->at = *place;
    o->elsewhere = brc_sim_comm(sim)->rank > 0;
    brc_status status = BRC_OK;
    if (place && place->steps > 0) status = reopen_file(o);
    else if (!o->elsewhere) status = open_file(o, def->provenance);
    status = brc_comm_agree(brc_sim_comm(sim), status);
    if (status != BRC_OK) {
        if (o->file.id >= 0) H5Fclose(o->file.id);
        brc_staged_close(o->file.staged);
        forget(o);
        return status;
    }
    *out = o;
    return BRC_OK;
}

brc_status brc_output_open(brc_sim* sim, const brc_output_def* def, brc_output** out)
{
    return brc_output_reopen(sim, def, NULL, out);
}

brc_status brc_output_reopen(brc_sim* sim, const brc_output_def* def, const brc_output_place* place, brc_output** out)
{
    brc_hdf5_lock();
    brc_status status = open_output(sim, def, place, out);
    brc_hdf5_unlock();
    return status;
}

void brc_output_place_get(const brc_output* o, brc_output_place* out) { *out = o->at; }

int brc_output_descriptor(const brc_output* o)
{
    return o->failed || o->elsewhere ? -1 : brc_staged_again(o->file.staged);
}

brc_status brc_output_close(brc_output* o)
{
    if (!o) return BRC_OK;
    brc_status status = BRC_OK;
    if (o->elsewhere) {
        forget(o);
        return BRC_OK;
    }
    brc_hdf5_lock();
    herr_t closed = H5Fclose(o->file.id); // writes nothing that a reader needs: the last commit is whole
    brc_hdf5_unlock();
    int error = brc_staged_close(o->file.staged);
    o->file.staged = NULL;
    if (!o->failed && (closed < 0 || error)) {
        brc_error_set(__FILE__, __LINE__, __func__, "cannot finish '%s': %s", o->file.path,
                      error ? strerror(error) : "HDF5 could not close it");
        status = BRC_ERR_FILE;
    }
    forget(o);
    return status;
}

#else

#define ABSENT(...)                                                                                                    \
    (void)sizeof((int[]){__VA_ARGS__});                                                                                \
    BRC_CHECK(0, BRC_ERR_DEVICE, "this Barchan was built without HDF5, which trajectory files need")
brc_status brc_output_open(brc_sim* sim, const brc_output_def* def, brc_output** out)
{
    ABSENT(sim != NULL, def != NULL, out != NULL);
}
brc_status brc_output_reopen(brc_sim* sim, const brc_output_def* def, const brc_output_place* place, brc_output** out)
{
    ABSENT(sim != NULL, def != NULL, place != NULL, out != NULL);
}
void brc_output_place_get(const brc_output* o, brc_output_place* out)
{
    (void)o;
    *out = (brc_output_place){.steps = 0};
}
int brc_output_descriptor(const brc_output* o)
{
    (void)o;
    return -1;
}
brc_status brc_output_write(brc_output* output) { ABSENT(output != NULL); }
brc_status brc_output_close(brc_output* output) { ABSENT(output != NULL); }

#endif
