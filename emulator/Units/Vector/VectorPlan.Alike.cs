using HybridEmu.Isa;

namespace HybridEmu.Units;

public partial struct VectorPlan
{
    /// <summary>
    /// Whether each beat does what the one before did, a beat further on: it takes an element in every lane, at most one of A and one of B,
    /// which go through the banks side by side; and no result lies where another beat's operands are.
    /// </summary>
    /// <param name="lanes">Of the unit.</param>
    /// <param name="widthBytes">Of its ports.</param>
    public readonly bool IsOfAlikeBeats(int lanes, int widthBytes)
    {
        bool elementwise = Behaviour == VectorBehaviour.Elementwise && ReadsA != 0 && Mask == None && Opcode != DescriptorOpcode.VxDropout;
        bool sgd = Opcode == DescriptorOpcode.OptSgd && TypeOut != ElementType.Int8;
        if (!(elementwise || sgd) || Columns % lanes != 0 || (PitchA | PitchB | PitchD) < 0)
            return false;
        if (SizeA == 0 || SizeD == 0 || lanes * Math.Max(SizeA, SizeD) > widthBytes)
            return false;
        bool together = ReadsB == 0 || (SizeB == SizeA && (Rows == 1 || (PitchA == Columns * SizeA && PitchB == PitchA)));
        if (!together || !IsAligned(A, PitchA, SizeA, lanes) || !IsAligned(B, PitchB, ReadsB * SizeB, lanes) || !IsAligned(D, PitchD, SizeD, lanes))
            return false;
        Extent a = new(A, PitchA, SizeA, this), d = new(D, PitchD, SizeD, this);
        Extent b = ReadsB != 0 ? new(B, PitchB, SizeB, this) : default;
        return sgd ? a.IsApartFrom(b) && d.IsApartFrom(a) && d.IsApartFrom(b) : (d == a || d.IsApartFrom(a)) && (d == b || d.IsApartFrom(b));
    }

    private readonly bool IsAligned(uint offset, int pitch, int size, int lanes) =>
        size == 0 || ((offset | (Rows > 1 ? (uint)pitch : 0)) & (uint)((lanes * size) - 1)) == 0;

    /// <summary>Where an operand lies.</summary>
    private readonly record struct Extent(uint Offset, int Pitch, int RowBytes, int Rows)
    {
        public Extent(uint offset, int pitch, int size, in VectorPlan plan)
            : this(offset, plan.Rows > 1 ? pitch : 0, plan.Columns * size, plan.Rows)
        {
        }

        private long End => Offset + ((long)(Rows - 1) * Pitch) + RowBytes;

        public bool IsApartFrom(Extent other) => End <= other.Offset || other.End <= Offset;
    }
}
