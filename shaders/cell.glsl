// cell.glsl -- arithmetic of the edges of a periodic cell, as in engine/cell.c.
const int FIRST_AXIS[6] = {0, 1, 2, 0, 0, 1}, SECOND_AXIS[6] = {0, 1, 2, 1, 2, 2};

// speed = gradient * edge, both upper triangular.
void times(double g[6], double e[6], out double result[6])
{
    result[0] = g[0] * e[0];
    result[1] = g[1] * e[1];
    result[2] = g[2] * e[2];
    result[3] = g[0] * e[3] + g[3] * e[1];
    result[5] = g[1] * e[5] + g[5] * e[2];
    result[4] = (g[0] * e[4] + g[3] * e[5]) + g[4] * e[2];
}

// gradient = speed * edge^-1; 0 along axes that are not periodic.
void over(double v[6], double e[6], out double result[6])
{
    const double ix = e[0] > 0.0LF ? DIV64(1.0LF, e[0]) : 0.0LF, iy = e[1] > 0.0LF ? DIV64(1.0LF, e[1]) : 0.0LF;
    const double iz = e[2] > 0.0LF ? DIV64(1.0LF, e[2]) : 0.0LF;
    result[0] = v[0] * ix;
    result[1] = v[1] * iy;
    result[2] = v[2] * iz;
    result[3] = (v[3] - result[0] * e[3]) * iy;
    result[5] = (v[5] - result[1] * e[5]) * iz;
    result[4] = ((v[4] - result[0] * e[4]) - result[3] * e[5]) * iz;
}
