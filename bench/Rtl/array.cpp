// Times the array twin: `array N CYCLES REPEATS < rows`. Standard input holds POOL rows of N words, as wide as the twin's. At cycle t a
// row of X enters and a row of weights, and with every N-th the switch token. Prints a hash of all sums that left in the
// first 6 N cycles, then for each repetition the cycles in a second of processor time.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "Vtwin.h"
#include "verilated.h"

static const int POOL = 64;

static double seconds() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const long side = std::atol(argv[1]), cycles = std::atol(argv[2]), repeats = std::atol(argv[3]);
    Vtwin twin;
    std::vector<char> rows(sizeof twin.x * POOL);
    if (std::fread(rows.data(), sizeof twin.x, POOL, stdin) != POOL) return 2;
    twin.step = 1;
    auto edge = [&] {
        twin.clock = 0;
        twin.eval();
        twin.clock = 1;
        twin.eval();
    };
    auto cycle = [&](long t) {
        std::memcpy(&twin.x, &rows[t % POOL * sizeof twin.x], sizeof twin.x);
        std::memcpy(&twin.weights, &rows[(7 * t + 3) % POOL * sizeof twin.x], sizeof twin.x);
        twin.shift_token = 1;
        twin.weights_enable = 1;
        twin.switch_token = t % side == 0;
        edge();
    };
    twin.reset = 1;
    edge();
    twin.reset = 0;
    unsigned long long hash = 0;
    long t = 0;
    for (; t < 6 * side; t++) {
        cycle(t);
        for (long c = 0; c < side; c++) {
            unsigned sum;
            std::memcpy(&sum, reinterpret_cast<char*>(&twin.bottom) + 4 * c, 4);
            hash = (hash ^ sum) * 0x100000001B3ULL;
        }
    }
    std::printf("%016llx\n", hash);
    for (long i = 0; i < repeats; i++) {
        double start = seconds();
        for (long end = t + cycles; t < end; t++) cycle(t);
        std::printf("%.6g\n", cycles / (seconds() - start));
    }
    twin.final();
    return 0;
}
