using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>How the pieces in a piece are run.</summary>
internal enum PieceShape
{
    /// <summary>There are none: it is a row of instructions.</summary>
    Line,

    /// <summary>So many times over.</summary>
    Loop,

    /// <summary>As a function: jumped to, and left by its link.</summary>
    Call,
}

/// <summary>
/// What a random program is made of: a few instructions that belong together, or a loop or function of pieces. Shrinking
/// deletes pieces, then single instructions, so each must be harmless wherever it stands.
/// </summary>
/// <param name="Instructions">In order; an Illegal one stands for its Word. Empty unless it is a line.</param>
/// <param name="Skips">
/// Not 0: the last instruction is a branch or jump over that many later pieces, at most to the end of the list it is in.
/// </param>
/// <param name="Astray">Added to the distance of that jump: 2 makes its target misaligned.</param>
/// <param name="Whole">No instruction of it may be missing.</param>
/// <param name="Shape">How Body is run.</param>
/// <param name="Body">Pieces of a loop or function, else none.</param>
/// <param name="Rounds">How often a loop runs.</param>
internal sealed record Piece(
    DecodedInstruction[] Instructions, int Skips = 0, int Astray = 0, bool Whole = false, PieceShape Shape = PieceShape.Line, Piece[]? Body = null, int Rounds = 0)
{
    // A loop sets its counter, counts down and branches; a function is jumped to, jumped over and left.
    private const int FrameWords = 3;

    private static readonly Instruction[] s_closing = [Instruction.Bne, Instruction.Blt, Instruction.Bltu];

    public static Piece Loop(Piece[] body, int rounds) => new([], Shape: PieceShape.Loop, Body: body, Rounds: rounds);

    public static Piece Call(Piece[] body) => new([], Shape: PieceShape.Call, Body: body);

    /// <summary>Words it takes.</summary>
    public int Words => Body is null ? Instructions.Length : Body.Sum(p => p.Words) + FrameWords;

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
            if (piece.Shape == PieceShape.Loop)
                EncodeLoop(piece, words);
            else if (piece.Shape == PieceShape.Call)
                EncodeCall(piece, words);
            else
                piece.EncodeLine(starts[Math.Min(i + 1 + piece.Skips, pieces.Length)], words);
        }
    }

    /// <summary>Smaller forms of a list of pieces, the boldest first: without a run of pieces, or with one of them simpler.</summary>
    public static IEnumerable<Piece[]> Shrink(Piece[] pieces)
    {
        for (int run = pieces.Length; run > 0; run /= 2)
        {
            for (int at = 0; at < pieces.Length; at += run)
                yield return [.. pieces[..at], .. pieces[Math.Min(at + run, pieces.Length)..]];
        }

        for (int i = 0; i < pieces.Length; i++)
        {
            foreach (Piece[] instead in pieces[i].Simpler())
                yield return [.. pieces[..i], .. instead, .. pieces[(i + 1)..]];
        }
    }

    /// <summary>What may stand for it: its body alone, fewer rounds, a smaller body, one instruction less.</summary>
    private IEnumerable<Piece[]> Simpler()
    {
        if (Body is not null)
        {
            yield return Body;
            if (Rounds > 1)
                yield return [this with { Rounds = 1 }];
            foreach (Piece[] smaller in Shrink(Body))
                yield return [this with { Body = smaller }];
        }

        for (int i = Instructions.Length - 1; i >= 0 && !Whole && Instructions.Length > 1; i--)
        {
            bool last = i == Instructions.Length - 1;
            if (!IsReadBehind(i))
                yield return [this with { Instructions = [.. Instructions[..i], .. Instructions[(i + 1)..]], Skips = last ? 0 : Skips, Astray = last ? 0 : Astray }];
        }
    }

    /// <summary>Whether a later instruction of the line reads what this one writes: pointers are not taken from under it.</summary>
    private bool IsReadBehind(int index)
    {
        byte written = Instructions[index].Rd;
        return written != 0 && Array.Exists(Instructions[(index + 1)..], i => i.Rs1 == written || i.Rs2 == written);
    }

    private static void EncodeLoop(Piece piece, List<uint> words)
    {
        words.Add(Encoder.Encode(Instruction.Addi, ScalarProgram.LoopCounter, 0, 0, piece.Rounds));
        int top = words.Count;
        Encode(piece.Body!, words);
        words.Add(Encoder.Encode(Instruction.Addi, ScalarProgram.LoopCounter, ScalarProgram.LoopCounter, 0, -1));
        Instruction closing = s_closing[piece.Rounds % s_closing.Length];
        words.Add(Encoder.Encode(closing, 0, 0, ScalarProgram.LoopCounter, 4 * (top - words.Count)));
    }

    private static void EncodeCall(Piece piece, List<uint> words)
    {
        words.Add(Encoder.Encode(Instruction.Jal, ScalarProgram.Link, 0, 0, 8));
        words.Add(Encoder.Encode(Instruction.Jal, 0, 0, 0, 4 * (piece.Words - 1)));
        Encode(piece.Body!, words);
        words.Add(Encoder.Encode(Instruction.Jalr, 0, ScalarProgram.Link, 0, 0));
    }

    private void EncodeLine(int target, List<uint> words)
    {
        for (int n = 0; n < Instructions.Length; n++)
        {
            DecodedInstruction instruction = Instructions[n];
            if (Skips > 0 && n == Instructions.Length - 1)
            {
                // jalr counts from the auipc before it.
                int from = instruction.Op == Instruction.Jalr ? words.Count - 1 : words.Count;
                instruction = instruction with { Immediate = (4 * (target - from)) + Astray };
            }

            words.Add(instruction.Op == Instruction.Illegal ? instruction.Word : Encoder.Encode(in instruction));
        }
    }
}
