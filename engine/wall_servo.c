// wall_servo.c -- walls that particles and a target force drive along or about an axis.
//
//   mass dv/dt + damping v = force - target
//
// In place of a wall that jumps to where a stiffness says that the force would be right (which rings when the packing
// is softer or stiffer than was said), the wall is a body with a dashpot: it only ever takes the energy out that the
// target puts in, so it is stable for any packing as long as a step resolves its own motion on the contacts. By default
// it answers like a layer of the n particles that touch it, mass n m and damping n sqrt(m k): it then moves as fast as
// the packing can follow, because sqrt(m k) of a contact is the impedance at which a wave in a chain of such particles
// is swallowed (about: exactly it is frequency dependent), and (dt omega)^2 = dt^2 k / m is what every contact obeys.
#include "wall_parts.h"
#include <string.h>

static brc_status check_servo(const brc_wall* wall, const brc_servo* s)
{
    const char* force = s->turning == 1 ? "N m" : s->pressure ? "Pa" : "N";
    double length = v3_length_safe(v3_from(s->axis));
    BRC_CHECK(length > 0 && isfinite(length), BRC_ERR_ARGUMENT,
              "servo: axis must be finite and not zero, got (%g, %g, %g)", s->axis[0], s->axis[1], s->axis[2]);
    BRC_CHECK(v3_finite(v3_from(s->origin)), BRC_ERR_ARGUMENT, "servo: origin must be finite, got (%g, %g, %g) m",
              s->origin[0], s->origin[1], s->origin[2]);
    BRC_CHECK(isfinite(s->start), BRC_ERR_ARGUMENT, "servo: start must be finite, got %g s", s->start);
    BRC_CHECK(s->stop > s->start, BRC_ERR_ARGUMENT, "servo: stop must be later than start = %g s, got %g s", s->start,
              s->stop);
    BRC_CHECK(isfinite(s->target), BRC_ERR_ARGUMENT, "servo: the target must be finite, got %g %s", s->target, force);
    BRC_CHECK(s->gain > 0 && isfinite(s->gain), BRC_ERR_ARGUMENT, "servo: gain must be > 0, got %g", s->gain);
    BRC_CHECK(isfinite(s->mass) && isfinite(s->damping), BRC_ERR_ARGUMENT,
              "servo: mass and damping must be finite, got %g and %g", s->mass, s->damping);
    BRC_CHECK((s->mass < 0 && s->damping < 0) || (s->mass >= 0 && s->damping >= 0 && s->mass + s->damping > 0),
              BRC_ERR_ARGUMENT, "servo: mass or damping must be > 0, got %g and %g", s->mass, s->damping);
    BRC_CHECK(s->max_velocity >= 0, BRC_ERR_ARGUMENT, "servo: max_velocity must be > 0 %s, got %g",
              s->turning == 1 ? "rad/s" : "m/s", s->max_velocity);
    BRC_CHECK(s->lower <= 0 && s->upper >= 0, BRC_ERR_ARGUMENT,
              "servo: the limits of travel must lie around 0, got %g and %g", s->lower, s->upper);
    BRC_CHECK(s->turning != WALL_RADIAL || (wall->def.shape == BRC_CYLINDER && wall->def.open), BRC_ERR_ARGUMENT,
              "servo: only an open cylinder has a radius that can be driven");
    BRC_CHECK(s->turning != 1 || s->mass >= 0 || wall->def.shape != BRC_PLANE, BRC_ERR_ARGUMENT,
              "servo: an endless plane has no arm to choose the damping of a turn by: give damping or mass");
    for (int i = 0; i < s->table_count; i++) {
        const double* row = &s->table[2 * i];
        BRC_CHECK(isfinite(row[0]) && isfinite(row[1]), BRC_ERR_ARGUMENT,
                  "servo: row %d of the table must be finite, got (%g s, %g %s)", i + 1, row[0], row[1], force);
        BRC_CHECK(i == 0 || row[0] > row[-2], BRC_ERR_ARGUMENT,
                  "servo: times of a table must increase, got %g s in row %d after %g s", row[0], i + 1, row[-2]);
    }
    BRC_CHECK(s->table_count == 0 || s->table_count >= 2, BRC_ERR_ARGUMENT,
              "servo: a table needs at least 2 rows, got %d", s->table_count);
    return BRC_OK;
}

static bool same_axis(const brc_motion* d, const brc_motion* m)
{
    vec3 a = v3_from(d->axis), b = v3_from(m->axis), o = v3_sub(v3_from(d->origin), v3_from(m->origin));
    if (d->kind != BRC_SERVO || d->rotating != m->rotating || !(v3_dot(a, b) > 1 - 1e-12)) return false;
    return !d->rotating || v3_length(v3_cross(a, o)) <= 1e-12 * (1 + v3_length(o));
}

brc_status brc_wall_set_servo(brc_wall* wall, const brc_servo* s, int32_t* index)
{
    BRC_TRY(check_servo(wall, s));
    brc_motion def = {.kind = BRC_SERVO,
                      .start = s->start,
                      .stop = s->stop,
                      .rotating = s->turning,
                      .table = s->table,
                      .table_count = s->table_count};
    memcpy(def.axis, s->axis, sizeof def.axis);
    memcpy(def.origin, s->origin, sizeof def.origin);
    BRC_TRY(brc_wall_append_motion(wall, &def, 2));
    wall_motion* m = &wall->motions[wall->motion_count - 1];
    double travel = 0, rate = 0, base = wall->def.radius;
    *index = wall->motion_count - 1;
    for (int i = 0; i < wall->motion_count - 1; i++) {
        wall_motion* old = &wall->motions[i];
        if (!same_axis(&old->def, &m->def)) continue;
        travel = old->servo.travel, rate = old->servo.rate, base = old->servo.base;
        memcpy(m->def.origin, old->def.origin, sizeof def.origin); // the same axis, and the pose does not jump
        brc_free(old->table);
        *old = *m;
        wall->motion_count--;
        m = old;
        *index = i;
        break;
    }
    double lower = s->lower;
    if (s->turning == WALL_RADIAL) lower = fmax(lower, -0.9 * wall->def.radius); // something must be left
    m->servo = (wall_servo){s->target,         s->mass, s->damping, s->gain, s->max_velocity, travel + lower,
                            travel + s->upper, travel,  rate,       base,    s->pressure};
    brc_wall_move(wall, wall->time);
    return BRC_OK;
}

brc_status brc_wall_set_servo_target(brc_wall* wall, int32_t index, double target)
{
    BRC_CHECK(index >= 0 && index < wall->motion_count && wall->motions[index].def.kind == BRC_SERVO, BRC_ERR_ARGUMENT,
              "this wall has no servo %d", index);
    BRC_CHECK(isfinite(target), BRC_ERR_ARGUMENT, "the target of a servo must be finite, got %g", target);
    wall->motions[index].servo.target = target;
    return BRC_OK;
}

bool brc_wall_has_servo(const brc_wall* wall)
{
    for (int i = 0; i < wall->motion_count; i++)
        if (wall->motions[i].def.kind == BRC_SERVO) return true;
    return false;
}

double brc_wall_servo_travel(const brc_wall* wall)
{
    double most = 0;
    for (int i = 0; i < wall->motion_count; i++) {
        const wall_motion* m = &wall->motions[i];
        if (m->def.kind == BRC_SERVO && !m->def.rotating) most = fmax(most, fabs(m->servo.travel));
    }
    return most;
}

// Distance of the farthest corner of the wall's box from the axis.
static double farthest(const brc_wall* wall, const brc_motion* d)
{
    double most = 0;
    for (int i = 0; i < 8; i++) {
        vec3 p = v3(i & 1 ? wall->hi.x : wall->lo.x, i & 2 ? wall->hi.y : wall->lo.y, i & 4 ? wall->hi.z : wall->lo.z);
        vec3 arm = v3_sub(wall_to_world(wall, &wall->pose, p), v3_from(d->origin));
        most = fmax(most, v3_length(v3_cross(v3_from(d->axis), arm)));
    }
    return most;
}

static void drive(brc_wall* wall, wall_motion* m, const brc_wall_load* load, double time, double dt)
{
    const brc_motion* d = &m->def;
    wall_servo* s = &m->servo;
    vec3 axis = v3_from(d->axis);
    if (!(time > d->start && time <= d->stop)) {
        s->rate = 0;
        if (d->rotating == WALL_RADIAL) brc_wall_set_radius(wall, s->base + s->travel, 0);
        return;
    }
    double force = v3_dot(axis, load->force), target = s->target, slope, reach = 1;
    if (d->rotating == WALL_RADIAL) force = load->radial;
    else if (d->rotating) {
        vec3 arm = v3_sub(wall->pose.position, v3_from(d->origin));
        force = v3_dot(axis, v3_add(load->torque, v3_cross(arm, load->force)));
    }
    if (m->table) brc_wall_table_at(m, time, 1, &target, &slope);
    if (s->pressure != 0) { // on the side as it is now; from outside it presses inwards
        target *= 2 * BRC_PI * wall->def.radius * wall->length;
        if (wall->def.side == 1) target = -target;
    }
    double mass = s->mass, damping = s->damping, fastest = s->max_velocity > 0 ? s->max_velocity : INFINITY;
    if (mass < 0) {
        double n = load->contacts > 1 ? (double)load->contacts : 1;
        if (d->rotating == 1) reach = farthest(wall, d);
        double arm2 = d->rotating == 1 ? 0.5 * reach * reach : 1; // mean square of the arms of a disc
        mass = n * load->contact_mass * arm2 / s->gain;
        damping = n * load->contact_impedance * arm2 / s->gain;
        if (!(s->max_velocity > 0)) fastest = reach > 0 ? load->contact_speed / reach : 0;
    }
    double inertia = mass / dt, sum = inertia + damping;
    double rate = sum > 0 ? (inertia * s->rate + (force - target)) / sum : 0;
    rate = rate > fastest ? fastest : rate < -fastest ? -fastest : rate;
    double travel = s->travel + rate * dt;
    double bounded = travel > s->upper ? s->upper : travel < s->lower ? s->lower : travel;
    s->rate = bounded == travel ? rate : (bounded - s->travel) / dt;
    s->travel = bounded;
    if (d->rotating == WALL_RADIAL) brc_wall_set_radius(wall, s->base + s->travel, s->rate);
}

void brc_wall_drive(brc_wall* wall, const brc_wall_load* load, double time, double dt)
{
    for (int i = 0; i < wall->motion_count; i++)
        if (wall->motions[i].def.kind == BRC_SERVO) drive(wall, &wall->motions[i], load, time, dt);
}
