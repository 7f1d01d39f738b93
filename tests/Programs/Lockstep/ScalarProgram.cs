using System.Globalization;
using System.Text;
using HybridEmu.Isa;
using Encoder = HybridEmu.Isa.Encoder;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// A random scalar program: a handler of traps and interrupts, registers set to given values, pieces, the store that ends
/// the run. Registers 24 to 31 are the frame's; pieces write only those below.
/// </summary>
/// <param name="Seed">What it was made from, and the seed of the data window's bytes.</param>
/// <param name="Registers">Values of x1 to x23 at the first piece.</param>
/// <param name="Pieces">What it does.</param>
/// <param name="Vectored">The mode of mtvec at the start.</param>
internal sealed record ScalarProgram(ulong Seed, uint[] Registers, Piece[] Pieces, bool Vectored)
{
    /// <summary>Pieces may write x1 up to this one.</summary>
    public const int LastFree = 23;

    /// <summary>Second register of the handler, where interrupts are handled.</summary>
    public const int HandlerSecond = 24;

    /// <summary>Where a called piece returns to.</summary>
    public const int Link = 25;

    /// <summary>Stack of the handler, in a part of the data window that no piece stores to.</summary>
    public const int HandlerStack = 26;

    /// <summary>Middle of the data window.</summary>
    public const int DataPointer = 27;

    /// <summary>Middle of the part of the scratchpad that programs use.</summary>
    public const int ScratchpadPointer = 28;

    public const int LoopCounter = 29;

    public const int HandlerTemporary = 30;

    /// <summary>Where a jump to nowhere wants the handler to return to.</summary>
    public const int ReturnPointer = 31;

    public const uint Text = (uint)AddressMap.Hbm;
    public const uint Data = Text + 0x10000;
    public const int DataBytes = 0x10000;
    public const uint DataMiddle = Data + (DataBytes / 2);
    public const uint ScratchpadStart = (uint)AddressMap.Scratchpad;
    public const int ScratchpadBytes = 0x2000;

    /// <summary>MIE in mstatus.</summary>
    public const int InterruptEnable = 8;

    /// <summary>MSIE and MTIE in mie.</summary>
    public const int SoftwareEnable = 8, TimerEnable = 128;

    private const uint StackTop = Data + 0x1000;
    private const uint Entry = Text + 0x100;

    /// <summary>Instructions of the pieces: what shrinking makes few.</summary>
    public int Length => Pieces.Sum(p => p.Words);

    /// <summary>Programs that are simpler by one thing, the boldest first.</summary>
    public IEnumerable<ScalarProgram> Smaller()
    {
        foreach (Piece[] pieces in Piece.Shrink(Pieces))
            yield return this with { Pieces = pieces };
        if (Vectored)
            yield return this with { Vectored = false };
        for (int run = Registers.Length; run > 0; run /= 2)
        {
            for (int at = 0; at < Registers.Length; at += run)
            {
                int end = Math.Min(at + run, Registers.Length);
                if (Array.Exists(Registers[at..end], value => value != 0))
                    yield return this with { Registers = [.. Registers[..at], .. new uint[end - at], .. Registers[end..]] };
            }
        }
    }

    /// <summary>The words of the image from <see cref="Text"/> on.</summary>
    public uint[] Words() => Words(out _);

    public ElfImage Image()
    {
        uint[] words = Words();
        byte[] bytes = new byte[4 * words.Length];
        Buffer.BlockCopy(words, 0, bytes, 0, bytes.Length);
        byte[] file = ElfWriter.Write(
            Entry,
            [new ElfSection(".text", Text, bytes, (uint)bytes.Length, 64, Executable: true, Writable: true, MemoryOnly: false)],
            []);
        return ElfImage.Read(file).Image ?? throw new InvalidOperationException("The writer wrote what the reader cannot read.");
    }

    /// <summary>Bytes of the data window before the run.</summary>
    public byte[] InitialData()
    {
        byte[] bytes = new byte[DataBytes];
        for (int i = 0; i < DataBytes / 4; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(4 * i), CounterRandom.Bits(Seed, (ulong)i));
        return bytes;
    }

    /// <summary>Seed, registers that are not 0, and the pieces as assembly; not the frame around them.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"seed {Seed}, {Length} instructions, mtvec {(Vectored ? "vectored" : "direct")}\n");
        for (int r = 1; r <= Registers.Length; r++)
        {
            if (Registers[r - 1] != 0)
                text.Append(CultureInfo.InvariantCulture, $"    {RegisterNames.Abi[r]} = 0x{Registers[r - 1]:x}\n");
        }

        uint[] words = Words(out int first);
        for (int i = first; i < first + Length; i++)
        {
            uint pc = Text + (4 * (uint)i);
            text.Append(CultureInfo.InvariantCulture, $"{pc:x8}: {words[i]:x8}  {Disassembler.Text(words[i], pc)}\n");
        }

        return text.ToString();
    }

    private uint[] Words(out int firstPiece)
    {
        List<uint> words = [.. TrapHandler.Words()];
        while (words.Count < (Entry - Text) / 4)
            words.Add(Encoder.Encode(Instruction.Addi, 0, 0, 0, 0));
        Load(words, HandlerTemporary, Text | (Vectored ? 1u : 0));
        words.Add(Encoder.Encode(Instruction.Csrrw, 0, HandlerTemporary, 0, Csr.Mtvec));
        for (int r = 1; r <= Registers.Length; r++)
        {
            if (Registers[r - 1] != 0)
                Load(words, r, Registers[r - 1]);
        }

        Load(words, HandlerStack, StackTop);
        Load(words, DataPointer, DataMiddle);
        Load(words, ScratchpadPointer, ScratchpadStart + (ScratchpadBytes / 2));
        firstPiece = words.Count;
        Piece.Encode(Pieces, words);
        words.Add(Encoder.Encode(Instruction.Csrrci, 0, InterruptEnable, 0, Csr.Mstatus)); // the handler would overwrite the address
        Load(words, HandlerTemporary, (uint)AddressMap.HostExit);
        words.Add(Encoder.Encode(Instruction.Sw, 0, HandlerTemporary, 0, 0));
        words.Add(Encoder.Encode(Instruction.Jal, 0, 0, 0, 0));
        return [.. words];
    }

    public static void Load(List<uint> words, int register, uint value)
    {
        int low = (int)(value << 20) >> 20;
        words.Add(Encoder.Encode(Instruction.Lui, register, 0, 0, (int)(value - (uint)low)));
        words.Add(Encoder.Encode(Instruction.Addi, register, register, 0, low));
    }
}
