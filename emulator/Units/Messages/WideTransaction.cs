namespace HybridEmu.Units;

/// <summary>A transaction of the wide plane as whoever serves it holds it: what was asked, and how much of its data has moved.</summary>
public struct WideTransaction
{
    private const int FlitBytes = 64;

    /// <summary>ReadNoSnoop or WriteNoSnoop. None: the slot is free.</summary>
    public WideKind Kind;
    public byte Port;
    public ushort Tag;

    /// <summary>Byte offset and bytes.</summary>
    public ulong Address;
    public ushort Length;

    /// <summary>Write: bytes whose data flit arrived. Read: bytes sent back.</summary>
    public ushort Moved;

    /// <summary>Of its first byte, in its granule.</summary>
    public readonly int First => (int)(Address % HomeMap.GranuleBytes);

    /// <summary>From its header.</summary>
    /// <exception cref="InvalidOperationException">The flit is none, or the transaction does not lie in one granule.</exception>
    public static WideTransaction Of(in WideFlit header)
    {
        if (header.Kind is not (WideKind.ReadNoSnoop or WideKind.WriteNoSnoop))
            throw new InvalidOperationException("A wide packet must begin with a request.");
        var transaction = new WideTransaction { Kind = header.Kind, Port = header.Port, Tag = header.Tag, Address = header.Address, Length = header.Length };
        if (header.Length == 0 || transaction.First + header.Length > HomeMap.GranuleBytes)
            throw new InvalidOperationException("A wide transaction must lie in one granule.");
        return transaction;
    }

    /// <summary>Takes a write's next data flit.</summary>
    /// <param name="granule">Byte i is that of the transaction's granule.</param>
    /// <returns>Whether it was the last.</returns>
    /// <exception cref="InvalidOperationException">The flit does not follow.</exception>
    public bool Take(in WideFlit flit, Span<byte> granule)
    {
        bool complete = Moved + flit.Length == Length;
        if (flit.Kind != WideKind.WriteData || flit.Address != Address + Moved || complete != (flit.Last != 0))
            throw new InvalidOperationException("Write data must follow their header in ascending order, whole.");
        Line64.ReadSpan(in flit.Data)[..flit.Length].CopyTo(granule[(First + Moved)..]);
        Moved += flit.Length;
        return complete;
    }

    /// <summary>The next flit of the answer: data of a read up to a multiple of 64 bytes, or the acknowledgement.</summary>
    /// <param name="home">Number of whoever answers.</param>
    /// <param name="granule">As of <see cref="Take"/>.</param>
    public WideFlit Answer(int home, ReadOnlySpan<byte> granule)
    {
        var flit = new WideFlit
        {
            Port = Port,
            Home = (byte)home,
            Tag = Tag,
            Address = Address,
            Length = Length,
            Kind = WideKind.WriteAck,
            Last = 1,
        };
        if (Kind != WideKind.ReadNoSnoop)
            return flit;
        flit.Kind = WideKind.ReadData;
        flit.Address += Moved;
        flit.Length = (ushort)Math.Min(FlitBytes - (int)(flit.Address % FlitBytes), Length - Moved);
        granule.Slice(First + Moved, flit.Length).CopyTo(Line64.Span(ref flit.Data));
        Moved += flit.Length;
        flit.Last = (byte)(Moved == Length ? 1 : 0);
        return flit;
    }
}
