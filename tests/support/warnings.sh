# warnings.sh - the warnings of tests/run and tests/compile/run: as errors, on every target that knows them.
# shellcheck shell=bash disable=SC2034

gcc_strict='-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wcast-align -Wundef -Wdouble-promotion -Wvla -Werror'
gcc_c="$gcc_strict -Wstrict-prototypes -Wmissing-prototypes"
gcc_cxx="$gcc_strict -x c++"
# -Weverything without: notes on padding (the layout is deliberate), on what our own attributes and macros do on purpose, on
# declarations after statements (C99 has them), and two that contradict other warnings of the set.
clang_strict='-Weverything -Wno-padded -Wno-used-but-marked-unused -Wno-disabled-macro-expansion -Wno-declaration-after-statement
    -Wno-covered-switch-default -Wno-switch-enum -Werror'
clang_c="$clang_strict"
# C++: without notes on older C++ and on what a text that is C as well can't avoid.
clang_cxx="$clang_strict -Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-old-style-cast -Wno-reserved-identifier
    -Wno-reserved-macro-identifier -Wno-zero-as-null-pointer-constant -x c++"
