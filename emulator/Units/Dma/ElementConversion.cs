using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>What a DMA engine does to elements on their way: nothing, widen bf16, narrow fp32 to nearest even, unpack or pack int4.</summary>
public static class ElementConversion
{
    /// <summary>Half bytes of an element in memory.</summary>
    public static int HalfBytes(ElementType type) => Math.Max(1, 2 * type.SizeBytes());

    /// <summary>Widens int4 to int8, from the half byte <paramref name="first"/> on, as many as the destination has room for.</summary>
    public static void Unpack(ReadOnlySpan<byte> source, int first, Span<byte> destination)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = (byte)Int4.Element(source, first + i);
    }

    /// <summary>Saturates int8 to int4 into the half bytes from <paramref name="first"/> on; the other half of the last byte becomes 0.</summary>
    public static void Pack(ReadOnlySpan<byte> source, Span<byte> destination, int first)
    {
        for (int i = 0; i < source.Length; i++)
        {
            int half = Math.Clamp((int)(sbyte)source[i], -8, 7) & 15;
            ref byte both = ref destination[(first + i) >> 1];
            both = (byte)(((first + i) & 1) == 0 ? half : both | (half << 4));
        }
    }

    /// <summary>Converts all elements, none of them int4, of <paramref name="source"/>; the destination must have room for them.</summary>
    public static void Convert(ElementType from, ElementType to, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (from == to)
        {
            source.CopyTo(destination);
        }
        else if (from == ElementType.Fp32 && to == ElementType.Bf16)
        {
            ReadOnlySpan<float> wide = MemoryMarshal.Cast<byte, float>(source);
            Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(destination);
            for (int i = 0; i < wide.Length; i++)
                narrow[i] = Bf16.FromFloat(wide[i]);
        }
        else if (from == ElementType.Bf16 && to == ElementType.Fp32)
        {
            ReadOnlySpan<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(source);
            Span<float> wide = MemoryMarshal.Cast<byte, float>(destination);
            for (int i = 0; i < narrow.Length; i++)
                wide[i] = Bf16.ToFloat(narrow[i]);
        }
        else
        {
            throw new InvalidOperationException($"DMA conversion {from} to {to} passed the descriptor check.");
        }
    }
}
