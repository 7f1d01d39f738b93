using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>What entered an array at each cycle, and every register of the emulator's array after it, to be held against the twin.</summary>
internal sealed class ArrayTrace(ArrayForm form)
{
    private static readonly string[] Registers = ["psum", "act", "weight", "shadow", "pass register", "enables and tokens", "bottom"];

    private readonly List<int> _stimulus = [];
    private readonly List<int[]> _seen = [];

    public int Cycles => _seen.Count;

    /// <summary>One clock cycle, after which the array is as given.</summary>
    /// <param name="step">False where the array is frozen; then nothing enters, whatever is said.</param>
    /// <param name="x">R words.</param>
    /// <param name="weights">C words.</param>
    /// <param name="top">C words.</param>
    public void Add(bool step, bool switches, bool shifts, bool enabled, ReadOnlySpan<int> x, ReadOnlySpan<int> weights, ReadOnlySpan<int> top, SystolicArray after)
    {
        _stimulus.Add((step ? 1 : 0) | (switches ? 2 : 0) | (shifts ? 4 : 0) | (enabled ? 8 : 0));
        _stimulus.AddRange(x);
        _stimulus.AddRange(weights);
        _stimulus.AddRange(top);
        _seen.Add(RegistersOf(after));
    }

    /// <summary>Runs the twin.</summary>
    /// <param name="awake">Number of the mutant, or 0.</param>
    /// <returns>Null, or the first cycle, PE and register that differ.</returns>
    public string? Difference(VerilatedModel twin, int awake = 0)
    {
        byte[] observed = twin.Run(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_stimulus)).ToArray(), awake);
        Assert.Equal(_seen.Count * _seen[0].Length * sizeof(int), observed.Length);
        for (int cycle = 0; cycle < _seen.Count; cycle++)
        {
            int[] words = MemoryMarshal.Cast<byte, int>(observed).Slice(cycle * _seen[0].Length, _seen[0].Length).ToArray();
            if (Difference(words, _seen[cycle], "twin") is { } difference)
                return $"cycle {cycle}, {difference}";
        }

        return null;
    }

    /// <summary>Null, or how another engine's registers differ from those that were seen after a cycle.</summary>
    public string? Difference(int cycle, SystolicArray other, string who = "fast engine") =>
        Difference(RegistersOf(other), _seen[cycle], who) is { } difference ? $"cycle {cycle}, {difference}" : null;

    private string? Difference(int[] words, int[] expected, string who)
    {
        Canonical(words);
        int i = words.AsSpan().CommonPrefixLength(expected);
        if (i == words.Length)
            return null;
        int pe = i / Registers.Length;
        return $"PE ({pe / form.Columns}, {pe % form.Columns}), {Registers[i % Registers.Length]}: step engine {expected[i]:X8}, {who} {words[i]:X8}";
    }

    private int[] RegistersOf(SystolicArray array)
    {
        var words = new int[Registers.Length * form.Rows * form.Columns];
        int i = 0;
        for (int r = 0; r < form.Rows; r++)
        {
            for (int c = 0; c < form.Columns; c++)
            {
                words[i++] = array.Psum(r, c);
                words[i++] = form.Stored(array.Act(r, c));
                words[i++] = form.Stored(array.Weight(r, c));
                words[i++] = form.Stored(array.Shadow(r, c));
                words[i++] = form.Stored(array.WeightOut(r, c));
                words[i++] = Bit(array.Enable(r, c), 0) | Bit(array.EnableShadow(r, c), 1) | Bit(array.EnableOut(r, c), 2)
                    | Bit(array.ShiftToken(r, c), 3) | Bit(array.SwitchToken(r, c), 4);
                words[i++] = r == form.Rows - 1 ? array.Bottom[c] : array.Psum(r, c);
            }
        }

        Canonical(words);
        return words;

        static int Bit(bool value, int place) => (value ? 1 : 0) << place;
    }

    /// <summary>A NaN's payload is the host's, not the chip's.</summary>
    private void Canonical(int[] words)
    {
        for (int i = 0; form.Kind == MacKind.Bf16 && i < words.Length; i += Registers.Length)
        {
            words[i] = (int)CanonicalNaN.BitsOf(BitConverter.Int32BitsToSingle(words[i]));
            words[i + 6] = (int)CanonicalNaN.BitsOf(BitConverter.Int32BitsToSingle(words[i + 6]));
        }
    }
}

/// <summary>One array: its sides, what its PEs do, and how wide its words are.</summary>
internal sealed record ArrayForm(int Rows, int Columns, MacKind Kind, int WordBits)
{
    public RowFormat Format => (Kind, WordBits) switch
    {
        (MacKind.Bf16, _) => RowFormat.Bf16,
        (MacKind.Integer, 8) => RowFormat.Int8,
        (MacKind.Integer, _) => RowFormat.Int16,
        _ => RowFormat.Packed,
    };

    /// <summary>Its twin, with planted mistakes that sleep.</summary>
    public VerilatedModel Twin(params RtlMutant[] mutants) =>
        new("array_top", ["multiply_accumulate.sv", "systolic_array.sv", "array_top.sv"], "array.cpp", ("R", Rows), ("C", Columns), ("KIND", (int)Kind), ("WORD", WordBits))
        {
            Mutants = mutants,
        };

    /// <summary>A word as a register of so many bits shows it.</summary>
    public int Stored(int word) => Kind == MacKind.Bf16 ? word : word << (32 - WordBits) >> (32 - WordBits);

    public override string ToString() => $"{Rows} x {Columns} {Kind} of {WordBits} bits";
}
