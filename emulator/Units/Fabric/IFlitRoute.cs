namespace HybridEmu.Units;

/// <summary>
/// What a crossbar must know of a flit. Implemented by empty structs as a static constraint, so that the crossbar is
/// compiled once a plane with these calls inlined.
/// </summary>
/// <typeparam name="TFlit">The flit.</typeparam>
public interface IFlitRoute<TFlit>
    where TFlit : unmanaged
{
    /// <summary>Output number of the flit.</summary>
    static abstract int Destination(in TFlit flit);

    /// <summary>Whether the flit is its packet's last.</summary>
    static abstract bool IsLast(in TFlit flit);
}

/// <summary>Every class of the coherent plane: outputs are numbered by endpoint.</summary>
public readonly struct CoherentRoute : IFlitRoute<CoherenceFlit>
{
    public static int Destination(in CoherenceFlit flit) => flit.Destination;

    public static bool IsLast(in CoherenceFlit flit) => flit.Last != 0;
}

/// <summary>Wide plane, tile to memory: outputs are numbered by pseudo-channel.</summary>
public readonly struct WideRequestRoute : IFlitRoute<WideFlit>
{
    public static int Destination(in WideFlit flit) => flit.Home;

    public static bool IsLast(in WideFlit flit) => flit.Last != 0;
}

/// <summary>Wide plane, memory to tile: outputs are numbered by the tiles' wide ports.</summary>
public readonly struct WideResponseRoute : IFlitRoute<WideFlit>
{
    public static int Destination(in WideFlit flit) => flit.Port;

    public static bool IsLast(in WideFlit flit) => flit.Last != 0;
}
