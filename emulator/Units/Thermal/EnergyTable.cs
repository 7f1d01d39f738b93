namespace HybridEmu.Units;

/// <summary>
/// Energy of events at 7 nm in picojoules. Arithmetic, SRAM and HBM: Jouppi et al., "Ten Lessons From Three Generations",
/// ISCA 2021, table 2, unless a member says otherwise.
/// </summary>
public sealed record EnergyTable
{
    /// <summary>int8 multiply with int32 accumulate: 0.07 + 0.007, 0.084 by accelforge's table.</summary>
    public double MacInt8 { get; init; } = 0.084;

    /// <summary>int4 multiply-accumulate; scaled from int8, about 0.032.</summary>
    public double MacInt4 { get; init; } = 0.032;

    /// <summary>bf16 multiply (0.21) with fp32 add (0.38).</summary>
    public double MacBf16 { get; init; } = 0.59;

    /// <summary>fp32 multiply (1.31) with add (0.38).</summary>
    public double MacFp32 { get; init; } = 1.69;

    /// <summary>One fp32 operation of the vector unit: an add; a multiply costs <see cref="MultiplyFp32"/>.</summary>
    public double AddFp32 { get; init; } = 0.38;

    public double MultiplyFp32 { get; init; } = 1.31;

    /// <summary>A byte of an SRAM of 8, 32 and 1024 KiB.</summary>
    public double SramByte8K { get; init; } = 0.94;

    public double SramByte32K { get; init; } = 1.06;

    public double SramByte1M { get; init; } = 1.75;

    /// <summary>One retired scalar instruction. unverified: order of magnitude of small in-order cores scaled to 7 nm.</summary>
    public double ScalarInstruction { get; init; } = 5;

    /// <summary>A byte over one hop of the fabric: FlooNoC (Fischer et al. 2023).</summary>
    public double FabricByteHop { get; init; } = 0.15;

    /// <summary>Opening and closing a 1 KiB row: O'Connor et al., "Fine-Grained DRAM", MICRO 2017.</summary>
    public double HbmRow { get; init; } = 909;

    /// <summary>
    /// A byte between an open row and the chip: (2.24 data movement + 0.30 I/O + 0.17 rest) pJ/bit * 8; O'Connor MICRO 2017,
    /// whose total of 3.92 pJ/bit has another 1.21 for activation, counted here by <see cref="HbmRow"/>.
    /// </summary>
    public double HbmByte { get; init; } = 21.68;

    /// <summary>
    /// All-bank refresh of a pseudo-channel: half of DRAMsim3's 60.8 nJ a channel (HBM2_8Gb_x128.ini: VDD (IDD5AB - IDD3N)
    /// tRFC).
    /// </summary>
    public double HbmRefresh { get; init; } = 30_420;

    /// <summary>Standby power of a channel in milliwatts, precharged: DRAMsim3 HBM2_8Gb_x128.ini, VDD IDD2N.</summary>
    public double HbmStandbyMilliwatts { get; init; } = 48;
}
