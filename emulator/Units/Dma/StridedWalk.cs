using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// Walks a strided copy as contiguous runs in element order, dimension 0 innermost. Dimensions that are contiguous in
/// source and destination alike are merged first, so that a dense matrix is one run.
/// </summary>
public struct StridedWalk
{
    private ulong _source, _destination;
    private long _run, _taken;
    private long _count0, _count1, _count2;
    private long _index0, _index1, _index2;
    private long _source0, _source1, _source2;
    private long _destination0, _destination1, _destination2;

    /// <summary>Bytes of one element at the source.</summary>
    public int SourceBytes;

    /// <summary>Bytes of one element at the destination.</summary>
    public int DestinationBytes;

    /// <summary>Source address of the element that comes next.</summary>
    public readonly ulong Source =>
        _source + (ulong)((_index0 * _source0) + (_index1 * _source1) + (_index2 * _source2) + (_taken * SourceBytes));

    /// <summary>Destination address of the element that comes next.</summary>
    public readonly ulong Destination =>
        _destination + (ulong)((_index0 * _destination0) + (_index1 * _destination1) + (_index2 * _destination2) + (_taken * DestinationBytes));

    /// <summary>Elements left in the present run.</summary>
    public readonly long RunElements => _run - _taken;

    public readonly bool Finished => _index2 >= _count2;

    /// <param name="d">A checked LD or ST descriptor.</param>
    public static StridedWalk Of(in Descriptor d)
    {
        var walk = new StridedWalk
        {
            SourceBytes = d.TypeA.SizeBytes(),
            DestinationBytes = d.TypeOut.SizeBytes(),
            _source = d.A,
            _destination = d.D,
            _count0 = d.N0,
            _count1 = d.Dimensions > 1 ? d.N1 : 1,
            _count2 = d.Dimensions > 2 ? d.N2 : 1,
            _source0 = d.SourceStride(0),
            _source1 = d.SourceStride(1),
            _source2 = d.SourceStride(2),
            _destination0 = d.DestinationStride(0),
            _destination1 = d.DestinationStride(1),
            _destination2 = d.DestinationStride(2),
            _run = 1,
        };
        walk.MergeInnermost();
        return walk;
    }

    /// <summary>Steps over elements of the present run.</summary>
    public void Take(long elements)
    {
        _taken += elements;
        if (_taken < _run)
            return;
        _taken = 0;
        if (++_index0 < _count0)
            return;
        _index0 = 0;
        if (++_index1 < _count1)
            return;
        _index1 = 0;
        _index2++;
    }

    // Folds the innermost dimension into the run for as long as it continues it on both sides.
    private void MergeInnermost()
    {
        for (int dimension = 0; dimension < 3; dimension++)
        {
            if (_count0 != 1 && (_source0 != _run * SourceBytes || _destination0 != _run * DestinationBytes))
                return;
            _run *= _count0;
            (_count0, _source0, _destination0) = (_count1, _source1, _destination1);
            (_count1, _source1, _destination1) = (_count2, _source2, _destination2);
            (_count2, _source2, _destination2) = (1, 0, 0);
        }
    }
}
