using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>What the counters come to when requesters do the same again and again, each time so many banks further on.</summary>
public sealed partial class Scratchpad
{
    // Registers of the host: the counters at a time.
    private readonly long[] _notedConflicts, _notedBankConflicts;
    private ScratchpadState _noted;

    /// <summary>Whether writes never wait for reads.</summary>
    public bool IsDualPorted => _dualPorted;

    /// <summary>Counts from here on.</summary>
    public void StartNote()
    {
        _noted = State;
        _conflicts.CopyTo(_notedConflicts, 0);
        _bankConflicts.CopyTo(_notedBankConflicts, 0);
    }

    /// <summary>Whether what happened since <see cref="StartNote"/> can happen again so many bytes further on, each bank being another then.</summary>
    public bool MayRepeat(long shiftBytes) => State.Conflicts == _noted.Conflicts || shiftBytes % (1 << _bankShift) == 0;

    /// <summary>What was counted since <see cref="StartNote"/> is counted so many times more, each time so many bytes further on.</summary>
    public void Repeat(long times, long shiftBytes)
    {
        State.Ledger.Repeat(in _noted.Ledger, times);
        State.Reads += times * (State.Reads - _noted.Reads);
        State.Writes += times * (State.Writes - _noted.Writes);
        State.ReadBytes += times * (State.ReadBytes - _noted.ReadBytes);
        State.WriteBytes += times * (State.WriteBytes - _noted.WriteBytes);
        State.BankCycles += times * (State.BankCycles - _noted.BankCycles);
        if (State.Conflicts == _noted.Conflicts)
            return;
        State.Conflicts += times * (State.Conflicts - _noted.Conflicts);
        for (int i = 0; i < _conflicts.Length; i++)
            _conflicts[i] += times * (_conflicts[i] - _notedConflicts[i]);
        RepeatByBank(times, (int)(shiftBytes >> _bankShift) & _bankMask);
    }

    /// <summary>A loss in one bank comes again as one in each of those that the steps lead to, round and round.</summary>
    private void RepeatByBank(long times, int step)
    {
        int round = _banks >> Math.Min(BitOperations.TrailingZeroCount(step), BitOperations.TrailingZeroCount(_banks));
        for (int i = 0; i < _bankConflicts.Length; i++)
            _notedBankConflicts[i] = _bankConflicts[i] - _notedBankConflicts[i];
        for (int i = 0; i < _bankConflicts.Length; i++)
        {
            int bank = i / _ports.Length, loser = i % _ports.Length;
            for (int k = 1; k <= round && _notedBankConflicts[i] != 0; k++)
            {
                long visits = (times / round) + (k <= times % round ? 1 : 0);
                _bankConflicts[(((bank + (k * step)) & _bankMask) * _ports.Length) + loser] += visits * _notedBankConflicts[i];
            }
        }
    }
}
