// user_fields.c -- numbers that a script adds to every particle: a temperature, a charge, a liquid volume. The contact
// law may read them and give fluxes into them; value' = flux / (mass * capacity of the material).
#include "sim.h"
#include <stdio.h>
#include <string.h>

static brc_status field_get(const brc_sim* s, int32_t field, user_field** out)
{
    BRC_CHECK(field >= 0 && field < s->user_count, BRC_ERR_ARGUMENT, "there is no particle field %d", field);
    *out = (user_field*)(uintptr_t)&s->user[field];
    return BRC_OK;
}

brc_status brc_user_field_add(brc_sim* s, const char* name, const char* unit, double initial, int32_t* field)
{
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "particle fields cannot be added in the middle of a step");
    BRC_CHECK(s->user_count < BRC_MAX_USER_FIELDS, BRC_ERR_ARGUMENT, "more than %d particle fields",
              BRC_MAX_USER_FIELDS);
    BRC_CHECK(fabs(initial) < 1e300, BRC_ERR_ARGUMENT, "the value of %s must be finite, got %g", name, initial);
    user_field* u = &s->user[s->user_count];
    memset(u, 0, sizeof *u);
    BRC_CHECK(strlen(name) < sizeof u->name && strlen(unit) < sizeof u->unit, BRC_ERR_ARGUMENT,
              "the name of a particle field and its unit must be below %d letters, got '%s' [%s]", (int)sizeof u->unit,
              name, unit);
    u->value = BRC_NEW(s->capacity + 1, double);
    u->flux = BRC_NEW(s->capacity + 1, double);
    if (!u->value || !u->flux) {
        brc_free(u->value), brc_free(u->flux);
        BRC_CHECK(false, BRC_ERR_MEMORY, "no memory for the particle field %s", name);
    }
    snprintf(u->name, sizeof u->name, "%s", name);
    snprintf(u->unit, sizeof u->unit, "%s", unit);
    snprintf(u->flux_name, sizeof u->flux_name, "%s_flux", name);
    u->initial = u->birth = initial;
    u->grid = brc_grid_from_exponent(-60);
    for (int m = 0; m < BRC_MAX_MATERIALS; m++) u->capacity[m] = INFINITY;
    for (int64_t i = 0; i < s->count; i++) u->value[i] = initial;
    for (int k = 0; k < s->wall_count; k++) s->walls[k].value[s->user_count] = initial;
    for (int k = 0; k < s->inserter_count; k++) s->inserter_values[k * BRC_MAX_USER_FIELDS + s->user_count] = initial;
    s->memory += 2 * s->capacity * (int64_t)sizeof(double);
    *field = s->user_count++;
    brc_fields_update(s);
    return BRC_OK;
}

brc_status brc_user_field_flux(brc_sim* s, int32_t field, const char* unit, double scale, const double* capacity)
{
    user_field* u;
    BRC_TRY(field_get(s, field, &u));
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "particle fields cannot be changed in the middle of a step");
    BRC_CHECK(scale > 1e-250 && scale < 1e250, BRC_ERR_ARGUMENT,
              "the flux of a contact into the field %s comes out as %g %s: set flux_scale of sim:field", u->name, scale,
              unit);
    BRC_CHECK(strlen(unit) < sizeof u->flux_unit, BRC_ERR_ARGUMENT, "the unit '%s' of a flux is too long", unit);
    for (int m = 0; m < s->material_count; m++)
        BRC_CHECK(capacity[m] > 0, BRC_ERR_ARGUMENT, "the capacity of material %d for the field %s must be > 0, got %g",
                  m + 1, u->name, capacity[m]);
    snprintf(u->flux_unit, sizeof u->flux_unit, "%s", unit);
    u->grid = brc_grid_for(8 * scale); // as for forces: a contact may carry 1/8 of the range
    u->active = false;
    for (int m = 0; m < s->material_count; m++) {
        u->capacity[m] = capacity[m];
        u->active = u->active || capacity[m] < INFINITY;
    }
    return BRC_OK;
}

brc_status brc_user_field_birth(brc_sim* s, int32_t field, double value)
{
    user_field* u;
    BRC_TRY(field_get(s, field, &u));
    BRC_CHECK(fabs(value) < 1e300, BRC_ERR_ARGUMENT, "%s of new particles must be finite, got %g", u->name, value);
    u->birth = value;
    return BRC_OK;
}

brc_status brc_wall_field_set(brc_sim* s, int32_t wall, int32_t field, double value)
{
    user_field* u;
    BRC_TRY(field_get(s, field, &u));
    BRC_CHECK(wall >= 0 && wall < s->wall_count && s->walls[wall].wall, BRC_ERR_ARGUMENT, "there is no wall %d", wall);
    BRC_CHECK(!s->in_step, BRC_ERR_STATE, "%s of a wall cannot be changed in the middle of a step", u->name);
    BRC_CHECK(fabs(value) < 1e300, BRC_ERR_ARGUMENT, "%s of the wall must be finite, got %g", u->name, value);
    s->walls[wall].value[field] = value;
    return BRC_OK;
}

brc_status brc_wall_field_get(const brc_sim* s, int32_t wall, int32_t field, double* value, double* flux)
{
    user_field* u;
    BRC_TRY(field_get(s, field, &u));
    BRC_CHECK(wall >= 0 && wall < s->wall_count && s->walls[wall].wall, BRC_ERR_ARGUMENT, "there is no wall %d", wall);
    *value = s->walls[wall].value[field];
    *flux = s->walls[wall].flux[field];
    return BRC_OK;
}

brc_status brc_user_fields_bind(const brc_sim* s, const brc_law* law, int32_t bound[BRC_MAX_LAW_FIELDS])
{
    for (int j = 0; j < law->info.field_count; j++) {
        bound[j] = -1;
        for (int k = 0; k < s->user_count; k++)
            if (!strcmp(s->user[k].name, law->info.fields[j])) bound[j] = k;
        BRC_CHECK(bound[j] >= 0, BRC_ERR_ARGUMENT, "the law %s reads the particle field '%s', which is not there",
                  law->info.name, law->info.fields[j]);
    }
    return BRC_OK;
}

void brc_user_fields_begin(brc_sim* s, worker* w)
{
    for (int k = 0; k < s->user_count; k++)
        if (w->end > w->begin) memset(s->user[k].flux + w->begin, 0, (size_t)(w->end - w->begin) * sizeof(double));
}

// One Euler step with the fluxes of the step's end. What conducts heat through contacts changes over thousands of
// steps.
bool brc_user_field_kick(const brc_sim* s, const user_field* u, int64_t begin, int64_t end)
{
    const double limit = u->grid.limit;
    int bad = 0;
    for (int64_t i = begin; i < end; i++) {
        if (!brc_alive(s, i)) continue;
        double flux = u->flux[i];
        u->value[i] += flux * (s->dt / (s->mass[i] * u->capacity[s->material[i]]));
        bad |= !(fabs(flux) < limit) | !(fabs(u->value[i]) < 1e300);
    }
    return bad;
}

void brc_user_fields_kick(brc_sim* s, worker* w)
{
    for (int k = 0; k < s->user_count; k++)
        if (s->user[k].active && brc_user_field_kick(s, &s->user[k], w->begin, w->end)) w->flags |= BRC_FLAG_FIELD;
}

brc_status brc_user_fields_guard(const brc_sim* s)
{
    for (int k = 0; k < s->user_count; k++) {
        const user_field* u = &s->user[k];
        int64_t found = -1;
        for (int64_t i = 0; i < s->count; i++) {
            bool bad = !(fabs(u->flux[i]) < 0.125 * u->grid.limit) || !(fabs(u->value[i]) < 1e300);
            if (brc_alive(s, i) && bad && (found < 0 || s->id[i] < s->id[found])) found = i;
        }
        BRC_CHECK(found < 0, BRC_ERR_GUARD,
                  "particle id %" PRId64 " has %s = %g %s with a flux of %g %s at step %" PRId64
                  "; the exact sums hold fluxes below %g %s. Set flux_scale of sim:field to a larger flux, or find out "
                  "what drives it",
                  s->id[found], u->name, u->value[found], u->unit, u->flux[found], u->flux_unit, s->step + 1,
                  0.125 * u->grid.limit, u->flux_unit);
    }
    BRC_CHECK(
        false, BRC_ERR_GUARD,
        "a flux through a contact at step %" PRId64
        " leaves the range of exact sums: set flux_scale of sim:field to a larger flux, or find out what drives it",
        s->step + 1);
}

// ---- checkpoints -----------------------------------------------------------------------------------------

void brc_user_fields_pack(brc_pack* p, brc_sim* s)
{
    int32_t count = s->user_count;
    brc_pack_begin(p, "fields");
    brc_pack_i32(p, &count, 0, BRC_MAX_USER_FIELDS);
    if (p->loading && brc_pack_good(p) && count != s->user_count)
        brc_pack_fail(p, BRC_ERR_ARGUMENT, "the checkpoint has other particle fields (sim:field) than the simulation");
    for (int32_t k = 0; k < count && brc_pack_good(p); k++) {
        user_field* u = &s->user[k];
        char name[sizeof u->name];
        strcpy(name, u->name);
        brc_pack_text(p, name, sizeof name);
        if (p->loading && brc_pack_good(p) && strcmp(name, u->name) != 0)
            brc_pack_fail(p, BRC_ERR_ARGUMENT,
                          "the checkpoint has other particle fields (sim:field) than the simulation");
        brc_pack_text(p, u->flux_unit, sizeof u->flux_unit);
        brc_pack_within(p, &u->initial, 1, 1e300);
        brc_pack_within(p, &u->birth, 1, 1e300);
        brc_pack_grid(p, &u->grid);
        brc_pack_doubles(p, u->capacity, BRC_MAX_MATERIALS);
        for (int m = 0; m < BRC_MAX_MATERIALS && p->loading && brc_pack_good(p); m++)
            if (!(u->capacity[m] > 0)) brc_pack_fail(p, BRC_ERR_FILE, "a capacity of a material that is not > 0");
        brc_pack_bool(p, &u->active);
    }
    brc_pack_end(p);
}
