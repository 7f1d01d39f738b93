using System.Numerics;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// Banked SRAM behind an arbiter. Each cycle the head request of every port is looked at in priority order (the order of
/// the ports) and granted when all banks it touches are still free in this cycle. A request pushed at N is granted at
/// N + 1 at the earliest and its response visible at N + 2 (rule SP-1).
/// </summary>
public sealed partial class Scratchpad
{
    public static readonly string[] Causes = ["Idle", "Busy"];

    public ScratchpadState State;

    private readonly string _name;
    private readonly ScratchpadPort[] _ports;
    private readonly FaultLatch _faults;
    private readonly byte[] _bytes;
    private readonly long[] _conflicts;     // by winner and loser
    private readonly long[] _bankConflicts; // by bank and loser
    private readonly Channel<ScratchpadRequest>[] _requests;
    private readonly Channel<ScratchpadResponse>[] _responses;
    private readonly InputSet _filled = new(); // ports with requests
    private readonly uint[] _lastRead; // of each port; what it reads next is likely to lie as far from there again
    private readonly WideLines?[] _lines;
    private readonly uint[] _widths;
    private readonly ulong[] _heldBy; // banks that write back a word for each port, where some do

    // Wires within one edge, of the ports that got theirs: banks that each uses, for reading and for writing.
    private readonly ulong[] _reading, _writing;
    private readonly int _bankShift;
    private readonly int _bankMask;
    private readonly int _banks;
    private readonly bool _dualPorted;
    private readonly bool _conflictsFault;
    private readonly bool _secded;
    private readonly int _scrubCycles;

    /// <param name="config">Sizes; checked when the configuration was read.</param>
    /// <param name="ports">Requesters, highest priority first.</param>
    /// <param name="name">Name in faults: tile0.scratchpad.</param>
    /// <param name="faults">Where conflicts go that must not be, and words that nobody can correct; null: nowhere.</param>
    public Scratchpad(ScratchpadConfig config, ScratchpadPort[] ports, string name = "scratchpad", FaultLatch? faults = null)
    {
        if (config.Secded && config.BankBytes < Secded.WordBytes)
            throw new ArgumentException("A word and its check byte lie in one bank.", nameof(config));
        if (ports.Any(port => port.WidthBytes > config.Banks * config.BankBytes))
            throw new ArgumentException("An access needs banks for all of its bytes in one cycle.", nameof(config));
        _name = name;
        _ports = ports;
        _faults = faults ?? new FaultLatch();
        _bytes = new byte[config.SizeBytes];
        _conflicts = new long[ports.Length * ports.Length];
        _bankConflicts = new long[config.Banks * ports.Length];
        (_notedConflicts, _notedBankConflicts) = (new long[_conflicts.Length], new long[_bankConflicts.Length]);
        _requests = [.. ports.Select(port => port.Request)];
        _responses = [.. ports.Select(port => port.Response)];
        for (int p = 0; p < ports.Length; p++)
            _requests[p].ShowIn(_filled, p);
        _lastRead = new uint[ports.Length];
        _lines = [.. ports.Select(port => port.Lines)];
        _widths = [.. ports.Select(port => (uint)port.WidthBytes)];
        _heldBy = new ulong[ports.Length];
        (_reading, _writing) = (new ulong[ports.Length], new ulong[ports.Length]);
        _bankShift = BitOperations.TrailingZeroCount(config.BankBytes);
        _bankMask = config.Banks - 1;
        _banks = config.Banks;
        _dualPorted = config.DualPorted;
        _conflictsFault = config.ConflictsFault;
        _secded = config.Secded;
        _scrubCycles = config.ScrubCycles;
        State.ScrubAt = _secded && _scrubCycles > 0 ? _scrubCycles : Wake.Never;
    }

    /// <summary>Requesters in priority order.</summary>
    public IReadOnlyList<ScratchpadPort> Ports => _ports;

    /// <summary>Cycles in which port <paramref name="loser"/> waited because <paramref name="winner"/> held its bank.</summary>
    public long Conflicts(int winner, int loser) => _conflicts[(winner * _ports.Length) + loser];

    /// <summary>Cycles in which port <paramref name="loser"/> waited for this bank, counted at the lowest bank that it lost.</summary>
    public long BankConflicts(int bank, int loser) => _bankConflicts[(bank * _ports.Length) + loser];

    public int Banks => _banks;

    /// <summary>The committed bytes, for the host before cycle 0 and after the run; as they were written, without flipped bits.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>Whether nobody but some ports, one bit each in the order of priority, asks for anything.</summary>
    public bool IsAskedOnlyBy(ulong ports) => (_filled.Filled & ~ports) == 0;

    /// <summary>Whether that is so, and nothing that they may ask for is anybody else's business.</summary>
    public bool IsOnlyFor(ulong ports) => IsAskedOnlyBy(ports) && !_secded && !_conflictsFault;

    public long Evaluate(long edge) => Evaluate(edge, ulong.MaxValue);

    /// <summary>As <see cref="Evaluate(long)"/>, of a scratchpad that <see cref="IsOnlyFor"/> those ports.</summary>
    public long Evaluate(long edge, ulong ports)
    {
        if (State.ScrubAt < edge)
            Scrub(edge - 1);

        // Rule SP-10: what wrote a part of a word in the last cycle writes it back in this one.
        ulong held = State.HeldBanks, readBusy = held, writeBusy = held;
        State.HeldBanks = 0;
        State.BankCycles += BitOperations.PopCount(held);
        bool waiting = false;
        ulong granted = 0;
        for (ulong asking = _filled.Filled & ports; asking != 0; asking &= asking - 1)
        {
            // Rule SP-6. Both channels wake the scratchpad when this changes; asking for edges would hide a deadlock.
            int p = BitOperations.TrailingZeroCount(asking);
            Channel<ScratchpadRequest> requests = _requests[p];
            if (!requests.CanPop(edge) || !_responses[p].CanPush(edge))
                continue;

            ref readonly ScratchpadRequest request = ref requests.Peek(edge);
            ulong banks = BanksOf(request.Address, request.Length);
            bool write = request.Write != 0;
            bool writePort = write || !_dualPorted;
            ref ulong busy = ref writePort ? ref writeBusy : ref readBusy;
            ulong parts = _secded && write ? BanksOfParts(request.Address, request.Length) : 0;
            ulong lost = (busy & banks) | ((readBusy | writeBusy) & parts);
            // Rules SP-2, SP-3, SP-4: all banks or none; who came first in the order of ports holds them.
            if (lost != 0)
            {
                int bank = BitOperations.TrailingZeroCount(lost);
                Lose(edge, bank, HolderOf(bank, granted, writePort && (busy >> bank & 1) != 0 ? _writing : _reading), p);
                waiting = true;
                continue;
            }

            busy |= banks;
            readBusy |= parts;
            State.HeldBanks |= parts;
            granted |= 1UL << p;
            _writing[p] = writePort ? banks : 0;
            _reading[p] = writePort ? parts : banks;
            State.BankCycles += BitOperations.PopCount(banks);
            Serve(p, in request, edge);
            requests.Discard(edge);
            waiting |= !requests.IsEmpty;
        }

        if (State.HeldBanks != 0)
            Hold(granted);
        ulong all = readBusy | writeBusy;
        if (State.ScrubAt == edge)
            ScrubBeside(all, edge);
        State.Ledger.Charge(edge, all != 0 ? Ledger.Busy : Ledger.Idle, Ledger.Idle);
        return waiting || State.HeldBanks != 0 ? edge + 1 : Wake.Never;
    }

    /// <summary>An edge at which two ports that are set apart ask for words, and nobody else.</summary>
    /// <param name="edge">The edge.</param>
    /// <param name="first">The one that comes first in the order of ports.</param>
    /// <param name="second">The one that comes next.</param>
    /// <param name="number">The number of the first in that order.</param>
    public void EvaluateApart(long edge, ReadPort first, ReadPort second, int number)
    {
        ulong busy = 0;
        if (first.Asks)
        {
            busy = BanksOf(first.Address, first.Length);
            ServeApart(first, busy, edge);
        }

        if (second.Asks)
        {
            ulong banks = BanksOf(second.Address, second.Length);
            if ((busy & banks) != 0)
                Lose(edge, BitOperations.TrailingZeroCount(busy & banks), number, number + 1);
            else
                ServeApart(second, banks, edge);
            busy |= banks;
        }

        State.Ledger.Charge(edge, busy != 0 ? Ledger.Busy : Ledger.Idle, Ledger.Idle);
    }

    public void Walk(StateArchive archive, long edge)
    {
        Settle(edge);
        archive.Value("scratchpad", ref State);
        archive.Array("scratchpad.bytes", _bytes);
        archive.Array("scratchpad.conflicts", _conflicts);
        archive.Array("scratchpad.bankConflicts", _bankConflicts);
        archive.Array("scratchpad.heldBy", _heldBy);
        _flipped.Walk(archive);
    }

    public void Describe(SignalMap map)
    {
        foreach (ScratchpadPort port in _ports)
            map.Add($"{port.Name}.pending", 8, () => (ulong)port.Request.Count);
        map.Add("reads", 64, () => (ulong)State.Reads);
        map.Add("writes", 64, () => (ulong)State.Writes);
        map.Add("conflicts", 64, () => (ulong)State.Conflicts);
        if (_secded)
            map.Add("corrected", 64, () => (ulong)State.Corrected);
    }

    /// <summary>Brings what changes in the unit's sleep up to and including an edge that has passed.</summary>
    public void Settle(long edge)
    {
        if (State.ScrubAt <= edge)
            Scrub(edge);
        State.Ledger.Settle(edge);
    }

    /// <summary>The port that has a bank: it was granted it at this edge, or writes back into it.</summary>
    /// <param name="bank">The bank.</param>
    /// <param name="granted">Ports that were granted something at this edge.</param>
    /// <param name="side">Banks that these use, of the side that is wanted.</param>
    private int HolderOf(int bank, ulong granted, ulong[] side)
    {
        for (; granted != 0; granted &= granted - 1)
        {
            int p = BitOperations.TrailingZeroCount(granted);
            if ((side[p] >> bank & 1) != 0)
                return p;
        }

        int holder = 0;
        while ((_heldBy[holder] >> bank & 1) == 0)
            holder++;
        return holder;
    }

    /// <summary>Counts a cycle's wait, or raises it where conflicts are mistakes (rule SP-9).</summary>
    private void Lose(long edge, int bank, int winner, int loser)
    {
        _conflicts[(winner * _ports.Length) + loser]++;
        _bankConflicts[(bank * _ports.Length) + loser]++;
        State.Conflicts++;
        if (_conflictsFault && winner != loser) // a requester may wait for its own word to be written back
        {
            _faults.Raise(new Fault(
                FaultKind.BankConflict, _name, $"bank {bank}", edge,
                $"{_ports[loser].Name} wants bank {bank}, which {_ports[winner].Name} has.",
                "Keep the two apart in time or in banks; scratchpad.conflicts=stall lets the later requester wait."));
        }
    }

    private void ServeApart(ReadPort port, ulong banks, long edge)
    {
        int length = port.Length;
        State.BankCycles += BitOperations.PopCount(banks);
        State.Reads++;
        State.ReadBytes += length;
        port.Grant(_bytes.AsSpan((int)port.Address, length), edge);
    }

    private void Serve(int port, in ScratchpadRequest request, long edge)
    {
        int length = request.Length;
        WideLines? lines = _lines[port];
        uint width = _widths[port];
        if (length == 0 || (request.Address & (width - 1)) + length > width)
            throw new InvalidOperationException($"{_ports[port].Name}: a scratchpad access of {length} bytes at 0x{request.Address:x} crosses a line of {width} bytes.");
        Span<byte> bytes = _bytes.AsSpan((int)request.Address, length);
        ref ScratchpadResponse response = ref _responses[port].Allocate(edge);
        response.Set(request.Address, length, request.Write, request.Tag);
        if (request.Write != 0)
        {
            if (_flipped.Count != 0)
                Overwrite(port, request.Address, length, edge);
            Line64.Copy(lines is null ? Line64.ReadSpan(in request.Data) : lines.First, bytes, length);
            lines?.Remove();
            State.Writes++;
            State.WriteBytes += length;
        }
        else
        {
            Span<byte> data = lines is null ? Line64.Span(ref response.Data) : lines.Append();
            Line64.Copy(bytes, data, length);
            if (lines is not null)
                FetchNext(port, request.Address, length);
            if (_flipped.Count != 0)
                Disturb(port, request.Address, data[..length], edge);
            State.Reads++;
            State.ReadBytes += length;
        }
    }

    /// <summary>Rows of a matrix lie a pitch apart, which the host does not guess by itself from page to page.</summary>
    private void FetchNext(int port, uint address, int length)
    {
        uint next = address + (address - _lastRead[port]);
        _lastRead[port] = address;
        if (next <= (uint)(_bytes.Length - length))
            CacheLines.Prefetch(_bytes.AsSpan((int)next, length));
    }

    // Consecutive chunks lie in consecutive banks, round and round.
    private ulong BanksOf(uint address, int length)
    {
        uint first = address >> _bankShift;
        int count = (int)(((address + (uint)length - 1) >> _bankShift) - first) + 1;
        int at = (int)(first & (uint)_bankMask);
        ulong run = count == 64 ? ulong.MaxValue : (1UL << count) - 1;
        if (_banks == 64)
            return BitOperations.RotateLeft(run, at);
        ulong placed = run << at;
        return (placed | (placed >> _banks)) & ((1UL << _banks) - 1);
    }
}
