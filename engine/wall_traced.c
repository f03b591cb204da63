// wall_traced.c -- motions of walls that a script has written as a function of time: programs that give the
// displacement, the rotation vector and, by symbolic differentiation, both their rates. They are run in double from the
// time of the step, so that a pose depends on nothing that came before.
#include "interpreter.h"
#include "wall_parts.h"
#include <stdio.h>
#include <string.h>

struct wall_traced {
    brc_program* program;
    double* params;
    char label[256];
    double elapsed; // where `course` was looked up last; NaN: nowhere
    wall_course course;
};

static const double slack = 1e-9; // [of the displacement] what rounding may add to the way of a step
static const double most = 1e9;   // [m], [m/s], [rad], [rad/s]

void brc_wall_traced_free(wall_traced* t)
{
    if (!t) return;
    brc_free(t->program);
    brc_free(t->params);
    brc_free(t);
}

static void look(const wall_traced* t, double elapsed, wall_course* out)
{
    double row[BRC_PROGRAM_ROWS];
    row[0] = elapsed;
    brc_program_run(t->program, t->params, row);
    const double *pose = row + 1, *rates = pose + BRC_POSE_RATES;
    out->shift = v3_from(pose + BRC_POSE_X), out->velocity = v3_from(rates + BRC_POSE_X);
    out->turn = v3_from(pose + BRC_POSE_AX), out->rate = v3_from(rates + BRC_POSE_AX);
}

// The guard and the pose of a step ask for the same time.
const wall_course* brc_wall_traced_at(wall_traced* t, double elapsed)
{
    if (t->elapsed != elapsed) look(t, elapsed, &t->course);
    t->elapsed = elapsed;
    return &t->course;
}

// With the rotation vector r of length a, and r' its rate, the angular velocity is
//   sin a / a r' + (a - sin a) / a^3 (r . r') r + (1 - cos a) / a^2 r x r'
// (the left Jacobian of the rotation group, e.g. Chirikjian, Stochastic Models, Information Theory, and Lie Groups 2,
// 2012, eq. 10.86).
void brc_wall_traced_turn(const wall_course* c, double q[4], vec3* angular)
{
    vec3 r = c->turn;
    double a = v3_length(r), s = brc_sin(0.5 * a);
    double half = a > 0 ? s / a : 0.5; // sin (a/2) / a
    q[0] = half * r.x, q[1] = half * r.y, q[2] = half * r.z, q[3] = brc_cos(0.5 * a);
    double sine = a > 0 ? brc_sin(a) / a : 1;
    double along = a > 1e-3 ? (1 - sine) / (a * a) : (1 - 0.05 * a * a) / 6; // next term: a^4 / 5040
    *angular = v3_add(v3_scale(sine, c->rate),
                      v3_add(v3_scale(along * v3_dot(r, c->rate), r), v3_scale(2 * half * half, v3_cross(r, c->rate))));
}

static bool within(vec3 a) { return fabs(a.x) < most && fabs(a.y) < most && fabs(a.z) < most; }

static bool finite_course(const wall_course* c)
{
    return within(c->shift) && within(c->turn) && within(c->velocity) && within(c->rate);
}

static brc_status check_course(const wall_traced* t, const wall_course* c, const char* whose, double elapsed)
{
    BRC_CHECK(finite_course(c), BRC_ERR_ARGUMENT,
              "the motion%s (function at %s) is not finite, or beyond 1e9, %g s after its start: displacement (%g, %g, "
              "%g) m, velocity "
              "(%g, %g, %g) m/s, rotation (%g, %g, %g) rad, its rate (%g, %g, %g) rad/s",
              whose, t->label, elapsed, c->shift.x, c->shift.y, c->shift.z, c->velocity.x, c->velocity.y, c->velocity.z,
              c->turn.x, c->turn.y, c->turn.z, c->rate.x, c->rate.y, c->rate.z);
    return BRC_OK;
}

brc_status brc_wall_traced_create(const brc_motion* motion, wall_traced** out)
{
    const brc_program* p = motion->program;
    BRC_TRY(brc_program_check(p));
    BRC_CHECK(p->inputs == 1 && p->history == 0 && p->outputs == BRC_POSE_COUNT && p->uniforms == 0, BRC_ERR_ARGUMENT,
              "the program has other rows than a motion");
    wall_traced* t = BRC_NEW(1, wall_traced);
    if (t) t->program = brc_program_copy(p);
    if (t) t->params = BRC_NEW(p->coefficients + 1, double);
    if (!t || !t->program || !t->params) {
        brc_wall_traced_free(t);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for a motion");
    }
    if (p->coefficients > 0) memcpy(t->params, motion->params, (size_t)p->coefficients * sizeof(double));
    if (motion->label) strncpy(t->label, motion->label, sizeof t->label - 1);
    t->elapsed = NAN;
    brc_status status = check_course(t, brc_wall_traced_at(t, 0), "", 0);
    if (status != BRC_OK) brc_wall_traced_free(t);
    else *out = t;
    return status;
}

uint64_t brc_wall_traced_hash(const wall_traced* t, uint64_t seed)
{
    return brc_program_hash(t->program, t->params, seed);
}

// What moves smoothly gets as far as the mean of its velocities takes it, and with a kink in between by at most the
// larger velocity away from there. A jump does not show in the velocities.
static bool reached(vec3 from, vec3 to, vec3 velocity_from, vec3 velocity_to, double dt)
{
    vec3 mean = v3_scale(0.5 * dt, v3_add(velocity_from, velocity_to));
    double off = v3_length(v3_sub(v3_sub(to, from), mean));
    double fastest = fmax(v3_length(velocity_from), v3_length(velocity_to));
    return off <= dt * fastest + slack * (v3_length(from) + v3_length(to));
}

brc_status brc_wall_motion_guard(const brc_wall* wall, int32_t number, double time, double dt)
{
    for (int i = 0; i < wall->motion_count; i++) {
        const wall_motion* m = &wall->motions[i];
        const brc_motion* d = &m->def;
        if (d->kind != BRC_TRACED || time < d->start) continue;
        double elapsed = fmin(time, d->stop) - d->start, before = fmax(elapsed - dt, 0);
        const wall_course now = *brc_wall_traced_at(m->traced, elapsed);
        wall_course then;
        char whose[32] = "";
        if (!finite_course(&now)) snprintf(whose, sizeof whose, " of wall %" PRId32, number);
        BRC_TRY(check_course(m->traced, &now, whose, elapsed));
        if (!(dt > 0)) continue;
        look(m->traced, before, &then);
        bool slides = reached(then.shift, now.shift, then.velocity, now.velocity, dt);
        BRC_CHECK(
            slides && reached(then.turn, now.turn, then.rate, now.rate, dt), BRC_ERR_ARGUMENT,
            "the motion of wall %" PRId32
            " (function at %s) jumps %g s after its start: in a step of %g s by (%g, %g, %g) m and (%g, %g, %g) rad,"
            " with velocities of (%g, %g, %g) m/s and (%g, %g, %g) rad/s",
            number, m->traced->label, elapsed, dt, now.shift.x - then.shift.x, now.shift.y - then.shift.y,
            now.shift.z - then.shift.z, now.turn.x - then.turn.x, now.turn.y - then.turn.y, now.turn.z - then.turn.z,
            now.velocity.x, now.velocity.y, now.velocity.z, now.rate.x, now.rate.y, now.rate.z);
    }
    return BRC_OK;
}

void brc_wall_traced_pack(brc_pack* p, wall_traced** traced)
{
    if (p->loading) *traced = BRC_NEW(1, wall_traced);
    wall_traced* t = *traced;
    if (!t) {
        brc_pack_fail(p, BRC_ERR_MEMORY, "no memory for a motion");
        return;
    }
    t->elapsed = NAN; // what was looked up last is not kept
    brc_pack_program(p, &t->program);
    const brc_program* q = t->program;
    if (p->loading && brc_pack_good(p) &&
        !(q && q->inputs == 1 && q->history == 0 && q->outputs == BRC_POSE_COUNT && q->uniforms == 0))
        brc_pack_fail(p, BRC_ERR_FILE, "the program of a motion has other rows");
    int64_t count = q ? q->coefficients : 0;
    const int64_t wanted = count;
    brc_pack_list(p, &t->params, &count, wanted);
    if (p->loading && count != wanted) brc_pack_fail(p, BRC_ERR_FILE, "a motion with other parameters");
    brc_pack_text(p, t->label, sizeof t->label);
}
