// render_embree.c -- the picture by Embree: a sun with soft shadows, the light of the sky that reaches a point, one
// look at what reflects into it, walls of coloured glass with dark rims, and cuts that close the grains they open.
//
// A pixel's rays are a function of its place, so a picture is the same on any number of threads. Embree would like
// denormals flushed to zero; that would change the simulation on this thread, and is left as it is.
#include "render.h"
#include <embree3/rtcore.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOLID = 1, GLASS = 2 };                 // masks of rays
enum { TILE = 16, LAYERS = 24, LEVELS = 256 }; // pixels of a tile's side; panes of glass that a ray passes
enum { SPHERES = 0, RODS = 1, WALLS = 2, PANES = 3, GEOMETRIES = 4 };

typedef struct v3 {
    float x, y, z;
} v3;
static v3 add(v3 a, v3 b) { return (v3){a.x + b.x, a.y + b.y, a.z + b.z}; }
static v3 sub(v3 a, v3 b) { return (v3){a.x - b.x, a.y - b.y, a.z - b.z}; }
static v3 times(float s, v3 a) { return (v3){s * a.x, s * a.y, s * a.z}; }
static v3 product(v3 a, v3 b) { return (v3){a.x * b.x, a.y * b.y, a.z * b.z}; }
static float dot(v3 a, v3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static v3 cross(v3 a, v3 b) { return (v3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
static v3 unit(v3 a)
{
    const float n = sqrtf(dot(a, a));
    return n > 0 ? times(1 / n, a) : (v3){0, 0, 1};
}
static v3 of(const double x[3]) { return (v3){(float)x[0], (float)x[1], (float)x[2]}; }
static v3 mix(v3 a, v3 b, float t) { return add(times(1 - t, a), times(t, b)); }

typedef struct scene {
    const brc_picture* p;
    RTCDevice device;
    RTCScene scene;
    v3 eye, forward, right, up, light;
    float tan_half;
    double middle[3]; // what is near it keeps its digits: all is shifted there
    float cut[3][4];
    float ground;         // along up
    float linear[LEVELS]; // of a byte of sRGB
    int64_t* pane_of;     // triangles: those of glass, the others
    int64_t* wall_of;
    char* error;
    int64_t error_size;
} scene;

// ---- numbers that look random ------------------------------------------------------------------------------
static uint32_t scramble(uint32_t x)
{
    x ^= x >> 16, x *= 0x7feb352dU, x ^= x >> 15, x *= 0x846ca68bU;
    return x ^ (x >> 16);
}
// Sample i of a pixel: a sequence that fills the square evenly (R2), shifted by the pixel and the purpose.
static void pair_of(uint32_t pixel, uint32_t i, uint32_t purpose, float out[2])
{
    const uint32_t seed = scramble(pixel * 9U + purpose);
    const uint32_t a = seed + i * 3242174889U, b = scramble(seed ^ 0x9e3779b9U) + i * 2447445414U;
    out[0] = (float)(a >> 8) * 0x1p-24f, out[1] = (float)(b >> 8) * 0x1p-24f;
}

static void frame_of(v3 n, v3* a, v3* b)
{
    *a = unit(fabsf(n.x) > 0.6f ? cross(n, (v3){0, 1, 0}) : cross(n, (v3){1, 0, 0}));
    *b = cross(n, *a);
}
// A point of the unit disc (Shirley and Chiu's map keeps areas, and neighbours).
static void disc(const float u[2], float out[2])
{
    const float a = 2 * u[0] - 1, b = 2 * u[1] - 1, quarter = 0.78539816f;
    float r, phi;
    if (a == 0 && b == 0) {
        out[0] = out[1] = 0;
        return;
    }
    if (a * a > b * b) r = a, phi = quarter * (b / a);
    else r = b, phi = 2 * quarter - quarter * (a / b);
    out[0] = r * cosf(phi), out[1] = r * sinf(phi);
}

// ---- the scene ---------------------------------------------------------------------------------------------
static void say(scene* s, const char* text)
{
    if (s->error_size > 0) snprintf(s->error, (size_t)s->error_size, "%s", text);
}

static bool attach(scene* s, RTCGeometry g, unsigned mask, unsigned number)
{
    rtcSetGeometryMask(g, mask);
    rtcCommitGeometry(g);
    rtcAttachGeometryByID(s->scene, g, number);
    rtcReleaseGeometry(g);
    return rtcGetDeviceError(s->device) == RTC_ERROR_NONE;
}

static void shifted(const scene* s, const float* from, float* to, int64_t count, int from_width, int to_width)
{
    for (int64_t i = 0; i < count; i++) {
        for (int k = 0; k < 3; k++) to[to_width * i + k] = (float)((double)from[from_width * i + k] - s->middle[k]);
        if (to_width == 4) to[4 * i + 3] = from[from_width * i + 3];
    }
}

static bool add_spheres(scene* s)
{
    const brc_picture* p = s->p;
    if (!p->spheres) return true;
    RTCGeometry g = rtcNewGeometry(s->device, RTC_GEOMETRY_TYPE_SPHERE_POINT);
    float* at = rtcSetNewGeometryBuffer(g, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT4, 16, (size_t)p->spheres);
    if (at) shifted(s, p->sphere, at, p->spheres, 4, 4);
    return attach(s, g, SOLID, SPHERES) && at;
}

static bool add_rods(scene* s)
{
    const brc_picture* p = s->p;
    if (!p->rods) return true;
    RTCGeometry g = rtcNewGeometry(s->device, RTC_GEOMETRY_TYPE_ROUND_LINEAR_CURVE);
    float* at = rtcSetNewGeometryBuffer(g, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT4, 16, 2 * (size_t)p->rods);
    unsigned* index = rtcSetNewGeometryBuffer(g, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT, 4, (size_t)p->rods);
    if (at) shifted(s, p->rod, at, 2 * p->rods, 4, 4);
    for (int64_t i = 0; index && i < p->rods; i++) index[i] = (unsigned)(2 * i);
    return attach(s, g, SOLID, RODS) && at && index;
}

static bool add_triangles(scene* s, bool glass)
{
    const brc_picture* p = s->p;
    int64_t count = 0;
    int64_t* which = malloc(sizeof *which * (size_t)(p->triangles + 1));
    if (!which) return false;
    for (int64_t i = 0; i < p->triangles; i++)
        if ((p->triangle_colour[4 * i + 3] < 255) == glass) which[count++] = i;
    if (glass) s->pane_of = which;
    else s->wall_of = which;
    if (!count) return true;
    RTCGeometry g = rtcNewGeometry(s->device, RTC_GEOMETRY_TYPE_TRIANGLE);
    float* at = rtcSetNewGeometryBuffer(g, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3, 12, (size_t)p->vertices);
    unsigned* index = rtcSetNewGeometryBuffer(g, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3, 12, (size_t)count);
    if (at) shifted(s, p->vertex, at, p->vertices, 3, 3);
    for (int64_t i = 0; index && i < count; i++)
        for (int k = 0; k < 3; k++) index[3 * i + k] = (unsigned)p->triangle[3 * which[i] + k];
    return attach(s, g, glass ? GLASS : SOLID, glass ? PANES : WALLS) && at && index;
}

static bool set_up(scene* s)
{
    const brc_picture* p = s->p;
    const double *e = p->eye, *t = p->target;
    double sight[3];
    for (int k = 0; k < 3; k++) s->middle[k] = t[k], sight[k] = t[k] - e[k];
    for (int k = 0; k < 3; k++)
        e = p->eye, s->eye = (v3){(float)(e[0] - t[0]), (float)(e[1] - t[1]), (float)(e[2] - t[2])};
    s->forward = unit(of(sight));
    s->right = unit(cross(s->forward, of(p->up)));
    s->up = cross(s->right, s->forward);
    s->light = unit(of(p->light));
    s->tan_half = tanf((float)p->angle / 2);
    for (int i = 0; i < p->cuts; i++) {
        for (int k = 0; k < 3; k++) s->cut[i][k] = (float)p->cut[i][k];
        s->cut[i][3] = (float)(p->cut[i][3] - p->cut[i][0] * t[0] - p->cut[i][1] * t[1] - p->cut[i][2] * t[2]);
    }
    const v3 up = unit(of(p->up));
    s->ground = (float)(p->ground - (up.x * t[0] + up.y * t[1] + up.z * t[2]));
    for (int i = 0; i < LEVELS; i++) {
        const float c = (float)i / 255;
        s->linear[i] = c <= 0.04045f ? c / 12.92f : powf((c + 0.055f) / 1.055f, 2.4f);
    }
    s->device = rtcNewDevice(NULL);
    if (!s->device) {
        say(s, "Embree cannot start on this processor");
        return false;
    }
    s->scene = rtcNewScene(s->device);
    const bool good = s->scene && add_spheres(s) && add_rods(s) && add_triangles(s, false) && add_triangles(s, true);
    if (good) rtcCommitScene(s->scene);
    if (good && rtcGetDeviceError(s->device) == RTC_ERROR_NONE) return true;
    say(s, "no memory for the scene");
    return false;
}

static void tear_down(scene* s)
{
    if (s->scene) rtcReleaseScene(s->scene);
    if (s->device) rtcReleaseDevice(s->device);
    free(s->pane_of);
    free(s->wall_of);
}

// ---- rays --------------------------------------------------------------------------------------------------
typedef struct hit {
    float t;
    v3 point, normal, colour; // normal towards the ray's beginning; colour: linear
    float opacity;
    bool sky;
} hit;

// The part of a ray that no cut takes away; entered: the plane where it begins, -1: none.
static void clip(const scene* s, v3 from, v3 along, float* near, float* far, int* entered)
{
    *entered = -1;
    for (int i = 0; i < s->p->cuts; i++) {
        const v3 n = {s->cut[i][0], s->cut[i][1], s->cut[i][2]};
        const float rate = dot(n, along), height = dot(n, from) - s->cut[i][3]; // > 0: cut away
        const float t = rate != 0 ? -height / rate : 0;
        if (rate < 0 && t > *near) *near = t, *entered = i;
        else if (rate > 0 && t < *far) *far = t;
        else if (rate == 0 && height > 0) *far = -1;
    }
}

static bool blocked(const scene* s, v3 from, v3 along, float far)
{
    float near = 0;
    int entered;
    struct RTCIntersectContext context;
    clip(s, from, along, &near, &far, &entered);
    if (!(near < far)) return false;
    rtcInitIntersectContext(&context);
    struct RTCRay ray = {.org_x = from.x,
                         .org_y = from.y,
                         .org_z = from.z,
                         .tnear = near,
                         .dir_x = along.x,
                         .dir_y = along.y,
                         .dir_z = along.z,
                         .tfar = far,
                         .mask = SOLID};
    rtcOccluded1(s->scene, &context, &ray);
    return ray.tfar < 0;
}

static v3 colour_of(const scene* s, const unsigned char* c)
{
    return (v3){s->linear[c[0]], s->linear[c[1]], s->linear[c[2]]};
}

static v3 sky(const scene* s, v3 along)
{
    const float* a = s->p->background;
    const float* b = s->p->background_top;
    float t = 0.5f + 0.5f * dot(along, s->up);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const v3 c = mix((v3){a[0], a[1], a[2]}, (v3){b[0], b[1], b[2]}, t);
    return product(c, c); // near enough to linear
}

// The first thing on the ray behind `near`.
static hit look(const scene* s, v3 from, v3 along, float near, unsigned mask)
{
    const brc_picture* p = s->p;
    float far = INFINITY;
    int entered;
    hit h = {.t = INFINITY, .sky = true, .opacity = 1};
    struct RTCIntersectContext context;
    clip(s, from, along, &near, &far, &entered);
    struct RTCRayHit q = {.ray = {.org_x = from.x,
                                  .org_y = from.y,
                                  .org_z = from.z,
                                  .tnear = near,
                                  .dir_x = along.x,
                                  .dir_y = along.y,
                                  .dir_z = along.z,
                                  .tfar = far,
                                  .mask = mask},
                          .hit = {.geomID = RTC_INVALID_GEOMETRY_ID, .instID = {RTC_INVALID_GEOMETRY_ID}}};
    rtcInitIntersectContext(&context);
    if (near < far) rtcIntersect1(s->scene, &context, &q);
    if (q.hit.geomID == RTC_INVALID_GEOMETRY_ID) return h;
    h.sky = false;
    h.t = q.ray.tfar;
    h.normal = unit((v3){q.hit.Ng_x, q.hit.Ng_y, q.hit.Ng_z});
    const size_t i = q.hit.primID;
    switch (q.hit.geomID) {
    case SPHERES:
        h.colour = colour_of(s, &p->sphere_colour[3 * i]);
        break;
    case RODS:
        h.colour = colour_of(s, &p->rod_colour[3 * i]);
        break;
    default: {
        const unsigned char* c = &p->triangle_colour[4 * (q.hit.geomID == PANES ? s->pane_of : s->wall_of)[i]];
        h.colour = colour_of(s, c), h.opacity = (float)c[3] / 255;
    }
    }
    const bool inside = dot(h.normal, along) > 0;
    if (inside && entered >= 0 && q.hit.geomID <= RODS) { // it was opened by the cut: there is its face
        h.t = near;
        h.normal = (v3){s->cut[entered][0], s->cut[entered][1], s->cut[entered][2]};
        h.colour = times(0.82f, h.colour);
    } else if (inside) h.normal = times(-1, h.normal);
    h.point = add(from, times(h.t, along));
    return h;
}

// The light that a solid point sends back. u: three pairs of numbers.
static v3 shade(const scene* s, hit h, v3 along, const float u[3][2], bool ground)
{
    const brc_picture* p = s->p;
    const float lift = 1e-4f * (float)p->size;
    const v3 from = add(h.point, times(lift, h.normal));
    v3 a, b, light = {0, 0, 0};
    float d[2];
    frame_of(s->light, &a, &b); // the sun is a disc of 5 degrees: soft edges
    disc(u[0], d);
    const v3 sun = unit(add(s->light, add(times(0.09f * d[0], a), times(0.09f * d[1], b))));
    const float facing = dot(h.normal, sun);
    if (facing > 0 && !blocked(s, from, sun, INFINITY)) {
        light = times(1.9f * facing, (v3){1.0f, 0.97f, 0.92f});
        if (!ground) { // a little gloss
            const float shine = dot(unit(sub(sun, along)), h.normal);
            const float power = shine > 0 ? powf(shine, 48) : 0;
            light = add(light, times(0.25f * power, (v3){1, 1, 1}));
        }
    }
    frame_of(h.normal, &a, &b);
    disc(u[1], d);
    const float up = sqrtf(fmaxf(0, 1 - d[0] * d[0] - d[1] * d[1]));
    const v3 out = add(times(up, h.normal), add(times(d[0], a), times(d[1], b)));
    const hit other = look(s, from, out, 0, SOLID);
    if (other.sky) light = add(light, (v3){0.62f, 0.66f, 0.72f});
    else { // what is near darkens and lends its colour
        const float reach = fminf(1, other.t / (0.7f * (float)p->size));
        light = add(light, mix(times(0.22f, other.colour), (v3){0.5f, 0.5f, 0.5f}, 0.25f * reach));
    }
    return product(light, h.colour);
}

static v3 trace(const scene* s, v3 from, v3 along, uint32_t pixel, uint32_t sample)
{
    const brc_picture* p = s->p;
    v3 sum = {0, 0, 0};
    float left = 1, near = 0;
    float u[3][2];
    for (uint32_t k = 0; k < 3; k++) pair_of(pixel, sample, 1 + k, u[k]);
    const hit solid = look(s, from, along, 0, SOLID);
    // Panes of glass before it: more of them to see where one looks along.
    for (int layer = 0; layer < LAYERS && left > 0.02f; layer++) {
        const hit pane = look(s, from, along, near, GLASS);
        if (pane.sky || pane.t >= solid.t + 0.004f * (float)p->size) break; // a grain pressed into it is behind it
        const float facing = fabsf(dot(pane.normal, along)), rim = (1 - facing) * (1 - facing);
        const float opacity = fminf(1, pane.opacity * (0.55f + 0.45f * pane.opacity + 3 * rim * (1 - pane.opacity)));
        const v3 half = unit(sub(s->light, along));
        const float shine = fabsf(dot(half, pane.normal)), gloss = powf(shine, 60);
        const v3 lit = add(times(0.75f + 0.45f * fmaxf(0, dot(pane.normal, s->light)), pane.colour),
                           times(0.5f * gloss, (v3){1, 1, 1}));
        sum = add(sum, times(left * opacity, lit));
        left *= 1 - opacity;
        near = pane.t * (1 + 1e-5f) + 1e-6f * (float)p->size;
    }
    v3 rest;
    const v3 up = unit(of(p->up));
    const float drop = dot(up, along), height = dot(up, from) - s->ground;
    const float floor_at = drop < 0 && height > 0 ? -height / drop : INFINITY;
    if (floor_at < solid.t) {
        hit g = {
            .t = floor_at, .point = add(from, times(floor_at, along)), .normal = up, .colour = {0.80f, 0.80f, 0.80f}};
        const float distance = sqrtf(dot(g.point, g.point)) / (float)p->size;
        const float fade = fminf(1, fmaxf(0, (distance - 1.2f) / 2.2f));
        const v3 lit = times(0.44f, shade(s, g, along, (const float(*)[2])u, true));
        const v3 bright = sky(s, (v3){along.x, along.y, along.z});
        // A floor in full light has the background's colour, so that only shadows show.
        const float shadow = fminf(1, (lit.x + lit.y + lit.z) / 2.62f);
        rest = times(mix((v3){shadow, 0, 0}, (v3){1, 0, 0}, fade).x, bright);
    } else if (solid.sky) rest = sky(s, along);
    else rest = shade(s, solid, along, (const float(*)[2])u, false);
    return add(sum, times(left, rest));
}

// ---- pixels ------------------------------------------------------------------------------------------------
static uint32_t to_byte(float c)
{
    c = c < 0 ? 0 : c;
    c = c > 0.8f ? 0.8f + 0.2f * (1 - expf(-(c - 0.8f) / 0.2f)) : c; // highlights roll off
    const float e = c <= 0.0031308f ? 12.92f * c : 1.055f * powf(c, 1 / 2.4f) - 0.055f;
    return (uint32_t)(255 * (e > 1 ? 1 : e) + 0.5f);
}

static uint32_t pixel_of(const scene* s, int x, int y)
{
    const brc_picture* p = s->p;
    const uint32_t number = (uint32_t)y * (uint32_t)p->width + (uint32_t)x;
    const float aspect = (float)p->width / (float)p->height;
    v3 sum = {0, 0, 0};
    for (uint32_t i = 0; i < (uint32_t)p->samples; i++) {
        float u[2];
        pair_of(number, i, 0, u);
        const float a = (2 * ((float)x + u[0]) / (float)p->width - 1) * aspect,
                    b = 1 - 2 * ((float)y + u[1]) / (float)p->height;
        v3 from = s->eye, along = s->forward;
        if (p->angle > 0)
            along = unit(add(along, add(times(a * s->tan_half, s->right), times(b * s->tan_half, s->up))));
        else {
            const float half = 0.5f * (float)p->extent;
            from = add(from, add(times(a * half, s->right), times(b * half, s->up)));
        }
        const v3 c = trace(s, from, along, number, i);
        // Each sample is held below white, so that a sparkle does not leave a jagged edge.
        sum = add(sum, (v3){fminf(c.x, 2), fminf(c.y, 2), fminf(c.z, 2)});
    }
    sum = times(1 / (float)p->samples, sum);
    return 0xff000000U | to_byte(sum.x) << 16 | to_byte(sum.y) << 8 | to_byte(sum.z);
}

int32_t brc_render(const brc_picture* picture, uint32_t* pixels, char* error, int64_t error_size)
{
    scene s = {.p = picture, .error = error, .error_size = error_size};
    if (picture->bytes != (int64_t)sizeof *picture) {
        say(&s, "render.so is of another build than the Lua files: install both anew");
        return 1;
    }
    if (!set_up(&s)) {
        tear_down(&s);
        return 1;
    }
    const int across = (picture->width + TILE - 1) / TILE, down = (picture->height + TILE - 1) / TILE;
#pragma omp parallel for schedule(dynamic, 1) num_threads(picture->threads)
    for (int tile = 0; tile < across * down; tile++)
        for (int y = tile / across * TILE; y < (tile / across + 1) * TILE && y < picture->height; y++)
            for (int x = tile % across * TILE; x < (tile % across + 1) * TILE && x < picture->width; x++)
                pixels[(size_t)y * (size_t)picture->width + (size_t)x] = pixel_of(&s, x, y);
    tear_down(&s);
    return 0;
}

const char* brc_render_version(void)
{
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
    return TEXT(RTC_VERSION_MAJOR) "." TEXT(RTC_VERSION_MINOR) "." TEXT(RTC_VERSION_PATCH);
}
