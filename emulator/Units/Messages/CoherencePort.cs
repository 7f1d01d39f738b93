using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The channels between one caching endpoint and the coherent plane, each a flit wide, one flit an edge. A message's
/// flits are contiguous on its channel.
/// </summary>
/// <param name="Endpoint">Endpoint number of the plane: 2t L1D and 2t + 1 L1I of tile t.</param>
/// <param name="Request">Out: GetShared, GetModified, PutModified, ReadOnce.</param>
/// <param name="Answer">Out: SnoopAck, SnoopData, GrantAck.</param>
/// <param name="Snoop">In: SnoopInvalidate, SnoopShare. Null for an endpoint that is never a sharer (L1I).</param>
/// <param name="Grant">In: the four grants and PutAck. Always sunk.</param>
public sealed record CoherencePort(
    byte Endpoint,
    Channel<CoherenceFlit> Request,
    Channel<CoherenceFlit> Answer,
    Channel<CoherenceFlit>? Snoop,
    Channel<CoherenceFlit> Grant);
