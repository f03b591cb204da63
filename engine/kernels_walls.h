// kernels_walls.h -- contacts with walls. Part of kernels.c.

// Contacts with walls: found by boundary.c, evaluated like any other. The wall is the second partner, with an infinite
// radius and mass; its share goes into integer sums, so that any number of particles can push on it.
static void walls(brc_sim* s, worker* w)
{
    block* q = w->block;
    const REAL* vel = s->vel;
    touch_list* list = &w->touches;
    const double per_f = 1 / s->f_grid.quantum, per_t = 1 / (BRC_WALL_TORQUE * s->t_grid.quantum);
    for (int h = 0; h < s->history_count; h++) q->rows[h] = q->history[h];
    for (int64_t first = 0; first < list->count; first += BRC_BLOCK) {
        int n = (int)(list->count - first < BRC_BLOCK ? list->count - first : BRC_BLOCK);
        for (int i = 0; i < n; i++) {
            const wall_touch* t = &list->touch[first + i];
            if (first + i + 8 < list->count) {
                PREFETCH(vel + BRC_MOTION * (int64_t)t[8].slot);
                PREFETCH(vel + BRC_MOTION * (int64_t)t[8].slot + 8);
                PREFETCH(s->acc + 8 * (int64_t)t[8].slot);
            }
            const brc_wall* wall = s->walls[t->wall].wall;
            const double* x = s->pos + 4 * (int64_t)t->slot;
            const REAL* v = vel + BRC_MOTION * (int64_t)t->slot;
            brc_wall_contact c = brc_wall_contact_at(wall, v3_from(x), x[3], t->overlap, t->n);
            REAL ra = (REAL)x[3], nx = (REAL)t->n.x, ny = (REAL)t->n.y, nz = (REAL)t->n.z;
            q->in[BRC_IN_OVERLAP][i] = (REAL)t->overlap;
            q->in[BRC_IN_NX][i] = nx;
            q->in[BRC_IN_NY][i] = ny;
            q->in[BRC_IN_NZ][i] = nz;
            q->in[BRC_IN_VX][i] = v[0] - (REAL)c.velocity.x - ra * (v[5] * nz - v[6] * ny);
            q->in[BRC_IN_VY][i] = v[1] - (REAL)c.velocity.y - ra * (v[6] * nx - v[4] * nz);
            q->in[BRC_IN_VZ][i] = v[2] - (REAL)c.velocity.z - ra * (v[4] * ny - v[5] * nx);
            q->in[BRC_IN_WX][i] = v[4] - (REAL)c.spin.x;
            q->in[BRC_IN_WY][i] = v[5] - (REAL)c.spin.y;
            q->in[BRC_IN_WZ][i] = v[6] - (REAL)c.spin.z;
            const REAL* m = v + BRC_MEAN;
            q->in[BRC_IN_UX][i] = m[0] - (REAL)c.mean.x - ra * (m[5] * nz - m[6] * ny);
            q->in[BRC_IN_UY][i] = m[1] - (REAL)c.mean.y - ra * (m[6] * nx - m[4] * nz);
            q->in[BRC_IN_UZ][i] = m[2] - (REAL)c.mean.z - ra * (m[4] * ny - m[5] * nx);
            q->in[BRC_IN_QX][i] = m[4] - (REAL)c.mean_spin.x;
            q->in[BRC_IN_QY][i] = m[5] - (REAL)c.mean_spin.y;
            q->in[BRC_IN_QZ][i] = m[6] - (REAL)c.mean_spin.z;
            q->in[BRC_IN_R][i] = ra;
            q->in[BRC_IN_R1][i] = ra;
            q->in[BRC_IN_R2][i] = 0;
            q->in[BRC_IN_M][i] = (REAL)1 / (v[3] + (REAL)c.inverse_mass);
            q->arm_a[i] = ra;
            q->arm_b[i] = 0;
            q->a[i] = t->slot;
            q->b[i] = -1 - t->wall;
            q->pair[i] = s->material[t->slot] * s->material_count + brc_wall_material(wall);
            for (int h = 0; h < s->history_count; h++) q->history[h][i] = ((REAL*)list->history[h])[first + i];
            if (t->overlap > w->overlap * x[3]) {
                w->overlap = t->overlap / x[3];
                w->overlap_a = t->slot;
                w->overlap_b = -1 - t->wall;
                memcpy(w->overlap_x, x, sizeof w->overlap_x);
            }
        }
        if (s->law->info.inputs >> BRC_IN_M1) more_inputs(s, &s->law->info, q, n);
        for (int i = 0; i < n && w->record; i++) q->source[i] = (int32_t)(first + i);
        if (only_looked_at(s, w, q, n)) continue;
        w->law_weight = (first / BRC_BLOCK + s->step) % 8 == 0 ? 8 : 0; // one block in eight stands for all
        evaluate_law(s, w, q, n, s->dt, brc_sim_time(s, s->step + 1));
        w->law_weight = 0;
        if (find_torques(s, q, (n + 15) / 16 * 16)) range_flags(s, w, q, n);
        round_sums(s, q, (n + 15) / 16 * 16);
        if (s->law->info.fluxes) add_fluxes(s, w, q, n);
        for (int i = 0; i < n; i++) {
            const wall_touch* t = &list->touch[first + i];
            const double* x = s->pos + 4 * (int64_t)t->slot;
            double* acc = s->acc + 8 * (int64_t)t->slot;
            wall_sum* sum = &w->sums[t->wall];
            for (int h = 0; h < s->history_count; h++) ((REAL*)list->history[h])[first + i] = q->history[h][i];
            d8_store(acc, d8_add(d8_load(acc), d8_load(q->sum_a[i])));
            if (!(fabs(q->sum_a[i][0]) + fabs(q->sum_a[i][1]) + fabs(q->sum_a[i][2]) < s->f_grid.limit)) continue;
            vec3 f = v3_from(q->sum_a[i]);
            const brc_wall* wall = s->walls[t->wall].wall;
            vec3 point = brc_wall_contact_point(wall, v3_from(x), x[3], t->overlap, t->n);
            vec3 arm = v3_sub(point, brc_wall_position(wall));
            vec3 m = v3((double)q->out[BRC_OUT_MX][i], (double)q->out[BRC_OUT_MY][i], (double)q->out[BRC_OUT_MZ][i]);
            vec3 torque = v3_scale(-per_t, v3_add(v3_cross(arm, f), m));
            brc_wrap_add(&sum->force[0], -(int64_t)(f.x * per_f));
            brc_wrap_add(&sum->force[1], -(int64_t)(f.y * per_f));
            brc_wrap_add(&sum->force[2], -(int64_t)(f.z * per_f));
            if (s->walls[t->wall].breathes)
                brc_wrap_add(&sum->radial, -(int64_t)nearbyint(v3_dot(f, brc_wall_outward(wall, point)) * per_f));
            sum->sizes[0] += (fabs(f.x) + fabs(f.y) + fabs(f.z)) * per_f;
            if (s->walls[t->wall].belt)
                sum->belt +=
                    (int64_t)nearbyint(v3_dot(f, brc_wall_belt(s->walls[t->wall].wall, t->n)) * per_f / BRC_WALL_BELT);
            const double turning = fabs(torque.x) + fabs(torque.y) + fabs(torque.z);
            if (turning < 0x1p55) {
                sum->sizes[1] += turning;
                brc_wrap_add(&sum->torque[0], (int64_t)nearbyint(torque.x));
                brc_wrap_add(&sum->torque[1], (int64_t)nearbyint(torque.y));
                brc_wrap_add(&sum->torque[2], (int64_t)nearbyint(torque.z));
            } else w->flags |= BRC_FLAG_RANGE;
            sum->contacts += t->overlap > 0;
        }
    }
}
