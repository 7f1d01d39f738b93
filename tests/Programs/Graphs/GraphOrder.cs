using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>How a descriptor is ordered after earlier ones.</summary>
/// <param name="Drained">Queues that the core drains before it issues the descriptor, bit q for queue q.</param>
/// <param name="Waits">Earlier descriptors that post to it.</param>
internal readonly record struct GraphSync(int Drained, bool Chained, int[] Waits);

/// <summary>
/// Finds the orders that a list of descriptors needs to give what running them one by one gives, and no more: happens
/// before, as chapter 8 of the manual has it, over granules of 16 bytes. Each of them is needed: leaving one out is a race.
/// </summary>
internal sealed class GraphOrder
{
    private const int Queues = 4, Granule = 16, Posts = 2;

    private readonly GraphRandom _random;
    private readonly List<int[]> _done = [];  // by descriptor: performed descriptors of each queue that its end implies
    private readonly int[] _core = new int[Queues];
    private readonly int[] _issued = new int[Queues];
    private readonly int[][] _started = [new int[Queues], new int[Queues], new int[Queues], new int[Queues]];
    private readonly int[][] _performed = [new int[Queues], new int[Queues], new int[Queues], new int[Queues]];
    private readonly List<(int Queue, int Place, HashSet<long> Reads, HashSet<long> Writes)> _accesses = [];
    private readonly List<int> _posts = [];

    private readonly int _drainPercent;

    private GraphOrder(ulong seed, int drainPercent) => (_random, _drainPercent) = (new GraphRandom(seed), drainPercent);

    /// <param name="graph">Descriptors in program order.</param>
    /// <param name="seed">Chooses between posts and drains where both would do.</param>
    /// <param name="drainPercent">How often it takes the drain.</param>
    public static GraphSync[] Of(IReadOnlyList<Descriptor> graph, ulong seed, int drainPercent)
    {
        var order = new GraphOrder(seed, drainPercent);
        return [.. graph.Select(order.Add)];
    }

    private GraphSync Add(Descriptor d)
    {
        int queue = (int)DescriptorTable.Find((byte)d.Opcode)!.Queue;
        (HashSet<long> reads, HashSet<long> writes) = Granules(in d);
        int[] clock = Join(_core, _started[queue]);
        if (queue == (int)DescriptorQueue.Mx)
            clock[queue] = _issued[queue];

        // The latest conflicting descriptor of each queue; those before it are performed when it is.
        int[] needed = [-1, -1, -1, -1];
        for (int i = 0; i < _accesses.Count; i++)
        {
            (int otherQueue, int place, HashSet<long> otherReads, HashSet<long> otherWrites) = _accesses[i];
            if (place >= clock[otherQueue] && (writes.Overlaps(otherReads) || writes.Overlaps(otherWrites) || reads.Overlaps(otherWrites)))
                needed[otherQueue] = i;
        }

        for (int q = 0; q < Queues; q++)
        {
            int candidate = needed[q];
            if (candidate >= 0 && needed.Any(other => other >= 0 && other != candidate && _done[other][q] > _accesses[candidate].Place))
                needed[q] = -1;
        }

        // Drains first: what they bring along can make another order superfluous.
        int drained = 0;
        bool chained = false;
        var waits = new List<int>();
        foreach (int i in needed.Where(i => i >= 0))
        {
            int other = _accesses[i].Queue;
            if (other == queue)
                chained = true;
            else if (waits.Count < Posts && _posts[i] < Posts && !_random.Chance(_drainPercent))
                waits.Add(i);
            else
                drained |= 1 << other;
        }

        if (drained != 0)
        {
            for (int q = 0; q < Queues; q++)
            {
                if ((drained >> q & 1) != 0)
                    JoinInto(_core, _performed[q]);
            }

            JoinInto(clock, _core);
            waits.RemoveAll(i => clock[_accesses[i].Queue] > _accesses[i].Place);
            chained = chained && clock[queue] <= _accesses[needed[queue]].Place;
        }

        if (chained)
        {
            JoinInto(clock, _performed[queue]);
            waits.RemoveAll(i => clock[_accesses[i].Queue] > _accesses[i].Place);
        }

        foreach (int i in waits)
        {
            _posts[i]++;
            JoinInto(clock, _done[i]);
        }

        clock.CopyTo(_started[queue], 0);
        int mine = _issued[queue]++;
        JoinInto(_performed[queue], clock);
        _performed[queue][queue] = mine + 1;
        _done.Add([.. _performed[queue]]);
        _accesses.Add((queue, mine, reads, writes));
        _posts.Add(0);
        return new GraphSync(drained, chained, [.. waits]);
    }

    private static int[] Join(int[] a, int[] b) => [.. a.Zip(b, Math.Max)];

    private static void JoinInto(int[] a, int[] b)
    {
        for (int i = 0; i < a.Length; i++)
            a[i] = Math.Max(a[i], b[i]);
    }

    private static (HashSet<long> Reads, HashSet<long> Writes) Granules(in Descriptor d)
    {
        var regions = new Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(in d, regions);
        HashSet<long> reads = [], writes = [];
        foreach (Region region in regions[..count])
        {
            foreach (long granule in Granules(region))
            {
                if ((region.Access & RegionAccess.Read) != 0)
                    reads.Add(granule);
                if ((region.Access & RegionAccess.Write) != 0)
                    writes.Add(granule);
            }
        }

        return (reads, writes);
    }

    private static IEnumerable<long> Granules(Region region)
    {
        for (int plane = 0; plane < region.Planes; plane++)
        {
            for (int row = 0; row < region.Rows; row++)
            {
                for (int column = 0; column < region.Columns; column++)
                {
                    long at = (long)region.Address + (plane * region.PlanePitch) + (row * region.Pitch) + ((long)column * region.ElementStride);
                    for (long g = at / Granule; g <= (at + region.ElementBytes - 1) / Granule; g++)
                        yield return g;
                }
            }
        }
    }
}
