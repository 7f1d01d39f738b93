// Drives a top whose stimulus and observations are one record an edge: reads a record, lets it settle, writes down what is observed, and
// gives the edge. The first argument is the mutant that is awake.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vtwin.h"
#include "verilated.h"

static int awakeMutant;

extern "C" int awake() { return awakeMutant; }

int main(int count, char **arguments) {
    awakeMutant = count > 1 ? std::atoi(arguments[1]) : 0;
    VerilatedContext context;
    Vtwin top{&context};
    std::vector<char> stimulus(sizeof top.stimulus), observed(sizeof top.observed);
    top.clock = 0;
    while (std::fread(stimulus.data(), 1, stimulus.size(), stdin) == stimulus.size()) {
        std::memcpy(&top.stimulus, stimulus.data(), stimulus.size());
        top.eval();
        std::memcpy(observed.data(), &top.observed, observed.size());
        std::fwrite(observed.data(), 1, observed.size(), stdout);
        top.clock = 1;
        top.eval();
        top.clock = 0;
    }
    top.final();
}
