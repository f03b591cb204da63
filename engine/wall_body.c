// wall_body.c -- a wall as a free rigid body: six degrees of freedom, moved by the particles, gravity and given loads.
//
// Translation: velocity Verlet, as for particles. Rotation: the angular momentum in the world frame is the state, so it
// is kept to the last bit where no torque acts. A step turns the body about its principal axes one after the other, 1 2
// 3 2 1 with half, half, whole, half, half a step, each with the rate that the angular momentum then has about it: the
// splitting of Dullweber, Leimkuhler and McLachlan (1997), as in NO_SQUISH (Miller et al. 2002). It is symplectic,
// reversible and of second order: the energy swings by (rate dt)^2 and does not drift. Kicks by the torque come before
// and after.
#include "wall_parts.h"
#include <stdio.h>
#include <string.h>

static vec3 product(const vec3 row[3], vec3 a) { return v3(v3_dot(row[0], a), v3_dot(row[1], a), v3_dot(row[2], a)); }

// Rows of the inverse of the inertia in the world frame; only about the free axis of a hinge, none where turning is
// fixed.
static void find_inverse(brc_wall* w)
{
    wall_body* b = w->body;
    double r[3][3] = {{0}};
    if (b->turning == 3)
        for (int k = 0; k < 3; k++) {
            vec3 a = wall_rotate(&w->pose, b->axis[k]);
            double e[3] = {a.x, a.y, a.z};
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++) r[i][j] += e[i] * e[j] / b->moment[k];
        }
    else if (b->turning == 1) r[b->hinge][b->hinge] = 1 / b->hinge_moment;
    for (int i = 0; i < 3; i++) b->inverse[i] = v3(r[i][0], r[i][1], r[i][2]);
}

// Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
static void principal_axes(const double inertia[6], double moment[3], vec3 axis[3])
{
    double a[3][3] = {{inertia[0], inertia[3], inertia[4]},
                      {inertia[3], inertia[1], inertia[5]},
                      {inertia[4], inertia[5], inertia[2]}};
    double v[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}; // columns
    for (int sweep = 0; sweep < 50; sweep++) {
        double off = fabs(a[0][1]) + fabs(a[0][2]) + fabs(a[1][2]);
        if (!(off > 1e-17 * (fabs(a[0][0]) + fabs(a[1][1]) + fabs(a[2][2])))) break;
        for (int p = 0; p < 2; p++)
            for (int q = p + 1; q < 3; q++) {
                if (a[p][q] == 0) continue;
                double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < 3; k++) {
                    double x = a[k][p], y = a[k][q];
                    a[k][p] = c * x - s * y, a[k][q] = s * x + c * y;
                }
                for (int k = 0; k < 3; k++) {
                    double x = a[p][k], y = a[q][k];
                    a[p][k] = c * x - s * y, a[q][k] = s * x + c * y;
                }
                for (int k = 0; k < 3; k++) {
                    double x = v[k][p], y = v[k][q];
                    v[k][p] = c * x - s * y, v[k][q] = s * x + c * y;
                }
            }
    }
    for (int k = 0; k < 3; k++) moment[k] = a[k][k], axis[k] = v3(v[0][k], v[1][k], v[2][k]);
}

static brc_status check_inertia(const double moment[3])
{
    double sum = moment[0] + moment[1] + moment[2];
    for (int k = 0; k < 3; k++)
        BRC_CHECK(moment[k] > 0 && moment[k] < 1e30, BRC_ERR_ARGUMENT,
                  "inertia: its principal moments must be > 0, got %g, %g and %g kg m^2", moment[0], moment[1],
                  moment[2]);
    for (int k = 0; k < 3; k++)
        BRC_CHECK(
            moment[k] <= (sum - moment[k]) * (1 + 1e-6), BRC_ERR_ARGUMENT,
            "inertia: no body has the principal moments %g, %g and %g kg m^2, because none can be larger than the "
            "sum of the other two",
            moment[0], moment[1], moment[2]);
    return BRC_OK;
}

static brc_status check_finite(const char* name, const double a[3], const char* unit)
{
    BRC_CHECK(v3_finite(v3_from(a)), BRC_ERR_ARGUMENT, "%s must be finite, got (%g, %g, %g) %s", name, a[0], a[1], a[2],
              unit);
    return BRC_OK;
}

// A tensor (xx yy zz xy xz yz) from the body's axes to the world's.
static void turn_tensor(const wall_pose* p, const double in[6], double out[6])
{
    vec3 row[3] = {v3(in[0], in[3], in[4]), v3(in[3], in[1], in[5]), v3(in[4], in[5], in[2])}, half[3];
    for (int i = 0; i < 3; i++) half[i] = product(row, p->row[i]); // T r_i
    out[0] = v3_dot(p->row[0], half[0]), out[1] = v3_dot(p->row[1], half[1]), out[2] = v3_dot(p->row[2], half[2]);
    out[3] = v3_dot(p->row[0], half[1]), out[4] = v3_dot(p->row[0], half[2]), out[5] = v3_dot(p->row[1], half[2]);
}

brc_status brc_wall_solid_now(const brc_wall* w, brc_solid* out)
{
    brc_solid body;
    BRC_TRY(brc_wall_solid(w, &body));
    out->volume = body.volume;
    v3_to(out->center, wall_to_world(w, &w->pose, v3_from(body.center)));
    turn_tensor(&w->pose, body.inertia, out->inertia);
    return BRC_OK;
}

// Mass, centre (world) and inertia (world, about the centre) as given, or of the solid.
static brc_status find_mass(const brc_wall* w, const brc_body_def* d, double* mass, vec3* center, double inertia[6])
{
    brc_solid solid = {0};
    BRC_CHECK(w->def.shape != BRC_PLANE, BRC_ERR_ARGUMENT, "a plane is endless: it cannot be a body");
    if (!(d->mass > 0) || !d->has_inertia || !d->has_center) {
        brc_status status = brc_wall_solid_now(w, &solid);
        char why[400];
        snprintf(why, sizeof why, "%.*s", (int)strcspn(brc_last_error(), "["), brc_last_error()); // without the place
        BRC_CHECK(status == BRC_OK, status, "%s(a wall without a volume needs mass, center and inertia)", why);
    }
    *mass = d->mass > 0 ? d->mass : d->density * solid.volume;
    BRC_CHECK(*mass > 0 && *mass < 1e30, BRC_ERR_ARGUMENT, "mass must be > 0 kg, got %g", *mass);
    *center = v3_from(d->has_center ? d->center : solid.center);
    if (d->has_inertia) {
        for (int k = 0; k < 6; k++) inertia[k] = d->inertia[k];
        return BRC_OK;
    }
    BRC_CHECK(
        !d->has_center ||
            v3_length(v3_sub(v3_from(d->center), v3_from(solid.center))) <= 1e-9 * v3_length(v3_sub(w->hi, w->lo)),
        BRC_ERR_ARGUMENT,
        "center lies off the centre of the volume, (%g, %g, %g) m: the mass is not spread evenly, so inertia must "
        "be given too",
        solid.center[0], solid.center[1], solid.center[2]);
    for (int k = 0; k < 6; k++) inertia[k] = *mass / solid.volume * solid.inertia[k];
    return BRC_OK;
}

brc_status brc_wall_set_body(brc_wall* w, const brc_body_def* d)
{
    double mass, inertia[6], body[6], moment[3];
    vec3 center, axis[3];
    int fixed = 0, hinge = 0;
    BRC_TRY(check_finite("center", d->center, "m"));
    BRC_TRY(check_finite("velocity", d->velocity, "m/s"));
    BRC_TRY(check_finite("angular_velocity", d->angular_velocity, "rad/s"));
    BRC_TRY(check_finite("force", d->force, "N"));
    BRC_TRY(check_finite("torque", d->torque, "N m"));
    BRC_TRY(find_mass(w, d, &mass, &center, inertia));
    for (int k = 0; k < 3; k++)
        if (d->fix_rotation[k]) fixed++;
        else hinge = k;
    BRC_CHECK(fixed != 1, BRC_ERR_ARGUMENT,
              "fix_rotation must name no axis, two axes (the body turns about the third) or all three");
    wall_pose back = w->pose; // the transposed rotation takes the world's axes to the body's
    for (int k = 0; k < 3; k++) back.row[k] = wall_rotate(&w->pose, v3(k == 0, k == 1, k == 2));
    turn_tensor(&back, inertia, body);
    principal_axes(body, moment, axis);
    BRC_TRY(check_inertia(moment));
    vec3 v = v3_from(d->velocity), spin = v3_from(d->angular_velocity);
    double turns[3] = {spin.x, spin.y, spin.z};
    if (!d->has_angular_velocity) spin = w->pose.angular;
    for (int k = 0; k < 3; k++)
        BRC_CHECK(!d->fix_rotation[k] || !d->has_angular_velocity || turns[k] == 0, BRC_ERR_ARGUMENT,
                  "angular_velocity.%c must be 0 where fix_rotation names %c, got %g rad/s", "xyz"[k], "xyz"[k],
                  turns[k]);
    if (!d->has_velocity) v = v3_add(w->pose.velocity, v3_cross(w->pose.angular, v3_sub(center, w->pose.position)));
    wall_body* b = w->body ? w->body : BRC_NEW(1, wall_body);
    BRC_CHECK(b, BRC_ERR_MEMORY, "no memory for a body");

    brc_wall_motions_free(w);
    w->reference = wall_to_body(w, &w->pose, center);
    w->pose.position = center;
    w->posed = true;
    w->body = b;
    memset(b, 0, sizeof *b);
    b->mass = mass;
    memcpy(b->moment, moment, sizeof moment);
    memcpy(b->axis, axis, sizeof axis);
    b->turning = 3 - fixed;
    b->hinge = hinge;
    b->hinge_moment = inertia[hinge];
    b->gravity = d->gravity ? 1 : 0;
    for (int k = 0; k < 3; k++) b->inverse_mass[k] = d->fix[k] ? 0 : 1 / mass;
    b->force = b->next_force = v3_from(d->force), b->torque = b->next_torque = v3_from(d->torque);
    b->velocity = v;
    find_inverse(w);
    if (b->turning == 3)
        for (int k = 0; k < 3; k++) {
            vec3 a = wall_rotate(&w->pose, b->axis[k]);
            b->momentum = v3_add(b->momentum, v3_scale(b->moment[k] * v3_dot(a, spin), a));
        }
    else if (b->turning == 1) {
        double* component = hinge == 0 ? &b->momentum.x : hinge == 1 ? &b->momentum.y : &b->momentum.z;
        *component = b->hinge_moment * (hinge == 0 ? spin.x : hinge == 1 ? spin.y : spin.z);
    }
    w->pose.velocity = w->pose.mean = v;
    w->pose.angular = w->pose.mean_angular = product(b->inverse, b->momentum);
    w->marked = w->rest = w->pose;
    return BRC_OK;
}

brc_status brc_wall_set_body_load(brc_wall* w, vec3 force, vec3 torque)
{
    BRC_CHECK(w->body, BRC_ERR_ARGUMENT, "this wall is not a free body");
    BRC_CHECK(v3_finite(force) && v3_finite(torque), BRC_ERR_ARGUMENT, "force and torque of a body must be finite");
    w->body->next_force = force, w->body->next_torque = torque;
    return BRC_OK;
}

bool brc_wall_is_body(const brc_wall* wall) { return wall->body != NULL; }

void brc_wall_body_energy(const brc_wall* w, double* mass, double* energy, vec3* momentum)
{
    *mass = w->body->mass;
    *momentum = w->body->momentum;
    *energy = 0.5 * (w->body->mass * v3_dot(w->body->velocity, w->body->velocity) +
                     v3_dot(w->body->momentum, product(w->body->inverse, w->body->momentum)));
}

double brc_wall_body_mobility(const brc_wall* w, vec3 point, vec3 n)
{
    const wall_body* b = w->body;
    vec3 m = v3_cross(v3_sub(point, w->pose.position), n);
    return n.x * n.x * b->inverse_mass[0] + n.y * n.y * b->inverse_mass[1] + n.z * n.z * b->inverse_mass[2] +
           v3_dot(m, product(b->inverse, m));
}

double brc_wall_body_lightest(const brc_wall* w, vec3 point)
{
    static const int axes[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
    double mobility[6], most[3];
    vec3 axis[3];
    for (int k = 0; k < 6; k++) {
        double e[3] = {0};
        e[axes[k][0]] = e[axes[k][1]] = 1;
        mobility[k] = brc_wall_body_mobility(w, point, v3_from(e));
        if (k > 2) mobility[k] = 0.5 * (mobility[k] - mobility[axes[k][0]] - mobility[axes[k][1]]);
    }
    principal_axes(mobility, most, axis);
    return 1 / fmax(0, fmax(most[0], fmax(most[1], most[2])));
}

// Changes of velocity and angular momentum in half a step.
static void half_kick(const brc_wall* w, const brc_wall_load* load, vec3 gravity, double dt, vec3* dv, vec3* dl)
{
    const wall_body* b = w->body;
    vec3 f = v3_add(load->force, b->force), t = v3_add(load->torque, b->torque);
    double h = 0.5 * dt, g[3] = {gravity.x, gravity.y, gravity.z}, force[3] = {f.x, f.y, f.z},
           torque[3] = {t.x, t.y, t.z};
    double a[3], l[3];
    for (int k = 0; k < 3; k++) {
        a[k] = h * (force[k] * b->inverse_mass[k] + (b->gravity && b->inverse_mass[k] > 0 ? g[k] : 0));
        l[k] = b->turning == 3 || (b->turning == 1 && k == b->hinge) ? h * torque[k] : 0;
    }
    *dv = v3(a[0], a[1], a[2]);
    *dl = v3(l[0], l[1], l[2]);
}

static void turn_about_body_axis(wall_pose* p, vec3 axis, double angle)
{
    double s = brc_sin(0.5 * angle), q[4] = {s * axis.x, s * axis.y, s * axis.z, brc_cos(0.5 * angle)};
    brc_quaternion_product(p->q, q, p->q);
    brc_quaternion_matrix(p->q, p->row);
}

static void turn_freely(brc_wall* w, vec3 momentum, double dt)
{
    static const int order[5] = {0, 1, 2, 1, 0};
    static const double part[5] = {0.5, 0.5, 1, 0.5, 0.5};
    const wall_body* b = w->body;
    for (int i = 0; i < 5; i++) {
        int k = order[i];
        double rate = v3_dot(momentum, wall_rotate(&w->pose, b->axis[k])) / b->moment[k];
        turn_about_body_axis(&w->pose, b->axis[k], part[i] * dt * rate);
    }
}

void brc_wall_body_begin(brc_wall* w, const brc_wall_load* load, vec3 gravity, double dt)
{
    wall_body* b = w->body;
    wall_pose* p = &w->pose;
    vec3 dv, dl;
    half_kick(w, load, gravity, dt, &dv, &dl);
    b->half_velocity = v3_add(b->velocity, dv);
    b->half_momentum = v3_add(b->momentum, dl);
    p->position = v3_add(p->position, v3_scale(dt, b->half_velocity));
    vec3 before = product(b->inverse, b->half_momentum);
    if (b->turning == 3) turn_freely(w, b->half_momentum, dt);
    else if (b->turning == 1) {
        vec3 hinge = v3(b->hinge == 0, b->hinge == 1, b->hinge == 2);
        turn_about_body_axis(p, wall_rotate_back(p, hinge), dt * v3_dot(hinge, b->half_momentum) / b->hinge_moment);
    }
    find_inverse(w);
    // For the law: the mean over the step, and the velocity at its end as the old forces would make it.
    p->mean = b->half_velocity;
    p->mean_angular = v3_scale(0.5, v3_add(before, product(b->inverse, b->half_momentum)));
    p->velocity = v3_add(b->half_velocity, dv);
    p->angular = product(b->inverse, v3_add(b->half_momentum, dl));
}

void brc_wall_body_end(brc_wall* w, const brc_wall_load* load, vec3 gravity, double dt)
{
    wall_body* b = w->body;
    vec3 dv, dl;
    b->force = b->next_force, b->torque = b->next_torque;
    half_kick(w, load, gravity, dt, &dv, &dl);
    b->velocity = w->pose.velocity = v3_add(b->half_velocity, dv);
    b->momentum = v3_add(b->half_momentum, dl);
    w->pose.angular = product(b->inverse, b->momentum);
}
