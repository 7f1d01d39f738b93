using System.Numerics;
using System.Runtime.CompilerServices;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// Matrix unit, vector unit and scratchpad fall behind the clock while nobody else can notice, and make up for it in one go.
/// </summary>
/// <remarks>
/// Nobody asks the scratchpad but the two engines, and neither of them reports or takes a descriptor for so many edges: then nothing of what
/// the three do leaves them, and nothing can reach them but by a push of another unit of the tile, which wakes one of them for the edge after
/// it. Until then, or until the first edge at which an engine might report, their edges are not evaluated; then all are, one after the other,
/// as they would have been: entries of channels are stamped with their edges, so a push at an edge to which the engines come later is invisible to
/// them up to that edge, as it should be. Nothing that they touch on the way belongs to another tile, so several tiles can do so on several host threads.
/// </remarks>
internal sealed partial class Tile
{
    private const int EngineUnits = 3, FirstEngine = 4; // of the tile's units
    private const uint MatrixBit = 1 << FirstEngine, VectorBit = 1 << (FirstEngine + 1), ScratchpadBit = 1 << (FirstEngine + 2);
    private const uint EngineBits = MatrixBit | VectorBit | ScratchpadBit;
    private const int WorthTheWhile = 6; // edges, below which falling behind costs more than it saves
    private const int HostLine = 16; // words

    private readonly ScratchpadPort[] _enginePorts;
    private readonly ulong _matrixPorts, _vectorPorts; // one bit each, in the scratchpad's order

    // Registers of the host: where the engines are, and nothing of the chip's.
    private readonly EdgeWakes _behindWakes = new(HostLine);
    private EngineEdges _wantedAt; // edges that engines want of themselves, later than the next
    private long _behindFrom = Kernel.Wake.Never; // the first edge that is not evaluated
    private uint _due; // who is to be evaluated at it

    [InlineArray(EngineUnits)]
    private struct EngineEdges
    {
        private long _matrix;
    }

    /// <summary>Whether the engines may fall behind. Changed only after <see cref="Rejoin"/>.</summary>
    public bool MayFallBehind { get; set; }

    /// <summary>Brings the engines up to an edge that is over for all other units, and has them go on with the clock.</summary>
    public void Rejoin(long edge)
    {
        if (_behindFrom == Kernel.Wake.Never)
            return;
        CatchUp(edge);
        for (uint due = GoOn(edge + 1); due != 0; due &= due - 1)
            _clock.WakeNext(_firstUnit + BitOperations.TrailingZeroCount(due));
    }

    /// <summary>Edges that the engines are behind, up to and including one.</summary>
    public long EdgesBehind(long edge) => _behindFrom == Kernel.Wake.Never ? 0 : edge + 1 - _behindFrom;

    /// <summary>Evaluates the engines at the edges that they are behind, up to one. They stay behind from the next one on.</summary>
    public void CatchUp(long to)
    {
        uint due = _due;
        long edge = _behindFrom;
        _listeningTo = 0;
        while (edge <= to)
        {
            long from = edge;
            if (due is (MatrixBit | ScratchpadBit) or (VectorBit | ScratchpadBit))
                edge = edge < _tryFrom ? edge : Repeat(due, edge, to + 1);
            else
                _listeningTo = 0; // what is counted since is not an engine's alone
            if ((due & (MatrixBit | VectorBit)) == MatrixBit && edge == from)
                edge = MultiplyApart(edge, to + 1);
            if (edge != from)
            {
                due |= ScratchpadBit | WantAt(edge);
                continue;
            }

            EvaluateBehind(due, edge++);
            due = _behindWakes.Take(_firstUnit, EngineBits);
            if (due == 0)
                edge = Math.Clamp(Soonest(), edge, to + 1);
            due |= WantAt(edge);
        }

        (_due, _behindFrom) = (due, edge);
    }

    /// <summary>Has the engines that are due at an edge fall behind from it on, if that is possible and worth the while.</summary>
    private bool FallsBehind(uint due, long edge)
    {
        if (!MayFallBehind || !Scratchpad.IsOnlyFor(_matrixPorts | _vectorPorts))
            return false;
        long quiet = Math.Min(Vector.QuietEdges, Matrix.QuietEdges(edge));
        if (quiet is < WorthTheWhile or Kernel.Wake.Never)
            return false;
        _behindFrom = edge;
        _due = due & EngineBits;
        for (int i = 0; i < EngineUnits; i++)
            _wantedAt[i] = Kernel.Wake.Never; // what they wanted before, the clock knows
        WakeEnginesBy(_behindWakes);
        _clock.WakeAt(_firstUnit + BitOperations.TrailingZeroCount(_due), edge + quiet);
        return true;
    }

    /// <summary>The engines, caught up to the edge before one, go on with the clock from it on.</summary>
    /// <returns>Who is to be evaluated at it.</returns>
    private uint GoOn(long edge)
    {
        for (int i = 0; i < EngineUnits; i++)
        {
            if (_wantedAt[i] > edge && _wantedAt[i] != Kernel.Wake.Never)
                _clock.WakeAt(_firstUnit + FirstEngine + i, _wantedAt[i]);
        }

        WakeEnginesBy(_clock.Next);
        _behindFrom = Kernel.Wake.Never;
        return _due;
    }

    private void WakeEnginesBy(EdgeWakes wakes)
    {
        foreach (ScratchpadPort port in _enginePorts)
        {
            port.Request.WakeBy(wakes);
            port.Response.WakeBy(wakes);
        }
    }

    private void EvaluateBehind(uint due, long edge)
    {
        if ((due & MatrixBit) != 0)
            WantBehind(0, Matrix.Evaluate(edge), edge);
        if ((due & VectorBit) != 0)
            WantBehind(1, Vector.Evaluate(edge), edge);
        if ((due & ScratchpadBit) != 0)
            WantBehind(2, Scratchpad.Evaluate(edge, _matrixPorts | _vectorPorts), edge);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WantBehind(int engine, long at, long edge)
    {
        bool next = at == edge + 1;
        _wantedAt[engine] = next ? Kernel.Wake.Never : at;
        if (next)
            _behindWakes.Add(_firstUnit + FirstEngine + engine);
    }

    /// <summary>The engines that are due at an edge of themselves.</summary>
    private uint WantAt(long edge)
    {
        uint due = 0;
        for (int i = 0; i < EngineUnits; i++)
            due |= _wantedAt[i] <= edge ? MatrixBit << i : 0;
        return due;
    }

    private long Soonest()
    {
        long soonest = Kernel.Wake.Never;
        foreach (long at in _wantedAt)
            soonest = Math.Min(soonest, at);
        return soonest;
    }
}
