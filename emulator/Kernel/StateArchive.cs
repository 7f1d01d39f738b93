using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace HybridEmu.Kernel;

/// <summary>
/// One walk over a chip's state, in one of three modes: hash it, save it, or load it. Units present their state structs,
/// arrays and channels in a fixed order under names; the names and sizes make the layout hash that guards a checkpoint.
/// </summary>
public sealed class StateArchive
{
    private const ulong Prime = 0x9E3779B97F4A7C15;

    private readonly MemoryStream? _stream;
    private readonly bool _loading;
    private ulong _hash = Prime;
    private ulong _layout = Prime;

    private StateArchive(MemoryStream? stream, bool loading)
    {
        _stream = stream;
        _loading = loading;
    }

    public bool IsHash => _stream is null;

    public bool IsLoad => _loading;

    /// <summary>Hash of all bytes seen in hash mode.</summary>
    public ulong Hash => _hash;

    /// <summary>Hash of the names and sizes seen.</summary>
    public ulong Layout => _layout;

    /// <summary>
    /// Set while something is presented whose extent depends on the run, such as pages of a sparse memory: it is saved and
    /// hashed, but is no part of the layout.
    /// </summary>
    public bool Variable { get; set; }

    public static StateArchive ForHash() => new(null, false);

    public static StateArchive ForSave(MemoryStream stream) => new(stream, false);

    public static StateArchive ForLoad(MemoryStream stream) => new(stream, true);

    public void Value<T>(string name, ref T value)
        where T : unmanaged =>
        Items(name, MemoryMarshal.CreateSpan(ref value, 1));

    public void Array<T>(string name, T[] values)
        where T : unmanaged =>
        Items(name, values.AsSpan());

    public void Bytes(string name, Span<byte> bytes)
    {
        if (!Variable)
            _layout = Mix(Mix(_layout, Encoding.UTF8.GetBytes(name)), (ulong)bytes.Length);
        if (_stream is null)
            _hash = Mix(_hash, bytes);
        else if (_loading)
            _stream.ReadExactly(bytes);
        else
            _stream.Write(bytes);
    }

    /// <summary>
    /// A ring of entries. A hash sees entries in order from the head, not where in the ring they lie nor what popped
    /// slots still hold; how many were popped counts only while it still blocks the producer.
    /// </summary>
    public void Ring<T>(string name, ChannelSlot<T>[] slots, ref ChannelState state, long edge)
        where T : unmanaged
    {
        if (IsHash)
        {
            _layout = Mix(Mix(_layout, Encoding.UTF8.GetBytes(name)), (ulong)slots.Length);
            _hash = Mix(_hash, (ulong)state.Count);
            _hash = Mix(_hash, (ulong)(state.PoppedAt == edge ? state.Popped : 0));
            for (int i = 0; i < state.Count; i++)
            {
                ref ChannelSlot<T> slot = ref slots[(state.Head + i) % slots.Length];
                Span<T> entry = MemoryMarshal.CreateSpan(ref slot.Entry, 1);
                _hash = Mix(_hash, (ulong)slot.PushedAt);
                ClearPadding(entry);
                _hash = Mix(_hash, MemoryMarshal.AsBytes(entry));
            }

            return;
        }

        Value(name, ref state);
        Array(name, slots);
    }

    private void Items<T>(string name, Span<T> items)
        where T : unmanaged
    {
        if (!_loading)
            ClearPadding(items);
        Bytes(name, MemoryMarshal.AsBytes(items));
    }

    // In place: nothing reads padding, so clearing it changes nothing that is state.
    private static void ClearPadding<T>(Span<T> items)
        where T : unmanaged
    {
        ReadOnlySpan<byte> mask = PaddingMask<T>.Bytes;
        if (mask.IsEmpty)
            return;
        foreach (ref T item in items)
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref item, 1));
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] &= mask[i];
        }
    }

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        ulong tail = (ulong)bytes.Length;
        foreach (byte b in bytes)
            tail = (tail << 8) | b;
        return Mix(hash, tail);
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * Prime;
        return hash ^ (hash >> 29);
    }
}
