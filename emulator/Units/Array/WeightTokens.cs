using System.Runtime.CompilerServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The rows of weights that shift tokens brought, by the number of the token: 1 is the first. Both engines read shadows out
/// of it: where n tokens have come to PE (r, c), its shadow is the word of token n - r, and its pass register that of token
/// n - 1 - r, because each token moves every row of weights one PE down. Rows before the first token are 0 and disabled.
/// </summary>
internal sealed class WeightTokens
{
    private readonly int[] _words;
    private readonly int _start;
    private readonly byte[] _enabled;
    private readonly int _columns;
    private readonly int _mask;

    /// <param name="depth">How many of the last tokens are wanted.</param>
    /// <param name="columns">C; rows are padded with zeros to whole lines.</param>
    public WeightTokens(int depth, int columns)
    {
        int rows = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)depth);
        _columns = columns;
        Pitch = CacheLines.Pitch(columns);
        _words = CacheLines.Allocate(rows * Pitch, out _start);
        _enabled = new byte[rows];
        _mask = rows - 1;
    }

    /// <summary>Words from row to row.</summary>
    public int Pitch { get; }

    /// <summary>Token n is in slot n - 1 and Mask.</summary>
    public int Mask => _mask;

    /// <summary>Number of the last token.</summary>
    public long Last { get; private set; }

    /// <summary>One more token: its row, C words that still have to be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<int> Enter(bool enabled)
    {
        int slot = (int)Last++ & _mask;
        _enabled[slot] = (byte)(enabled ? 1 : 0);
        return _words.AsSpan(_start + (slot * Pitch), _columns);
    }

    public Span<int> Row(long token) => _words.AsSpan(_start + (Slot(token) * Pitch), _columns);

    public ref int Word(long token, int column) => ref _words[_start + (Slot(token) * Pitch) + column];

    public bool Enabled(long token) => _enabled[Slot(token)] != 0;

    /// <summary>Writes a row again, as an archive or another engine has it.</summary>
    public void Enable(long token, bool enabled) => _enabled[Slot(token)] = (byte)(enabled ? 1 : 0);

    /// <summary>Whole lines of some tokens in their order, if no end of the ring lies between them.</summary>
    public bool TryBlock(long first, int count, out Span<int> rows)
    {
        int slot = Slot(first);
        bool whole = slot + count <= _mask + 1;
        rows = whole ? _words.AsSpan(_start + (slot * Pitch), count * Pitch) : default;
        return whole;
    }

    private int Slot(long token) => (int)(token - 1) & _mask;

    /// <summary>Only zeros from here on back.</summary>
    public void Reset(long last)
    {
        Last = last;
        System.Array.Clear(_words);
        System.Array.Clear(_enabled);
    }

    /// <summary>As another's, as far back as both reach, with another number for the last token.</summary>
    public void CopyFrom(WeightTokens other, long last)
    {
        Last = last;
        for (int back = Math.Min(_mask, other._mask); back >= 0; back--)
        {
            other.Row(other.Last - back).CopyTo(Row(last - back));
            Enable(last - back, other.Enabled(other.Last - back));
        }
    }
}
