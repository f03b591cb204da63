// particle_kernel.c -- forces on each particle that a script has written as a traced function (drag, fields,
// thermostats): programs that the interpreter runs over all particles on all cores, after the contacts and before the
// callbacks. Sums lie on the grids, so neither the order of kernels nor that of particles matters.
#include "sim.h"
#include <math.h>
#include <string.h>

struct brc_particle_kernel {
    brc_program* program; // NULL: removed
    void* params;         // of the run's precision
    bool torque;
    brc_registers* registers; // [worker_count]
};

static void kernel_free(brc_particle_kernel* k, int workers)
{
    for (int i = 0; k->registers && i < workers; i++) brc_free(k->registers[i].rows);
    brc_free(k->registers);
    brc_free(k->params);
    brc_free(k->program);
    *k = (brc_particle_kernel){.program = NULL};
}

brc_status brc_kernel_add(brc_sim* s, const brc_program* program, const double* params, int32_t torque, int32_t* kernel)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "a kernel cannot be added in the middle of a step");
    BRC_TRY(brc_program_check(program));
    BRC_CHECK(program->inputs == BRC_PARTICLE_COUNT && program->history == 0 && program->outputs == 3 &&
                  program->uniforms == BRC_UNIFORM_COUNT,
              BRC_ERR_ARGUMENT, "the program has other rows than a kernel of particles");
    for (int32_t i = 0; i < program->coefficients; i++)
        BRC_CHECK(fabs(params[i]) < 3e38, BRC_ERR_ARGUMENT, "parameter %d is %g, and must be below 3e38", i + 1,
                  params[i]);
    size_t old = (size_t)s->particle_kernel_count * sizeof *s->particle_kernels;
    BRC_TRY(brc_grow((void**)&s->particle_kernels, old, old + sizeof *s->particle_kernels));
    brc_particle_kernel k = {.torque = torque != 0};
    k.program = brc_program_copy(program);
    k.params = brc_alloc((size_t)(program->coefficients + 1) * s->real);
    k.registers = BRC_NEW(s->worker_count, brc_registers);
    bool whole = k.program && k.params && k.registers;
    for (int i = 0; whole && i < s->worker_count; i++) {
        k.registers[i] = (brc_registers){brc_alloc(brc_program_bytes(program, s->real)), 0, true, -1};
        whole = k.registers[i].rows != NULL;
    }
    if (!whole) kernel_free(&k, s->worker_count);
    BRC_CHECK(whole, BRC_ERR_MEMORY, "no memory for a kernel of particles");
    for (int32_t i = 0; i < program->coefficients; i++) brc_real_set(s, k.params, i, params[i]);
    s->particle_kernels[s->particle_kernel_count] = k;
    *kernel = s->particle_kernel_count++;
    return BRC_OK;
}

brc_status brc_kernel_remove(brc_sim* s, int32_t kernel)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "a kernel cannot be removed in the middle of a step");
    BRC_CHECK(kernel >= 0 && kernel < s->particle_kernel_count && s->particle_kernels[kernel].program, BRC_ERR_ARGUMENT,
              "there is no kernel %d", kernel);
    kernel_free(&s->particle_kernels[kernel], s->worker_count);
    return BRC_OK;
}

void brc_particle_kernels_free(brc_sim* s)
{
    for (int32_t k = 0; k < s->particle_kernel_count; k++) kernel_free(&s->particle_kernels[k], s->worker_count);
    brc_free(s->particle_kernels);
}

// One kernel over a worker's particles, in blocks. The block's rows lie in the worker's scratch.
#define DEFINE_RUN(T, F)                                                                                               \
    static void run_##F(brc_sim* s, worker* w, brc_particle_kernel* k)                                                 \
    {                                                                                                                  \
        static void (*const interpret[])(const brc_program*, brc_registers*, int, const T* const*, T* const*,          \
                                         T* const*, const T*, int, const int32_t*, const T*) = {                       \
            0, brc_interpret_1_##F, brc_interpret_2_##F, brc_interpret_3_##F};                                         \
        const brc_grid grid = k->torque ? s->t_grid : s->f_grid;                                                       \
        const int first = k->torque ? 4 : 0;                                                                           \
        const T uniform[BRC_UNIFORM_COUNT] = {(T)s->dt, (T)brc_sim_time(s, s->step + 1)};                              \
        const T* in[BRC_PARTICLE_COUNT];                                                                               \
        T *row[BRC_PARTICLE_COUNT], *out[3];                                                                           \
        for (int r = 0; r < BRC_PARTICLE_COUNT; r++) in[r] = row[r] = (T*)w->block + BRC_BLOCK * r;                    \
        for (int r = 0; r < 3; r++) out[r] = (T*)w->block + BRC_BLOCK * (BRC_PARTICLE_COUNT + r);                      \
        bool far = false;                                                                                              \
        for (int64_t begin = w->begin; begin < w->end; begin += BRC_BLOCK) {                                           \
            const int n = (int)(w->end - begin < BRC_BLOCK ? w->end - begin : BRC_BLOCK);                              \
            for (int i = 0; i < (n + 15) / 16 * 16; i++) {                                                             \
                const int64_t p = begin + (i < n ? i : n - 1);                                                         \
                const T* v = (const T*)s->vel + BRC_MOTION * p;                                                        \
                for (int c = 0; c < 3; c++) {                                                                          \
                    row[BRC_PARTICLE_X + c][i] = (T)s->pos[4 * p + c];                                                 \
                    row[BRC_PARTICLE_VX + c][i] = v[c];                                                                \
                    row[BRC_PARTICLE_WX + c][i] = v[4 + c];                                                            \
                }                                                                                                      \
                row[BRC_PARTICLE_RADIUS][i] = (T)s->pos[4 * p + 3];                                                    \
                row[BRC_PARTICLE_MASS][i] = (T)s->mass[p];                                                             \
            }                                                                                                          \
            interpret[s->isa](k->program, &k->registers[w - s->workers], n, in, NULL, out, k->params, 1, NULL,         \
                              uniform);                                                                                \
            for (int i = 0; i < n; i++) {                                                                              \
                if (!brc_alive(s, begin + i)) continue;                                                                \
                double* acc = s->acc + 8 * (begin + i) + first;                                                        \
                for (int c = 0; c < 3; c++) {                                                                          \
                    double f = ((double)out[c][i] + grid.magic) - grid.magic;                                          \
                    far |= !(fabs(f) < 0.125 * grid.limit);                                                            \
                    acc[c] += f;                                                                                       \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        if (far) w->flags |= BRC_FLAG_RANGE;                                                                           \
    }
DEFINE_RUN(float, f32)
DEFINE_RUN(double, f64)

void brc_particle_kernels_run(brc_sim* s, worker* w)
{
    for (int32_t i = 0; i < s->particle_kernel_count; i++) {
        brc_particle_kernel* k = &s->particle_kernels[i];
        if (!k->program) continue;
        if (s->options.precision == BRC_DOUBLE) run_f64(s, w, k);
        else run_f32(s, w, k);
    }
}
