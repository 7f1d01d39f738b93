using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>The structs of Verilog/messages.sv, filled from the emulator's messages.</summary>
internal static class Messages
{
    private const int DescriptorBits = 8 * Descriptor.SizeBytes;

    public static readonly Layout<DispatchCommand> Command = new(
        [("operation", 4), ("argument", 8), ("count", 8), ("descriptor_address", 32), ("descriptor", DescriptorBits)],
        (c, record) =>
        {
            record.Add((ulong)c.Operation, 4);
            record.Add(c.Argument, 8);
            record.Add(c.Count, 8);
            record.Add(c.DescriptorAddress, 32);
            AddDescriptor(c.Descriptor, record);
        });

    public static readonly Layout<DispatchReply> Reply = new([("value", 32)], (r, record) => record.Add(r.Value, 32));

    public static readonly Layout<DispatchNotice> Notice = new(
        [("source", 2), ("descriptor_address", 32)],
        (n, record) =>
        {
            Assert.Equal(0, n.Cause);
            record.Add(n.Queue, 2);
            record.Add(n.DescriptorAddress, 32);
        });

    public static readonly Layout<StartDescriptor> Start = new(
        [("sequence", 32), ("descriptor", DescriptorBits)],
        (s, record) =>
        {
            record.Add(s.Sequence, 32);
            AddDescriptor(s.Descriptor, record);
        });

    public static readonly Layout<DescriptorDone> Done = new([("sequence", 32)], (d, record) => record.Add(d.Sequence, 32));

    public static readonly Layout<WideFlit> Flit = new(
        [("kind", 3), ("port", 8), ("home", 5), ("last", 1), ("tag", 6), ("length", 10), ("address", 40), ("data", 512)],
        (f, record) =>
        {
            record.Add((ulong)f.Kind, 3);
            record.Add(f.Port, 8);
            record.Add(f.Home, 5);
            record.Add(f.Last, 1);
            record.Add(f.Tag, 6);
            record.Add(f.Length, 10);
            record.Add(f.Address, 40);
            bool data = f.Kind is WideKind.ReadData or WideKind.WriteData;
            AddLine(data ? Line64.ReadSpan(in f.Data)[..f.Length] : default, 64, record);
        });

    /// <summary>A scratchpad request; a port of which nothing is ever written, or nothing read, may come without data.</summary>
    /// <param name="port">Its data, where they do not travel in the message.</param>
    /// <param name="lineBytes">Width of the line above the head, 0 for a head alone.</param>
    public static Layout<ScratchpadRequest> Request(ScratchpadPort port, int lineBytes) => new(
        Access(lineBytes),
        (r, record) =>
        {
            AddAccess(r.Address, r.Length, r.Write, r.Tag, record);
            AddLine(r.Write == 0 ? default : (port.Lines is null ? Line64.ReadSpan(in r.Data) : port.Lines.First)[..r.Length], lineBytes, record);
        });

    public static Layout<ScratchpadResponse> Response(ScratchpadPort port, int lineBytes) => new(
        Access(lineBytes),
        (r, record) =>
        {
            AddAccess(r.Address, r.Length, r.Write, r.Tag, record);
            AddLine(r.Write != 0 ? default : port.BytesOf(in r), lineBytes, record);
        });

    /// <summary>A write whose data are not in the channel yet.</summary>
    public static void AddWrite(uint address, ReadOnlySpan<byte> data, int lineBytes, BitRecord record)
    {
        AddAccess(address, (ushort)data.Length, 1, 0, record);
        AddLine(data, lineBytes, record);
    }

    private static (string, int)[] Access(int lineBytes) =>
        [("address", 24), ("length", 10), ("write", 1), ("tag", 16), .. lineBytes == 0 ? [] : new[] { ("data", 8 * lineBytes) }];

    private static void AddAccess(uint address, ushort length, byte write, ushort tag, BitRecord record)
    {
        record.Add(address, 24);
        record.Add(length, 10);
        record.Add(write, 1);
        record.Add(tag, 16);
    }

    private static void AddLine(ReadOnlySpan<byte> bytes, int lineBytes, BitRecord record)
    {
        record.Add(bytes);
        record.AddZeros(8 * (lineBytes - bytes.Length));
    }

    private static void AddDescriptor(Descriptor d, BitRecord record)
    {
        Span<byte> bytes = stackalloc byte[Descriptor.SizeBytes];
        d.Write(bytes);
        record.Add(bytes);
    }
}
