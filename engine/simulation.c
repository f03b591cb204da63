// simulation.c -- where to start reading: a simulation, and the step from top to bottom.
#include "sim.h"
#include <omp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t interrupt_signal;
void brc_interrupt(int32_t signal_number) { interrupt_signal = signal_number; }
int32_t brc_interrupted(void) { return (int32_t)interrupt_signal; }

static volatile sig_atomic_t asked;
void brc_ask(void) { asked = 1; }
int32_t brc_asked(void)
{
    int32_t was = (int32_t)asked;
    asked = 0;
    return was;
}

bool brc_ask_waits(void) { return asked != 0; }

int32_t brc_max_threads(void) { return omp_get_num_procs(); }

int32_t brc_isa_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return 3;
    if (__builtin_cpu_supports("avx2")) return 2;
#endif
    return 1;
}

double brc_sim_time(const brc_sim* s, int64_t step) { return s->time_base + (double)(step - s->step_base) * s->dt; }

void brc_warn(brc_sim* s, const char* format, ...)
{
    enum { ROOM = sizeof s->warning / sizeof s->warning[0] };
    if (s->warning_count == ROOM) return; // the first ones tell the cause
    va_list args;
    va_start(args, format);
    vsnprintf(s->warning[(s->warning_first + s->warning_count) % ROOM], sizeof s->warning[0], format, args);
    va_end(args);
    s->warning_count++;
}

const char* brc_warning(brc_sim* s)
{
    if (!s->warning_count) return NULL;
    const char* text = s->warning[s->warning_first];
    s->warning_first = (s->warning_first + 1) % (int)(sizeof s->warning / sizeof s->warning[0]);
    s->warning_count--;
    return text;
}

void brc_parallel(brc_sim* s, brc_phase phase)
{
    if (s->worker_count == 1 || s->count < 1000) { // waking threads costs more than a step of few particles
        for (int i = 0; i < s->worker_count; i++) phase(s, &s->workers[i]);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads(s->worker_count)
    for (int i = 0; i < s->worker_count; i++) phase(s, &s->workers[i]);
}

// ---- making a simulation ---------------------------------------------------------------------------------

static brc_status check_options(const brc_options* o)
{
    static const char axis[] = "xyz";
    for (int k = 0; k < 3; k++) {
        BRC_CHECK(fabs(o->lo[k]) < 1e9 && fabs(o->hi[k]) < 1e9, BRC_ERR_ARGUMENT,
                  "domain: %c must be within 1e9 m of the origin, got %g to %g m", axis[k], o->lo[k], o->hi[k]);
        BRC_CHECK(o->lo[k] < o->hi[k], BRC_ERR_ARGUMENT, "domain: lo.%c must be below hi.%c, got %g and %g m", axis[k],
                  axis[k], o->lo[k], o->hi[k]);
        BRC_CHECK(fabs(o->gravity[k]) < 1e9, BRC_ERR_ARGUMENT, "gravity.%c must be below 1e9 m/s^2, got %g m/s^2",
                  axis[k], o->gravity[k]);
    }
    BRC_CHECK(o->precision == BRC_MIXED || o->precision == BRC_DOUBLE, BRC_ERR_ARGUMENT,
              "precision must be mixed or double");
    BRC_CHECK(o->threads >= 1 && o->threads <= 1024, BRC_ERR_ARGUMENT, "threads must be 1 to 1024, got %d", o->threads);
    BRC_CHECK(o->isa >= 0 && o->isa <= brc_isa_best(), BRC_ERR_ARGUMENT,
              "isa must be 0 to %d on this processor, got %d", brc_isa_best(), o->isa);
    BRC_CHECK(o->on_exit >= BRC_EXIT_STOP && o->on_exit <= BRC_EXIT_WARN, BRC_ERR_ARGUMENT,
              "on_exit must be stop, remove or warn");
    BRC_CHECK(o->skin >= 0 && o->skin < 1e9, BRC_ERR_ARGUMENT, "skin must be >= 0 and < 1e9 m, got %g", o->skin);
    BRC_CHECK(o->decomposition == BRC_CUT_RCB || o->decomposition == BRC_CUT_SLABS, BRC_ERR_ARGUMENT,
              "decomposition must be rcb or slabs");
    BRC_CHECK(o->rebalance >= BRC_BALANCE_MEASURED && o->rebalance <= BRC_BALANCE_NEVER, BRC_ERR_ARGUMENT,
              "rebalance must be measured, always or never");
    BRC_CHECK(o->overlap_warn > 0 && o->overlap_stop > 0, BRC_ERR_ARGUMENT, "overlap limits must be > 0, got %g and %g",
              o->overlap_warn, o->overlap_stop);
    return BRC_OK;
}

static void choose_kernels(brc_sim* s)
{
    static const brc_kernels* (*const table[2][3])(void) = {{brc_kernels_1_f32, brc_kernels_2_f32, brc_kernels_3_f32},
                                                            {brc_kernels_1_f64, brc_kernels_2_f64, brc_kernels_3_f64}};
    s->isa = s->options.isa ? s->options.isa : brc_isa_best();
    s->kernels = *table[s->options.precision == BRC_DOUBLE][s->isa - 1]();
}

brc_status brc_sim_create(const brc_options* options, brc_sim** out)
{
    BRC_TRY(check_options(options));
    brc_sim* s = BRC_NEW(1, brc_sim);
    BRC_CHECK(s, BRC_ERR_MEMORY, "no memory for a simulation");
    s->options = *options;
    s->comm = options->comm ? options->comm : brc_comm_null();
    s->real = options->precision == BRC_DOUBLE ? sizeof(double) : sizeof(float);
    double range = 0;
    for (int k = 0; k < 3; k++) {
        double far = fmax(fabs(options->lo[k]), fabs(options->hi[k])) + (options->hi[k] - options->lo[k]);
        range = far > range ? far : range;
    }
    s->x_grid = brc_grid_for(range); // room for one domain's length beyond each face
    for (int k = 0; k < 3; k++) {
        s->lo[k] = brc_grid_round(s->x_grid, options->lo[k]);
        s->hi[k] = brc_grid_round(s->x_grid, options->hi[k]);
        s->length[k] = options->periodic[k] ? s->hi[k] - s->lo[k] : 0;
        s->half[k] = options->periodic[k] ? 0.5 * s->length[k] : INFINITY;
    }
    brc_status status = brc_cell_create(s);
    if (status != BRC_OK) {
        brc_free(s);
        return status;
    }
    s->f_grid = s->t_grid = brc_grid_from_exponent(-60);
    s->next_id = 1;
    s->grid_step = -1;
    choose_kernels(s);
    s->worker_count = options->threads;
    s->workers = BRC_NEW(s->worker_count, worker);
    status = s->workers ? brc_fields_create(s) : BRC_ERR_MEMORY;
    for (int i = 0; i < s->worker_count && status == BRC_OK; i++) {
        s->workers[i].block = brc_alloc(1u << 17);
        if (!s->workers[i].block) status = BRC_ERR_MEMORY;
    }
    if (status != BRC_OK) {
        brc_sim_destroy(s);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for %d threads", options->threads);
    }
    status = brc_domain_create(s);
    if (status != BRC_OK) {
        brc_sim_destroy(s);
        return status;
    }
    *out = s;
    return BRC_OK;
}

void brc_sim_destroy(brc_sim* s)
{
    if (!s) return;
    brc_boundary_free(s);
    brc_exits_free(s);
    brc_network_free(s);
    brc_meters_free(s);
    brc_book_free(s);
    if (s->workers) brc_neighbours_free(s);
    brc_bonds_free(s);
    brc_domain_free(s);
    brc_particles_free(s);
    brc_device_free(s->device);
    brc_free(s->workers);
    brc_laws_free(s);
    brc_particle_kernels_free(s);
    brc_free(s->coefficients);
    brc_free(s);
}

brc_status brc_material_add(brc_sim* s, double density, int32_t* material)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "materials cannot be added in the middle of a step");
    BRC_CHECK(density > 0 && density < 1e30, BRC_ERR_ARGUMENT, "density must be > 0 and < 1e30 kg/m^3, got %g",
              density);
    BRC_CHECK(s->material_count < BRC_MAX_MATERIALS, BRC_ERR_ARGUMENT, "more than %d materials", BRC_MAX_MATERIALS);
    s->density[s->material_count] = density;
    *material = s->material_count++;
    return BRC_OK;
}

brc_status brc_law_set(brc_sim* s, int32_t law, int32_t materials, const double* coefficients, double force_scale,
                       double length_scale)
{
    const brc_law* l;
    BRC_TRY(brc_law_find(s, law, &l));
    return brc_law_use(s, l, materials, coefficients, force_scale, length_scale);
}

brc_status brc_law_use(brc_sim* s, const brc_law* l, int32_t materials, const double* coefficients, double force_scale,
                       double length_scale)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the law cannot be changed in the middle of a step");
    BRC_CHECK(materials == s->material_count, BRC_ERR_ARGUMENT, "coefficients for %d materials, but there are %d",
              materials, s->material_count);
    BRC_CHECK(force_scale > 1e-250 && force_scale < 1e250, BRC_ERR_ARGUMENT,
              "the force of a contact comes out as %g N: check the stiffness, the radii and force_scale", force_scale);
    BRC_CHECK(length_scale > 1e-250 && length_scale < 1e250, BRC_ERR_ARGUMENT,
              "the largest radius must be > 0 m, got %g", length_scale);
    int64_t n = (int64_t)l->info.coefficient_count * materials * materials;
    BRC_ASSERT(l->info.history_count <= BRC_MAX_HISTORY);
    int32_t bound[BRC_MAX_LAW_FIELDS] = {0};
    BRC_TRY(brc_user_fields_bind(s, l, bound));
    for (int64_t i = 0; i < n; i++)
        BRC_CHECK(fabs(coefficients[i]) < 3e38, BRC_ERR_ARGUMENT,
                  "coefficient %s of materials %d and %d is %g, and must be below 3e38",
                  l->info.coefficients[i / (materials * materials)], (int)(i / materials % materials) + 1,
                  (int)(i % materials) + 1, coefficients[i]);
    void* fresh = brc_alloc((size_t)(n + 1) * s->real);
    BRC_CHECK(fresh, BRC_ERR_MEMORY, "no memory for the coefficients of %d materials", materials);
    for (int64_t i = 0; i < n; i++) brc_real_set(s, fresh, i, coefficients[i]);
    for (int i = 0; i < s->worker_count; i++) s->workers[i].registers.fresh = true;
    brc_free(s->coefficients);
    s->coefficients = fresh;
    if (s->law != l) {
        brc_near_drop(s);      // another law cannot read this one's memory
        brc_network_expire(s); // whose names of histories are those of the old one
    }
    if (s->law != l || s->law_materials != materials) s->reach = 0; // until brc_law_reach is called
    s->law = l;
    memcpy(s->law_field, bound, sizeof bound);
    s->program = brc_law_program(s, l);
    s->law_materials = materials;
    s->history_count = l->info.history_count;
    // A contact may carry 1/8 of the range (kernels.c): force_scale, rounded up to a power of two, is that eighth.
    s->f_grid = brc_grid_for(8 * force_scale);
    s->t_grid = brc_grid_for(8 * force_scale * length_scale);
    return BRC_OK;
}

brc_status brc_law_reach(brc_sim* s, int32_t materials, const double* reach)
{
    static const char axis[] = "xyz";
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the reach of the law cannot be changed in the middle of a step");
    BRC_CHECK(materials == s->material_count, BRC_ERR_ARGUMENT, "reaches for %d materials, but there are %d", materials,
              s->material_count);
    double most = 0;
    for (int i = 0; i < materials * materials; i++) {
        BRC_CHECK(reach[i] >= 0 && reach[i] < 1e30, BRC_ERR_ARGUMENT,
                  "the reach of the law between materials %d and %d must be >= 0 and finite, got %g m",
                  i / materials + 1, i % materials + 1, reach[i]);
        most = reach[i] > most ? reach[i] : most;
    }
    for (int k = 0; k < 3; k++) // of two images of a particle only the nearest may act
        BRC_CHECK(!(s->length[k] > 0) || 2 * (2 * s->radius_max + most) < s->length[k], BRC_ERR_ARGUMENT,
                  "the law acts across a gap of up to %g m: too far for the periodic %c axis of %g m, which must be "
                  "longer than %g m",
                  most, axis[k], s->length[k], 2 * (2 * s->radius_max + most));
    memcpy(s->reaches, reach, (size_t)(materials * materials) * sizeof(double));
    if (most > s->reach) s->lists_valid = false; // pairs are missing in them
    s->reach = most;
    return BRC_OK;
}

brc_status brc_dt_set(brc_sim* s, double dt)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the time step cannot be changed in the middle of a step");
    BRC_CHECK(dt > 0 && dt < 1e9, BRC_ERR_ARGUMENT, "dt must be > 0 s, got %g", dt);
    if (dt == s->dt) return BRC_OK;
    s->time_base = brc_sim_time(s, s->step);
    s->step_base = s->step;
    s->dt = dt;
    return BRC_OK;
}

brc_status brc_gravity_set(brc_sim* s, const double gravity[3])
{
    for (int k = 0; k < 3; k++) {
        BRC_CHECK(fabs(gravity[k]) < 1e9, BRC_ERR_ARGUMENT, "gravity must be below 1e9 m/s^2, got %g m/s^2",
                  gravity[k]);
        s->options.gravity[k] = gravity[k];
    }
    return BRC_OK;
}

// ---- the step --------------------------------------------------------------------------------------------

static void find_forces(brc_sim* s, worker* w)
{
    w->overlap = 0;
    const double t0 = brc_seconds();
    w->status = brc_boundary_touch(s, w);
    if (w->status != BRC_OK) return;
    const double t1 = brc_seconds();
    s->kernels.walls(s, w);
    w->seconds_contacts += t1 - t0;
    w->seconds_forces += brc_seconds() - t1;
    if (s->moved_on) s->kernels.pairs_border(s, w);
    else s->kernels.pairs(s, w);
}

// The particle with the lowest id that trips a guard, so that every run and rank names the same one. Those that have
// begun the next step have passed the guards.
static int64_t culprit(const brc_sim* s, bool (*test)(const brc_sim*, int64_t))
{
    int64_t found = -1;
    for (int k = 0; k < s->worker_count; k++)
        for (int64_t i = s->workers[k].moved_to; i < s->workers[k].end; i++)
            if (brc_alive(s, i) && test(s, i) && (found < 0 || s->id[i] < s->id[found])) found = i;
    return found;
}

static bool is_nan(const brc_sim* s, int64_t i)
{
    for (int k = 0; k < 3; k++) {
        double v = brc_real_get(s, s->vel, BRC_MOTION * i + k), w = brc_real_get(s, s->vel, BRC_MOTION * i + 4 + k);
        if (!(fabs(v) < 1e30) || !(fabs(w) < 1e30) || !(fabs(s->pos[4 * i + k]) < 1e30)) return true;
        if (s->acc[8 * i + k] != s->acc[8 * i + k] || s->acc[8 * i + 4 + k] != s->acc[8 * i + 4 + k]) return true;
    }
    return false;
}

static bool is_out_of_range(const brc_sim* s, int64_t i)
{
    for (int k = 0; k < 3; k++)
        if (!(fabs(s->acc[8 * i + k]) < 0.125 * s->f_grid.limit) ||
            !(fabs(s->acc[8 * i + 4 + k]) < 0.125 * s->t_grid.limit))
            return true;
    return false;
}

static bool is_fast(const brc_sim* s, int64_t i)
{
    double v2 = 0;
    for (int k = 0; k < 3; k++) {
        double v = brc_real_get(s, s->vel, BRC_MOTION * i + k);
        v2 += v * v;
    }
    return !(v2 * s->dt * s->dt <= s->pos[4 * i + 3] * s->pos[4 * i + 3]);
}

// Of what each rank has found the particle of the lowest id, on its rank; -1 on the others.
static brc_status find_culprit(brc_sim* s, int64_t found, int64_t* slot, bool* there)
{
    *slot = found;
    *there = found >= 0;
    return brc_shared(s) ? brc_domain_lowest(s, slot, there) : BRC_OK;
}

// The guards look while step number s->step + 1 is under way.
static brc_status guard_nan(brc_sim* s, bool* there)
{
    int64_t i;
    BRC_TRY(find_culprit(s, culprit(s, is_nan), &i, there));
    if (i < 0) return BRC_OK;
    const double* x = s->pos + 4 * i;
    BRC_CHECK(false, BRC_ERR_GUARD,
              "particle id %" PRId64 " has a NaN or infinite number at step %" PRId64
              ", time %g s, at (%g, %g, %g) m: force (%g, %g, %g) N, velocity (%g, %g, %g) m/s",
              s->id[i], s->step + 1, brc_sim_time(s, s->step + 1), x[0], x[1], x[2], s->acc[8 * i], s->acc[8 * i + 1],
              s->acc[8 * i + 2], brc_real_get(s, s->vel, BRC_MOTION * i), brc_real_get(s, s->vel, BRC_MOTION * i + 1),
              brc_real_get(s, s->vel, BRC_MOTION * i + 2));
}

static const worker* worst_overlap(const brc_sim* s)
{
    const worker* worst = &s->workers[0];
    for (int i = 1; i < s->worker_count; i++)
        if (s->workers[i].overlap > worst->overlap) worst = &s->workers[i];
    return worst;
}

// What the particle of the largest overlap overlaps with.
static void name_other(const brc_sim* s, const worker* worst, char* text, size_t size)
{
    if (worst->overlap_b < 0) snprintf(text, size, "wall %" PRId64, -worst->overlap_b);
    else snprintf(text, size, "particle id %" PRId64, s->id[worst->overlap_b]);
}

static brc_status judge_overlap(brc_sim* s, const worker* worst)
{
    char other[64];
    const double* x = worst->overlap_x;
    name_other(s, worst, other, sizeof other);
    BRC_CHECK(worst->overlap <= s->options.overlap_stop, BRC_ERR_GUARD,
              "particle id %" PRId64 " and %s overlap by %.3g of the smaller radius at step %" PRId64
              ", time %g s, at (%g, %g, %g) m; the limit is %g. "
              "A stiffer material, a smaller dt, slower walls or fewer overlaps at the start help; overlap_limit sets "
              "the limit",
              s->id[worst->overlap_a], other, worst->overlap, s->step + 1, brc_sim_time(s, s->step + 1), x[0], x[1],
              x[2], s->options.overlap_stop);
    if (!s->overlap_warned)
        brc_warn(s,
                 "particle id %" PRId64 " and %s overlap by %.3g of the smaller radius at step %" PRId64
                 " (more than %g): is the material too soft?",
                 s->id[worst->overlap_a], other, worst->overlap, s->step + 1, s->options.overlap_warn);
    return BRC_OK;
}

brc_status brc_guard_overlap(brc_sim* s)
{
    const worker* worst = worst_overlap(s);
    const bool shared = brc_shared(s), warned = s->overlap_warned;
    if (!((shared ? s->domain.overlap : worst->overlap) > s->options.overlap_warn)) return BRC_OK;
    bool speaks = true;
    if (shared) BRC_TRY(brc_domain_speaker(s, worst->overlap == s->domain.overlap, &speaks));
    brc_status status = speaks ? judge_overlap(s, worst) : BRC_OK;
    if (shared) status = brc_comm_agree(s->comm, status);
    s->overlap_warned = true;
    if (shared && status == BRC_OK && !warned) status = brc_domain_warn(s, speaks);
    return status;
}

// Says what the flags of all ranks stand for; on the rank of the particle that shows it.
static brc_status judge_flags(brc_sim* s, uint32_t flags)
{
    bool there;
    if (flags & BRC_FLAG_FIELD) BRC_TRY(brc_user_fields_guard(s));
    brc_status status = guard_nan(s, &there);
    if (there || status != BRC_OK) return status;
    int64_t i = -1;
    for (int k = 0; k < s->worker_count; k++) {
        const int64_t slot = s->workers[k].range_slot;
        if (slot >= 0 && slot < s->count && (i < 0 || s->id[slot] < s->id[i])) i = slot;
    }
    bool out = i >= 0 && is_out_of_range(s, i);
    if (flags & BRC_FLAG_RANGE) BRC_TRY(find_culprit(s, out ? i : -1, &i, &there));
    if (there && i < 0) return BRC_OK;
    if (flags & BRC_FLAG_RANGE && there)
        BRC_CHECK(false, BRC_ERR_GUARD,
                  "the force on particle id %" PRId64 " at step %" PRId64
                  " leaves the range of exact sums: it is (%g, %g, %g) N with a torque of (%g, %g, %g) N m; a contact "
                  "may carry %g N and %g N m. "
                  "Set force_scale of the simulation to a larger force, or find out what pushes so hard",
                  s->id[i], s->step + 1, s->acc[8 * i], s->acc[8 * i + 1], s->acc[8 * i + 2], s->acc[8 * i + 4],
                  s->acc[8 * i + 5], s->acc[8 * i + 6], 0.125 * s->f_grid.limit, 0.125 * s->t_grid.limit);
    if (flags & BRC_FLAG_RANGE) { // one contact, which others balance
        const worker* worst = worst_overlap(s);
        char other[64], deepest[160] = "";
        if (worst->overlap > 0) {
            name_other(s, worst, other, sizeof other);
            snprintf(deepest, sizeof deepest,
                     " The largest overlap is that of particle id %" PRId64 " and %s, %.3g of the smaller radius.",
                     s->id[worst->overlap_a], other, worst->overlap);
        }
        BRC_CHECK(false, BRC_ERR_GUARD,
                  "the force of a contact at step %" PRId64
                  " leaves the range of exact sums: a contact may carry %g N and %g N m.%s Set force_scale "
                  "of the simulation to a larger force, or find out what pushes so hard",
                  s->step + 1, 0.125 * s->f_grid.limit, 0.125 * s->t_grid.limit, deepest);
    }
    BRC_TRY(find_culprit(s, culprit(s, is_fast), &i, &there));
    if (there && i < 0) return BRC_OK;
    BRC_CHECK(there, BRC_ERR_GUARD, "a guard tripped at step %" PRId64 ", but no particle shows why; please report it",
              s->step + 1);
    const double* x = s->pos + 4 * i;
    BRC_CHECK(false, BRC_ERR_GUARD,
              "particle id %" PRId64 " moves (%g, %g, %g) m/s at step %" PRId64
              ", time %g s, at (%g, %g, %g) m: further in one step of %g s than its radius of %g m. A smaller dt or "
              "less overlap at the start helps",
              s->id[i], brc_real_get(s, s->vel, BRC_MOTION * i), brc_real_get(s, s->vel, BRC_MOTION * i + 1),
              brc_real_get(s, s->vel, BRC_MOTION * i + 2), s->step + 1, brc_sim_time(s, s->step + 1), x[0], x[1], x[2],
              s->dt, x[3]);
}

static brc_status guard_flags(brc_sim* s)
{
    uint32_t flags = s->domain.flags;
    for (int i = 0; i < s->worker_count && !brc_shared(s); i++) flags |= s->workers[i].flags;
    if (!(flags & (BRC_FLAG_NAN | BRC_FLAG_RANGE | BRC_FLAG_SPEED | BRC_FLAG_FIELD))) return BRC_OK;
    const brc_status status = judge_flags(s, flags);
    return brc_shared(s) ? brc_comm_agree(s->comm, status) : status;
}

static brc_status can_step(const brc_sim* s)
{
    BRC_CHECK(!s->failed, BRC_ERR_STATE,
              "this simulation was stopped by an error in the middle of a step and cannot go on");
    BRC_CHECK(s->law, BRC_ERR_STATE, "no contact law has been set");
    BRC_CHECK(s->law_materials == s->material_count, BRC_ERR_STATE,
              "there are %d materials, but there were %d when the values between materials were set", s->material_count,
              s->law_materials);
    BRC_CHECK(s->dt > 0, BRC_ERR_STATE, "no time step has been set");
    return BRC_OK;
}

static double lap(brc_sim* s, int stage, double since)
{
    double now = brc_seconds();
    s->seconds[stage] += now - since;
    return now;
}

// Bonds load their particles: each bond is evaluated once, then every worker takes what is its particles'.
static brc_status bonds(brc_sim* s)
{
    if (!brc_bonds_present(s)) return BRC_OK;
    BRC_TRY(brc_bonds_settle(s));
    brc_parallel(s, s->kernels.bonds);
    brc_parallel(s, brc_bonds_pull);
    return brc_bonds_break(s);
}

// Whether this step's end and the next one's begin may happen in the sweep over the contacts: nothing looks at the
// particles in between. Who is outside does no harm where faces take them: their names are known by now (exits.c).
static bool may_move_on(const brc_sim* s)
{
    const uint32_t harmless = s->options.on_exit == BRC_EXIT_REMOVE ? BRC_FLAG_OUTSIDE : 0;
    if (s->domain.flags & ~harmless) return false;
    for (int i = 0; i < s->worker_count && !brc_shared(s); i++)
        if (s->workers[i].flags & ~harmless) return false;
    return !brc_boundary_events(s) && !s->user_count && !s->book && !s->meters_open && !brc_bonds_present(s) &&
           !s->particle_kernel_count && brc_cell_plain(s);
}

static void clear_seconds(brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++) {
        worker* w = &s->workers[i];
        w->seconds_contacts = w->seconds_forces = w->seconds_kick = w->seconds_law = 0;
    }
}

// Deals out the time since `since` to the stages that shared it.
static void share_seconds(brc_sim* s, double since)
{
    double contacts = 0, forces = 0, kick = 0, law = 0;
    for (int i = 0; i < s->worker_count; i++) {
        const worker* w = &s->workers[i];
        contacts += w->seconds_contacts, forces += w->seconds_forces, kick += w->seconds_kick, law += w->seconds_law;
    }
    const double all = contacts + forces + kick, per = all > 0 ? (brc_seconds() - since) / all : 0;
    s->seconds[STAGE_CONTACTS] += contacts * per;
    s->seconds[STAGE_FORCES] += forces * per;
    s->seconds[STAGE_KICK] += kick * per;
    s->seconds_law += law * per;
    s->tuned_test += contacts * per;
    s->tuned_steps++;
}

// What several ranks do once particles have moved: they take the largest step together, and learn where those near
// theirs are. moved: the last step has done the first already.
static brc_status exchange(brc_sim* s, bool moved)
{
    if (!moved) BRC_TRY(brc_domain_share_motion(s));
    else s->domain.flags = s->domain.next_flags;
    return s->lists_valid || s->domain.sending ? brc_domain_refresh(s) : BRC_OK; // else new lists bring new ghosts
}

static brc_status found(const brc_sim* s)
{
    for (int i = 0; i < s->worker_count; i++)
        BRC_CHECK(s->workers[i].status == BRC_OK, s->workers[i].status, "no memory for the contacts with walls");
    return BRC_OK;
}

// What the ranks have to say to each other at the end of the forces; *t, when the sweep began, moves on by the time
// that takes. Where particles have moved on already, their new places travel while all ranks come here.
static brc_status share(brc_sim* s, bool walls, brc_status status, double* t)
{
    const double t0 = brc_seconds();
    if (s->moved_on && s->lists_valid) {
        brc_exits_hide(s, true); // in the next step they are not there
        const brc_status sent = brc_domain_send(s);
        brc_exits_hide(s, false);
        BRC_TRY(sent);
    }
    BRC_TRY(brc_domain_share(s, walls, status));
    const double took = brc_seconds() - t0;
    s->seconds[STAGE_EXCHANGE] += took, *t += took;
    return BRC_OK;
}

// on: another step follows, which this one may begin.
static brc_status begin(brc_sim* s, bool on)
{
    const bool shared = brc_shared(s);
    double t = brc_seconds();
    s->step_started = t;
    s->domain.comm_since = s->comm->seconds, s->domain.calls_since = s->comm->calls;
    s->in_step = true;
    brc_network_expire(s);
    for (int i = 0; i < s->worker_count; i++) {
        s->workers[i].flags = s->moved_on ? s->workers[i].next_flags : 0;
        s->workers[i].range_slot = -1;
    }
    clear_seconds(s);

    // 1. kick-drift
    if (!s->lists_valid) brc_neighbours_share(s);
    if (!s->moved_on) BRC_TRY(brc_cell_step(s)); // else a device has done it with the drift
    BRC_TRY(brc_meters_mark(s));
    if (!s->moved_on)
        brc_parallel(s, s->cell.tilted || s->cell.moving ? s->kernels.kick_drift_cell : s->kernels.kick_drift);
    BRC_TRY(brc_meters_count(s));
    if (s->user_count) brc_parallel(s, brc_user_fields_begin);
    brc_book_begin(s);
    t = lap(s, STAGE_KICK_DRIFT, t);
    // 2. motion
    BRC_TRY(brc_boundary_move(s));
    t = lap(s, STAGE_MOTION, t);
    // 3. exchange
    if (shared) BRC_TRY(exchange(s, s->moved_on));
    t = lap(s, STAGE_EXCHANGE, t);
    // 4. neighbours
    const double talked = s->comm->seconds, since = t;
    BRC_TRY(brc_neighbours_update(s));
    t = lap(s, STAGE_NEIGHBOURS, t);
    s->domain.listing += t - since - (s->comm->seconds - talked);
    brc_status status = brc_exits_find(s);
    if (!shared) BRC_TRY(status); // else all ranks hear of it below
    t = lap(s, STAGE_EVENTS, t);
    // 5. contacts, 6. forces
    s->moved_on = on && may_move_on(s);
    brc_parallel(s, find_forces);
    if (status == BRC_OK) status = found(s);
    if (!shared) BRC_TRY(status);
    for (int i = 0; i < s->worker_count; i++) s->workers[i].moved_to = s->workers[i].begin;
    if (s->moved_on) {
        s->moved_on = shared || may_move_on(s); // unless a guard has tripped; ranks go on alike, pairs_on stops then
        brc_parallel(s, s->moved_on ? s->kernels.pairs_on : s->kernels.pairs_inside); // with 8. and the next step's 1.
    }
    BRC_TRY(bonds(s));
    if (shared) BRC_TRY(share(s, !on, status, &t));
    BRC_TRY(brc_boundary_sum(s, !on));
    brc_cell_sum(s);
    share_seconds(s, t);
    BRC_TRY(brc_guard_overlap(s));
    // 7. hooks: the script's kernels; its callback follows
    s->hook_started = brc_seconds();
    if (!s->particle_kernel_count) return BRC_OK;
    BRC_TRY(brc_book_hooks(s));
    brc_parallel(s, brc_particle_kernels_run);
    return BRC_OK;
}

static brc_status end(brc_sim* s)
{
    double t = lap(s, STAGE_HOOKS, s->hook_started);
    // 8. kick
    if (!s->moved_on) brc_parallel(s, s->kernels.kick);
    if (s->user_count) brc_parallel(s, brc_user_fields_kick);
    if (brc_shared(s) && !s->moved_on) BRC_TRY(brc_domain_share_flags(s));
    BRC_TRY(guard_flags(s));
    BRC_TRY(brc_book_end(s));
    t = lap(s, STAGE_KICK, t);
    s->step++;
    s->steps_run++;
    s->particle_steps += s->count - s->dead;
    brc_profile_count(s);
    BRC_TRY(brc_exits_look(s));
    BRC_TRY(brc_bonds_settle(s));
    s->in_step = false;
    BRC_TRY(brc_boundary_stream(s));
    t = lap(s, STAGE_EVENTS, t);
    s->seconds_total += t - s->step_started;
    s->domain.told.comm_seconds += s->comm->seconds - s->domain.comm_since;
    s->domain.told.collectives += s->comm->calls - s->domain.calls_since;
    return BRC_OK;
}

// A failure in the middle of a step leaves particles between two states: the run is over.
static brc_status settle(brc_sim* s, brc_status status)
{
    if (status != BRC_OK) {
        brc_domain_hush(s);
        s->failed = true;
        s->in_step = false;
        brc_fields_lock(s, false);
    }
    return status;
}

// Places that the script has set, to the grid; those that are away have not been seen.
static brc_status snap(brc_sim* s) { return brc_device_is_away(s) ? BRC_OK : brc_particles_snap(s); }

brc_status brc_host_begin(brc_sim* s) { return settle(s, begin(s, false)); }
brc_status brc_host_end(brc_sim* s) { return settle(s, end(s)); }

brc_status brc_step_begin(brc_sim* s)
{
    BRC_TRY(can_step(s));
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the last step has not been ended");
    brc_status status = snap(s);
    if (brc_shared(s)) status = brc_domain_enter(s, status);
    BRC_TRY(status);
    BRC_TRY(brc_book_enter(s));
    if (s->device) {
        bool there;
        status = brc_device_begin(s, &there);
        BRC_TRY(status == BRC_ERR_GUARD ? settle(s, status) : status);
        if (there) return BRC_OK;
    }
    brc_fields_lock(s, true);
    BRC_TRY(settle(s, begin(s, false)));
    return settle(s, brc_book_hooks(s));
}

brc_status brc_step_end(brc_sim* s)
{
    BRC_TRY(can_step(s));
    BRC_CHECK(s->in_step, BRC_ERR_STATE, "no step has been begun");
    const bool shared = brc_shared(s);
    if (shared) BRC_TRY(settle(s, brc_device_meet(s)));
    if (brc_device_is_halfway(s)) {
        const brc_status status = brc_device_end(s);
        if (status == BRC_ERR_DEVICE && !s->in_step) { // the processor has ended the step
            if (s->dead) BRC_TRY(brc_particles_compact(s));
            BRC_TRY(brc_book_leave(s));
            return status;
        }
        BRC_TRY(settle(s, status));
        BRC_TRY(brc_book_leave(s));
        return (shared ? s->domain.stop & 1 : interrupt_signal != 0) ? BRC_INTERRUPTED : BRC_OK;
    }
    brc_fields_lock(s, false);
    BRC_TRY(settle(s, end(s)));
    if (s->dead) BRC_TRY(brc_particles_compact(s));
    BRC_TRY(brc_book_leave(s));
    BRC_TRY(brc_device_refused(s)); // a checkpoint may follow
    return (shared ? s->domain.stop & 1 : interrupt_signal != 0) ? BRC_INTERRUPTED : BRC_OK;
}

brc_status brc_host_steps(brc_sim* s, int64_t count, int64_t* done)
{
    brc_status status = BRC_OK;
    *done = 0;
    while (*done < count && status == BRC_OK) {
        const bool shared = brc_shared(s), last = shared && s->domain.stop; // a signal on one rank is one for all
        status = settle(s, begin(s, *done + 1 < count && !(shared ? last : interrupt_signal || asked)));
        if (status == BRC_OK) status = settle(s, end(s));
        if (status != BRC_OK) break;
        ++*done;
        if (shared && !last) continue;
        if ((shared ? s->domain.stop & 1 : interrupt_signal != 0) && !s->moved_on)
            status = BRC_INTERRUPTED; // what has begun is ended
        if (last || (asked && !s->moved_on)) break;
    }
    return status;
}

// looks: a script may look at the particles after them, and shall see no gaps.
static brc_status steps(brc_sim* s, int64_t count, int64_t* done, bool looks)
{
    *done = 0;
    BRC_TRY(can_step(s));
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "the last step has not been ended");
    brc_status status = snap(s);
    if (brc_shared(s)) status = brc_domain_enter(s, status);
    BRC_TRY(status);
    BRC_TRY(brc_book_enter(s));
    status = s->device ? brc_device_steps(s, count, done) : brc_host_steps(s, count, done);
    const bool stopped =
        status == BRC_INTERRUPTED || (status == BRC_ERR_DEVICE && !s->failed); // a checkpoint may follow
    if (!brc_device_is_away(s) && s->dead && ((status == BRC_OK && (looks || s->book)) || stopped))
        BRC_TRY(brc_particles_compact(s));
    if (status == BRC_OK || stopped) BRC_TRY(brc_book_leave(s));
    return status;
}

brc_status brc_sim_steps(brc_sim* s, int64_t count, int64_t* done) { return steps(s, count, done, true); }
brc_status brc_sim_stretch(brc_sim* s, int64_t count, int64_t* done) { return steps(s, count, done, false); }

brc_status brc_sim_device(brc_sim* s, int32_t number)
{
    BRC_CHECK(!s->device, BRC_ERR_STATE, "the simulation has a device already");
    int32_t count;
    brc_status status = BRC_OK;
    if (brc_shared(s) && number < 0) { // one after the other
        status = brc_device_count(&count);
        if (status == BRC_OK && count > 0) number = s->comm->rank % count;
    }
    if (status == BRC_OK) status = brc_device_make(number, &s->device);
    return brc_shared(s) ? brc_comm_agree(s->comm, status) : status;
}

void brc_sim_stay(brc_sim* s, int32_t stays)
{
    if (s->device) brc_device_stay(s->device, stays != 0);
}

int64_t brc_sim_step(const brc_sim* s) { return s->step; }
int32_t brc_sim_away(const brc_sim* s) { return brc_device_is_away(s); }
brc_status brc_sim_home(brc_sim* s) { return brc_device_home(s); }
brc_status brc_sim_home_all(brc_sim* s) { return brc_shared(s) ? brc_device_home_all(s) : brc_device_home(s); }

brc_status brc_field_home(brc_sim* s, brc_field* field, int32_t writes)
{
    const int64_t k = field - s->fields;
    BRC_CHECK(k >= 0 && k < brc_field_count(s), BRC_ERR_ARGUMENT, "no field of this simulation");
    return brc_device_field(s, field, writes != 0);
}

brc_status brc_sim_device_get(const brc_sim* s, brc_device_info* out)
{
    BRC_CHECK(s->device, BRC_ERR_STATE, "the simulation has no device");
    brc_device_which(s->device, out);
    return BRC_OK;
}
