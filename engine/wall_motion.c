// wall_motion.c -- where a wall is: its pose as a pure function of its motions and the time, velocities by derivation.
//
// A motion maps points of the world to points of the world; they are applied in the order given. With M(p) = Q (p - o)
// + o + d and the motion's own velocity field u + w x (q - o - d) at the image q, what came before is carried along by
// Q: position' = M(position), velocity' = Q velocity + u + w x (position' - o - d), angular' = Q angular + w.
#include "wall_parts.h"
#include <string.h>
#include <xxhash.h>

void brc_quaternion_product(const double a[4], const double b[4], double out[4])
{
    double r[4] = {
        a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1], a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
        a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3], a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2]};
    double s = 1 / sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2] + r[3] * r[3]);
    for (int i = 0; i < 4; i++) out[i] = s * r[i];
}

void brc_quaternion_matrix(const double q[4], vec3 row[3])
{
    double x = q[0], y = q[1], z = q[2], w = q[3];
    row[0] = v3(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w));
    row[1] = v3(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w));
    row[2] = v3(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y));
}

static void turn(wall_pose* p, const double q[4], vec3 origin, vec3 shift, vec3 velocity, vec3 angular)
{
    wall_pose by = {.q = {0}};
    brc_quaternion_matrix(q, by.row);
    vec3 arm = wall_rotate(&by, v3_sub(p->position, origin));
    p->position = v3_add(v3_add(origin, shift), arm);
    p->velocity = v3_add(wall_rotate(&by, p->velocity), v3_add(velocity, v3_cross(angular, arm)));
    p->angular = v3_add(wall_rotate(&by, p->angular), angular);
    brc_quaternion_product(q, p->q, p->q);
}

static void turn_about(wall_pose* p, const brc_motion* m, double angle, double rate)
{
    double s = brc_sin(0.5 * angle), c = brc_cos(0.5 * angle);
    double q[4] = {s * m->axis[0], s * m->axis[1], s * m->axis[2], c};
    turn(p, q, v3_from(m->origin), v3(0, 0, 0), v3(0, 0, 0), v3_scale(rate, v3_from(m->axis)));
}

static void shift(wall_pose* p, vec3 by, vec3 velocity)
{
    p->position = v3_add(p->position, by);
    p->velocity = v3_add(p->velocity, velocity);
}

// Values of a table and their slopes at a time; at a row the slope is that of what follows, outside the table zero.
void brc_wall_table_at(const wall_motion* m, double time, int columns, double* value, double* slope)
{
    int first = 0, last = m->def.table_count - 1, stride = columns + 1;
    const double* t = m->table;
    bool inside = time >= t[0] && time < t[last * stride];
    if (!inside) first = time < t[0] ? 0 : last;
    else
        while (last - first > 1) {
            int middle = first + (last - first) / 2;
            if (t[middle * stride] <= time) first = middle;
            else last = middle;
        }
    const double *a = &t[first * stride], *b = a + stride;
    for (int i = 0; i < columns; i++) {
        slope[i] = inside ? (b[1 + i] - a[1 + i]) / (b[0] - a[0]) : 0;
        value[i] = inside ? a[1 + i] + slope[i] * (time - a[0]) : a[1 + i];
    }
}

void brc_wall_pose_at(const brc_wall* wall, double time, wall_pose* out)
{
    wall_pose p = wall->rest;
    for (int i = 0; i < wall->motion_count; i++) {
        const wall_motion* m = &wall->motions[i];
        const brc_motion* d = &m->def;
        double t = time < d->start ? d->start : time > d->stop ? d->stop : time;
        double on = time >= d->start && time < d->stop ? 1 : 0; // a wall that waits or has stopped stands still
        double elapsed = t - d->start;
        switch (d->kind) {
        case BRC_LINEAR:
            shift(&p, v3_scale(elapsed, v3_from(d->velocity)), v3_scale(on, v3_from(d->velocity)));
            break;
        case BRC_ROTATION:
            turn_about(&p, d, d->rate * elapsed, on * d->rate);
            break;
        case BRC_OSCILLATION: {
            // The phase is reduced to one period before the sine, so that long runs keep its digits.
            double cycles = elapsed / d->period, omega = 2 * BRC_PI / d->period;
            double angle = 2 * BRC_PI * (cycles - floor(cycles)) + d->phase;
            double value = d->amplitude * brc_sin(angle), rate = on * d->amplitude * omega * brc_cos(angle);
            if (d->rotating) turn_about(&p, d, value, rate);
            else shift(&p, v3_scale(value, v3_from(d->axis)), v3_scale(rate, v3_from(d->axis)));
            break;
        }
        case BRC_TABLE: {
            double value[3], slope[3];
            brc_wall_table_at(m, t, d->rotating ? 1 : 3, value, slope);
            if (d->rotating) turn_about(&p, d, value[0], on * slope[0]);
            else shift(&p, v3_from(value), v3_scale(on, v3_from(slope)));
            break;
        }
        case BRC_SCRIPTED:
            turn(&p, m->rotation, wall->rest.position, m->displacement, m->velocity, m->angular);
            break;
        case BRC_TRACED: {
            const wall_course* c = brc_wall_traced_at(m->traced, elapsed);
            double q[4];
            vec3 angular;
            if (!d->rotating) {
                shift(&p, c->shift, v3_scale(on, c->velocity));
                break;
            }
            brc_wall_traced_turn(c, q, &angular);
            turn(&p, q, v3_from(d->origin), c->shift, v3_scale(on, c->velocity), v3_scale(on, angular));
            break;
        }
        case BRC_SERVO:
            if (d->rotating == WALL_RADIAL) break; // the shape has it
            if (d->rotating) turn_about(&p, d, m->servo.travel, m->servo.rate);
            else shift(&p, v3_scale(m->servo.travel, v3_from(d->axis)), v3_scale(m->servo.rate, v3_from(d->axis)));
            break;
        }
    }
    brc_quaternion_matrix(p.q, p.row);
    *out = p;
}

void brc_wall_motions_free(brc_wall* wall)
{
    for (int i = 0; i < wall->motion_count; i++) {
        brc_free(wall->motions[i].table);
        brc_wall_traced_free(wall->motions[i].traced);
    }
    brc_free(wall->motions);
    wall->motions = NULL;
    wall->motion_count = 0;
}

uint64_t brc_wall_motions_hash(const brc_wall* wall, uint64_t hash)
{
    for (int i = 0; i < wall->motion_count; i++) {
        const wall_motion* m = &wall->motions[i];
        const brc_motion* d = &m->def;
        double row[30] = {d->kind,        d->start,       d->stop,           d->rate,           d->amplitude,
                          d->period,      d->phase,       d->rotating,       m->rotation[0],    m->rotation[1],
                          m->rotation[2], m->rotation[3], m->displacement.x, m->displacement.y, m->displacement.z,
                          m->velocity.x,  m->velocity.y,  m->velocity.z,     m->angular.x,      m->angular.y,
                          m->angular.z};
        for (int k = 0; k < 3; k++) row[21 + k] = d->velocity[k], row[24 + k] = d->axis[k], row[27 + k] = d->origin[k];
        for (int k = 0; k < 30; k++) row[k] += 0.0; // -0 and 0 are the same
        hash = XXH64(row, sizeof row, hash);
        if (d->kind == BRC_SERVO) hash = XXH64(&m->servo, sizeof m->servo, hash); // doubles only
        if (d->kind == BRC_TRACED) hash = brc_wall_traced_hash(m->traced, hash);
        int columns = d->rotating || d->kind == BRC_SERVO ? 2 : 4;
        if (m->table) hash = XXH64(m->table, (size_t)(d->table_count * columns) * sizeof(double), hash);
    }
    return hash;
}

static brc_status check_axis(const double axis[3])
{
    double length = v3_length_safe(v3_from(axis));
    BRC_CHECK(length > 0 && isfinite(length), BRC_ERR_ARGUMENT,
              "motion: axis must be finite and not zero, got (%g, %g, %g)", axis[0], axis[1], axis[2]);
    return BRC_OK;
}

static brc_status check_vector(const char* name, const double a[3], const char* unit)
{
    BRC_CHECK(v3_finite(v3_from(a)), BRC_ERR_ARGUMENT, "motion: %s must be finite, got (%g, %g, %g) %s", name, a[0],
              a[1], a[2], unit);
    return BRC_OK;
}

static brc_status check_table(const brc_motion* m)
{
    int columns = m->rotating ? 2 : 4;
    BRC_CHECK(m->table && m->table_count >= 2, BRC_ERR_ARGUMENT, "motion: a table needs at least 2 rows, got %d",
              m->table ? m->table_count : 0);
    for (int i = 0; i < m->table_count; i++) {
        const double* row = &m->table[(size_t)i * (size_t)columns];
        for (int k = 0; k < columns; k++)
            BRC_CHECK(isfinite(row[k]), BRC_ERR_ARGUMENT, "motion: table[%d][%d] must be finite, got %g", i + 1, k + 1,
                      row[k]);
        BRC_CHECK(i == 0 || row[0] > row[-columns], BRC_ERR_ARGUMENT,
                  "motion: times of a table must increase, got table[%d][1] = %g s after %g s", i + 1, row[0],
                  row[-columns]);
    }
    if (m->rotating) {
        BRC_TRY(check_axis(m->axis));
        BRC_TRY(check_vector("origin", m->origin, "m"));
    }
    return BRC_OK;
}

brc_status brc_wall_motion_check(const brc_motion* m)
{
    BRC_CHECK((m->kind >= BRC_LINEAR && m->kind <= BRC_SCRIPTED) || m->kind == BRC_TRACED, BRC_ERR_ARGUMENT,
              "motion: unknown kind %d", m->kind);
    if (m->kind == BRC_SCRIPTED) return BRC_OK;
    BRC_CHECK(isfinite(m->start), BRC_ERR_ARGUMENT, "motion: start must be finite, got %g s", m->start);
    BRC_CHECK(m->stop > m->start, BRC_ERR_ARGUMENT, "motion: stop must be later than start = %g s, got %g s", m->start,
              m->stop);
    switch (m->kind) {
    case BRC_LINEAR:
        return check_vector("velocity", m->velocity, "m/s");
    case BRC_ROTATION:
        BRC_TRY(check_axis(m->axis));
        BRC_TRY(check_vector("origin", m->origin, "m"));
        BRC_CHECK(isfinite(m->rate), BRC_ERR_ARGUMENT, "motion: rate must be finite, got %g rad/s", m->rate);
        return BRC_OK;
    case BRC_OSCILLATION:
        BRC_TRY(check_axis(m->axis));
        if (m->rotating) BRC_TRY(check_vector("origin", m->origin, "m"));
        BRC_CHECK(isfinite(m->amplitude), BRC_ERR_ARGUMENT, "motion: amplitude must be finite, got %g %s", m->amplitude,
                  m->rotating ? "rad" : "m");
        BRC_CHECK(m->period > 0 && isfinite(m->period), BRC_ERR_ARGUMENT, "motion: period must be > 0 s, got %g s",
                  m->period);
        BRC_CHECK(isfinite(m->phase), BRC_ERR_ARGUMENT, "motion: phase must be finite, got %g rad", m->phase);
        return BRC_OK;
    case BRC_TRACED:
        return check_vector("origin", m->origin, "m");
    default:
        return check_table(m);
    }
}

brc_status brc_wall_append_motion(brc_wall* wall, const brc_motion* motion, int columns)
{
    double* table = NULL;
    wall_traced* traced = NULL;
    BRC_CHECK(!wall->body, BRC_ERR_STATE, "this wall is a free body; halt() it before it is given a motion");
    if (motion->kind == BRC_TRACED) BRC_TRY(brc_wall_traced_create(motion, &traced));
    if (motion->table_count > 0) {
        size_t size = (size_t)motion->table_count * (size_t)columns * sizeof(double);
        table = brc_alloc(size);
        BRC_CHECK(table, BRC_ERR_MEMORY, "no memory for a table of %d rows", motion->table_count);
        memcpy(table, motion->table, size);
    }
    size_t count = (size_t)wall->motion_count;
    void* motions = wall->motions;
    brc_status status = brc_grow(&motions, count * sizeof(wall_motion), (count + 1) * sizeof(wall_motion));
    if (status != BRC_OK) {
        brc_free(table);
        brc_wall_traced_free(traced);
        return status;
    }
    wall->motions = motions;
    wall_motion* m = &wall->motions[wall->motion_count++];
    *m = (wall_motion){.def = *motion, .table = table, .traced = traced, .rotation = {0, 0, 0, 1}};
    m->def.table = NULL;
    m->def.program = NULL, m->def.params = NULL, m->def.label = NULL; // its copies are in `traced`
    double length = v3_length_safe(v3_from(motion->axis));
    if (length > 0)
        for (int k = 0; k < 3; k++) m->def.axis[k] = motion->axis[k] / length;
    vec3 axis = v3_from(m->def.axis); // once more: the first division may have met denormals
    length = v3_length(axis);
    if (length > 0) v3_to(m->def.axis, v3_scale(1 / length, axis));
    wall->posed = true;
    return BRC_OK;
}

brc_status brc_wall_add_motion(brc_wall* wall, const brc_motion* motion)
{
    brc_motion m = *motion;
    BRC_TRY(brc_wall_motion_check(&m));
    if (m.kind != BRC_TABLE) m.table_count = 0, m.table = NULL;
    BRC_TRY(brc_wall_append_motion(wall, &m, m.rotating ? 2 : 4));
    brc_wall_move(wall, wall->time);
    return BRC_OK;
}

void brc_wall_stop(brc_wall* wall)
{
    if (!wall->posed) return;
    brc_wall_motions_free(wall);
    brc_free(wall->body);
    wall->body = NULL;
    wall->rest = wall->pose;
    wall->rest.velocity = wall->rest.angular = v3(0, 0, 0);
    wall->radius_rate = 0;
    wall->pose = wall->rest;
}

brc_status brc_wall_set_pose(brc_wall* wall, vec3 displacement, const double rotation[4], vec3 velocity,
                             vec3 angular_velocity)
{
    const double* q = rotation;
    double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    BRC_CHECK(v3_finite(displacement), BRC_ERR_ARGUMENT, "pose: displacement must be finite, got (%g, %g, %g) m",
              displacement.x, displacement.y, displacement.z);
    BRC_CHECK(fabs(norm - 1) <= 1e-3, BRC_ERR_ARGUMENT,
              "pose: rotation must be a unit quaternion (x, y, z, w), got (%g, %g, %g, %g) of length %g", q[0], q[1],
              q[2], q[3], norm);
    BRC_CHECK(v3_finite(velocity), BRC_ERR_ARGUMENT, "pose: velocity must be finite, got (%g, %g, %g) m/s", velocity.x,
              velocity.y, velocity.z);
    BRC_CHECK(v3_finite(angular_velocity), BRC_ERR_ARGUMENT,
              "pose: angular velocity must be finite, got (%g, %g, %g) rad/s", angular_velocity.x, angular_velocity.y,
              angular_velocity.z);
    wall_motion* m = NULL;
    for (int i = 0; i < wall->motion_count && !m; i++)
        if (wall->motions[i].def.kind == BRC_SCRIPTED) m = &wall->motions[i];
    if (!m) {
        brc_motion scripted = {.kind = BRC_SCRIPTED};
        BRC_TRY(brc_wall_add_motion(wall, &scripted));
        m = &wall->motions[wall->motion_count - 1];
    }
    m->displacement = displacement;
    m->velocity = velocity;
    m->angular = angular_velocity;
    for (int k = 0; k < 4; k++) m->rotation[k] = q[k] / norm;
    brc_wall_move(wall, wall->time);
    return BRC_OK;
}
