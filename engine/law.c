// law.c -- contact laws by number: those that the build made (registry.c) come first, then those that a simulation got
// while it was there, as programs. A program is interpreted until compiled code of the same bits is attached to it.
#include "interpreter.h"
#include "sim.h"
#include <string.h>

struct brc_own_law {
    brc_law law; // pointers of functions NULL until attached
    brc_program* program;
    char* names;     // what law.info points to
    uint32_t* words; // the kernel of forces with it for devices; NULL: none yet
    int64_t word_count;
};

int32_t brc_law_count(void) { return brc_law_total; }

brc_status brc_law_get(int32_t index, brc_law_info* out)
{
    BRC_CHECK(index >= 0 && index < brc_law_total, BRC_ERR_ARGUMENT, "there is no law %d", index);
    *out = brc_laws[index].info;
    return BRC_OK;
}

brc_status brc_law_find(const brc_sim* s, int32_t index, const brc_law** law)
{
    BRC_CHECK(index >= 0 && index < brc_law_total + s->own_law_count, BRC_ERR_ARGUMENT, "there is no law %d", index);
    *law = index < brc_law_total ? &brc_laws[index] : &s->own_laws[index - brc_law_total]->law;
    return BRC_OK;
}

const brc_program* brc_law_program(const brc_sim* s, const brc_law* law)
{
    for (int32_t k = 0; k < s->own_law_count; k++)
        if (&s->own_laws[k]->law == law) return s->own_laws[k]->program;
    return NULL;
}

static size_t bytes_of(int32_t count, const char* const* names)
{
    size_t bytes = 0;
    for (int32_t k = 0; k < count; k++) bytes += sizeof(char*) + strlen(names[k]) + 1;
    return bytes;
}

// Copies the names behind the pointers to them; moves both on.
static const char* const* copy_names(int32_t count, const char* const* names, char*** pointers, char** text)
{
    char** list = *pointers;
    for (int32_t k = 0; k < count; k++) {
        size_t size = strlen(names[k]) + 1;
        memcpy(*text, names[k], size);
        list[k] = *text;
        *text += size;
    }
    *pointers += count;
    return (const char* const*)list;
}

static void own_law_free(brc_own_law* own)
{
    if (!own) return;
    brc_free(own->program);
    brc_free(own->names);
    brc_free(own->words);
    brc_free(own);
}

brc_status brc_law_define(brc_sim* s, const brc_law_info* info, const brc_program* program, int32_t* law)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "a law cannot be defined in the middle of a step");
    BRC_TRY(brc_program_check(program));
    BRC_CHECK(info->history_count >= 0 && info->history_count <= BRC_MAX_HISTORY, BRC_ERR_ARGUMENT,
              "the law '%s' has %d numbers of history; a contact can have %d", info->name, info->history_count,
              BRC_MAX_HISTORY);
    BRC_CHECK(program->inputs == BRC_IN_COUNT && program->history == info->history_count &&
                  program->outputs == BRC_OUT_COUNT && program->uniforms == BRC_UNIFORM_COUNT &&
                  program->coefficients == info->coefficient_count,
              BRC_ERR_ARGUMENT, "the program of the law '%s' has other rows than a law", info->name);
    BRC_CHECK(info->field_count >= 0 && info->field_count <= BRC_MAX_LAW_FIELDS, BRC_ERR_ARGUMENT,
              "the law '%s' has %d particle fields; it can have %d", info->name, info->field_count, BRC_MAX_LAW_FIELDS);
    const size_t rows = brc_program_bytes(program, s->real);
    for (int k = 0; k < s->worker_count;
         k++) { // the largest program decides: rows are not held from one law to the next
        brc_registers* r = &s->workers[k].registers;
        if (r->bytes >= rows) continue;
        void* fresh = brc_alloc(rows);
        BRC_CHECK(fresh, BRC_ERR_MEMORY, "no memory for the law '%s'", info->name);
        brc_free(r->rows);
        *r = (brc_registers){fresh, rows, true, -1};
    }
    const size_t all = bytes_of(1, &info->name) + bytes_of(info->coefficient_count, info->coefficients) +
                       bytes_of(info->history_count, info->history) + bytes_of(info->field_count, info->fields);
    const int32_t names = 1 + info->coefficient_count + info->history_count + info->field_count;
    size_t old = (size_t)s->own_law_count * sizeof *s->own_laws;
    BRC_TRY(brc_grow((void**)&s->own_laws, old, old + sizeof *s->own_laws));
    brc_own_law* own = BRC_NEW(1, brc_own_law);
    if (own) {
        own->program = brc_program_copy(program);
        own->names = brc_alloc(all);
    }
    if (!own || !own->program || !own->names) {
        own_law_free(own);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for the law '%s'", info->name);
    }
    own->law.info = *info;
    char **pointers = (char**)own->names, *text = own->names + (size_t)names * sizeof(char*);
    own->law.info.name = *copy_names(1, &info->name, &pointers, &text);
    own->law.info.coefficients = copy_names(info->coefficient_count, info->coefficients, &pointers, &text);
    own->law.info.history = copy_names(info->history_count, info->history, &pointers, &text);
    own->law.info.fields = copy_names(info->field_count, info->fields, &pointers, &text);
    s->own_laws[s->own_law_count] = own;
    *law = brc_law_total + s->own_law_count++;
    return BRC_OK;
}

brc_status brc_law_attach(brc_sim* s, int32_t law, brc_code f32, brc_code f64)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "code cannot be attached in the middle of a step");
    BRC_CHECK(law >= brc_law_total && law < brc_law_total + s->own_law_count, BRC_ERR_ARGUMENT,
              "law %d is not one that was defined", law);
    brc_law* l = &s->own_laws[law - brc_law_total]->law;
    l->f32[s->isa] = (brc_law_f32)f32;
    l->f64[s->isa] = (brc_law_f64)f64;
    return BRC_OK;
}

brc_status brc_law_device(brc_sim* s, int32_t law, const uint32_t* words, int64_t count)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "code cannot be attached in the middle of a step");
    BRC_CHECK(law >= brc_law_total && law < brc_law_total + s->own_law_count, BRC_ERR_ARGUMENT,
              "law %d is not one that was defined", law);
    brc_own_law* own = s->own_laws[law - brc_law_total];
    uint32_t* copy = count > 0 ? BRC_NEW(count, uint32_t) : NULL;
    BRC_CHECK(copy, BRC_ERR_MEMORY, "no memory for the law '%s'", own->law.info.name);
    memcpy(copy, words, (size_t)count * sizeof *copy);
    brc_free(own->words);
    own->words = copy, own->word_count = count;
    return BRC_OK;
}

const uint32_t* brc_law_words(const brc_sim* s, const brc_law* law, int64_t* count)
{
    for (int32_t k = 0; k < s->own_law_count; k++)
        if (&s->own_laws[k]->law == law) {
            *count = s->own_laws[k]->word_count;
            return s->own_laws[k]->words;
        }
    return NULL;
}

void brc_laws_free(brc_sim* s)
{
    for (int32_t k = 0; k < s->own_law_count; k++) own_law_free(s->own_laws[k]);
    brc_free(s->own_laws);
}

// ---- a law on rows, outside a simulation -----------------------------------------------------------------
typedef void (*interpreter_f32)(const brc_program*, brc_registers*, int, const float* const*, float* const*,
                                float* const*, const float*, int, const int32_t*, const float*);
typedef void (*interpreter_f64)(const brc_program*, brc_registers*, int, const double* const*, double* const*,
                                double* const*, const double*, int, const int32_t*, const double*);

brc_status brc_law_run(const brc_law_call* c)
{
    static const interpreter_f32 f32[] = {0, brc_interpret_1_f32, brc_interpret_2_f32, brc_interpret_3_f32};
    static const interpreter_f64 f64[] = {0, brc_interpret_1_f64, brc_interpret_2_f64, brc_interpret_3_f64};
    BRC_CHECK(c->isa >= 1 && c->isa <= brc_isa_best(), BRC_ERR_ARGUMENT,
              "instruction set %d: this processor has 1 to %d", c->isa, brc_isa_best());
    BRC_CHECK(c->count > 0 && c->count <= BRC_BLOCK, BRC_ERR_ARGUMENT, "a block holds 1 to %d contacts, got %d",
              BRC_BLOCK, c->count);
    if (!c->program) {
        BRC_CHECK(c->law >= 0 && c->law < brc_law_total, BRC_ERR_ARGUMENT, "there is no law %d", c->law);
        const brc_law* l = &brc_laws[c->law];
        if (c->precision == BRC_DOUBLE)
            l->f64[c->isa](c->count, (const double* const*)c->in, (double* const*)c->history, (double* const*)c->out,
                           c->coefficients, c->pair_count, c->pair, c->uniform);
        else
            l->f32[c->isa](c->count, (const float* const*)c->in, (float* const*)c->history, (float* const*)c->out,
                           c->coefficients, c->pair_count, c->pair, c->uniform);
        return BRC_OK;
    }
    BRC_TRY(brc_program_check(c->program));
    brc_program* p = brc_program_copy(c->program); // with the operands that no instruction reads made harmless
    brc_registers r = {NULL, 0, true, -1};
    if (p) r.rows = brc_alloc(brc_program_bytes(p, sizeof(double)) + 64);
    if (!p || !r.rows) {
        brc_free(p);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for a program");
    }
    if (c->precision == BRC_DOUBLE)
        f64[c->isa](p, &r, c->count, (const double* const*)c->in, (double* const*)c->history, (double* const*)c->out,
                    c->coefficients, c->pair_count, c->pair, c->uniform);
    else
        f32[c->isa](p, &r, c->count, (const float* const*)c->in, (float* const*)c->history, (float* const*)c->out,
                    c->coefficients, c->pair_count, c->pair, c->uniform);
    brc_free(r.rows);
    brc_free(p);
    return BRC_OK;
}
