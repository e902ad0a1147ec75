#pragma once
// Marks a function whose inner loops are to be compiled for wider vector units too, chosen when the program starts. Loops over independent
// elements give the same bits on all of them (no fused multiply-adds, no reordered sums).

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define UMBRA_HOT_LOOP __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define UMBRA_HOT_LOOP
#endif
