namespace HybridEmu.Units;

/// <summary>A PCI Express link and the host behind it. Sources of the presets' figures stand in Presets/base.yaml.</summary>
/// <param name="Home">Number of this end of the wide plane: the one behind the pseudo-channels'.</param>
/// <param name="Transactions">Wide transactions in flight, 1 to 64.</param>
/// <param name="BytesPerSecond">Each direction, after line encoding.</param>
/// <param name="LatencyPs">From the end of a read request on the link to the begin of its first completion.</param>
/// <param name="PayloadBytes">Largest payload of a packet, a power of two; longer ones are cut at its multiples.</param>
/// <param name="OverheadBytes">Bytes of a packet beside its payload: framing, header, link CRC.</param>
public sealed record PcieConfig(int Home, int Transactions, long BytesPerSecond, long LatencyPs, int PayloadBytes, int OverheadBytes);
