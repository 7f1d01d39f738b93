using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// What a random program is made of: a few instructions that belong together, or a loop over pieces. Shrinking deletes
/// whole pieces, so each must be harmless wherever it stands.
/// </summary>
/// <param name="Instructions">In order; an Illegal one stands for its Word. Empty for a loop.</param>
/// <param name="Skips">
/// Not 0: the last instruction is a branch or jump over that many later pieces, at most to the end of the list it is in.
/// </param>
/// <param name="Astray">Added to the distance of that jump: 2 makes its target misaligned.</param>
/// <param name="Body">Pieces of a loop, or null.</param>
/// <param name="Rounds">How often the loop runs.</param>
internal sealed record Piece(DecodedInstruction[] Instructions, int Skips = 0, int Astray = 0, Piece[]? Body = null, int Rounds = 0)
{
    public static Piece Loop(Piece[] body, int rounds) => new([], Body: body, Rounds: rounds);

    /// <summary>Words it takes: a loop sets its counter before, and counts down and branches behind.</summary>
    public int Words => Body is null ? Instructions.Length : Body.Sum(p => p.Words) + 3;

    /// <summary>Smaller forms of a list of pieces, the boldest first: without a run of pieces, or with a simpler loop.</summary>
    public static IEnumerable<Piece[]> Shrink(Piece[] pieces)
    {
        for (int run = pieces.Length; run > 0; run /= 2)
        {
            for (int at = 0; at + run <= pieces.Length; at += run)
                yield return [.. pieces[..at], .. pieces[(at + run)..]];
        }

        for (int i = 0; i < pieces.Length; i++)
        {
            if (pieces[i].Body is not { } body)
                continue;
            yield return [.. pieces[..i], .. body, .. pieces[(i + 1)..]];
            if (pieces[i].Rounds > 1)
                yield return [.. pieces[..i], pieces[i] with { Rounds = 1 }, .. pieces[(i + 1)..]];
            foreach (Piece[] smaller in Shrink(body))
                yield return [.. pieces[..i], pieces[i] with { Body = smaller }, .. pieces[(i + 1)..]];
        }
    }

    /// <summary>The words of a list of pieces.</summary>
    public static void Encode(Piece[] pieces, List<uint> words)
    {
        int[] starts = new int[pieces.Length + 1];
        starts[0] = words.Count;
        for (int i = 0; i < pieces.Length; i++)
            starts[i + 1] = starts[i] + pieces[i].Words;
        for (int i = 0; i < pieces.Length; i++)
        {
            Piece piece = pieces[i];
            if (piece.Body is { } body)
            {
                words.Add(Encoder.Encode(Instruction.Addi, ScalarProgram.LoopCounter, 0, 0, piece.Rounds));
                int top = words.Count;
                Encode(body, words);
                words.Add(Encoder.Encode(Instruction.Addi, ScalarProgram.LoopCounter, ScalarProgram.LoopCounter, 0, -1));
                words.Add(Encoder.Encode(Instruction.Bne, 0, ScalarProgram.LoopCounter, 0, 4 * (top - words.Count)));
                continue;
            }

            for (int n = 0; n < piece.Instructions.Length; n++)
            {
                DecodedInstruction instruction = piece.Instructions[n];
                if (piece.Skips > 0 && n == piece.Instructions.Length - 1)
                {
                    // jalr counts from the auipc before it.
                    int from = instruction.Op == Instruction.Jalr ? words.Count - 1 : words.Count;
                    int to = starts[Math.Min(i + 1 + piece.Skips, pieces.Length)];
                    instruction = instruction with { Immediate = (4 * (to - from)) + piece.Astray };
                }

                words.Add(instruction.Op == Instruction.Illegal ? instruction.Word : Encoder.Encode(in instruction));
            }
        }
    }
}
