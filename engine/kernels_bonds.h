// kernels_bonds.h -- the loads of bonds. Part of kernels.c.

// What the bonds of a block that break in this step have stored.
static void book_broken(const brc_sim* s, worker* w, block* q, int n)
{
    const REAL* broken = q->history[s->bonds.broken_row];
    REAL* energy[1];
    int any = 0;
    for (int i = 0; i < n; i++) any |= broken[i] != 0;
    if (!any) return;
    measure_block(s, q, n, true, s->book->bond, &w->page->bond, w->page->out, energy, blink(s),
                  brc_sim_time(s, s->step + 1));
    for (int i = 0; i < n; i++)
        if (broken[i] != 0) s->bonds.load[q->source[i]].stored = (double)energy[0][i];
}

static void bond_block(brc_sim* s, worker* w, block* q, int n)
{
    bond_set* set = &s->bonds;
    const brc_law* law = set->law;
    for (int i = 0; i < n; i++) {
        const double *pa = s->pos + 4 * (int64_t)q->a[i], *pb = s->pos + 4 * (int64_t)q->b[i];
        double d[3] = {pa[0] - pb[0], pa[1] - pb[1], pa[2] - pb[2]}, sum = pa[3] + pb[3];
        brc_nearest(s, d);
        for (int k = 0; k < 3; k++) q->is.d[k][i] = d[k];
        q->is.r2[i] = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        q->is.gap[i] = sum * sum - q->is.r2[i];
        q->pair[i] = set->at[q->source[i]].kind;
    }
    const int full = fill_up(q, n);
    gather(s, q, full, true);
    for (int h = 0; h < law->info.history_count; h++) q->rows[h] = q->history[h];
    for (int h = 0; h < law->info.history_count; h++)
        for (int i = 0; i < n; i++) q->history[h][i] = ((const REAL*)set->history[h])[q->source[i]];
    if (law->info.inputs >> BRC_IN_M1) more_inputs(s, &law->info, q, n);
    if (w->record) {
        record_block(s, w, q, n, true);
        return;
    }
    evaluate_bonds(s, w, q, n, s->dt, brc_sim_time(s, s->step + 1));
    if (find_torques(s, q, full)) range_flags(s, w, q, n);
    round_sums(s, q, full);
    if (s->cell.ordered) add_virial(s, w, q, n);
    for (int h = 0; h < law->info.history_count; h++)
        for (int i = 0; i < n; i++) ((REAL*)set->history[h])[q->source[i]] = q->history[h][i];
    if (w->page && s->book->bond && set->broken_row >= 0) book_broken(s, w, q, n);
    for (int i = 0; i < n; i++) {
        bond_load* load = &set->load[q->source[i]];
        for (int k = 0; k < 3; k++) {
            load->force[k] = q->sum_a[i][k];
            load->torque_a[k] = q->sum_a[i][4 + k], load->torque_b[k] = q->sum_b[i][4 + k];
        }
    }
}

// Loads of the bonds whose first particle is the worker's, or whose second, where the first is on another rank.
static void bonds(brc_sim* s, worker* w)
{
    block* q = w->block;
    const bond_set* set = &s->bonds;
    int n = 0;
    for (int64_t i = 0; i < set->count; i++) {
        const int64_t a = set->at[i].slot_a, first = a < s->count ? a : set->at[i].slot_b; // a ghost is nobody's
        if (first < w->begin || first >= w->end) continue;
        q->a[n] = set->at[i].slot_a;
        q->b[n] = set->at[i].slot_b;
        q->source[n] = (int32_t)i;
        if (++n < BRC_BLOCK) continue;
        bond_block(s, w, q, n);
        n = 0;
    }
    if (n > 0) bond_block(s, w, q, n);
}
