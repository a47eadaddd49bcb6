/* What the generated bindings need of a standard library; libc.c has it. */
#pragma once
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
size_t strlen(const char *text);
