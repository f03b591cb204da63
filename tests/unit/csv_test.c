// csv_test.c -- particle tables: the forms that are read, the errors with file, line, column and value, and garbage.
#include "barchan.h"
// clang-format off: cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[512];

static int start(void** unused)
{
    (void)unused;
    const char* work = getenv("BARCHAN_WORK");
    snprintf(path, sizeof path, "%s/csv_test.csv", work ? work : "/tmp");
    return 0;
}
static int stop(void** unused)
{
    (void)unused;
    remove(path);
    return 0;
}

static void write_bytes(const void* bytes, size_t size)
{
    FILE* file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fwrite(bytes, 1, size, file) == size);
    assert_int_equal(fclose(file), 0);
}

static brc_particle_file read_text(const char* text, double scale)
{
    brc_particle_file f;
    write_bytes(text, strlen(text));
    if (brc_csv_read(path, scale, &f) != BRC_OK) fail_msg("%s", brc_last_error());
    return f;
}

static void forms(void** unused)
{
    (void)unused;
    const char* same[] = {
        "x,y,z,radius\n1,-2,3e-1,.5\n4,5,6,7\n",
        "X,Y,Z,R\r\n1,-2,3e-1,.5\r\n4,5,6,7",
        "x\ty\tz\td\n1\t-2\t0.3\t1\n4\t5\t6\t14\n",
        "  x  y z   Radius  \n 1 -2  +0.3 0.5\n\n4 5 6 7   \n",
        "# by hand\n\n\"x\";\"y\" ; \"z\";\"d\"\n1;-2;\"0.3\";1.0E0 # one\n#4;4;4;4\n4;5;6;1.4e+1\n\n",
        "\xef\xbb\xbfradius,z,note,y,x\n0.5,0.3,hello,-2,1,\n7,6,,5,4,\n",
        "x,y,z,r\r1,-2,0.3,0.5\r4,5,6,7\r",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        brc_particle_file f = read_text(same[i], 1);
        const double x[] = {1, -2, 0.3, 4, 5, 6};
        assert_int_equal(f.count, 2);
        assert_memory_equal(f.x, x, sizeof x);
        assert_true(f.radius[0] == 0.5 && f.radius[1] == 7);
        assert_true(!f.v && !f.w && !f.id);
        brc_particle_file_free(&f);
        assert_true(!f.x && f.count == 0);
    }
}

static void columns_and_scale(void** unused)
{
    (void)unused;
    brc_particle_file f = read_text(
        "id,x,y,z,vx,vy,vz,r,wx,wy,wz\n9007199254740993,1,2,3,4,5,6,7,8,9,10\n2.0,0,0,0,0,0,0,1,0,0,0\n", 1e-3);
    assert_true(f.count == 2 && f.id[0] == INT64_C(9007199254740993) && f.id[1] == 2);
    for (int k = 0; k < 3; k++) assert_true(f.x[k] == (k + 1) * 1e-3 && f.v[k] == (k + 4) * 1e-3 && f.w[k] == k + 8);
    assert_true(f.radius[0] == 7e-3);
    brc_particle_file_free(&f);
    // What the engine exports.
    f = read_text("id,x,y,z,radius,vx,vy,vz,wx,wy,wz,mass,material,fx,fy,fz\n3,1,2,3,0.1,4,5,6,7,8,9,10,0,11,12,13\n",
                  1);
    assert_true(f.count == 1 && f.id[0] == 3 && f.radius[0] == 0.1 && f.v[2] == 6 && f.w[0] == 7);
    brc_particle_file_free(&f);
    // The same doubles as were written: 17 digits, in any locale.
    setlocale(LC_ALL, "de_DE.UTF-8"); // if there is one
    f = read_text("x,y,z,r\n0.1,5e-324,1.7976931348623157e308,2.2250738585072014e-308\n", 1);
    setlocale(LC_ALL, "C");
    assert_true(f.x[0] == 0.1 && f.x[1] == 0x1p-1074 && f.x[2] == 0x1.fffffffffffffp1023 && f.radius[0] == 0x1p-1022);
    brc_particle_file_free(&f);
}

static void many_rows(void** unused)
{
    (void)unused;
    enum { ROWS = 100000 };
    FILE* file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file, "id x y z r\n");
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "%d %.17g %.17g %.17g %.17g\n", i + 1, i / 3.0, i / 7.0, -i / 11.0, 1 + i / 13.0);
    fclose(file);
    brc_particle_file f;
    assert_int_equal(brc_csv_read(path, 1, &f), BRC_OK);
    assert_int_equal(f.count, ROWS);
    for (int i = 0; i < ROWS; i++) {
        assert_true(f.id[i] == i + 1 && f.x[3 * i] == i / 3.0 && f.x[3 * i + 1] == i / 7.0 &&
                    f.x[3 * i + 2] == -i / 11.0);
        assert_true(f.radius[i] == 1 + i / 13.0);
    }
    brc_particle_file_free(&f);
}

static void errors(void** unused)
{
    (void)unused;
    const struct {
        const char *text, *says;
    } bad[] = {
        {"", "' is empty; the first line must name the columns"},
        {"# nothing\n\n", "' is empty; the first line must name the columns"},
        {"x,y,z,r\n", "names columns but holds no particles"},
        {"1,2,3,4\n5,6,7,8\n", "line 1: the first line must name the columns, like x,y,z,radius, got '1,2,3,4'"},
        {"x,y,raduis\n1,2,3\n", "line 1: no column for z; the columns are 'x,y,raduis'"},
        {"# c\nx,y,z,raduis\n1,2,3,4\n", "line 2: no column for radius; the columns are 'x,y,z,raduis'"},
        {"x,y,z,r,X\n1,2,3,4,5\n", "columns 1 and 5 both give the x"},
        {"x,y,z,r,d\n1,2,3,4,5\n", "columns 4 and 5 both give the radius"},
        {"x,y,z,r,vx\n1,2,3,4,5\n", "of vx, vy, vz all three or none are needed, got 1"},
        {"x,y,z,r,wx,wz\n1,2,3,4,5,6\n", "of wx, wy, wz all three or none are needed, got 2"},
        {"x,y,z,r\n1,2,3,4\n1,2,3\n", "line 3 has 3 values, the first line names 4 columns"},
        {"x,y,z,r\n1,2,3,4,5\n", "line 2 has 5 values"},
        {"x,y,z,r\n\n1,2,abc,4\n", "line 3, column 3 (z): 'abc' is not a number"},
        {"x,y,z,r\n1,,3,4\n", "line 2, column 2 (y): '' is not a number"},
        {"x,y,z,r\n1,nan,3,4\n", "line 2, column 2 (y): 'nan' is not a number"},
        {"x,y,z,r\n1,inf,3,4\n", "'inf' is not a number"},
        {"x,y,z,r\n1,0x10,3,4\n", "'0x10' is not a number"},
        {"x,y,z,r\n1,2.5.1,3,4\n", "'2.5.1' is not a number"},
        {"x,y,z,r\n1,1e,3,4\n", "'1e' is not a number"},
        {"x;y;z;r\n1,5;2;3;4\n", "column 1 (x): '1,5' is not a number"},
        {"x,y,z,r\n1,1e999,3,4\n", "column 2 (y): '1e999' is out of range"},
        {"x,y,z,r\n1,2,3,0\n", "line 2, column 4 (radius): must be > 0, got '0'"},
        {"x,y,z,r\n1,2,3,-1\n", "must be > 0, got '-1'"},
        {"x,y,z,d\n1,2,3,1e-400\n", "must be > 0, got '1e-400'"},
        {"id,x,y,z,r\n0,1,2,3,4\n", "column 1 (id): must be a whole number > 0, got '0'"},
        {"id,x,y,z,r\n-3,1,2,3,4\n", "got '-3'"},
        {"id,x,y,z,r\n1.5,1,2,3,4\n", "got '1.5'"},
        {"id,x,y,z,r\n99999999999999999999,1,2,3,4\n", "got '99999999999999999999'"},
        {"x,y,z,r\n1,2,\033[31m\001,4\n", "column 3 (z): '?[31m?' is not a number"},
        {",,,\n1,2,3,4\n", "line 1: the first line must name the columns"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        brc_particle_file f;
        write_bytes(bad[i].text, strlen(bad[i].text));
        assert_int_equal(brc_csv_read(path, 1, &f), BRC_ERR_FILE);
        if (!strstr(brc_last_error(), bad[i].says)) fail_msg("'%s' lacks '%s'", brc_last_error(), bad[i].says);
        assert_non_null(strstr(brc_last_error(), "csv_test.csv'"));
        assert_true(!f.x && !f.radius && f.count == 0);
    }
    brc_particle_file f;
    assert_int_equal(brc_csv_read("/nonexistent/file.csv", 1, &f), BRC_ERR_FILE);
    assert_non_null(strstr(brc_last_error(), "cannot open '/nonexistent/file.csv': No such file"));
    assert_int_equal(brc_csv_read("/", 1, &f), BRC_ERR_FILE);
    assert_non_null(strstr(brc_last_error(), "directory"));
    assert_int_equal(brc_csv_read(path, NAN, &f), BRC_ERR_ARGUMENT);
    assert_int_equal(brc_csv_read(path, 0, &f), BRC_ERR_ARGUMENT);
    write_bytes("x,y,z,r\n1e200,2,3,4\n", 20);
    assert_int_equal(brc_csv_read(path, 1e200, &f), BRC_ERR_FILE);
    assert_non_null(strstr(brc_last_error(), "column 1 (x): '1e200' times the scale is out of range"));
}

// Random bytes, random bytes of the kind that tables have, truncated tables, and a line of megabytes: an error or a
// table, never a crash (the sanitizers watch).
static void garbage(void** unused)
{
    (void)unused;
    static char bytes[4000];
    static const char usual[] = "xyzrdvw,;\t 0123456789.eE+-#\"\n\r";
    uint64_t state = 12345;
    int good = 0;
    for (int round = 0; round < 900; round++) {
        size_t size = (size_t)(round % 200) + 1;
        for (size_t i = 0; i < size; i++) {
            state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
            uint64_t r = (state * 2685821657736338717u) >> 32;
            bytes[i] = round % 3 ? usual[r % (sizeof usual - 1)] : (char)r;
        }
        if (round % 3 == 2) memcpy(bytes, "x y z r\n", size < 8 ? size : 8);
        write_bytes(bytes, size);
        brc_particle_file f;
        if (brc_csv_read(path, 1, &f) != BRC_OK) continue;
        good++;
        brc_particle_file_free(&f);
    }
    const char table[] = "id,x,y,z,r\n1,0.5,0.25,1e-3,4\n2,0.5,0.25,1e-3,4\n3,0.1,0.2,0.3,4e+0\n";
    for (size_t size = 0; size < sizeof table; size++) {
        brc_particle_file f;
        write_bytes(table, size);
        if (brc_csv_read(path, 1, &f) == BRC_OK) brc_particle_file_free(&f);
    }
    for (int round = 0; round < 1000; round++) { // one or two wrong bytes
        memcpy(bytes, table, sizeof table);
        for (int k = 0; k <= round % 2; k++) {
            state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
            uint64_t r = (state * 2685821657736338717u) >> 32;
            bytes[r % (sizeof table - 1)] = round % 4 < 2 ? (char)(r >> 16) : usual[(r >> 16) % (sizeof usual - 1)];
        }
        write_bytes(bytes, sizeof table - 1);
        brc_particle_file f;
        if (brc_csv_read(path, 1, &f) != BRC_OK) continue;
        good++;
        for (int64_t i = 0; i < f.count; i++)
            assert_true(f.radius[i] > 0 && (!f.id || f.id[i] > 0) && isfinite(f.x[3 * i]));
        brc_particle_file_free(&f);
    }
    print_message("%d spoilt files are tables all the same\n", good);
    assert_true(good > 50);
    size_t large = 4 << 20;
    char* line = malloc(large);
    assert_non_null(line);
    for (int kind = 0; kind < 3; kind++) {
        memset(line, kind == 0 ? '7' : kind == 1 ? ',' : 'x', large);
        memcpy(line, "x,y,z,r\n", 8);
        write_bytes(line, large);
        brc_particle_file f;
        assert_int_equal(brc_csv_read(path, 1, &f), BRC_ERR_FILE);
    }
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),  cmocka_unit_test(columns_and_scale), cmocka_unit_test(many_rows),
        cmocka_unit_test(errors), cmocka_unit_test(garbage),
    };
    return cmocka_run_group_tests_name("particle tables", tests, start, stop);
}
