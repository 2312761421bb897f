/* SPDX-License-Identifier: GPL-2.0-only */
/* json_figures.h - the figures of a table as JSON, at their paths. */
#ifndef JSON_FIGURES_H
#define JSON_FIGURES_H

#include <jansson.h>

#include "figures.h"

/*
 * Puts every figure of @table into *@o, objects made for what stands before the dots of its path;
 * null where it is not known. @of is the struct phase_result or struct result that the table is
 * about. On want of memory *@o becomes NULL, as by json_put().
 */
void json_put_figures(json_t **o, const struct figure_spec *table, const void *of);

/* The value of @s in @of alone. */
json_t *json_figure(const struct figure_spec *s, const void *of);
/* What docs/result.schema.json must say of it. NULL: no memory. */
json_t *json_figure_schema(const struct figure_spec *s);
/* Puts @value at the path "a.b.c" of *@o; steals it; as json_put(). */
void json_put_at(json_t **o, const char *path, json_t *value);

#endif
