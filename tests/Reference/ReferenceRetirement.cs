namespace HybridEmu.Reference;

/// <summary>What one step did: an instruction retired, or a trap took its place.</summary>
public sealed record ReferenceRetirement
{
    public required uint Pc { get; init; }

    /// <summary>Instruction word; 0 for an interrupt and for a fetch that faulted.</summary>
    public uint Word { get; set; }

    public uint NextPc { get; set; }

    /// <summary>Source registers, 0 for none, and what they held before.</summary>
    public byte Rs1 { get; set; }

    public byte Rs2 { get; set; }

    public uint Rs1Value { get; set; }

    public uint Rs2Value { get; set; }

    /// <summary>Register written, 0 for none.</summary>
    public byte Rd { get; set; }

    public uint RdValue { get; set; }

    /// <summary>Bytes of memory accessed, 0 for none.</summary>
    public byte MemorySize { get; set; }

    public bool IsRead { get; set; }

    public bool IsWrite { get; set; }

    public uint MemoryAddress { get; set; }

    /// <summary>Bytes read, before sign extension.</summary>
    public uint ReadData { get; set; }

    /// <summary>Bytes written.</summary>
    public uint WriteData { get; set; }

    /// <summary>Nothing retired; the trap below was taken.</summary>
    public bool Trap { get; set; }

    /// <summary>mcause: bit 31 for interrupts.</summary>
    public uint TrapCause { get; set; }

    public uint TrapValue { get; set; }

    /// <summary>The step after a trap: the first of its handler.</summary>
    public bool Intr { get; set; }

    /// <summary>The program ends here: a trap whose mtvec was never set.</summary>
    public bool Unhandled { get; set; }

    /// <summary>CSR written, or -1.</summary>
    public int CsrNumber { get; set; } = -1;

    /// <summary>What the CSR reads after the write.</summary>
    public uint CsrValue { get; set; }

    /// <summary>The 64 bytes of a descriptor that was issued (tried: when the try succeeded), else null.</summary>
    public byte[]? Issued { get; set; }

    /// <summary>The result is one that depends on time: it was taken from the injection.</summary>
    public bool TimeDependent { get; set; }
}

/// <summary>What the reference cannot know because it depends on time. All optional.</summary>
/// <param name="Value">
/// Result of the instruction where that depends on time: counters, mip, sensors and queue faults by CSR; devices; hx.poll,
/// hx.tryissue, hx.semtry; sc.w (0 succeeded, 1 failed).
/// </param>
/// <param name="Load">Result of a load or old value of an AMO that races with another agent, before sign extension.</param>
/// <param name="Interrupt">Take this interrupt (number in mip) before the instruction.</param>
/// <param name="Fault">The device access found nothing at its address.</param>
/// <param name="Word">The instruction, in place of what memory holds at pc.</param>
public sealed record Injection(uint? Value = null, uint? Load = null, int? Interrupt = null, bool Fault = false, uint? Word = null)
{
    public static Injection None { get; } = new();
}
