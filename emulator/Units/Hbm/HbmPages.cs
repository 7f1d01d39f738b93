using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Whether a row that nobody waits for is left open, for each bank of a pseudo-channel.</summary>
internal sealed class HbmPages(HbmPage policy, int banks)
{
    private const byte Most = 3, Closes = 2;

    private readonly byte[] _conflicts = new byte[banks]; // two-bit counters: up when an open row met a conflict
    private readonly int[] _left = Filled(banks); // row that the policy closed last, or Closed

    /// <summary>Banks whose unwanted rows are closed, one bit each.</summary>
    public ulong Closing { get; private set; } = policy == HbmPage.Closed ? ulong.MaxValue : 0;

    /// <summary>A row that was left open was in the way.</summary>
    public void Conflict(int bank) => Count(bank, _conflicts[bank] < Most ? _conflicts[bank] + 1 : Most);

    /// <summary>The policy closed a row that nobody waited for.</summary>
    public void ClosedUnwanted(int bank, int row) => _left[bank] = row;

    /// <summary>A row was opened; if it is the one that was closed unasked, that was wrong.</summary>
    public void Opened(int bank, int row)
    {
        if (_left[bank] == row)
            Count(bank, _conflicts[bank] > 0 ? _conflicts[bank] - 1 : 0);
        _left[bank] = HbmBanks.Closed;
    }

    public void Walk(StateArchive archive)
    {
        ulong closing = Closing;
        archive.Array("conflicts", _conflicts);
        archive.Array("left", _left);
        archive.Value("closing", ref closing);
        Closing = closing;
    }

    private static int[] Filled(int banks)
    {
        int[] rows = new int[banks];
        rows.AsSpan().Fill(HbmBanks.Closed);
        return rows;
    }

    private void Count(int bank, int conflicts)
    {
        _conflicts[bank] = (byte)conflicts;
        if (policy == HbmPage.Adaptive)
            Closing = conflicts >= Closes ? Closing | (1UL << bank) : Closing & ~(1UL << bank);
    }
}
