using System.Buffers.Binary;
using HybridEmu.Isa;

namespace HybridEmu.Rtl.Tests;

/// <summary>Legal descriptors of the operations that have twins. Addresses are offsets in the scratchpad and in the streaming part of HBM.</summary>
internal static class Descriptors
{
    /// <summary>HBM byte offset from which DMA is allowed.</summary>
    public const int StreamingBase = 1 << 24;

    /// <summary>A strided copy between HBM and scratchpad; strides in bytes, dimension 0 first.</summary>
    public static Descriptor Copy(
        bool store, long hbm, long scratchpad, ElementType from, ElementType to, int[] counts, int[] sourceStrides, int[] destinationStrides)
    {
        Descriptor d = Of(store ? DescriptorOpcode.StCopy : DescriptorOpcode.LdCopy);
        d.Dimensions = counts.Length;
        d.TypeA = from;
        d.TypeOut = to;
        d.N0 = counts[0];
        d.N1 = counts.Length > 1 ? counts[1] : 0;
        d.N2 = counts.Length > 2 ? counts[2] : 0;
        ulong memory = AddressMap.Hbm + StreamingBase + (ulong)hbm, local = AddressMap.Scratchpad + (ulong)scratchpad;
        (d.A, d.D) = store ? (local, memory) : (memory, local);
        Span<byte> bytes = stackalloc byte[Descriptor.SizeBytes];
        d.Write(bytes);
        for (int i = 0; i < counts.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(40 + (4 * i))..], sourceStrides[i]);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(52 + (4 * i))..], destinationStrides[i]);
        }

        return Checked(Descriptor.Read(bytes));
    }

    /// <summary>A dense copy of bytes.</summary>
    public static Descriptor Dense(bool store, long hbm, long scratchpad, int bytes) =>
        Copy(store, hbm, scratchpad, ElementType.Int8, ElementType.Int8, [bytes], [1], [1]);

    /// <summary>Dense rows from HBM, or to it, with a pitch on both sides.</summary>
    public static Descriptor Rows(bool store, long hbm, int hbmPitch, long scratchpad, int pitch, ElementType type, int rows, int columns)
    {
        int size = type.SizeBytes();
        int[] outside = [size, hbmPitch], inside = [size, pitch];
        return Copy(store, hbm, scratchpad, type, type, [columns, rows], store ? inside : outside, store ? outside : inside);
    }

    /// <summary>slot (m x n) = (accumulate ? slot : +0) + A (m x k) * W (k x n); each operand lies in memory as it is or transposed.</summary>
    public static Descriptor Matmul(int slot, bool accumulate, ElementType type, (int M, int K, int N) size, MatrixOperand a, MatrixOperand w)
    {
        Descriptor d = Of(DescriptorOpcode.MxMatmul);
        d.Accumulate = accumulate;
        d.TypeA = d.TypeB = type;
        d.TypeAccumulator = SumOf(type);
        (d.N0, d.N1, d.N2) = size;
        d.A = AddressMap.Scratchpad + (ulong)a.Address;
        d.B = AddressMap.Scratchpad + (ulong)w.Address;
        (d.PitchA, d.PitchB) = (a.Pitch, w.Pitch);
        (d.TransposeA, d.TransposeB) = (a.Transposed, w.Transposed);
        d.Slot = (byte)slot;
        return Checked(d);
    }

    /// <summary>The weights of streams to come: W (k x n), which the array holds as a whole.</summary>
    public static Descriptor Load(LoadedWeights weights, MatrixOperand w)
    {
        Descriptor d = Of(DescriptorOpcode.MxLoad);
        (d.TypeA, d.TypeB, d.N1, d.N2) = weights;
        d.B = AddressMap.Scratchpad + (ulong)w.Address;
        d.PitchB = w.Pitch;
        d.TransposeB = w.Transposed;
        return Checked(d);
    }

    /// <summary>slot (m x n) = (accumulate ? slot : +0) + A (m x k) * the loaded weights.</summary>
    public static Descriptor Stream(int slot, bool accumulate, int m, LoadedWeights weights, MatrixOperand a)
    {
        Descriptor d = Of(DescriptorOpcode.MxStream);
        d.Accumulate = accumulate;
        (d.TypeA, d.TypeB, d.N1, d.N2) = weights;
        d.TypeAccumulator = SumOf(weights.A);
        d.N0 = m;
        d.A = AddressMap.Scratchpad + (ulong)a.Address;
        d.PitchA = a.Pitch;
        d.TransposeA = a.Transposed;
        d.Slot = (byte)slot;
        return Checked(d);
    }

    public static Descriptor Zero(int slot, ElementType sum, int m, int n)
    {
        Descriptor d = Of(DescriptorOpcode.MxZero);
        d.TypeAccumulator = sum;
        (d.N0, d.N2) = (m, n);
        d.Slot = (byte)slot;
        return Checked(d);
    }

    /// <param name="slot">What is drained.</param>
    /// <param name="sum">Its type.</param>
    /// <param name="to">Type of the result; int32 is only for plain int32.</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="result">Where the result goes.</param>
    /// <param name="parameters">A scale is read from here; null for none.</param>
    /// <param name="bias">A bias a column is read from here; null for none.</param>
    /// <param name="relu">Whether what is below 0 becomes 0.</param>
    public static Descriptor Drain(
        int slot, ElementType sum, ElementType to, (int M, int N) size, MatrixOperand result, int? parameters = null, int? bias = null, bool relu = false)
    {
        Descriptor drain = Of(DescriptorOpcode.MxDrain);
        drain.TypeAccumulator = sum;
        drain.TypeOut = to;
        (drain.N0, drain.N2) = size;
        drain.D = AddressMap.Scratchpad + (ulong)result.Address;
        drain.PitchD = result.Pitch;
        drain.Activation = relu ? Activation.Relu : Activation.None;
        if (parameters is { } block)
            drain.MatrixParameters = (uint)AddressMap.Scratchpad + (uint)block;
        if (bias is { } vector)
        {
            drain.B = AddressMap.Scratchpad + (ulong)vector;
            drain.TypeB = ElementType.Fp32;
        }

        drain.Slot = (byte)slot;
        return Checked(drain);
    }

    /// <summary>An elementwise sum of bf16, for a queue that has no twin.</summary>
    public static Descriptor Add(int m, int n, int a, int b, int d, int pitch)
    {
        Descriptor add = Of(DescriptorOpcode.VxAdd);
        add.TypeA = add.TypeB = add.TypeOut = ElementType.Bf16;
        (add.N0, add.N2) = (m, n);
        add.A = AddressMap.Scratchpad + (ulong)a;
        add.B = AddressMap.Scratchpad + (ulong)b;
        add.D = AddressMap.Scratchpad + (ulong)d;
        (add.PitchA, add.PitchB, add.PitchD) = (pitch, pitch, pitch);
        return Checked(add);
    }

    public static ElementType SumOf(ElementType type) => type == ElementType.Bf16 ? ElementType.Fp32 : ElementType.Int32;

    private static Descriptor Of(DescriptorOpcode opcode) => new() { Opcode = opcode, Version = DescriptorTable.Version };

    private static Descriptor Checked(Descriptor d)
    {
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(d));
        return d;
    }
}

/// <summary>What a load brings: types of A and W, k and n.</summary>
internal readonly record struct LoadedWeights(ElementType A, ElementType W, int K, int N);

/// <summary>A matrix in the scratchpad: where it begins, and bytes from row to row of memory.</summary>
internal readonly record struct MatrixOperand(int Address, int Pitch, bool Transposed = false);
