using System.Numerics;
using System.Runtime.CompilerServices;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// Which pseudo-channel, and so which home slice and stream port, an HBM byte offset belongs to. The chip map has the
/// pseudo-channel at bit 9 and the channel in the bits above it, so 512-byte granules go round all pseudo-channels. Host memory,
/// far above, is behind one port more.
/// </summary>
public readonly struct HomeMap
{
    /// <summary>Bytes of consecutive addresses that belong to one pseudo-channel.</summary>
    public const int GranuleBytes = 512;

    private const int PseudoChannelBit = 9;
    private const int ChannelBit = 10;

    private readonly uint _channelMask;

    /// <param name="channels">HBM channels of two pseudo-channels each: a power of two, 1 to 16.</param>
    public HomeMap(int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 16);
        if (!BitOperations.IsPow2(channels))
            throw new ArgumentException("HBM channels must be a power of two.", nameof(channels));
        _channelMask = (uint)channels - 1;
    }

    /// <summary>Pseudo-channels: two a channel.</summary>
    public int Count => 2 * ((int)_channelMask + 1);

    /// <summary>Pseudo-channel index, channel * 2 + pc, of an HBM byte offset; <see cref="Count"/> where it is host memory's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Index(ulong offset) => offset >= AddressMap.HostMemory - AddressMap.Hbm
        ? Count
        : (int)((((uint)(offset >> ChannelBit) & _channelMask) << 1) | ((uint)(offset >> PseudoChannelBit) & 1));
}
