// program.glsl -- runs a program (brc_program of engine/barchan.h) for one contact: the twin of engine/interpreter.c. What includes it
// has the buffers `code` and `numbers_of` (coefficients of all pairs, then constants), and fixedmath.glsl.
layout(constant_id = 7) const int ROWS = 512;
layout(constant_id = 8) const bool CALLS = true; // it calls the fixed mathematics
struct Counts { // of the program's rows but those of inputs and uniforms, and of its instructions
    uint history, outputs, coefficients, constants, instructions;
};
REAL value[ROWS];

// value: holds inputs and history; then outputs, too, which begin at row BRC_IN_COUNT + history.
void run_program(Counts p, uint pairs, uint pair, REAL step, REAL time)
{
    uint at = uint(BRC_IN_COUNT) + p.history + p.outputs;
    value[at] = step, value[at + 1u] = time, at += 2u;
    for (uint k = 0u; k < p.coefficients; k++) value[at + k] = numbers_of.at[k * pairs + pair];
    at += p.coefficients;
    for (uint k = 0u; k < p.constants; k++) value[at + k] = numbers_of.at[p.coefficients * pairs + k];
    for (uint k = 0u; k < p.instructions; k++) {
        const uvec4 word = code.at[k];
        const uint to = word.x >> 16;
#define A value[word.y & 0xffffu]
#define B value[word.y >> 16]
#define C value[word.z & 0xffffu]
#define D value[word.z >> 16]
#define E value[word.w & 0xffffu]
#define F value[word.w >> 16]
        switch (int(word.x & 0xffffu)) {
#include "operations.glsl"
        }
#undef A
#undef B
#undef C
#undef D
#undef E
#undef F
    }
}
