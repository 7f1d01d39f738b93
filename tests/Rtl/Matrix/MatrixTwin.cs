namespace HybridEmu.Rtl.Tests;

/// <summary>The matrix unit in SystemVerilog, in one of its sizes.</summary>
internal static class MatrixTwin
{
    private static readonly string[] Sources =
    [
        "messages.sv", "multiply_accumulate.sv", "systolic_array.sv", "fold_walk.sv", "transposer.sv", "operand_stream.sv", "fold_sequencer.sv",
        "accumulators.sv", "fp32_add.sv", "fp32_multiply.sv", "drain_column.sv", "range_reader.sv", "drain_sequencer.sv", "matrix_order.sv", "matrix_unit.sv",
        "matrix_top.sv",
    ];

    /// <summary>The twin of a size, with the bugs asleep in it that are planted there.</summary>
    public static VerilatedModel Of(int size) =>
        new("matrix_top", Sources, "records.cpp", MatrixSizes.All[size].Parameters) { Mutants = MatrixMutants.Of(size) };

    /// <summary>The first difference from the emulator in a scene, or null.</summary>
    public static string? FirstDifference(this VerilatedModel twin, MatrixScene scene, MatrixEmulation emulation, int awake = 0) =>
        MatrixComparison.FirstDifference(MatrixSizes.All[scene.Size], emulation, twin.Run(emulation.Stimulus.ToArray(), awake));
}
