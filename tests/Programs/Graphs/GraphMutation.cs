using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Reference;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// A bug to be found: the reference with it, held against the chip without it. What tells the two apart would tell a chip
/// with the bug from a reference without.
/// </summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Rows">Operations to draw graphs from: those that the bug is about, and some others.</param>
/// <param name="Reference">Makes the reference of HBM and scratchpad.</param>
internal sealed record GraphMutation(string Name, DescriptorRow[] Rows, Func<ReferenceMemory, ReferenceMemory, ReferenceTensor> Reference)
{
    /// <summary>Changes a descriptor before the reference sees it.</summary>
    private delegate void Change(ref Descriptor d, Descriptor before);

    public static IReadOnlyList<GraphMutation> All { get; } =
    [
        new("products leave out the last k where k is ragged", Only("mx."), (h, s) => new Changed(h, s, (ref d, _) =>
        {
            if (d.Opcode == DescriptorOpcode.MxMatmul && d.N1 > 1 && d.N1 % 8 != 0)
                d.N1--;
        })),
        new("products add k in descending order", Only("mx."), (h, s) => new DescendingK(h, s)),
        new("products start from +0 always", Only("mx."), (h, s) => new Changed(h, s, (ref d, _) => d.Accumulate = d.Accumulate && d.Opcode != DescriptorOpcode.MxMatmul)),
        new("products do not transpose A", Only("mx."), (h, s) => new Changed(h, s, (ref d, _) => d.TransposeA = false)),
        new("products use the weights of the product before", Only("mx."), (h, s) => new Changed(h, s, (ref d, before) =>
        {
            if (d.Opcode == DescriptorOpcode.MxMatmul && before.Opcode == DescriptorOpcode.MxMatmul && before.TypeB == d.TypeB)
                (d.B, d.PitchB) = (before.B, before.PitchB);
        }, sticky: DescriptorOpcode.MxMatmul)),
        new("drains leave out the bias", Only("mx."), (h, s) => new Changed(h, s, (ref d, _) =>
        {
            if (d.Opcode == DescriptorOpcode.MxDrain)
                (d.B, d.TypeB) = (0, ElementType.None);
        })),
        new("drains leave out the rectifier", Only("mx."), (h, s) => new Changed(h, s, (ref d, _) =>
            d.Activation = d.Activation == Activation.Relu ? Activation.None : d.Activation)),
        new("stochastic rounding rounds to nearest", Only("vx.", "mx."), (h, s) => new Changed(h, s, (ref d, _) => d.Rounding = Rounding.NearestEven)),
        new("bf16 results are cut off", Only("vx."), (h, s) => new CutOff(h, s)),
        new("sums over columns run straight on", Only("vx.sum", "vx.add"), (h, s) => new StraightSum(h, s)),
        new("the gradient of a rectifier passes everywhere", Only("vx."), (h, s) => new Changed(h, s, (ref d, _) =>
        {
            if (d.Opcode == DescriptorOpcode.VxReluGrad)
                (d.Opcode, d.B) = (DescriptorOpcode.VxMax, d.A);
        })),
        new("a pitch of 0 is the row's length", Only("vx."), (h, s) => new Changed(h, s, (ref d, _) =>
        {
            if (DescriptorTable.Find((byte)d.Opcode)!.Field("pitchb") is not null && d.PitchB == 0)
                d.PitchB = ((d.N2 * d.TypeB.SizeBytes()) + 15) & -16;
        })),
        new("random numbers leave out the origin's row pitch", Only("vx.random", "vx.convert"), (h, s) => new WithoutRowPitch(h, s)),
        new("the optimizer leaves the shadow as it was", Only("opt.", "vx.add"), (h, s) => new StaleShadow(h, s)),
        new("a loss forgets its maximum", Only("loss."), (h, s) => new Changed(h, s, (ref d, _) =>
            d.N2 = d.Opcode == DescriptorOpcode.LossXent && d.N2 > 1 ? d.N2 - 1 : d.N2)),
        new("adamw leaves out the corrections of bias", Only("opt.", "vx.add"), (h, s) => new Uncorrected(h, s)),
        new("windows ignore their dilation", Only("ld."), (h, s) => new Changed(h, s, (ref d, _) =>
        {
            if (d.Opcode == DescriptorOpcode.LdIm2col)
                MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref d, 1)).Slice(52, 2).Fill(1); // dh, dw
        })),
        new("a stream uses the weights of the load before the last", Only("mx.l", "mx.s", "mx.z"), (h, s) => new StaleWeights(h, s)),
        new("a transpose is a copy where it is square", Only("tr.", "ld."), (h, s) => new Changed(h, s, (ref d, _) =>
        {
            if (d.Opcode == DescriptorOpcode.TrTranspose && d.N0 > 1 && d.N2 > 1)
                d.N2--;
        })),
        new("copies take strides of the source for those of the destination", Only("ld.copy", "st.copy"), (h, s) => new Changed(h, s, (ref d, _) =>
        {
            if (DescriptorTable.Find((byte)d.Opcode)!.Copy && d.Dimensions > 1 && d.TypeA == d.TypeOut && d.N1 > 1)
                d.N1--;
        })),
    ];

    private static DescriptorRow[] Only(params string[] starts) =>
        [.. DescriptorTable.Rows.ToArray().Where(r => starts.Any(s => r.Mnemonic.StartsWith(s, StringComparison.Ordinal)))];

    /// <summary>Executes other descriptors than it is given; what does not pass the checks then is executed as it was.</summary>
    private sealed class Changed(ReferenceMemory hbm, ReferenceMemory scratchpad, Change change, DescriptorOpcode? sticky = null)
        : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        private Descriptor _before;

        public override QueueFaultCause Execute(in Descriptor d)
        {
            Descriptor changed = d;
            change(ref changed, _before);
            if (sticky is null || d.Opcode == sticky)
                _before = d;
            return DescriptorCheck.Check(in changed) == QueueFaultCause.None && base.Execute(in changed) == QueueFaultCause.None
                ? QueueFaultCause.None
                : base.Execute(in d);
        }
    }

    private sealed class DescendingK(ReferenceMemory hbm, ReferenceMemory scratchpad) : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        protected override int Step(int k, int length) => length - 1 - k;
    }

    private sealed class CutOff(ReferenceMemory hbm, ReferenceMemory scratchpad) : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        protected override ushort Narrow(float value, Rounding rounding, ulong seed, ulong element) =>
            (ushort)(BitConverter.SingleToUInt32Bits(CanonicalNaN.Of(value)) >> 16);
    }

    private sealed class StraightSum(ReferenceMemory hbm, ReferenceMemory scratchpad) : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        protected override float Sum(float[] values) => values.Aggregate(0f, (sum, value) => sum + value);
    }

    private sealed class WithoutRowPitch(ReferenceMemory hbm, ReferenceMemory scratchpad) : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        protected override Parameters ReadParameters(uint address) => base.ReadParameters(address) with { Pitch = 0 };
    }

    private sealed class Uncorrected(ReferenceMemory hbm, ReferenceMemory scratchpad) : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        protected override Parameters ReadParameters(uint address)
        {
            Parameters given = base.ReadParameters(address);
            return given with { Words = [.. given.Words.Select((word, i) => i is 5 or 6 ? 1f : word)] };
        }
    }

    /// <summary>Executes the load before a load again, for the streams that follow.</summary>
    private sealed class StaleWeights(ReferenceMemory hbm, ReferenceMemory scratchpad) : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        private Descriptor? _last;

        public override QueueFaultCause Execute(in Descriptor d)
        {
            if (d.Opcode != DescriptorOpcode.MxLoad)
                return base.Execute(in d);
            Descriptor stale = d;
            if (_last is { } last && last.TypeB == d.TypeB)
                (stale.B, stale.PitchB) = (last.B, last.PitchB);
            _last = d;
            return base.Execute(in stale);
        }
    }

    private sealed class StaleShadow(ReferenceMemory hbm, ReferenceMemory scratchpad) : ReferenceTensor(GraphProgram.Tile, hbm, scratchpad)
    {
        public override QueueFaultCause Execute(in Descriptor d)
        {
            bool optimizes = DescriptorTable.Find((byte)d.Opcode)!.Mnemonic.StartsWith("opt.", StringComparison.Ordinal);
            int bytes = optimizes ? d.N0 * d.N2 * d.TypeOut.SizeBytes() : 0;
            byte[] before = Scratchpad.Bytes(d.D - AddressMap.Scratchpad, optimizes ? bytes : 0);
            QueueFaultCause cause = base.Execute(in d);
            Scratchpad.Load(d.D - AddressMap.Scratchpad, before);
            return cause;
        }
    }
}
