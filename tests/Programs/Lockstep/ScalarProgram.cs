using System.Globalization;
using System.Text;
using HybridEmu.Isa;
using Encoder = HybridEmu.Isa.Encoder;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// A random scalar program: a handler of traps and interrupts, registers set to given values, pieces, the store that ends
/// the run. Registers 27 to 31 are the frame's; pieces write only those below.
/// </summary>
/// <param name="Registers">Values of x1 to x26 at the first piece.</param>
/// <param name="Pieces">What it does.</param>
/// <param name="DataSeed">Seed of the data window's bytes.</param>
internal sealed record ScalarProgram(uint[] Registers, Piece[] Pieces, ulong DataSeed)
{
    /// <summary>Middle of the data window.</summary>
    public const int DataPointer = 27;

    /// <summary>Middle of the part of the scratchpad that programs use.</summary>
    public const int ScratchpadPointer = 28;

    public const int LoopCounter = 29;

    /// <summary>Where a jump to nowhere wants the handler to return to.</summary>
    public const int ReturnPointer = 31;

    public const uint Text = (uint)AddressMap.Hbm;
    public const uint Data = Text + 0x10000;
    public const int DataBytes = 0x10000;
    public const uint DataMiddle = Data + (DataBytes / 2);
    public const uint ScratchpadMiddle = (uint)AddressMap.Scratchpad + 0x1000;

    /// <summary>MIE in mstatus.</summary>
    public const int InterruptEnable = 8;

    /// <summary>MSIE and MTIE in mie.</summary>
    public const int SoftwareEnable = 8, TimerEnable = 128;

    private const int HandlerTemporary = 30;
    private const uint Entry = Text + 0x40;

    /// <summary>The words of the image from <see cref="Text"/> on.</summary>
    public uint[] Words()
    {
        List<uint> words = [.. Handler()];
        while (words.Count < (Entry - Text) / 4)
            words.Add(Encoder.Encode(Instruction.Addi, 0, 0, 0, 0));
        Load(words, HandlerTemporary, Text);
        words.Add(Encoder.Encode(Instruction.Csrrw, 0, HandlerTemporary, 0, Csr.Mtvec));
        for (int r = 1; r <= Registers.Length; r++)
            Load(words, r, Registers[r - 1]);
        Load(words, DataPointer, DataMiddle);
        Load(words, ScratchpadPointer, ScratchpadMiddle);
        Piece.Encode(Pieces, words);
        words.Add(Encoder.Encode(Instruction.Csrrci, 0, InterruptEnable, 0, Csr.Mstatus)); // the handler would overwrite the address
        Load(words, HandlerTemporary, (uint)AddressMap.HostExit);
        words.Add(Encoder.Encode(Instruction.Sw, 0, HandlerTemporary, 0, 0));
        words.Add(Encoder.Encode(Instruction.Jal, 0, 0, 0, 0));
        return [.. words];
    }

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
            BitConverter.TryWriteBytes(bytes.AsSpan(4 * i), CounterRandom.Bits(DataSeed, (ulong)i));
        return bytes;
    }

    /// <summary>FsCheck prints this: the disassembly.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        uint[] words = Words();
        text.Append(CultureInfo.InvariantCulture, $"data seed {DataSeed}, {words.Length} words\n");
        for (int i = 0; i < words.Length; i++)
        {
            uint pc = Text + (4 * (uint)i);
            text.Append(CultureInfo.InvariantCulture, $"{pc:x8}: {words[i]:x8}  {Disassembler.Text(words[i], pc)}\n");
        }

        return text.ToString();
    }

    /// <summary>lui and addi: always two words, so that every layout has one form.</summary>
    public static void Load(List<uint> words, int register, uint value)
    {
        int low = (int)(value << 20) >> 20;
        words.Add(Encoder.Encode(Instruction.Lui, register, 0, 0, (int)(value - (uint)low)));
        words.Add(Encoder.Encode(Instruction.Addi, register, register, 0, low));
    }

    /// <summary>
    /// Skips the instruction that trapped; after a jump to nowhere returns to the return pointer. An interrupt takes the
    /// software interrupt back and disables the timer's until it is armed again.
    /// </summary>
    private static uint[] Handler() =>
    [
        Encoder.Encode(Instruction.Csrrs, HandlerTemporary, 0, 0, Csr.Mcause),
        Encoder.Encode(Instruction.Blt, 0, HandlerTemporary, 0, 36),
        Encoder.Encode(Instruction.Addi, HandlerTemporary, HandlerTemporary, 0, -1), // 1: instruction access fault
        Encoder.Encode(Instruction.Beq, 0, HandlerTemporary, 0, 20),
        Encoder.Encode(Instruction.Csrrs, HandlerTemporary, 0, 0, Csr.Mepc),
        Encoder.Encode(Instruction.Addi, HandlerTemporary, HandlerTemporary, 0, 4),
        Encoder.Encode(Instruction.Csrrw, 0, HandlerTemporary, 0, Csr.Mepc),
        Encoder.Encode(Instruction.Mret, 0, 0, 0, 0),
        Encoder.Encode(Instruction.Csrrw, 0, ReturnPointer, 0, Csr.Mepc),
        Encoder.Encode(Instruction.Mret, 0, 0, 0, 0),
        Encoder.Encode(Instruction.Addi, HandlerTemporary, 0, 0, TimerEnable),
        Encoder.Encode(Instruction.Csrrc, 0, HandlerTemporary, 0, Csr.Mie),
        Encoder.Encode(Instruction.Lui, HandlerTemporary, 0, 0, (int)AddressMap.Msip),
        Encoder.Encode(Instruction.Sw, 0, HandlerTemporary, 0, 0),
        Encoder.Encode(Instruction.Mret, 0, 0, 0, 0),
    ];
}
