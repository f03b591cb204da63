// device_away_test.c -- the state that stays on a device while a script looks at it and writes to it, in the middle of
// steps and between them: the processor's bits, no more copies than are needed, and nothing lost with the device or
// where the processor has to do steps again. Without a device: skipped (77). A first word `long` makes it thousands of
// steps.
#include "device_check.h"

static brc_device* devices[2]; // of each precision: kernels are made once

static void give_device(brc_sim* s)
{
    brc_device** d = &devices[precision == BRC_DOUBLE];
    if (!*d) OK(brc_device_make(-1, d));
    s->device = *d;
    brc_sim_stay(s, 1);
}

static void take_device(brc_sim* s)
{
    OK(brc_sim_home(s));
    s->device = NULL;
}

static void end(brc_sim* s[2])
{
    take_device(s[1]);
    brc_sim_destroy(s[0]), brc_sim_destroy(s[1]);
}

// As views of a script do it: an access where nothing is, then the field is fetched.
static brc_field* field(brc_sim* s, const char* name, bool writes)
{
    brc_field* f = brc_field_find(s, name);
    assert_non_null(f);
    if (f->count == 0 || (writes && !f->writable)) OK(brc_field_home(s, f, writes));
    assert_int_equal(f->count, s->count);
    if (writes) assert_int_equal(f->writable, 1);
    return f;
}

static double value(const brc_field* f, int64_t i, int k)
{
    const int64_t at = i * f->stride + k, rest = i * f->residual_stride + k;
    if (f->kind == BRC_F32R) return (double)((float*)f->p)[at] + (double)((float*)f->residual)[rest];
    return ((double*)f->p)[at] + (f->residual ? ((double*)f->residual)[rest] : 0);
}

static void set_value(brc_field* f, int64_t i, int k, double v)
{
    const int64_t at = i * f->stride + k, rest = i * f->residual_stride + k;
    if (f->kind == BRC_F32R) {
        ((float*)f->p)[at] = (float)v;
        ((float*)f->residual)[rest] = (float)(v - (double)(float)v);
    } else {
        ((double*)f->p)[at] = v;
        if (f->residual) ((double*)f->residual)[rest] = 0;
    }
}

// A drag, and a twist of those in the upper half.
static void hook(brc_sim* s)
{
    brc_field *f = field(s, "force", true), *v = field(s, "v", false), *x = field(s, "x", false);
    brc_field* t = field(s, "torque", true);
    for (int64_t i = 0; i < s->count; i++) {
        for (int k = 0; k < 3; k++) set_value(f, i, k, value(f, i, k) - 2e-2 * value(v, i, k));
        if (value(x, i, 2) > 0.4) set_value(t, i, 1, value(t, i, 1) + 1e-5);
    }
}

static void hooked_step(brc_sim* s, void (*call)(brc_sim*))
{
    OK(brc_step_begin(s));
    if (call) call(s);
    OK(brc_step_end(s));
}

static void equal(brc_sim* s[2])
{
    brc_summary a, b;
    OK(brc_summary_get(s[0], &a));
    OK(brc_summary_get(s[1], &b));
    assert_int_equal(a.step, b.step);
    assert_int_equal(a.contacts, b.contacts);
    assert_int_equal(a.wall_contacts, b.wall_contacts);
    EXPECT(a.max_overlap == b.max_overlap, "step %d: an overlap of %.17g against %.17g", (int)a.step, a.max_overlap,
           b.max_overlap);
    for (int64_t i = 0; i < s[0]->count; i++)
        EXPECT(s[0]->id[i] == s[1]->id[i], "slot %d holds another particle", (int)i);
    EXPECT(brc_sim_hash(s[0]) == brc_sim_hash(s[1]), "another state after step %d", (int)a.step);
}

// Copies: 4 columns read (places, velocities in two, forces) and one written in each step with this hook; between steps
// what is asked for. No whole state but the last.
static void copies(void** unused)
{
    (void)unused;
    brc_sim* s[2];
    for (int q = 0; q < 2; q++) s[q] = scene("linear/epsd", 3, 200, 7);
    give_device(s[1]);
    for (int q = 0; q < 2; q++) advance(s[q], 1);
    const brc_device_state before = looked_at(s[1]);
    for (int k = 0; k < 40; k++)
        for (int q = 0; q < 2; q++) {
            hooked_step(s[q], k % 4 ? hook : NULL);
            if (k == 20) { // a gust and a push, between steps
                brc_field *v = field(s[q], "v", true), *x = field(s[q], "x", true),
                          *w = field(s[q], "angular_velocity", true);
                for (int64_t i = 0; i < s[q]->count; i += 3) {
                    set_value(v, i, 2, value(v, i, 2) + 0.3), set_value(w, i, 0, 2.5);
                    set_value(x, i, 0, value(x, i, 0) + 0.03);
                }
            }
            if (k == 30) advance(s[q], 25); // without a hook
            if (k == 31) EXPECT(value(field(s[q], "radius", false), 3, 0) > 0, "%s", "no radius");
        }
    assert_int_equal(brc_sim_away(s[1]), 1);
    assert_int_equal(field(s[1], "v", false)->writable, 0);
    brc_device_state after = looked_at(s[1]);
    assert_int_equal(after.states - before.states, 0);
    assert_int_equal(after.fetched - before.fetched, 30 * 4 + 3 + 2);
    assert_int_equal(after.sent - before.sent, 30 + 3);
    equal(s);
    after = looked_at(s[1]);
    assert_int_equal(after.states - before.states, 1);
    assert_int_equal(after.redone - before.redone, 0);
    assert_int_equal(brc_sim_away(s[1]), 0);
    EXPECT(brc_field_find(s[1], "x")->count == s[1]->count && brc_field_find(s[1], "x")->writable, "%s", "hidden");
    end(s);
}

// A script moves all of them to where no cells are.
static void elsewhere(void** unused)
{
    (void)unused;
    brc_sim* s[2];
    for (int q = 0; q < 2; q++) s[q] = of_many_sizes(5, v3(0.3, 0.3, 0.3), 0.1, 250, 0.008, 0.011, 20);
    give_device(s[1]);
    for (int q = 0; q < 2; q++) {
        advance(s[q], 1);
        brc_field* x = field(s[q], "x", true);
        for (int64_t i = 0; i < s[q]->count; i++)
            for (int k = 0; k < 3; k++) set_value(x, i, k, value(x, i, k) + 0.5);
        advance(s[q], 100);
    }
    assert_int_equal(brc_sim_away(s[1]), 1);
    for (int k = 0; k < 3; k++) {
        const double begin = looked_at(s[1]).cells_begin[k];
        EXPECT(begin > 0.65 && begin < 0.75, "cells begin at %g m", begin);
    }
    equal(s);
    end(s);
}

// A hook that asks for what only the whole state can answer, in the middle of steps: with walls that move, with bonds
// that break, in a cell that is sheared and one that is driven to a stress, with an outlet and a stream.
static void look_inside(brc_sim* s)
{
    brc_summary q;
    hook(s);
    if (s->step % 5 == 3) {
        OK(brc_summary_get(s, &q));
        brc_field* f = field(s, "force", true); // by what only this moment has
        for (int64_t i = 0; i < s->count; i++)
            set_value(f, i, 0, value(f, i, 0) + 1e-3 * q.kinetic_energy + 1e-6 * (double)q.contacts + q.max_overlap);
    }
}

static void halfway(void** unused)
{
    (void)unused;
    for (int k = 0; k < 4; k++) {
        brc_sim* s[2];
        precision = k == 2 ? BRC_DOUBLE : BRC_MIXED;
        bare = k == 1 || k == 2;
        for (int q = 0; q < 2; q++) {
            int32_t number;
            s[q] = scene(k == 0 ? "linear/epsd" : "linear", bare ? 7 : 3, 130, 91 + (uint64_t)k);
            s[q]->options.on_exit = BRC_EXIT_REMOVE;
            if (bare) deform(s[q], k == 1);
            if (k < 2) assert_true(bond_by(s[q], 0.01, 6e3, true) > 40);
            if (k == 3) {
                const brc_wall_def ball = {.shape = BRC_SPHERE, .side = 1, .point = {0.5, 0.5, 0.2}, .radius = 0.2};
                const brc_motion swing = {
                    .kind = BRC_OSCILLATION, .stop = 1e9, .axis = {0, 0, 1}, .amplitude = 0.05, .period = 0.03};
                const brc_outlet_def hole = {
                    .kind = BRC_OUTLET_PLANE, .point = {0.5, 0.5, 0.2}, .normal = {0, 0, 1}, .radius = 0.4};
                OK(brc_wall_add(s[q], &ball, &number));
                OK(brc_wall_motion_add(s[q], number, &swing));
                pour(s[q]);
                OK(brc_outlet_add(s[q], &hole, &number));
            }
            if (q) give_device(s[q]);
        }
        for (int step = 0; step < 80 * stretch; step++) {
            for (int q = 0; q < 2; q++) hooked_step(s[q], look_inside);
            if (step % 20 == 19) equal(s);
        }
        if (k == 3) EXPECT(s[0]->removed > 0 && s[0]->inserted > 132, "%s", "nobody came or left");
        assert_int_equal(looked_at(s[1]).redone, 0);
        end(s);
    }
    precision = BRC_MIXED, bare = false;
}

// The device goes at any place: while a column is fetched or sent, in the first or the second half of a step, between
// two.
static void lost(void** unused)
{
    (void)unused;
    for (int after = 0; after < 9; after += 3) {
        brc_sim* s[2];
        for (int q = 0; q < 2; q++) s[q] = scene("linear", 0, 120, 9 + (uint64_t)after);
        OK(brc_sim_device(s[1], -1));
        brc_sim_stay(s[1], 1);
        for (int k = 0; k < 12; k++) {
            if (k == 5) brc_device_lose_after(s[1]->device, after);
            for (int q = 0; q < 2; q++) {
                hooked_step(s[q], hook);
                if (k == 3 || k == 8) {
                    brc_field* v = field(s[q], "v", true);
                    for (int64_t i = 0; i < s[q]->count; i += 2) set_value(v, i, 1, 0.2);
                    advance(s[q], 3);
                }
            }
        }
        equal(s);
        const char* warning = brc_warning(s[1]);
        assert_non_null(warning);
        EXPECT(strstr(warning, "was lost; the run goes on from step"), "%s", warning);
        brc_sim_destroy(s[0]), brc_sim_destroy(s[1]);
    }
}

// A state that does not stay: the device is lost at any time until it has come home.
static void lost_on_the_way(void** unused)
{
    (void)unused;
    for (int hooked = 0; hooked < 2; hooked++) {
        const char* warning = "";
        int after = hooked ? 4 : 44; // not all: each takes half a second
        for (; warning; after += 8) {
            brc_sim* s[2];
            for (int q = 0; q < 2; q++) s[q] = scene("linear", 0, 60, 9);
            OK(brc_sim_device(s[1], -1));
            for (int k = 0; k < 4; k++) {
                if (k == 2) brc_device_lose_after(s[1]->device, after);
                for (int q = 0; q < 2; q++)
                    if (hooked) hooked_step(s[q], hook);
                    else advance(s[q], 2);
            }
            equal(s);
            warning = brc_warning(s[1]);
            brc_sim_destroy(s[0]), brc_sim_destroy(s[1]);
        }
        EXPECT(after > 30, "the device was lost only at the first %d of a step's submits", after);
    }
}

static void too_much(brc_sim* s)
{
    brc_field* f = field(s, "force", true);
    hook(s);
    if (s->step == 14) set_value(f, 7, 2, INFINITY);
}

static void too_fast(brc_sim* s)
{
    brc_field* f = field(s, "force", true);
    hook(s);
    if (s->step >= 14) set_value(f, 11, 0, value(f, 11, 0) + 40);
}

// Both stop at the same step with the same words.
static void guards(void** unused)
{
    (void)unused;
    char text[1024];
    int stopped[2], times = stretch;
    stretch = 1; // nobody may leave before
    for (int kind = 0; kind < 3; kind++) {
        brc_sim* s[2];
        for (int q = 0; q < 2; q++) {
            s[q] = scene("linear", 3, 100, 11);
            if (kind == 2) s[q]->options.overlap_stop = 0.25;
            if (q) give_device(s[q]);
            brc_status status = BRC_OK;
            for (stopped[q] = 0; status == BRC_OK && stopped[q] < 3000; stopped[q]++) {
                status = brc_step_begin(s[q]);
                if (status != BRC_OK) break;
                (kind == 0 ? too_much : kind == 1 ? too_fast : hook)(s[q]);
                status = brc_step_end(s[q]);
            }
            EXPECT(status == BRC_ERR_GUARD, "guard %d: status %d: %s", kind, (int)status, brc_last_error());
            if (q) EXPECT(!strcmp(text, brc_last_error()), "%s\n%s", text, brc_last_error());
            snprintf(text, sizeof text, "%s", brc_last_error());
        }
        EXPECT(stopped[0] == stopped[1], "after %d and %d steps", stopped[0], stopped[1]);
        end(s);
    }
    stretch = times;
}

// What is written takes more room than the state: it comes home now and then. Sorted at the same steps as on the
// processor.
static void many_steps(void** unused)
{
    (void)unused;
    brc_sim* s[2];
    for (int q = 0; q < 2; q++) {
        s[q] = scene("linear/epsd", 3, 1100, 77);
        OK(brc_gravity_set(s[q], (double[3]){0.5, 0, -9.81}));
        s[q]->step = 980;
    }
    give_device(s[1]);
    for (int q = 0; q < 2; q++) advance(s[q], 3);
    const brc_device_state before = looked_at(s[1]);
    for (int k = 0; k < 40 * stretch; k++)
        for (int q = 0; q < 2; q++) hooked_step(s[q], hook);
    const brc_device_state after = looked_at(s[1]);
    EXPECT(after.states - before.states >= 4 && after.states - before.states < 12 * stretch, "%d states",
           (int)(after.states - before.states));
    assert_int_equal(after.redone - before.redone, 0);
    equal(s);
    end(s);
}

// A wall that the script moves, step by step, with hooks and without; in one of the runs the device is lost on the way.
static void driven(void** unused)
{
    (void)unused;
    const double still[4] = {0, 0, 0, 1};
    for (int loses = 0; loses < 2; loses++) {
        brc_sim* s[2];
        brc_device_state before = {0};
        int32_t wall = 0;
        for (int q = 0; q < 2; q++) {
            const brc_wall_def box = {
                .shape = BRC_BOX, .side = 1, .point = {0.3, 0.3, 0.05}, .point2 = {0.7, 0.6, 0.2}};
            s[q] = scene("linear/epsd", 3, 150, 31);
            OK(brc_wall_add(s[q], &box, &wall));
            if (q && loses) OK(brc_sim_device(s[q], -1));
            if (q) brc_sim_stay(s[q], 1);
            if (q && !loses) give_device(s[q]);
        }
        for (int k = 1; k <= 60; k++) {
            if (k == 3) before = looked_at(s[1]);
            if (k == 40 && loses) brc_device_lose_after(s[1]->device, 7);
            for (int q = 0; q < 2; q++) {
                const double shift[3] = {0, 0, 2e-3 * k}, v[3] = {0, 0, 10}, w[3] = {0, 0, 0};
                OK(brc_wall_pose_set(s[q], wall, shift, still, v, w));
                if (k % 3) advance(s[q], 1);
                else hooked_step(s[q], hook);
            }
        }
        const brc_device_state after = looked_at(s[1]);
        EXPECT(after.states - before.states == (loses ? 1 : 0), "%d states", (int)(after.states - before.states));
        equal(s);
        brc_wall_state a, b;
        OK(brc_wall_state_get(s[0], wall, &a));
        OK(brc_wall_state_get(s[1], wall, &b));
        EXPECT(a.work != 0 && !memcmp(&a, &b, sizeof a), "%.17g against %.17g J", a.work, b.work);
        if (loses) brc_sim_destroy(s[0]), brc_sim_destroy(s[1]);
        else end(s);
    }
}

static void fields(void** unused)
{
    (void)unused;
    brc_sim* s[2];
    for (int q = 0; q < 2; q++) {
        int32_t number;
        const double capacity[2] = {500, 800};
        s[q] = scene("linear", 3, 120, 5);
        OK(brc_user_field_add(s[q], "heat", "K", 300, &number));
        OK(brc_user_field_flux(s[q], number, "W", 1, capacity));
        OK(brc_user_field_add(s[q], "mark", "1", 2, &number));
        if (q) give_device(s[q]);
    }
    for (int k = 0; k < 30; k++) {
        for (int q = 0; q < 2; q++) {
            OK(brc_step_begin(s[q]));
            brc_field *flux = field(s[q], "heat_flux", true), *heat = field(s[q], "heat", false);
            assert_int_equal(heat->writable, 0);
            for (int64_t i = 0; i < s[q]->count; i++) set_value(flux, i, 0, 1e-3 * (310 - value(heat, i, 0)));
            OK(brc_step_end(s[q]));
            if (k == 12) {
                EXPECT(value(field(s[q], "heat_flux", false), 3, 0) != 0, "%s", "no flux");
                brc_field* mark = field(s[q], "mark", true);
                for (int64_t i = 0; i < s[q]->count; i++) set_value(mark, i, 0, (double)i);
            }
            if (k == 20) advance(s[q], 4);
            if (k == 20) EXPECT(value(field(s[q], "heat_flux", false), 3, 0) == 0, "%s", "a flux");
        }
        if (k % 10 == 5) equal(s);
    }
    equal(s);
    end(s);
}

// With the energy book the state comes home after each step; in the middle of one the script has it where it is, and
// where it comes home there the processor makes the book of that step, from the state of before.
static void booked(void** unused)
{
    (void)unused;
    brc_sim* s[2];
    for (int q = 0; q < 2; q++) s[q] = scene("linear/epsd", 3, 200, 23);
    for (int q = 0; q < 2; q++) advance(s[q], 60);
    give_device(s[1]);
    const brc_device_state before = looked_at(s[1]);
    for (int q = 0; q < 2; q++) keep_book(s[q]);
    for (int k = 0; k < 8; k++) {
        for (int q = 0; q < 2; q++) {
            OK(brc_step_begin(s[q]));
            if (k % 4 == 2) OK(brc_sim_home(s[q]));
            hook(s[q]);
            if (k % 4 == 3) OK(brc_sim_home(s[q]));
            OK(brc_step_end(s[q]));
        }
        assert_int_equal(brc_sim_away(s[1]), 0);
        equal(s);
        same_books(s[0], s[1]);
    }
    brc_energies e;
    OK(brc_energies_get(s[0], &e));
    assert_true(e.hooks != 0);
    assert_int_equal(looked_at(s[1]).redone, before.redone);
    end(s);
}

int main(int count_of_words, char** words)
{
    int32_t count;
    if (brc_device_count(&count) != BRC_OK || count == 0) {
        printf("no device: %s\n", brc_last_error());
        return 77;
    }
    const bool longer = count_of_words > 1 && !strcmp(words[1], "long");
    if (longer) stretch = 10;
    else if (count_of_words > 1) cmocka_set_test_filter(words[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(copies),          cmocka_unit_test(elsewhere),
                                       cmocka_unit_test(halfway),         cmocka_unit_test(lost),
                                       cmocka_unit_test(lost_on_the_way), cmocka_unit_test(guards),
                                       cmocka_unit_test(many_steps),      cmocka_unit_test(driven),
                                       cmocka_unit_test(fields),          cmocka_unit_test(booked)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int k = 0; k < 2; k++) brc_device_free(devices[k]);
    return failed;
}
