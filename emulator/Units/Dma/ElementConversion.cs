using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>What a DMA engine does to elements on their way: nothing, widen bf16, or narrow fp32 to nearest even.</summary>
public static class ElementConversion
{
    /// <summary>Converts all elements of <paramref name="source"/>; the destination must have room for them.</summary>
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
