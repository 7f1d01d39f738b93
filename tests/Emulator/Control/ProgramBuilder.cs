using HybridEmu.Isa;

namespace HybridEmu.Emulator.Tests;

/// <summary>A few instructions at an address, with labels, built from the ISA table's encoder.</summary>
internal sealed class ProgramBuilder(uint origin)
{
    public const int Zero = 0, Ra = 1, T0 = 5, T1 = 6, T2 = 7, S0 = 8, S1 = 9, A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, S2 = 18, S3 = 19;

    private readonly List<uint> _words = [];
    private readonly Dictionary<string, uint> _labels = [];
    private readonly List<(int Index, Instruction Op, int Rd, int Rs1, int Rs2, string Label)> _fixups = [];

    public uint Here => origin + (uint)(4 * _words.Count);

    public uint AddressOf(string label) => _labels[label];

    public ProgramBuilder Label(string name)
    {
        _labels[name] = Here;
        return this;
    }

    public ProgramBuilder Word(uint word)
    {
        _words.Add(word);
        return this;
    }

    public ProgramBuilder Emit(Instruction op, int rd = 0, int rs1 = 0, int rs2 = 0, int immediate = 0) =>
        Word(Encoder.Encode(op, rd, rs1, rs2, immediate));

    public ProgramBuilder Nop(int count = 1)
    {
        for (int i = 0; i < count; i++)
            Emit(Instruction.Addi);
        return this;
    }

    /// <summary>Always two instructions.</summary>
    public ProgramBuilder Li(int rd, uint value)
    {
        uint high = (value + 0x800) & 0xFFFF_F000;
        Emit(Instruction.Lui, rd, immediate: (int)high);
        return Emit(Instruction.Addi, rd, rd, immediate: (int)(value - high));
    }

    /// <summary>Address of a label, as two instructions.</summary>
    public ProgramBuilder La(int rd, string label)
    {
        _fixups.Add((_words.Count, Instruction.Lui, rd, 0, 0, label));
        return Word(0).Word(0);
    }

    public ProgramBuilder Addi(int rd, int rs1, int immediate) => Emit(Instruction.Addi, rd, rs1, immediate: immediate);

    public ProgramBuilder Lw(int rd, int rs1, int offset = 0) => Emit(Instruction.Lw, rd, rs1, immediate: offset);

    public ProgramBuilder Sw(int rs2, int rs1, int offset = 0) => Emit(Instruction.Sw, 0, rs1, rs2, offset);

    public ProgramBuilder Csrw(int csr, int rs1) => Emit(Instruction.Csrrw, 0, rs1, immediate: csr);

    public ProgramBuilder Csrr(int rd, int csr) => Emit(Instruction.Csrrs, rd, immediate: csr);

    public ProgramBuilder Branch(Instruction op, int rs1, int rs2, string label)
    {
        _fixups.Add((_words.Count, op, 0, rs1, rs2, label));
        return Word(0);
    }

    public ProgramBuilder Jump(string label, int rd = 0)
    {
        _fixups.Add((_words.Count, Instruction.Jal, rd, 0, 0, label));
        return Word(0);
    }

    /// <summary>Sets mtvec to a label.</summary>
    public ProgramBuilder Handler(string label) => La(T0, label).Csrw(Csr.Mtvec, T0);

    /// <summary>Writes the exit register with a register and waits for the end.</summary>
    public ProgramBuilder Exit(int code = Zero)
    {
        Li(T0, (uint)AddressMap.HostExit);
        Sw(code, T0);
        Emit(Instruction.Jal, 0, immediate: 0);
        return this;
    }

    public ProgramBuilder Align(int bytes)
    {
        while (Here % (uint)bytes != 0)
            Nop();
        return this;
    }

    public byte[] Build()
    {
        foreach ((int index, Instruction op, int rd, int rs1, int rs2, string label) in _fixups)
        {
            uint target = _labels[label];
            uint pc = origin + (uint)(4 * index);
            if (op == Instruction.Lui)
            {
                uint high = (target + 0x800) & 0xFFFF_F000;
                _words[index] = Encoder.Encode(op, rd, 0, 0, (int)high);
                _words[index + 1] = Encoder.Encode(Instruction.Addi, rd, rd, 0, (int)(target - high));
            }
            else
            {
                _words[index] = Encoder.Encode(op, rd, rs1, rs2, (int)(target - pc));
            }
        }

        return [.. _words.SelectMany(BitConverter.GetBytes)];
    }
}
