using System.Numerics;
using System.Runtime.CompilerServices;

namespace HybridEmu.Kernel;

/// <summary>When a unit next wants an edge, as returned by its Evaluate.</summary>
public static class Wake
{
    /// <summary>Nothing of the unit changes until a channel moves.</summary>
    public const long Never = long.MaxValue;
}

/// <summary>
/// One clock: its grid of edges in integer picoseconds, which edges are enabled, and which units want the next one.
/// </summary>
/// <remarks>
/// Edge n of a domain at f MHz since its last change T0 is T0 + floor(n * 10^6 / f). <see cref="Edge"/> counts
/// <i>enabled</i> edges: it is the time that units of the domain live in, so a throttled core stretches every latency
/// without a unit knowing. <see cref="Cycle"/> counts all edges of the grid; reports use it.
/// The run loop brings every domain to a time before it evaluates any unit at that time, so inside an evaluation
/// <see cref="Edge"/> of every domain is its latest edge at or before now.
/// </remarks>
public sealed class ClockDomain
{
    private const long PicosecondsPerMicrosecond = 1_000_000;

    private readonly List<string> _names = [];
    private long[] _wakeAt = new long[64];
    private long[] _backgroundAt = new long[64];
    private ulong[] _ready = new ulong[1];
    private ulong[] _timed = new ulong[1]; // units with a wake in _wakeAt or _backgroundAt

    // Wakes two or three edges ahead, by edge modulo 4. Crossings ask two ahead; a pending earlier wake must not swallow
    // that, because the unit, evaluated then, cannot see yet what it will be woken for.
    private readonly ulong[][] _near = [new ulong[1], new ulong[1], new ulong[1], new ulong[1]];
    private byte _nearPending;
    private long _soonestTimed = Wake.Never;
    private long _gridIndex;
    private long _gridOriginPs;
    private readonly long _wholePeriodPs; // 0 when the period is no whole number of picoseconds
    private byte _divider = 1;
    private byte _dividerPhase;

    /// <param name="name">Domain name as in the configuration: core, hbm, system.</param>
    /// <param name="megahertz">Nominal frequency in MHz, 1 to 10000.</param>
    public ClockDomain(string name, int megahertz)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(megahertz, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(megahertz, 10_000);
        Name = name;
        Megahertz = megahertz;
        _wholePeriodPs = PicosecondsPerMicrosecond % megahertz == 0 ? PicosecondsPerMicrosecond / megahertz : 0;
        NextPs = 0;
        Edge = -1;
        Cycle = -1;
        TimePs = -1;
    }

    public string Name { get; }

    /// <summary>Frequency of the grid in MHz; throttling skips edges of the grid and does not change it.</summary>
    public int Megahertz { get; }

    /// <summary>Enabled edges before this one: the time units of this domain count in. -1 before the first edge.</summary>
    public long Edge { get; private set; }

    /// <summary>Grid edges before this one, skipped edges included. -1 before the first edge.</summary>
    public long Cycle { get; private set; }

    /// <summary>Time of the latest enabled edge in picoseconds.</summary>
    public long TimePs { get; private set; }

    /// <summary>Time of the next edge of the grid in picoseconds.</summary>
    public long NextPs { get; private set; }

    /// <summary>Whether the grid edge that the last <see cref="AdvanceTo"/> ended on was enabled and at that very time.</summary>
    public bool Ticked { get; private set; }

    /// <summary>1 runs every grid edge, 2 every second one.</summary>
    public int Divider => _divider;

    /// <summary>Grid edges that were skipped by throttling so far.</summary>
    public long ThrottledCycles => Cycle - Edge;

    /// <summary>Units that want the next edge.</summary>
    public EdgeWakes Next { get; } = new();

    public string UnitName(int unit) => _names[unit];

    /// <summary>Adds a unit to the domain; it is ready at the first edge.</summary>
    /// <returns>The unit's index in this domain, which its channels use to wake it.</returns>
    public int Register(string unitName)
    {
        int unit = _names.Count;
        _names.Add(unitName);
        if (unit >= _wakeAt.Length)
        {
            Array.Resize(ref _wakeAt, unit * 2);
            Array.Resize(ref _backgroundAt, unit * 2);
        }

        if (unit >= _ready.Length * 64)
        {
            Array.Resize(ref _ready, _ready.Length + 1);
            Array.Resize(ref _timed, _timed.Length + 1);
            for (int i = 0; i < _near.Length; i++)
                Array.Resize(ref _near[i], _near[i].Length + 1);
        }

        _wakeAt[unit] = Wake.Never;
        _backgroundAt[unit] = Wake.Never;
        Next.Reach(unit);
        Next.Add(unit);
        return unit;
    }

    /// <summary>Asks for the unit to be evaluated at an edge (enabled-edge count) later than the current one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WakeAt(int unit, long edge)
    {
        if (edge <= Edge + 1)
            Next.Add(unit);
        else
            WakeLater(unit, edge);
    }

    /// <summary>Asks for the unit to be evaluated at the next edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WakeNext(int unit) => Next.Add(unit);

    private void WakeLater(int unit, long edge)
    {
        if (edge <= Edge + 3)
        {
            _near[edge & 3][unit >> 6] |= 1UL << (unit & 63);
            _nearPending |= (byte)(1 << (int)(edge & 3));
        }
        else if (edge < _wakeAt[unit])
        {
            _wakeAt[unit] = edge;
            _timed[unit >> 6] |= 1UL << (unit & 63);
            if (edge < _soonestTimed)
                _soonestTimed = edge;
        }
    }

    /// <summary>
    /// As <see cref="WakeAt"/>, for events that are no progress of the program: refresh, sensor samples, polling by the
    /// host. A chip whose only future is background events is deadlocked. Replaces the unit's earlier background wake.
    /// </summary>
    public void BackgroundAt(int unit, long edge)
    {
        _backgroundAt[unit] = edge <= Edge ? Edge + 1 : edge;
        _timed[unit >> 6] |= 1UL << (unit & 63);
        if (_backgroundAt[unit] < _soonestTimed)
            _soonestTimed = _backgroundAt[unit];
    }

    /// <summary>Keeps every <paramref name="divider"/>th edge of the grid from the next edge on.</summary>
    public void Throttle(int divider)
    {
        _divider = (byte)divider;
        _dividerPhase = 0;
    }

    /// <summary>Moves to the last edge at or before <paramref name="timePs"/>. Returns whether an enabled edge lies at it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool AdvanceTo(long timePs)
    {
        if (NextPs > timePs)
        {
            Ticked = false;
            return false;
        }

        if (NextPs != timePs || _divider != 1)
            return AdvanceFar(timePs);
        Cycle++;
        Edge++;
        TimePs = timePs;
        NextPs = GridTime(++_gridIndex);
        Ticked = true;
        return true;
    }

    private bool AdvanceFar(long timePs)
    {
        Ticked = false;

        // Closed form over edges that nothing asked for, then the last one by itself.
        long last = GridIndexAtOrBefore(timePs);
        long count = last - _gridIndex + 1;
        Cycle += count;
        _gridIndex = last + 1;
        long lastPs = GridTime(last);
        NextPs = GridTime(_gridIndex);
        if (_divider == 1)
        {
            Edge += count;
            TimePs = lastPs;
            Ticked = lastPs == timePs;
        }
        else
        {
            // Phase p means: p more edges of the grid are skipped before an enabled one.
            long enabled = count > _dividerPhase ? ((count - 1 - _dividerPhase) / _divider) + 1 : 0;
            if (enabled > 0)
            {
                long index = _dividerPhase + ((enabled - 1) * _divider);
                TimePs = GridTime(last - count + 1 + index);
                _dividerPhase = (byte)(_divider - 1 - (count - 1 - index));
                Ticked = TimePs == timePs;
                Edge += enabled;
            }
            else
            {
                _dividerPhase -= (byte)count;
            }
        }

        return Ticked;
    }

    /// <summary>False when <see cref="TakeReady"/> would find no unit at the current edge.</summary>
    public bool IsDueNow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Next.Words[0] != 0 || Next.Words.Length > 1 || _nearPending != 0 || Edge >= _soonestTimed;
    }

    /// <summary>Time of the next edge at which some unit wants to be evaluated, or <see cref="long.MaxValue"/>.</summary>
    /// <param name="foreground">Set when something other than background events is due at some time.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long NextWorkPs(ref bool foreground)
    {
        if (Next.Words[0] == 0 || _dividerPhase != 0)
            return LaterWorkPs(ref foreground);
        foreground = true;
        return NextPs;
    }

    private long LaterWorkPs(ref bool foreground)
    {
        foreach (ulong word in Next.Words)
        {
            if (word != 0)
            {
                foreground = true;
                return EnabledTime(1);
            }
        }

        for (int ahead = 1; ahead <= 3; ahead++)
        {
            if ((_nearPending >> (int)((Edge + ahead) & 3) & 1) != 0)
            {
                foreground = true;
                return EnabledTime(Math.Min(ahead, Math.Max(1, _soonestTimed - Edge)));
            }
        }

        if (_soonestTimed == Wake.Never)
            return long.MaxValue;
        for (int i = 0; !foreground && i < _names.Count; i++)
            foreground = _wakeAt[i] != Wake.Never;
        return EnabledTime(_soonestTimed - Edge);
    }

    /// <summary>
    /// The unit that alone is to be evaluated at the next edge, when every edge is enabled and nothing else asked for one
    /// of the next three or sooner than by the timed wakes; else -1.
    /// </summary>
    public int OnlyNext()
    {
        if (_nearPending != 0 || _divider != 1 || _soonestTimed <= Edge + 1)
            return -1;
        int unit = -1;
        Span<ulong> next = Next.Words;
        for (int i = 0; i < next.Length; i++)
        {
            ulong word = next[i];
            if (word == 0)
                continue;
            if (unit >= 0 || (word & (word - 1)) != 0)
                return -1;
            unit = (i * 64) + BitOperations.TrailingZeroCount(word);
        }

        return unit;
    }

    /// <summary>Takes back what <see cref="OnlyNext"/> found: whoever does so evaluates the unit, or wakes it again.</summary>
    public void TakeOnly(int unit) => Next.Words[unit >> 6] = 0;

    /// <summary>Whether any unit asked for an edge up to that one.</summary>
    public bool IsDueBy(long edge) => _nearPending != 0 || _soonestTimed <= edge || Next.Any;

    /// <summary>The first edge that some unit asked for, or the next one where it is one of the next three.</summary>
    public long DueEdge => IsDueBy(Edge) ? Edge + 1 : _soonestTimed;

    /// <summary>The last edge at or before a time to come, while every edge is enabled.</summary>
    public long EdgeAtOrBefore(long timePs) => NextPs > timePs ? Edge : Edge + GridIndexAtOrBefore(timePs) - _gridIndex + 1;

    /// <summary>The first enabled edge to come at or after a time, under the present divider.</summary>
    public long EdgeAtOrAfter(long timePs)
    {
        long grid = timePs <= NextPs ? _gridIndex : GridIndexAtOrBefore(timePs - 1) + 1;
        long skipped = Math.Max(0, grid - _gridIndex - _dividerPhase + _divider - 1) / _divider;
        return Edge + 1 + skipped;
    }

    /// <summary>Whether a unit asked for one of the next three edges, other than as a timed wake.</summary>
    public bool IsDueSoon => _nearPending != 0;

    /// <summary>Time of an edge to come, in picoseconds, while every edge is enabled.</summary>
    public long TimeOfEdge(long edge) => edge == Edge + 1 ? NextPs : GridTime(_gridIndex + (edge - Edge - 1));

    /// <summary>Moves to an edge to come, while every edge is enabled and nothing is due before it.</summary>
    public void MoveTo(long edge, long timePs)
    {
        long count = edge - Edge;
        Edge = edge;
        Cycle += count;
        _gridIndex += count;
        TimePs = timePs;
        NextPs = GridTime(_gridIndex);
        Ticked = true;
    }

    /// <summary>The set of units to evaluate at the current edge, one bit a unit; clears what was asked for.</summary>
    /// <param name="all">Every unit, as when exact skipping is off.</param>
    public ReadOnlySpan<ulong> TakeReady(bool all = false)
    {
        Span<ulong> next = Next.Words;
        for (int i = 0; i < next.Length; i++)
        {
            _ready[i] = next[i];
            next[i] = 0;
        }

        int slot = (int)(Edge & 3);
        if ((_nearPending >> slot & 1) != 0)
        {
            _nearPending &= (byte)~(1 << slot);
            ulong[] near = _near[slot];
            for (int i = 0; i < near.Length; i++)
            {
                _ready[i] |= near[i];
                near[i] = 0;
            }
        }

        if (Edge >= _soonestTimed)
            CollectTimed();
        if (all)
        {
            for (int i = 0; i < _names.Count; i++)
                _ready[i >> 6] |= 1UL << (i & 63);
        }

        return _ready;
    }

    /// <summary>Time of a grid edge, skipped or not, in picoseconds.</summary>
    public long TimeOfCycle(long cycle) => GridTime(cycle);

    public void Walk(StateArchive archive)
    {
        long edge = Edge, cycle = Cycle, time = TimePs, next = NextPs;
        archive.Value("edge", ref edge);
        archive.Value("cycle", ref cycle);
        archive.Value("time", ref time);
        archive.Value("next", ref next);
        archive.Value("grid", ref _gridIndex);
        archive.Value("origin", ref _gridOriginPs);
        archive.Value("divider", ref _divider);
        archive.Value("phase", ref _dividerPhase);
        Edge = edge;
        Cycle = cycle;
        TimePs = time;
        NextPs = next;
        if (archive.IsHash)
            return; // who sleeps is a matter of skipping, not of the chip

        archive.Array("wake", _wakeAt);
        archive.Array("background", _backgroundAt);
        Next.Walk(archive);
        archive.Array("timed", _timed);
        foreach (ulong[] near in _near)
            archive.Array("near", near);
        archive.Value("nearPending", ref _nearPending);
        archive.Value("soonest", ref _soonestTimed);
    }

    private void CollectTimed()
    {
        long soonest = Wake.Never;
        for (int word = 0; word < _timed.Length; word++)
        {
            for (ulong rest = _timed[word]; rest != 0; rest &= rest - 1)
            {
                int unit = (word * 64) + BitOperations.TrailingZeroCount(rest);
                ulong bit = rest & (0 - rest);
                if (_wakeAt[unit] <= Edge)
                {
                    _ready[word] |= bit;
                    _wakeAt[unit] = Wake.Never;
                }

                if (_backgroundAt[unit] <= Edge)
                {
                    _ready[word] |= bit;
                    _backgroundAt[unit] = Wake.Never;
                }

                long at = Math.Min(_wakeAt[unit], _backgroundAt[unit]);
                if (at == Wake.Never)
                    _timed[word] &= ~bit;
                soonest = Math.Min(soonest, at);
            }
        }

        _soonestTimed = soonest;
    }

    private long GridTime(long index) =>
        _gridOriginPs + (_wholePeriodPs != 0 ? index * _wholePeriodPs : index * PicosecondsPerMicrosecond / Megahertz);

    private long GridIndexAtOrBefore(long timePs)
    {
        if (GridTime(_gridIndex + 1) > timePs)
            return _gridIndex;
        // floor(n * 10^6 / f) <= t  <=>  n * 10^6 < (t + 1) * f
        return (((timePs - _gridOriginPs + 1) * Megahertz) - 1) / PicosecondsPerMicrosecond;
    }

    /// <summary>Time of the count-th enabled edge from now on, under the present divider.</summary>
    private long EnabledTime(long count) =>
        count > long.MaxValue / PicosecondsPerMicrosecond / 4
            ? long.MaxValue
            : GridTime(_gridIndex + _dividerPhase + ((count - 1) * _divider));
}
