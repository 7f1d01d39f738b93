// Drives array_top: a record of stimulus a cycle on stdin, all registers after the edge on stdout.
#include <cstdio>
#include <cstdlib>

#include "Vtwin.h"
#include "verilated.h"

static int awake_mutant = 0;

// Asked by sources into which a test has planted mistakes.
extern "C" int awake() { return awake_mutant; }

template <typename T>
static bool read(T& port) {
    return std::fread(&port, sizeof port, 1, stdin) == 1;
}

int main(int argc, char** argv) {
    awake_mutant = argc > 1 ? std::atoi(argv[1]) : 0;
    Vtwin twin;
    twin.reset = 1;
    for (int edge = 0; edge < 2; edge++) {
        twin.clock = 0;
        twin.eval();
        twin.clock = 1;
        twin.eval();
    }
    twin.reset = 0;
    while (read(twin.control) && read(twin.x) && read(twin.weights) && read(twin.top)) {
        twin.clock = 0;
        twin.eval();
        twin.clock = 1;
        twin.eval();
        std::fwrite(&twin.seen, sizeof twin.seen, 1, stdout);
    }
    twin.final();
    return 0;
}
