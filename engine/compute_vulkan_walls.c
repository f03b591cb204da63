// compute_vulkan_walls.c -- walls of a simulation on a device: shapes and meshes to it, poses for the steps of a batch,
// sums of forces back, step by step.
//
// The host moves walls, by the functions that the processor's steps use: where a wall is follows from the time, so
// poses of a whole batch are made ahead. What forces drive (bodies, servos) needs the sums of a step before the next
// one: a batch is one step then. The walls that the host holds are ahead of the rest of its state while a run is on the
// device, so they are kept as they were for what goes on from there.
#include "compute_vulkan_parts.h"
#include "wall_mesh.h"
#include <string.h>

// As in shaders/shapes.glsl.
typedef struct device_shape {
    double point[3], point2[3], axis[3], across[3], lo[3], hi[3], reference[3], surface[3];
    double length;
    int32_t kind, side, open, material;
    int32_t posed, body, belt, breathes;
    int32_t rest, every, one_sided, face_count, edge_count;
    int32_t x_at, face_at, edge_at, vertex_at, node_at, node_count, order_at, half_at, spoke_at, skip_at, padding;
} device_shape;
typedef struct device_pose {
    double row[9], position[3], velocity[3], angular[3], mean[3], mean_angular[3], inverse[9], inverse_mass[3];
    double radius, radius2, radius_rate;
} device_pose;
_Static_assert(sizeof(device_shape) == 25 * 8 + 24 * 4 && sizeof(device_pose) == 39 * 8 && sizeof(mesh_edge) == 48 &&
                   sizeof(mesh_vertex) == 48 && sizeof(mesh_node) == 56,
               "the layout of shaders/shapes.glsl and touch.comp");

struct brc_kept_wall {
    wall_slot slot;
    brc_wall wall;
    wall_body body;
    wall_motion* motions;
};

// ---- kept for the host -----------------------------------------------------------------------------------

void brc_device_walls_forget(brc_device* d)
{
    for (int32_t k = 0; k < d->kept_count; k++) brc_free(d->kept[k].motions);
    brc_free(d->kept);
    d->kept = NULL, d->kept_count = 0;
}

static brc_status keep(brc_device* d, const brc_sim* s)
{
    brc_device_walls_forget(d);
    d->kept = BRC_NEW(s->wall_count + 1, brc_kept_wall);
    BRC_CHECK(d->kept, BRC_ERR_MEMORY, "no memory for %d walls", s->wall_count);
    d->kept_count = s->wall_count;
    for (int32_t k = 0; k < s->wall_count; k++) {
        brc_kept_wall* to = &d->kept[k];
        to->slot = s->walls[k];
        if (!to->slot.wall) continue;
        to->wall = *to->slot.wall;
        if (to->wall.body) to->body = *to->wall.body;
        if (!to->wall.motion_count) continue;
        to->motions = BRC_NEW(to->wall.motion_count, wall_motion);
        BRC_CHECK(to->motions, BRC_ERR_MEMORY, "no memory for the motions of wall %d", k + 1);
        memcpy(to->motions, to->wall.motions, (size_t)to->wall.motion_count * sizeof(wall_motion));
    }
    return BRC_OK;
}

void brc_device_walls_restore(brc_device* d, brc_sim* s)
{
    for (int32_t k = 0; k < d->kept_count; k++) {
        const brc_kept_wall* from = &d->kept[k];
        s->walls[k] = from->slot;
        if (!from->slot.wall) continue;
        if (from->wall.body) *from->wall.body = from->body;
        if (from->motions)
            memcpy(from->wall.motions, from->motions, (size_t)from->wall.motion_count * sizeof(wall_motion));
        *from->slot.wall = from->wall;
    }
    brc_device_walls_forget(d);
}

// ---- shapes ----------------------------------------------------------------------------------------------

bool brc_device_wall_rests(const wall_slot* w)
{
    return w->wall && w->plane && w->wall->def.shape == BRC_PLANE && !w->wall->posed && !w->belt && !w->breathes;
}

// Parts of all meshes one behind the other, each with its own numbers.
typedef struct mesh_parts {
    char* part[BRC_MESH_PARTS];
    int64_t size[BRC_MESH_PARTS], room[BRC_MESH_PARTS]; // [bytes]
} mesh_parts;

static int32_t append(mesh_parts* m, int part, const void* from, int64_t count, size_t width)
{
    const int64_t at = m->size[part] / (int64_t)width;
    memcpy(m->part[part] + m->size[part], from, (size_t)count * width);
    m->size[part] += count * (int64_t)width;
    return (int32_t)at;
}

// The node after all below node k, for a walk without a stack; answers where the subtree ends.
static int32_t find_skips(const brc_mesh* m, int32_t k, int32_t* skip)
{
    int32_t end = k + 1;
    if (!m->nodes[k].count) {
        (void)find_skips(m, k + 1, skip);
        end = find_skips(m, m->nodes[k].next, skip);
    }
    skip[k] = end;
    return end;
}

static brc_status append_mesh(mesh_parts* m, const brc_mesh* mesh, device_shape* to)
{
    int32_t* skip = BRC_NEW(mesh->node_count + 1, int32_t);
    BRC_CHECK(skip, BRC_ERR_MEMORY, "no memory for a mesh");
    (void)find_skips(mesh, 0, skip);
    int64_t halves = 0, spokes = 0;
    for (int64_t e = 0; e < mesh->edge_count; e++) halves += mesh->edges[e].half_count;
    for (int64_t v = 0; v < mesh->vertex_count; v++) spokes += mesh->vertices[v].edge_count;
    to->one_sided = mesh->one_sided;
    to->face_count = (int32_t)mesh->face_count, to->edge_count = (int32_t)mesh->edge_count;
    to->node_count = (int32_t)mesh->node_count;
    to->x_at = append(m, BRC_MESH_PLACES, mesh->x, mesh->vertex_count, sizeof(vec3));
    to->face_at = append(m, BRC_MESH_FACES, mesh->faces, mesh->face_count, sizeof(mesh_face));
    to->edge_at = append(m, BRC_MESH_EDGES, mesh->edges, mesh->edge_count, sizeof(mesh_edge));
    to->vertex_at = append(m, BRC_MESH_VERTICES, mesh->vertices, mesh->vertex_count, sizeof(mesh_vertex));
    to->node_at = append(m, BRC_MESH_NODES, mesh->nodes, mesh->node_count, sizeof(mesh_node));
    to->order_at = append(m, BRC_MESH_LINKS, mesh->order, mesh->face_count, sizeof(int32_t));
    to->half_at = append(m, BRC_MESH_LINKS, mesh->halves, halves, sizeof(int32_t));
    to->spoke_at = append(m, BRC_MESH_LINKS, mesh->spokes, spokes, sizeof(int32_t));
    to->skip_at = append(m, BRC_MESH_LINKS, skip, mesh->node_count, sizeof(int32_t));
    brc_free(skip);
    return BRC_OK;
}

static void count_mesh(mesh_parts* m, const brc_mesh* mesh)
{
    int64_t links = mesh->face_count + mesh->node_count;
    for (int64_t e = 0; e < mesh->edge_count; e++) links += mesh->edges[e].half_count;
    for (int64_t v = 0; v < mesh->vertex_count; v++) links += mesh->vertices[v].edge_count;
    m->room[BRC_MESH_PLACES] += mesh->vertex_count * (int64_t)sizeof(vec3);
    m->room[BRC_MESH_FACES] += mesh->face_count * (int64_t)sizeof(mesh_face);
    m->room[BRC_MESH_EDGES] += mesh->edge_count * (int64_t)sizeof(mesh_edge);
    m->room[BRC_MESH_VERTICES] += mesh->vertex_count * (int64_t)sizeof(mesh_vertex);
    m->room[BRC_MESH_NODES] += mesh->node_count * (int64_t)sizeof(mesh_node);
    m->room[BRC_MESH_LINKS] += links * (int64_t)sizeof(int32_t);
}

static void set_shape(const wall_slot* slot, device_shape* to)
{
    const brc_wall* w = slot->wall;
    to->kind = -1; // removed
    if (!w) return;
    memcpy(to->point, w->def.point, sizeof to->point), memcpy(to->point2, w->def.point2, sizeof to->point2);
    v3_to(to->axis, w->axis), v3_to(to->across, w->across), v3_to(to->lo, w->lo), v3_to(to->hi, w->hi);
    v3_to(to->reference, w->reference), v3_to(to->surface, w->surface);
    to->length = w->length;
    to->kind = w->def.shape, to->side = w->def.side, to->open = w->def.open, to->material = brc_wall_material(w);
    to->posed = w->posed, to->body = w->body != NULL, to->belt = slot->belt, to->breathes = slot->breathes;
    to->rest = brc_device_wall_rests(slot), to->every = w->posed || slot->belt || slot->breathes;
}

brc_status brc_device_walls_upload(brc_device* d, brc_sim* s)
{
    static const char* const names[BRC_MESH_PARTS] = {"vertices", "faces", "edges", "vertices", "boxes", "links"};
    mesh_parts m = {0};
    BRC_TRY(keep(d, s));
    device_shape* shapes = BRC_NEW(s->wall_count + 1, device_shape);
    brc_status status = shapes ? BRC_OK : BRC_ERR_MEMORY;
    d->walls_every = d->walls_fed = false;
    for (int32_t k = 0; k < s->wall_count && status == BRC_OK; k++) {
        const brc_wall* w = s->walls[k].wall;
        set_shape(&s->walls[k], &shapes[k]);
        d->walls_every |= shapes[k].every != 0;
        if (!w) continue;
        d->walls_fed |= w->body || brc_wall_has_servo(w);
        if (w->mesh) count_mesh(&m, w->mesh);
    }
    for (int p = 0; p < BRC_MESH_PARTS && status == BRC_OK; p++) {
        m.part[p] = brc_alloc_unset((size_t)m.room[p] + 64);
        if (!m.part[p]) status = BRC_ERR_MEMORY;
    }
    for (int32_t k = 0; k < s->wall_count && status == BRC_OK; k++)
        if (s->walls[k].wall && s->walls[k].wall->mesh) status = append_mesh(&m, s->walls[k].wall->mesh, &shapes[k]);
    if (status == BRC_OK)
        status = brc_device_room(d, &d->shapes, (int64_t)sizeof(device_shape) * (s->wall_count + 1), "shapes of walls");
    if (status == BRC_OK)
        status = brc_gpu_write(d->gpu, d->shapes, 0, shapes, (int64_t)sizeof(device_shape) * s->wall_count);
    for (int p = 0; p < BRC_MESH_PARTS && status == BRC_OK; p++) {
        status = brc_device_room(d, &d->mesh[p], m.size[p] + 64, names[p]);
        if (status == BRC_OK) status = brc_gpu_write(d->gpu, d->mesh[p], 0, m.part[p], m.size[p]);
    }
    for (int p = 0; p < BRC_MESH_PARTS; p++) brc_free(m.part[p]);
    brc_free(shapes);
    if (status == BRC_ERR_MEMORY) brc_error_set(__FILE__, __LINE__, __func__, "no memory for the walls of a device");
    d->walls_at = s->step;
    return status;
}

// ---- poses -----------------------------------------------------------------------------------------------

static void set_pose(const brc_wall* w, const wall_pose* p, device_pose* to)
{
    for (int k = 0; k < 3; k++) v3_to(&to->row[3 * k], p->row[k]);
    v3_to(to->position, p->position), v3_to(to->velocity, p->velocity), v3_to(to->angular, p->angular);
    v3_to(to->mean, p->mean), v3_to(to->mean_angular, p->mean_angular);
    to->radius = w->def.radius, to->radius2 = w->def.radius2, to->radius_rate = w->radius_rate;
    if (!w->body) return;
    for (int k = 0; k < 3; k++) v3_to(&to->inverse[3 * k], w->body->inverse[k]);
    memcpy(to->inverse_mass, w->body->inverse_mass, sizeof to->inverse_mass);
}

brc_status brc_device_walls_begin(brc_device* d, brc_sim* s, int64_t step)
{
    const int64_t host = s->step;
    if (d->walls_at > step) return BRC_OK;
    s->step = step;
    const brc_status status = brc_boundary_move(s);
    s->step = host;
    if (status == BRC_OK) d->walls_at = step + 1;
    return status;
}

bool brc_device_walls_hold(const brc_device* d, const brc_sim* s) { return brc_walls_moved(s) < 0.5 * d->skin; }

// Whether a wall can be where its motion puts it at this time, and has not gone further than the rows allow for.
static bool goes_on(const brc_device* d, const brc_sim* s, brc_wall* w, int32_t number, double time, device_pose* to)
{
    const wall_pose now = w->pose;
    if (brc_wall_motion_guard(w, number, time, s->dt) != BRC_OK) return false; // that step will say so
    brc_wall_pose_at(w, time, &w->pose);
    set_pose(w, &w->pose, to);
    const bool holds = brc_wall_moved(w, v3_from(s->lo), v3_from(s->hi)) < 0.5 * d->skin;
    w->pose = now;
    return holds;
}

brc_status brc_device_walls_poses(brc_device* d, brc_sim* s, int64_t step, int most, int* count)
{
    const int64_t walls = s->wall_count;
    const int wide = walls * most > MOST_POSES ? (int)(MOST_POSES / walls) : most;
    int steps = !d->walls_every ? 1 : d->walls_fed || wide < 1 ? 1 : wide;
    device_pose* poses = BRC_NEW(steps * walls + 1, device_pose);
    BRC_CHECK(poses, BRC_ERR_MEMORY, "no memory for the poses of walls");
    for (int j = 0; j < steps; j++)
        for (int64_t k = 0; k < walls && j < steps; k++) {
            brc_wall* w = s->walls[k].wall;
            device_pose* to = &poses[j * walls + k];
            if (!w) continue;
            if (!j || !w->posed) set_pose(w, &w->pose, to);
            else if (!goes_on(d, s, w, (int32_t)k + 1, brc_sim_time(s, step + 1 + j), to)) steps = j;
        }
    brc_status status = brc_device_room(d, &d->poses, (int64_t)sizeof(device_pose) * (steps * walls + 1), "poses");
    if (status == BRC_OK)
        status = brc_gpu_write(d->gpu, d->poses, 0, poses, (int64_t)sizeof(device_pose) * steps * walls);
    brc_free(poses);
    *count = d->walls_every ? steps : most;
    return status;
}

// ---- sums ------------------------------------------------------------------------------------------------

void brc_device_walls_put(brc_sim* s, const int64_t* word)
{
    for (int32_t k = 0; k < s->wall_count; k++, word += WALL_WORDS) {
        wall_sum* sum = &s->workers[0].sums[k];
        for (int c = 0; c < 3; c++) sum->force[c] = word[c], sum->torque[c] = word[3 + c];
        sum->contacts = word[6];
        for (int c = 0; c < 2; c++) sum->sizes[c] = 0x1p20 * (double)word[7 + c];
        sum->belt = word[9], sum->radial = word[10];
        for (int j = 0; j < BRC_MAX_LAW_FIELDS; j++) sum->flux[j] = word[11 + j];
    }
}

static brc_status take_sums(brc_sim* s, const int64_t* word, int64_t step)
{
    const int64_t host = s->step;
    brc_device_walls_put(s, word);
    s->step = step;
    const brc_status status = brc_boundary_sum(s, true);
    s->step = host;
    return status;
}

brc_status brc_device_walls_end(brc_device* d, brc_sim* s, int64_t step, int64_t count, bool last, bool* tripped)
{
    const int64_t words = (int64_t)WALL_WORDS * s->wall_count, steps = d->walls_every ? count : last;
    if (steps <= 0 || !s->wall_count) {
        if (!d->walls_every) d->walls_at = step + count;
        brc_device_book_walls(d, s, count);
        return BRC_OK;
    }
    int64_t* word = BRC_NEW(words * steps, int64_t);
    BRC_CHECK(word, BRC_ERR_MEMORY, "no memory for the sums of walls");
    if (!d->walls_every) brc_device_book_walls(d, s, count - 1); // none of them has moved
    brc_status status = brc_gpu_read(d->gpu, d->sums, 0, word, 8 * words * steps);
    const bool read = status == BRC_OK;
    for (int64_t j = 0; j < steps && status == BRC_OK; j++) {
        const int64_t at = d->walls_every ? step + j : step + count - 1;
        status = brc_device_walls_begin(d, s, at);
        if (status == BRC_OK) status = take_sums(s, word + words * j, at);
        brc_device_book_walls(d, s, 1);
    }
    brc_free(word);
    *tripped = read && status != BRC_OK; // a guard: the processor says the words
    return read ? BRC_OK : status;
}
