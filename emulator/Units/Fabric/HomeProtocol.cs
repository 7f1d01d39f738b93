using System.Numerics;

namespace HybridEmu.Units;

/// <summary>Who may hold a line, as its home knows it.</summary>
public enum DirectoryState : byte
{
    /// <summary>Nobody; memory is current.</summary>
    Uncached,

    /// <summary>At most the endpoints in Sharers, clean; memory is current.</summary>
    Shared,

    /// <summary>Only Owner, clean or dirty.</summary>
    Owned,
}

/// <summary>The directory's word about one line. All zero: never cached.</summary>
public struct DirectoryEntry
{
    /// <summary>Bit e: endpoint e may hold the line. Only when Shared.</summary>
    public uint Sharers;
    public DirectoryState State;

    /// <summary>Only when Owned.</summary>
    public byte Owner;
}

/// <summary>Where a line's transaction is; Idle is no transaction.</summary>
public enum HomePhase : byte
{
    Idle,

    /// <summary>One snoop is out.</summary>
    Snooping,

    /// <summary>Memory is being read.</summary>
    Reading,

    /// <summary>The grant is sent or being sent.</summary>
    Granting,

    /// <summary>The bytes of a PutModified go to memory.</summary>
    Writing,
}

/// <summary>What can happen to a line at its home.</summary>
public enum HomeEvent : byte
{
    GetShared,
    GetModified,
    PutModified,
    ReadOnce,
    SnoopAck,
    SnoopData,
    GrantAck,

    /// <summary>The whole line was read from memory.</summary>
    MemoryRead,

    /// <summary>The whole line is written in memory.</summary>
    MemoryWritten,
}

/// <summary>What the home must do next.</summary>
[Flags]
public enum HomeActions : byte
{
    None = 0,

    /// <summary>Send Snoop to SnoopTarget.</summary>
    SendSnoop = 1,
    ReadMemory = 2,

    /// <summary>Write the bytes at hand.</summary>
    WriteMemory = 4,

    /// <summary>Send Grant with the bytes at hand to Requester.</summary>
    SendGrant = 8,
    SendPutAck = 16,

    /// <summary>The transaction is over once the other actions are done.</summary>
    End = 32,
}

/// <summary>The open transaction of a line.</summary>
public struct HomeTransaction
{
    public HomePhase Phase;

    /// <summary>GetShared, GetModified, ReadOnce or PutModified.</summary>
    public HomeEvent Request;
    public byte Requester;

    /// <summary>Endpoint of the one snoop that is out.</summary>
    public byte SnoopTarget;
    public CoherenceType Snoop;
    public CoherenceType Grant;

    /// <summary>1 when a snooped owner gave the bytes, which need no memory read then.</summary>
    public byte Dirty;

    /// <summary>1 while those bytes are on their way to memory.</summary>
    public byte WritePending;

    /// <summary>1 when the requester has its grant.</summary>
    public byte Acknowledged;
}

/// <summary>
/// The home's side of blocking-directory MESI as a pure transition function: no clock, no channel, no bytes. The unit
/// and the state explorer of the tests use the same one.
/// </summary>
/// <remarks>
/// Snoops go out one at a time, lowest endpoint first: an answer never meets another in a buffer, so no buffer has to be
/// as large as the number of sharers. Clean copies are dropped silently, so an owner or sharer may ask again, and may
/// answer a snoop for a line it no longer has.
/// </remarks>
public static class HomeProtocol
{
    /// <summary>Applies an event; a pair that the protocol does not know is a defect of the emulator and throws.</summary>
    /// <param name="entry">Directory entry of the line.</param>
    /// <param name="transaction">The line's transaction.</param>
    /// <param name="happened">The event.</param>
    /// <param name="source">Endpoint that sent it; ignored for the two memory events.</param>
    public static HomeActions Step(ref DirectoryEntry entry, ref HomeTransaction transaction, HomeEvent happened, int source)
    {
        switch (transaction.Phase, happened)
        {
            case (HomePhase.Idle, HomeEvent.GetShared or HomeEvent.GetModified or HomeEvent.ReadOnce):
                transaction = new HomeTransaction { Request = happened, Requester = (byte)source };
                return SnoopOrRead(in entry, ref transaction);

            case (HomePhase.Idle, HomeEvent.PutModified):
                transaction = new HomeTransaction { Request = happened, Requester = (byte)source };
                if (entry.State != DirectoryState.Owned || entry.Owner != source)
                    return HomeActions.SendPutAck | HomeActions.End; // a snoop took the bytes while they were on their way
                entry = default;
                transaction.Phase = HomePhase.Writing;
                return HomeActions.WriteMemory;

            case (HomePhase.Snooping, HomeEvent.SnoopAck or HomeEvent.SnoopData) when source == transaction.SnoopTarget:
                if (happened == HomeEvent.SnoopData)
                {
                    if (entry.State != DirectoryState.Owned)
                        break; // only an owner can be dirty
                    transaction.Dirty = 1;
                }

                Forget(ref entry, in transaction);
                HomeActions next = SnoopOrRead(in entry, ref transaction);
                return next != HomeActions.None ? next : GrantFrom(ref entry, ref transaction);

            case (HomePhase.Reading, HomeEvent.MemoryRead):
                return GrantFrom(ref entry, ref transaction);

            case (HomePhase.Granting, HomeEvent.GrantAck) when source == transaction.Requester && transaction.Acknowledged == 0:
                transaction.Acknowledged = 1;
                return EndWhenDone(ref transaction);

            case (HomePhase.Granting, HomeEvent.MemoryWritten) when transaction.WritePending != 0:
                transaction.WritePending = 0;
                return EndWhenDone(ref transaction);

            case (HomePhase.Writing, HomeEvent.MemoryWritten):
                transaction.Phase = HomePhase.Idle;
                return HomeActions.SendPutAck | HomeActions.End;
        }

        throw new InvalidOperationException($"Home protocol: {happened} from endpoint {source} in phase {transaction.Phase}, line {entry.State}.");
    }

    /// <summary>The next snoop if one is needed, else the memory read, else (bytes at hand) nothing.</summary>
    private static HomeActions SnoopOrRead(in DirectoryEntry entry, ref HomeTransaction transaction)
    {
        uint others = Others(in entry, transaction.Requester);
        bool invalidate = transaction.Request == HomeEvent.GetModified;
        if (others != 0 && (invalidate || entry.State == DirectoryState.Owned))
        {
            transaction.Phase = HomePhase.Snooping;
            transaction.SnoopTarget = (byte)BitOperations.TrailingZeroCount(others);
            transaction.Snoop = invalidate ? CoherenceType.SnoopInvalidate : CoherenceType.SnoopShare;
            return HomeActions.SendSnoop;
        }

        if (transaction.Dirty != 0)
            return HomeActions.None;
        transaction.Phase = HomePhase.Reading;
        return HomeActions.ReadMemory;
    }

    /// <summary>Takes the snooped endpoint out of the entry, or makes it a sharer.</summary>
    private static void Forget(ref DirectoryEntry entry, in HomeTransaction transaction)
    {
        uint target = 1u << transaction.SnoopTarget;
        if (transaction.Snoop == CoherenceType.SnoopShare)
        {
            entry = new DirectoryEntry { State = DirectoryState.Shared, Sharers = target };
        }
        else if (entry.State == DirectoryState.Owned || (entry.Sharers & ~target) == 0)
        {
            entry = default;
        }
        else
        {
            entry.Sharers &= ~target;
        }
    }

    private static HomeActions GrantFrom(ref DirectoryEntry entry, ref HomeTransaction transaction)
    {
        uint self = 1u << transaction.Requester;
        transaction.Phase = HomePhase.Granting;
        if (transaction.Request == HomeEvent.ReadOnce)
        {
            transaction.Grant = CoherenceType.GrantOnce;
        }
        else if (transaction.Request == HomeEvent.GetShared && Others(in entry, transaction.Requester) != 0)
        {
            transaction.Grant = CoherenceType.GrantShared;
            entry.Sharers |= self;
        }
        else
        {
            transaction.Grant = transaction.Request == HomeEvent.GetShared ? CoherenceType.GrantExclusive : CoherenceType.GrantModified;
            entry = new DirectoryEntry { State = DirectoryState.Owned, Owner = transaction.Requester };
        }

        if (transaction.Dirty == 0)
            return HomeActions.SendGrant;
        transaction.WritePending = 1;
        return HomeActions.SendGrant | HomeActions.WriteMemory;
    }

    private static HomeActions EndWhenDone(ref HomeTransaction transaction)
    {
        if (transaction.Acknowledged == 0 || transaction.WritePending != 0)
            return HomeActions.None;
        transaction.Phase = HomePhase.Idle;
        return HomeActions.End;
    }

    /// <summary>Endpoints other than the requester that may hold the line.</summary>
    private static uint Others(in DirectoryEntry entry, int requester) => entry.State switch
    {
        DirectoryState.Owned => (1u << entry.Owner) & ~(1u << requester),
        DirectoryState.Shared => entry.Sharers & ~(1u << requester),
        _ => 0,
    };
}
