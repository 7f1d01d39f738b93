using System.Runtime.CompilerServices;

namespace HybridEmu.Kernel;

/// <summary>Units that are to be evaluated at the next edge, by their index in a clock's domain.</summary>
/// <param name="line">Words before the first and behind the last, so that nobody else's are in the same cache lines of the host.</param>
public sealed class EdgeWakes(int line = 0)
{
    private ulong[] _words = new ulong[1 + (2 * line)];

    /// <summary>One bit a unit.</summary>
    public Span<ulong> Words => _words.AsSpan(line, _words.Length - (2 * line));

    public bool Any => Words.ContainsAnyExcept(0UL);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int unit) => _words[line + (unit >> 6)] |= 1UL << (unit & 63);

    /// <summary>Takes some units out.</summary>
    /// <param name="first">Index of the unit of bit 0.</param>
    /// <param name="units">At most 32 units from there on, one bit each.</param>
    /// <returns>Those of them that were in it.</returns>
    public uint Take(int first, uint units)
    {
        Span<ulong> words = Words;
        int word = first >> 6, shift = first & 63;
        ulong low = (ulong)units << shift;
        ulong taken = (words[word] & low) >> shift;
        words[word] &= ~low;
        if (shift > 32 && word + 1 < words.Length)
        {
            ulong high = (ulong)units >> (64 - shift);
            taken |= (words[word + 1] & high) << (64 - shift);
            words[word + 1] &= ~high;
        }

        return (uint)taken;
    }

    /// <summary>Makes room for units up to an index.</summary>
    public void Reach(int unit)
    {
        if (unit >> 6 >= Words.Length)
            Array.Resize(ref _words, (unit >> 6) + 1 + (2 * line));
    }

    public void Walk(StateArchive archive) => archive.Array("pending", _words);
}
