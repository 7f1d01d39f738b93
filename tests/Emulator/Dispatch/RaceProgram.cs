using System.Collections;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

internal enum RaceStep
{
    Issue,
    Drain,
    Barrier,
    Post,
    Wait,
    Access,
}

/// <summary>One step of a core. Places are granules; those from 100 on are in HBM, which tiles share.</summary>
internal sealed record RaceOp(RaceStep Step)
{
    public int Queue { get; init; }

    public bool Chain { get; init; }

    public SemaphoreCount[] Waits { get; init; } = [default, default];

    public SemaphoreCount[] Posts { get; init; } = [default, default];

    /// <summary>Queue mask of a drain; semaphore of the core's post or wait.</summary>
    public int Argument { get; init; }

    public List<(int Place, bool Write)> Accesses { get; init; } = [];
}

/// <summary>
/// Runs programs of a few tiles under a random schedule, feeding a race checker, and keeps the graph of what happens
/// before what: every event knows all its ancestors. The naive answer is reachability between the end of one access and
/// the start of the other.
/// </summary>
internal sealed class RaceProgram(RaceOp[][] tiles, ulong seed)
{
    private readonly RaceChecker _checker = new(tiles.Length, 65536, 65536, 1 << 26);
    private readonly List<BitArray> _ancestors = [];
    private readonly List<(int Place, bool Write, int Tile, int Begin, int End, int MxOf)> _accesses = [];
    private readonly Tile[] _tiles = [.. tiles.Select(t => new Tile(t))];
    private TestRandom _random = new(seed);

    public enum Outcome
    {
        Clean,
        Race,
        Disagreement,
    }

    /// <summary>Whether all steps ran, or the program waits for ever.</summary>
    public bool Ended { get; private set; }

    public Outcome Execute()
    {
        while (true)
        {
            var moves = new List<Func<Outcome>>();
            for (int t = 0; t < _tiles.Length; t++)
            {
                int tile = t;
                Tile state = _tiles[t];
                if (state.Next < state.Ops.Length && CoreCan(tile))
                    moves.Add(() => CoreStep(tile));
                for (int q = 0; q < 4; q++)
                {
                    int queue = q;
                    if (StartCan(tile, queue))
                        moves.Add(() => Start(tile, queue));
                    if (state.Performed[q] < state.Started[q])
                        moves.Add(() => Perform(tile, queue));
                }
            }

            if (moves.Count == 0)
            {
                Ended = _tiles.All(t => t.Next == t.Ops.Length && t.Queues.Select((q, i) => q.Count == t.Performed[i]).All(b => b));
                return Outcome.Clean;
            }

            Outcome outcome = moves[_random.Next(moves.Count)]();
            if (outcome != Outcome.Clean)
                return outcome;
        }
    }

    private bool CoreCan(int tile)
    {
        Tile t = _tiles[tile];
        RaceOp op = t.Ops[t.Next];
        return op.Step switch
        {
            RaceStep.Drain => Enumerable.Range(0, 4).All(q => (op.Argument >> q & 1) == 0 || t.Performed[q] == t.Queues[q].Count),
            RaceStep.Wait => t.Semaphores[op.Argument].Count > 0,
            RaceStep.Barrier => !t.Arrived || _tiles.All(other => other.Barriers > t.BarriersLeft),
            RaceStep.Issue => t.Queues[op.Queue].Count - t.Performed[op.Queue] < 8,
            _ => true,
        };
    }

    private Outcome CoreStep(int tile)
    {
        Tile t = _tiles[tile];
        RaceOp op = t.Ops[t.Next];
        int node = Node(t.Core);
        t.Core = node;
        t.Next++;
        switch (op.Step)
        {
            case RaceStep.Issue:
                _checker.Issue(tile, op.Queue, (uint)t.Queues[op.Queue].Count);
                t.Queues[op.Queue].Add((op, node));
                break;
            case RaceStep.Drain:
                _checker.CoreDrained(tile, (uint)op.Argument);
                for (int q = 0; q < 4; q++)
                {
                    if ((op.Argument >> q & 1) != 0 && t.Performed[q] > 0)
                        After(node, t.LastPerformed[q]);
                }

                break;
            case RaceStep.Post:
                _checker.CorePost(tile, op.Argument, 1);
                t.Semaphores[op.Argument].Enqueue(node);
                break;
            case RaceStep.Wait:
                _checker.CoreWait(tile, op.Argument, 1);
                After(node, t.Semaphores[op.Argument].Dequeue());
                break;
            case RaceStep.Barrier when !t.Arrived:
                _checker.BarrierArrive(tile);
                t.Arrived = true;
                t.Barriers++;
                t.Arrivals.Add(node);
                t.Next--;
                break;
            case RaceStep.Barrier:
                _checker.BarrierLeave(tile);
                t.Arrived = false;
                foreach (Tile other in _tiles)
                    After(node, other.Arrivals[t.BarriersLeft]);
                t.BarriersLeft++;
                break;
            case RaceStep.Access:
                (int place, bool write) = op.Accesses[0];
                bool naive = Races(tile, place, write, node, node, -1);
                bool found = _checker.CoreAccess(tile, AddressMap.Scratchpad + ((ulong)place * 16) + 3, 4, write) is not null;
                return Compare(naive, found);
        }

        return Outcome.Clean;
    }

    private bool StartCan(int tile, int queue)
    {
        Tile t = _tiles[tile];
        if (t.Started[queue] == t.Queues[queue].Count)
            return false;
        RaceOp op = t.Queues[queue][t.Started[queue]].Op;
        if (op.Chain && t.Started[queue] != t.Performed[queue])
            return false;
        return op.Waits.Where(w => w.Count > 0).GroupBy(w => w.Semaphore).All(g => t.Semaphores[g.Key].Count >= g.Sum(w => w.Count));
    }

    private Outcome Start(int tile, int queue)
    {
        Tile t = _tiles[tile];
        int sequence = t.Started[queue]++;
        (RaceOp op, int issued) = t.Queues[queue][sequence];
        int node = Node(issued);
        if (sequence > 0)
            After(node, t.LastStarted[queue]);
        if (op.Chain && sequence > 0)
            After(node, t.LastPerformed[queue]);
        foreach (SemaphoreCount wait in op.Waits)
        {
            for (int i = 0; i < wait.Count; i++)
                After(node, t.Semaphores[wait.Semaphore].Dequeue());
        }

        t.LastStarted[queue] = node;
        t.StartNodes[queue].Add(node);
        Descriptor d = default;
        d.Chain = op.Chain;
        (d.Wait0, d.Wait1) = (op.Waits[0], op.Waits[1]);
        _checker.Start(tile, queue, (uint)sequence, d);
        bool naive = false;
        var regions = new List<Region>();
        foreach ((int place, bool write) in op.Accesses)
        {
            naive |= Races(tile, place, write, node, -1, queue == 2 ? tile : -1);
            regions.Add(new Region
            {
                Access = write ? RegionAccess.Write : RegionAccess.Read,
                ElementBytes = 4,
                ElementStride = 4,
                Columns = 2,
                Rows = 1,
                Planes = 1,
                Address = place < 100 ? AddressMap.Scratchpad + ((ulong)place * 16) + 8 : AddressMap.Hbm + (ulong)(place * 16),
            });
        }

        bool found = _checker.Access(tile, queue, (uint)sequence, regions.ToArray(), slot: null) is not null;

        // Its own accesses end when it is performed, which has no event yet.
        t.Own[queue].Add([.. Enumerable.Range(_accesses.Count - op.Accesses.Count, op.Accesses.Count)]);
        return Compare(naive, found);
    }

    private Outcome Perform(int tile, int queue)
    {
        Tile t = _tiles[tile];
        int sequence = t.Performed[queue]++;
        RaceOp op = t.Queues[queue][sequence].Op;
        int node = Node(t.StartNodes[queue][sequence]);
        if (sequence > 0)
            After(node, t.LastPerformed[queue]);
        t.LastPerformed[queue] = node;
        foreach (int access in t.Own[queue][sequence])
            _accesses[access] = _accesses[access] with { End = node };
        Descriptor d = default;
        (d.Post0, d.Post1) = (op.Posts[0], op.Posts[1]);
        _checker.Performed(tile, queue, (uint)sequence, d);
        foreach (SemaphoreCount post in op.Posts)
        {
            for (int i = 0; i < post.Count; i++)
                t.Semaphores[post.Semaphore].Enqueue(node);
        }

        return Outcome.Clean;
    }

    private bool Races(int tile, int place, bool write, int begin, int end, int mxOf)
    {
        bool race = _accesses.Any(a => a.Place == place && (place >= 100 || a.Tile == tile) && (a.Write || write) && a.Begin != begin
            && !(mxOf >= 0 && a.MxOf == mxOf) && (a.End < 0 || !_ancestors[begin][a.End]));
        _accesses.Add((place, write, tile, begin, end, mxOf));
        return race;
    }

    private static Outcome Compare(bool naive, bool found) =>
        naive != found ? Outcome.Disagreement : naive ? Outcome.Race : Outcome.Clean;

    private int Node(int parent)
    {
        _ancestors.Add(new BitArray(1024));
        int node = _ancestors.Count - 1;
        if (parent >= 0)
            After(node, parent);
        return node;
    }

    private void After(int node, int earlier)
    {
        _ancestors[node].Or(_ancestors[earlier]);
        _ancestors[node][earlier] = true;
    }

    private sealed class Tile(RaceOp[] ops)
    {
        public RaceOp[] Ops { get; } = ops;

        public int Next { get; set; }

        public int Core { get; set; } = -1;

        public bool Arrived { get; set; }

        public int Barriers { get; set; }

        public int BarriersLeft { get; set; }

        public List<int> Arrivals { get; } = [];

        public List<(RaceOp Op, int Issued)>[] Queues { get; } = [[], [], [], []];

        public List<int>[] StartNodes { get; } = [[], [], [], []];

        public List<int[]>[] Own { get; } = [[], [], [], []];

        public int[] Started { get; } = new int[4];

        public int[] Performed { get; } = new int[4];

        public int[] LastStarted { get; } = new int[4];

        public int[] LastPerformed { get; } = new int[4];

        public Queue<int>[] Semaphores { get; } = [.. Enumerable.Range(0, 16).Select(_ => new Queue<int>())];
    }
}
