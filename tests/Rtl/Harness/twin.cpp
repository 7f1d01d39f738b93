// Drives a verilated top that has a clock, a reset, and one vector each of stimulus and observation. Reads a record of stimulus a
// cycle on stdin, writes a record of observation a cycle on stdout: what the wires say in the cycle that the clock edge ends.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vtwin.h"
#include "verilated.h"

static int mutant = 0;

// Which of the bugs that a test has planted in the sources is awake; 0 for none.
extern "C" int awake() { return mutant; }

static bool read_record(std::vector<char>& record) { return std::fread(record.data(), record.size(), 1, stdin) == 1; }

int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    mutant = argc > 1 ? std::atoi(argv[1]) : 0;
    Vtwin top{&context};
    std::vector<char> stimulus(sizeof(top.stimulus)), observation(sizeof(top.observation));

    auto cycle = [&](bool observe) {
        top.clock = 0;
        top.eval();
        if (observe) {
            std::memcpy(observation.data(), &top.observation, observation.size());
            std::fwrite(observation.data(), observation.size(), 1, stdout);
        }
        top.clock = 1;
        top.eval();
    };

    std::memset(&top.stimulus, 0, sizeof(top.stimulus));
    top.reset = 1;
    cycle(false);
    cycle(false);
    top.reset = 0;
    while (read_record(stimulus)) {
        std::memcpy(&top.stimulus, stimulus.data(), stimulus.size());
        cycle(true);
    }
    top.final();
    return 0;
}
