namespace HybridEmu.Validation.Tests;

/// <summary>Rows that take a suite of their own: each names the command that passes only while the row is true.</summary>
internal static class EstablishedElsewhere
{
    private const string Quick = "make test", Deep = "make test-deep", Rtl = "make test-rtl";

    public static IEnumerable<ValidationRow> Programs() =>
    [
        new("scalar ISA", "own reference model in lockstep on random programs with traps, interrupts, self-modifying text", "none", Deep),
        new("scalar ISA", "the 76 riscv-tests rv32ui/um/ua/mi -p images; 78 signatures of riscv-arch-test (3.10: I, M, A, Zifencei, machine mode, against spike; 1.0: Zicsr)", "none", "RISCV_ELFS=FOLDER make test"),
        new("memory order", "22 litmus tests on whole chips against an operational machine of total store order; 17 of DMA", "none", Quick),
        new("descriptors", "plain functional reference: random graphs of all operations on twelve chips; near-legal descriptors fault alike, without effect", "0 bits", Deep),
        new("exp, sigmoid, tanh, gelu and derivative", "double precision, all bf16 and millions of fp32 inputs", "below 1 ulp", Quick),
        new("assembler, disassembler", "GNU as and objdump 2.40, byte for byte and text for text, where installed", "none", Quick),
        new("numbers of training", "an independent plain training loop, weights after several epochs", "0 bits", Quick),
        new("inference-only chip", "`hybrid`: logits of the trained network", "0 bits", Quick),
    ];

    public static IEnumerable<ValidationRow> Engines() =>
    [
        new("array, fast engine", "the step engine: reports, bytes and state hashes at random cycles; waveforms; whole training runs", "0 cycles, 0 bits", Quick),
    ];

    public static IEnumerable<ValidationRow> Twins() =>
    [
        new("array, every PE register (int8, int16, bf16, packed int8 and int4)", "SystemVerilog twin under Verilator, every cycle; NaN payloads apart", "0 cycles, 0 bits", Rtl),
        new("matrix unit: products, loads and streams of bf16, int4, int8 and int16, packing, sums at top or bottom, zero, drain", "SystemVerilog twin under Verilator: every channel and accumulator bank, every cycle, random stalls", "0 cycles, 0 bits", Rtl),
        new("dispatch, DMA copies, scratchpad", "SystemVerilog twins under Verilator: every channel, every cycle", "0 cycles, 0 bits", Rtl),
        new("a tile of them, 25 channels", "SystemVerilog twin under Verilator: random graphs, memory of random latency, every cycle", "0 cycles, 0 bits", Rtl),
    ];

    public static IEnumerable<ValidationRow> Rest() =>
    [
        new("coherence protocol", "exhaustive exploration with 3 caches (160,078 states)", "no violation", Quick),
        new("control core, caches, fabric, vector, PCIe link: cycles", "nothing outside", "unvalidated", ""),
        new("energy, area", "published constants, each with its source; no measured chip", "unvalidated", ""),
    ];
}
