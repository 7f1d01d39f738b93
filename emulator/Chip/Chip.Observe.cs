using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>What looks at the chip from outside: checkpoints, hashes, signal names, logs, coherent reads.</summary>
public sealed partial class Chip
{
    public ControlCore Control(int tile) => _tiles[tile].Control;

    public Dispatch Dispatch(int tile) => _tiles[tile].Dispatch;

    /// <summary>What a tile's scratchpad holds.</summary>
    public ReadOnlySpan<byte> ScratchpadBytes(int tile)
    {
        _tiles[tile].Rejoin(_core.Edge);
        return _tiles[tile].Scratchpad.Bytes;
    }

    /// <summary>Sets where every hart fetches its first instruction; before the first step.</summary>
    public void SetEntry(uint pc)
    {
        foreach (Tile tile in _tiles)
            tile.Control.SetEntry(pc);
    }

    /// <summary>Whether firmware's trace window is open on some tile.</summary>
    public bool FirmwareTraces => Array.Exists(_tiles, tile => tile.Control.State.TraceOn != 0);

    /// <summary>Has the run loop stop after the time step in which firmware begins or ends a trace window.</summary>
    internal TraceLatch AttachTraceLatch()
    {
        _trace = new TraceLatch();
        foreach (Tile tile in _tiles)
            tile.Control.Trace = _trace;
        return _trace;
    }

    /// <summary>HBM channels, to listen to their commands.</summary>
    internal IReadOnlyList<HbmChannel> MemoryChannels => _channels;

    internal Tile FirstTile => _tiles[0];

    internal HbmConfig MemoryConfig => _config.Hbm.Controller;

    /// <summary>Turns a bit of a scratchpad or of HBM over, between two time steps.</summary>
    public void Flip(BitFlip flip)
    {
        if (flip.Tile == BitFlip.Memory)
        {
            FlipMemory((ulong)flip.Address, flip.Bit);
            return;
        }

        _tiles[flip.Tile].Rejoin(_core.Edge);
        _tiles[flip.Tile].Scratchpad.Flip((int)flip.Address, flip.Bit, _core.Edge);
    }

    /// <summary>Time of a core cycle, skipped edges included.</summary>
    public long TimeOfCycle(long cycle) => _core.TimeOfCycle(cycle);

    /// <summary>Puts bytes into HBM or the host's memory, before the first step.</summary>
    /// <param name="address">As descriptors see it.</param>
    public void Place(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (address >= AddressMap.HostMemory && HostMemory is not null)
            HostMemory.Write((long)(address - AddressMap.HostMemory), bytes);
        else
            Memory.Write((long)(address - AddressMap.Hbm), bytes);
    }

    /// <summary>Bytes of HBM with what homes still write, caches and store buffers hold over them, or of the host's memory.</summary>
    /// <param name="offset">From the first byte of HBM on.</param>
    public void ReadCoherent(ulong offset, Span<byte> bytes)
    {
        bytes.Clear();
        const ulong HostOffset = AddressMap.HostMemory - AddressMap.Hbm;
        if (offset >= HostOffset && HostMemory is not null && offset - HostOffset < (ulong)HostMemory.SizeBytes)
        {
            long at = (long)(offset - HostOffset);
            HostMemory.Read(at, bytes[..(int)Math.Min(bytes.Length, HostMemory.SizeBytes - at)]);
            return;
        }

        if (offset >= (ulong)Memory.SizeBytes)
            return;
        Memory.Read((long)offset, bytes[..(int)Math.Min((ulong)bytes.Length, (ulong)Memory.SizeBytes - offset)]);
        foreach (HomeSlice home in _homes)
            home.Overlay(offset, bytes);
        foreach (Tile tile in _tiles)
            tile.Control.OverlayLines(offset, bytes);
        foreach (Tile tile in _tiles)
            tile.Control.OverlayStores(offset, bytes);
    }

    /// <summary>Names of all state fields that observers can read after an edge.</summary>
    public SignalMap Describe()
    {
        var map = new SignalMap();
        for (int t = 0; t < _tiles.Length; t++)
            map.Scope($"tile{t}", _tiles[t].Describe);
        map.Scope("fabric", scope =>
        {
            foreach (var network in _coherent)
                scope.Scope(network.Name[(network.Name.IndexOf('.') + 1)..], network.Describe);
            scope.Scope("wide_request", _wideRequest.Describe);
            scope.Scope("wide_response", _wideResponse.Describe);
        });
        for (int i = 0; i < _homes.Length; i++)
        {
            map.Scope($"home{i}", _homes[i].Describe);
            map.Scope($"stream{i}", _streams[i].Describe);
        }

        foreach (HbmChannel channel in _channels)
            channel.Describe(map);
        if (_pcie is not null)
            map.Scope("pcie", _pcie.Describe);
        map.Scope("system", _systemUnit.Describe);
        map.Scope("clock", scope =>
        {
            scope.Add("cycle", 64, () => (ulong)_core.Cycle);
            scope.Add("throttled", 1, () => _core.Divider > 1 ? 1u : 0);
        });
        return map;
    }

    /// <summary>Gives each core a log of its retirements.</summary>
    public IReadOnlyList<RetirementLog> AttachRetirementLogs(int entries)
    {
        foreach (Tile tile in _tiles)
            tile.Control.Log = new RetirementLog(entries);
        return [.. _tiles.Select(t => t.Control.Log!)];
    }

    /// <summary>Reports every descriptor when it is performed.</summary>
    public void AttachDescriptorLog(Action<DescriptorSpan> performed)
    {
        var log = new DescriptorLog(_core, performed);
        foreach (Tile tile in _tiles)
            tile.Dispatch.Log = log;
    }

    /// <summary>Hash of the whole state at this time.</summary>
    public ulong StateHash()
    {
        StateArchive archive = StateArchive.ForHash();
        Walk(archive);
        return archive.Hash;
    }

    /// <summary>Writes the whole state; see <see cref="Restore"/>.</summary>
    public void Save(MemoryStream stream)
    {
        StateArchive layout = StateArchive.ForHash();
        Walk(layout);
        stream.Write(BitConverter.GetBytes(layout.Layout));
        Walk(StateArchive.ForSave(stream));
    }

    /// <summary>Continues from a saved state of a chip of the same configuration; throws when the layouts differ.</summary>
    public void Restore(MemoryStream stream)
    {
        Span<byte> saved = stackalloc byte[8];
        stream.ReadExactly(saved);
        StateArchive layout = StateArchive.ForHash();
        Walk(layout);
        if (BitConverter.ToUInt64(saved) != layout.Layout)
            throw new InvalidDataException("The checkpoint is of a chip with another layout.");
        Walk(StateArchive.ForLoad(stream));
    }

    /// <summary>A bit of a word of eight bytes in HBM flips: 0 to 63 of its bytes, with hbm.ecc: secded 64 to 71 of its check bits.</summary>
    /// <param name="address">HBM byte offset of the word.</param>
    /// <param name="bit">Bit of it.</param>
    public void FlipMemory(ulong address, int bit)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(address, (ulong)Memory.SizeBytes);
        Rejoin(_core.Edge);
        _channels[_config.Hbm.Controller.Map.Decode(address).Channel].Flip(address, bit);
    }

    private void Walk(StateArchive archive)
    {
        Rejoin(_core.Edge);
        long time = TimePs;
        archive.Value("time", ref time);
        TimePs = time;
        _core.Walk(archive);
        _hbm.Walk(archive);
        _system.Walk(archive);
        foreach (Tile tile in _tiles)
            tile.Walk(archive);
        long edge = _core.Edge;
        foreach (var network in _coherent)
            network.Walk(archive, edge);
        _wideRequest.Walk(archive, edge);
        _wideResponse.Walk(archive, edge);
        foreach (HomeSlice home in _homes)
            home.Walk(archive, edge);
        foreach (StreamPort stream in _streams)
            stream.Walk(archive, edge);
        _bridge.Walk(archive, edge);
        _pcie?.Walk(archive, edge);
        foreach (HbmChannel channel in _channels)
            channel.Walk(archive, _hbm.Edge);
        _systemUnit.Walk(archive, _system.Edge);
        _power.Walk(archive);
        archive.Value("refresh", ref _refresh);
        _races?.Walk(archive);
        Memory.Walk(archive, "hbm");
        HostMemory?.Walk(archive, "host");
        _wires.Walk(archive);
    }
}
