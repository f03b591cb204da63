// particle_kernel.c -- forces on each particle that a script has written as a traced function (drag, fields,
// thermostats): programs that run over all particles on all cores, after the contacts and before the callbacks,
// interpreted until compiled code of the same bits is attached. Sums lie on the grids, so neither the order of kernels
// nor that of particles matters.
#include "sim.h"
#include <math.h>
#include <string.h>

struct brc_particle_kernel {
    brc_program* program; // NULL: removed
    void* params;         // of the run's precision
    double* given;        // the same as they came
    bool torque;
    bool reads_x, reads_v, reads_w, reads_radius, reads_mass;
    brc_law_f32 f32; // NULL: interpreted
    brc_law_f64 f64;
    brc_registers* registers; // [worker_count]
    uint32_t* words;          // SPIR-V
    int64_t word_count;
};

static void kernel_free(brc_particle_kernel* k, int workers)
{
    for (int i = 0; k->registers && i < workers; i++) brc_free(k->registers[i].rows);
    brc_free(k->registers);
    brc_free(k->params);
    brc_free(k->words);
    brc_free(k->given);
    brc_free(k->program);
    *k = (brc_particle_kernel){.program = NULL};
}

// Which of its inputs a kernel reads: only those are gathered.
static void note_inputs(brc_particle_kernel* k)
{
    bool* const group[BRC_PARTICLE_COUNT] = {&k->reads_x, &k->reads_x,      &k->reads_x,   &k->reads_v,
                                             &k->reads_v, &k->reads_v,      &k->reads_w,   &k->reads_w,
                                             &k->reads_w, &k->reads_radius, &k->reads_mass};
    for (int32_t i = 0; i < k->program->instruction_count; i++)
        for (int j = 0; j < 6; j++) {
            int row = k->program->instructions[i].from[j];
            if (row < BRC_PARTICLE_COUNT) *group[row] = true;
        }
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
    k.given = BRC_NEW(program->coefficients + 1, double);
    k.registers = BRC_NEW(s->worker_count, brc_registers);
    bool whole = k.program && k.params && k.given && k.registers;
    for (int i = 0; whole && i < s->worker_count; i++) {
        k.registers[i] = (brc_registers){brc_alloc(brc_program_bytes(program, s->real)), 0, true, -1};
        whole = k.registers[i].rows != NULL;
    }
    if (!whole) kernel_free(&k, s->worker_count);
    BRC_CHECK(whole, BRC_ERR_MEMORY, "no memory for a kernel of particles");
    for (int32_t i = 0; i < program->coefficients; i++) brc_real_set(s, k.params, i, k.given[i] = params[i]);
    note_inputs(&k);
    s->particle_kernels[s->particle_kernel_count] = k;
    *kernel = s->particle_kernel_count++;
    return BRC_OK;
}

static brc_status kernel_get(const brc_sim* s, int32_t kernel, brc_particle_kernel** out)
{
    BRC_CHECK(kernel >= 0 && kernel < s->particle_kernel_count && s->particle_kernels[kernel].program, BRC_ERR_ARGUMENT,
              "there is no kernel %d", kernel);
    *out = &s->particle_kernels[kernel];
    return BRC_OK;
}

brc_status brc_kernel_remove(brc_sim* s, int32_t kernel)
{
    brc_particle_kernel* k;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "a kernel cannot be removed in the middle of a step");
    BRC_TRY(kernel_get(s, kernel, &k));
    kernel_free(k, s->worker_count);
    return BRC_OK;
}

brc_status brc_kernel_attach(brc_sim* s, int32_t kernel, brc_code f32, brc_code f64)
{
    brc_particle_kernel* k;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "code cannot be attached in the middle of a step");
    BRC_TRY(kernel_get(s, kernel, &k));
    k->f32 = (brc_law_f32)f32;
    k->f64 = (brc_law_f64)f64;
    return BRC_OK;
}

brc_status brc_kernel_device(brc_sim* s, int32_t kernel, const uint32_t* words, int64_t count)
{
    brc_particle_kernel* k;
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "code cannot be attached in the middle of a step");
    BRC_TRY(kernel_get(s, kernel, &k));
    uint32_t* copy = count > 0 ? BRC_NEW(count, uint32_t) : NULL;
    BRC_CHECK(copy, BRC_ERR_MEMORY, "no memory for a kernel of particles");
    memcpy(copy, words, (size_t)count * sizeof *copy);
    brc_free(k->words);
    k->words = copy, k->word_count = count;
    return BRC_OK;
}

bool brc_kernel_words_get(const brc_sim* s, int32_t kernel, brc_kernel_words* out)
{
    const brc_particle_kernel* k = &s->particle_kernels[kernel];
    if (k->program) *out = (brc_kernel_words){k->words, k->word_count, k->params, k->program->coefficients, k->torque};
    return k->program != NULL;
}

// A sum, because neither the order of kernels matters nor what was there before and is removed.
uint64_t brc_particle_kernels_hash(const brc_sim* s)
{
    uint64_t sum = 0;
    for (int32_t i = 0; i < s->particle_kernel_count; i++) {
        const brc_particle_kernel* k = &s->particle_kernels[i];
        if (k->program) sum += brc_program_hash(k->program, k->given, k->torque);
    }
    return sum;
}

void brc_particle_kernels_free(brc_sim* s)
{
    for (int32_t k = 0; k < s->particle_kernel_count; k++) kernel_free(&s->particle_kernels[k], s->worker_count);
    brc_free(s->particle_kernels);
}

// One kernel over a worker's particles, in blocks: gather what it reads, compute, add what comes out. The block's rows
// lie in the worker's scratch; the last block is filled up with copies to whole vectors.
#define DEFINE_RUN(T, F)                                                                                               \
    static void gather_##F(const brc_sim* s, const brc_particle_kernel* k, int64_t begin, int n, T* const* row)        \
    {                                                                                                                  \
        const T* v = (const T*)s->vel + BRC_MOTION * begin;                                                            \
        const double *x = s->pos + 4 * begin, *mass = s->mass + begin;                                                 \
        if (k->reads_x)                                                                                                \
            for (int i = 0; i < n; i++)                                                                                \
                for (int c = 0; c < 3; c++) row[BRC_PARTICLE_X + c][i] = (T)x[4 * i + c];                              \
        if (k->reads_v)                                                                                                \
            for (int i = 0; i < n; i++)                                                                                \
                for (int c = 0; c < 3; c++) row[BRC_PARTICLE_VX + c][i] = v[BRC_MOTION * i + c];                       \
        if (k->reads_w)                                                                                                \
            for (int i = 0; i < n; i++)                                                                                \
                for (int c = 0; c < 3; c++) row[BRC_PARTICLE_WX + c][i] = v[BRC_MOTION * i + 4 + c];                   \
        if (k->reads_radius)                                                                                           \
            for (int i = 0; i < n; i++) row[BRC_PARTICLE_RADIUS][i] = (T)x[4 * i + 3];                                 \
        if (k->reads_mass)                                                                                             \
            for (int i = 0; i < n; i++) row[BRC_PARTICLE_MASS][i] = (T)mass[i];                                        \
        for (int r = 0; r < BRC_PARTICLE_COUNT; r++)                                                                   \
            for (int i = n; i % 16; i++) row[r][i] = row[r][n - 1];                                                    \
    }                                                                                                                  \
    static void run_##F(brc_sim* s, worker* w, brc_particle_kernel* k)                                                 \
    {                                                                                                                  \
        static void (*const interpret[])(const brc_program*, brc_registers*, int, const T* const*, T* const*,          \
                                         T* const*, const T*, int, const int32_t*, const T*) = {                       \
            0, brc_interpret_1_##F, brc_interpret_2_##F, brc_interpret_3_##F};                                         \
        static const int32_t one_pair[BRC_BLOCK] = {0};                                                                \
        const brc_grid grid = k->torque ? s->t_grid : s->f_grid;                                                       \
        const int first = k->torque ? 4 : 0;                                                                           \
        const double limit = 0.125 * grid.limit;                                                                       \
        const T uniform[BRC_UNIFORM_COUNT] = {(T)s->dt, (T)brc_sim_time(s, s->step + 1)};                              \
        const T* in[BRC_PARTICLE_COUNT];                                                                               \
        T *row[BRC_PARTICLE_COUNT], *out[3];                                                                           \
        for (int r = 0; r < BRC_PARTICLE_COUNT; r++) in[r] = row[r] = (T*)w->block + BRC_BLOCK * r;                    \
        for (int r = 0; r < 3; r++) out[r] = (T*)w->block + BRC_BLOCK * (BRC_PARTICLE_COUNT + r);                      \
        bool far = false;                                                                                              \
        for (int64_t begin = w->begin; begin < w->end; begin += BRC_BLOCK) {                                           \
            const int n = (int)(w->end - begin < BRC_BLOCK ? w->end - begin : BRC_BLOCK);                              \
            gather_##F(s, k, begin, n, row);                                                                           \
            if (k->F) k->F(n, in, NULL, out, k->params, 1, one_pair, uniform);                                         \
            else                                                                                                       \
                interpret[s->isa](k->program, &k->registers[w - s->workers], n, in, NULL, out, k->params, 1, NULL,     \
                                  uniform);                                                                            \
            for (int i = 0; i < n; i++) {                                                                              \
                if (!brc_alive(s, begin + i)) continue;                                                                \
                double* acc = s->acc + 8 * (begin + i) + first;                                                        \
                for (int c = 0; c < 3; c++) {                                                                          \
                    double f = ((double)out[c][i] + grid.magic) - grid.magic;                                          \
                    far |= !(fabs(f) < limit);                                                                         \
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

void brc_particle_kernels_pack(brc_pack* p, brc_sim* s)
{
    int32_t count = s->particle_kernel_count;
    brc_pack_begin(p, "kernels");
    brc_pack_i32(p, &count, 0, 1 << 20);
    if (p->loading && brc_pack_good(p) && count != s->particle_kernel_count)
        brc_pack_fail(p, BRC_ERR_ARGUMENT, "the checkpoint has other kernels (sim:kernel) than the simulation");
    for (int32_t k = 0; k < count && brc_pack_good(p); k++) {
        bool there = s->particle_kernels[k].program != NULL, here = there;
        brc_pack_bool(p, &there);
        if (there && !here)
            brc_pack_fail(p, BRC_ERR_ARGUMENT, "the checkpoint has a kernel (sim:kernel) that the simulation lacks");
        if (!there && here) kernel_free(&s->particle_kernels[k], s->worker_count);
    }
    brc_pack_end(p);
}
