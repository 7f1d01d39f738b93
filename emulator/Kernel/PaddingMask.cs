using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HybridEmu.Kernel;

/// <summary>
/// Which bytes of a struct are registers and which lie between them: whatever copies a struct may leave anything in its
/// padding, so a hash or a checkpoint must not see it. Worked out once a type, when it is first presented.
/// </summary>
/// <typeparam name="T">What an archive is shown.</typeparam>
internal static class PaddingMask<T>
    where T : unmanaged
{
    /// <summary>0xFF for each byte of a field and 0 for padding; empty when there is no padding.</summary>
    public static ReadOnlySpan<byte> Bytes => Mask;

    private static readonly byte[] Mask = Find();

    private static byte[] Find()
    {
        byte[] mask = PaddingMask.Of(typeof(T));
        return mask.AsSpan().IndexOf((byte)0) < 0 ? [] : mask;
    }
}

internal static class PaddingMask
{
    private const BindingFlags Private = BindingFlags.NonPublic | BindingFlags.Static;

    /// <summary>One byte a byte of the type: 0xFF where a field lies.</summary>
    public static byte[] Of(Type type)
    {
        byte[] mask = new byte[(int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!];
        if (type.IsPrimitive || type.IsEnum)
        {
            mask.AsSpan().Fill(0xFF);
            return mask;
        }

        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            byte[] inner = Of(field.FieldType);
            int offset = (int)typeof(PaddingMask).GetMethod(nameof(OffsetOf), Private)!.MakeGenericMethod(type, field.FieldType).Invoke(null, [field])!;

            // An inline array has one field, which is repeated over the whole of it.
            int repeat = type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1;
            for (int i = 0; i < repeat; i++)
                inner.CopyTo(mask, offset + (i * inner.Length));
        }

        return mask;
    }

    // The runtime says nowhere where a field lies, so look: set its bits in a value of zeros.
    private static int OffsetOf<TStruct, TField>(FieldInfo field)
        where TStruct : unmanaged
        where TField : unmanaged
    {
        TField ones = default;
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref ones, 1)).Fill(0xFF);
        object boxed = default(TStruct);
        field.SetValue(boxed, ones);
        var value = (TStruct)boxed;
        return MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)).IndexOf((byte)0xFF);
    }
}
