/* SPDX-License-Identifier: GPL-2.0-only */
/* cppcheck.h - for tests/lint: macros that cppcheck cannot take apart. */
#define json_array_foreach(a, i, v) for (i = 0; (v = json_array_get(a, i)); i++)
#define json_object_foreach(o, k, v) for (k = ""; (v = json_object_get(o, k)); k++)
#define SEC(name)
