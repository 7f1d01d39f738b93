namespace HybridEmu.Units;

/// <summary>
/// Which engine moves the array. The fast one takes over when a descriptor starts and the array is at rest; the registers are
/// written out, and stepped from there on, when somebody looks at them or at sums on their way.
/// </summary>
public sealed partial class MatrixUnit
{
    private const long NotEmptying = long.MaxValue;

    private bool _isFast;

    /// <summary>
    /// While all rows are in and the array runs empty: the last edge whose step is done. Nothing else moves then, so the unit
    /// sleeps, and steps are made up for when it is evaluated or looked at.
    /// </summary>
    private long _emptyingFrom = NotEmptying;

    private long EdgesPerStep => 1 + State.Wide;

    /// <summary>Array time from which on the PEs hold no sum that is on its way; the last are then being written.</summary>
    private long WavefrontUntil => State.SumsUntil - _config.AccumulatorLatencyCycles;

    private long ArrayTime => _isFast ? _fast.Time : _registers.Time;

    /// <summary>Brings what changes in the unit's sleep up to and including an edge that has passed.</summary>
    public void Settle(long edge)
    {
        if (edge <= _emptyingFrom)
            return;
        long steps = (edge - _emptyingFrom) / EdgesPerStep;
        _emptyingFrom += steps * EdgesPerStep;
        State.SecondPass = (byte)(State.Wide != 0 && edge == _emptyingFrom ? 1 : 0);
        if (_isFast)
        {
            long time = _fast.Time + steps;
            _fast.Rest(steps, State.Kind);
            _accumulators.Retire(time - 1);
            State.ArrayCycles += steps;
            State.WavefrontCycles += Math.Clamp(WavefrontUntil - (time - steps), 0, steps);
            return;
        }

        for (; steps > 0; steps--)
            StepArray(_registers.Time);
    }

    /// <summary>Goes on with the engine that was asked for, unless shift tokens of a load are still on their way.</summary>
    private void UseEngine()
    {
        if (_isFast || _config.Engine == ArrayEngine.Step || ArrayTime <= State.ActiveUntil)
            return;
        _registers.Settle();
        _fast.ReadRegisters(_registers, State.Kind, State.ShadowLoaded != 0);
        _isFast = true;
    }

    /// <summary>Makes registers and accumulators those of this edge, and goes on in them.</summary>
    private void UseRegisters(long edge)
    {
        Settle(edge);
        if (!_isFast)
        {
            _registers.Settle();
            return;
        }

        _fast.Settle(remember: true);
        _fast.WriteRegisters(_registers);
        _fast.TakeBackEarlySums();
        _steppedSums.Restart();
        _isFast = false;
    }

    /// <summary>The bytes of the accumulators after an edge that has passed, as the core addresses them; for observers.</summary>
    public ReadOnlySpan<byte> AccumulatorBytes(long edge)
    {
        UseRegisters(edge);
        return _accumulators.Bytes(0, _accumulators.SizeBytes);
    }

    private void SettleSums()
    {
        if (_isFast)
            _fast.Settle();
        else
            _registers.Settle();
    }

    private void StepArray(long time)
    {
        if (_isFast)
            _fast.Step(State.Kind);
        else
            _registers.Step(State.Kind);

        _accumulators.Retire(time);
        State.ArrayCycles++;
        State.WavefrontCycles += time < WavefrontUntil || State.ActiveUntil == TimeToLeave(time) ? 1 : 0;
    }
}
