using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>The link to a host, and the host behind it.</summary>
/// <param name="MemoryBytes">Of the host, as LD and ST reach it; 0: there is no link.</param>
/// <param name="BytesPerSecond">Each direction, after line encoding.</param>
/// <param name="LatencyPs">From the end of a read request to the begin of its first completion.</param>
/// <param name="PayloadBytes">Largest payload of a packet.</param>
/// <param name="OverheadBytes">Bytes of a packet beside its payload.</param>
/// <param name="Transactions">Wide transactions in flight.</param>
public sealed record PcieConfiguration(long MemoryBytes, long BytesPerSecond, long LatencyPs, int PayloadBytes, int OverheadBytes, int Transactions)
{
    private const long BytesPerMegabyte = 1_000_000;

    internal static PcieConfiguration From(ConfigurationValues v) => new(
        v.Long("pcie.memory"),
        v.Long("pcie.bandwidth") * BytesPerMegabyte,
        v.Long("pcie.latency"),
        v.Integer("pcie.payload"),
        v.Integer("pcie.overhead"),
        v.Integer("pcie.transactions"));

    /// <param name="home">The endpoint's number in the wide plane.</param>
    internal PcieConfig Endpoint(int home) => new(home, Transactions, BytesPerSecond, LatencyPs, PayloadBytes, OverheadBytes);
}
