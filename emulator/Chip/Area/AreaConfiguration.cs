namespace HybridEmu.Chip;

/// <summary>
/// Silicon that one of each part takes, in square micrometres; SRAM in square micrometres a KiB. An estimate from published
/// figures, whose sources stand beside the values in Presets/base.yaml.
/// </summary>
/// <param name="RegisterBit">A flip-flop and its share of clock and wires.</param>
/// <param name="PeBf16">bf16 multiplier and fp32 adder of a PE.</param>
/// <param name="PeInt8">One int8 multiplier and int32 adder; a PE has as many as it packs.</param>
/// <param name="PeInt4">As above, int4.</param>
/// <param name="Sram">SRAM of one port, a KiB.</param>
/// <param name="SramDual">SRAM that reads and writes in one cycle, a KiB.</param>
/// <param name="VectorLane">What a lane needs to infer.</param>
/// <param name="GradientLane">What derivatives add to a lane; as the two that follow, only where the chip trains.</param>
/// <param name="ControlCore">A scalar core without its caches.</param>
/// <param name="Engine">Control of one of dispatch, LD, ST, MX and VX.</param>
/// <param name="FabricPort">One port of one network, without its buffers.</param>
/// <param name="Home">A home slice or a stream port, without its buffers.</param>
/// <param name="HbmPhy">PHY and controller of a channel.</param>
/// <param name="Host">Host port, timer, barrier and power manager together.</param>
/// <param name="PciePhy">PHY and controller of a link to a host.</param>
public sealed record AreaConfiguration(
    double RegisterBit,
    double PeBf16,
    double PeInt8,
    double PeInt4,
    double Sram,
    double SramDual,
    double VectorLane,
    double GradientLane,
    double LossLane,
    double OptimizerLane,
    double ControlCore,
    double Engine,
    double FabricPort,
    double Home,
    double HbmPhy,
    double Host,
    double PciePhy)
{
    internal static AreaConfiguration From(ConfigurationValues v) => new(
        RegisterBit: v.Real("area.register_bit"),
        PeBf16: v.Real("area.pe_bf16"),
        PeInt8: v.Real("area.pe_int8"),
        PeInt4: v.Real("area.pe_int4"),
        Sram: v.Real("area.sram"),
        SramDual: v.Real("area.sram_dual"),
        VectorLane: v.Real("area.vector_lane"),
        GradientLane: v.Real("area.gradient_lane"),
        LossLane: v.Real("area.loss_lane"),
        OptimizerLane: v.Real("area.optimizer_lane"),
        ControlCore: v.Real("area.control_core"),
        Engine: v.Real("area.engine"),
        FabricPort: v.Real("area.fabric_port"),
        Home: v.Real("area.home"),
        HbmPhy: v.Real("area.hbm_phy"),
        Host: v.Real("area.host"),
        PciePhy: v.Real("area.pcie_phy"));
}
