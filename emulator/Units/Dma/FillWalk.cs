using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// Walks the padding of a copy as runs that are contiguous in the scratchpad: for each row of the destination those
/// before its elements and those after them.
/// </summary>
public struct FillWalk
{
    private ulong _destination;
    private long _count1, _count2;
    private long _index1, _index2;
    private long _destination0, _destination1, _destination2;
    private int _before, _elements, _after, _elementBytes;

    /// <summary>Fill elements of the present row that were taken.</summary>
    private int _taken;

    /// <summary>Bits of a fill element.</summary>
    public uint Bits;

    public readonly bool Finished => _index2 >= _count2;

    /// <summary>Address of the fill element that comes next.</summary>
    public readonly ulong Address =>
        _destination + (ulong)((_index1 * _destination1) + (_index2 * _destination2)
        + ((_taken < _before ? _taken : _taken + _elements) * _destination0));

    /// <summary>Fill elements that are contiguous from there on.</summary>
    public readonly int RunElements => _destination0 != _elementBytes ? 1 : (_taken < _before ? _before : _before + _after) - _taken;

    /// <param name="d">A checked copy with padding.</param>
    public static FillWalk Of(in Descriptor d) => new()
    {
        _destination = d.D,
        _count1 = d.Dimensions > 1 ? d.N1 : 1,
        _count2 = d.Dimensions > 2 ? d.N2 : 1,
        _destination0 = d.DestinationStride(0),
        _destination1 = d.DestinationStride(1),
        _destination2 = d.DestinationStride(2),
        _before = d.PadBefore,
        _elements = d.N0,
        _after = d.PadAfter,
        _elementBytes = d.TypeOut.SizeBytes(),
        Bits = d.Fill,
    };

    /// <summary>Steps over elements of the present run.</summary>
    public void Take(int elements)
    {
        _taken += elements;
        if (_taken < _before + _after)
            return;
        _taken = 0;
        if (++_index1 < _count1)
            return;
        _index1 = 0;
        _index2++;
    }
}
