using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>A word of a scratchpad or of HBM and which of its 72 bits are not what was written.</summary>
public struct FlippedWord
{
    public long Word;
    public ulong Data;
    public byte Check;
}

/// <summary>
/// The words that carry flipped bits, in ascending order; empty in most runs. All others hold the check byte that belongs to
/// their data, so it need not be kept.
/// </summary>
internal sealed class FlippedWords
{
    private FlippedWord[] _words = [];
    private int _count;

    public int Count => _count;

    public ref readonly FlippedWord this[int index] => ref _words[index];

    /// <summary>Index of the first entry at or after a word; Count when there is none.</summary>
    public int First(long word)
    {
        int index = 0;
        while (index < _count && _words[index].Word < word)
            index++;
        return index;
    }

    /// <summary>Flips a bit, 0 to 71; a bit that is flipped twice is as it was written.</summary>
    public void Flip(long word, int bit)
    {
        int index = First(word);
        if (index == _count || _words[index].Word != word)
        {
            if (_count == _words.Length)
                Array.Resize(ref _words, Math.Max(4, 2 * _count));
            _words.AsSpan(index, _count - index).CopyTo(_words.AsSpan(index + 1));
            _words[index] = new FlippedWord { Word = word };
            _count++;
        }

        ref FlippedWord flipped = ref _words[index];
        if (bit < 64)
            flipped.Data ^= 1UL << bit;
        else
            flipped.Check ^= (byte)(1 << (bit - 64));
        if (flipped is { Data: 0, Check: 0 })
            RemoveAt(index);
    }

    /// <summary>Index of a word's entry, or -1.</summary>
    public int Find(long word) => First(word) is var index && index < _count && _words[index].Word == word ? index : -1;

    /// <summary>A word is written with such flips in its data, and check bits that fit them: nobody will find them.</summary>
    public void Rewrite(int index, ulong data)
    {
        _words[index].Data = data;
        _words[index].Check = Secded.Encode(data);
        if (data == 0)
            RemoveAt(index);
    }

    /// <summary>A word's data is now as it reads, and its check byte alone is wrong, by what was wrong before: the code is linear.</summary>
    public void Poison(int index)
    {
        ref FlippedWord flipped = ref _words[index];
        flipped.Check ^= Secded.Encode(flipped.Data);
        flipped.Data = 0;
    }

    public void RemoveAt(int index)
    {
        _count--;
        _words.AsSpan(index + 1, _count - index).CopyTo(_words.AsSpan(index));
    }

    public void Walk(StateArchive archive)
    {
        archive.Value("flipped", ref _count);
        if (_words.Length < _count)
            _words = new FlippedWord[_count];
        archive.Variable = true;
        for (int i = 0; i < _count; i++)
            archive.Value("word", ref _words[i]);
        archive.Variable = false;
    }
}
