namespace HybridEmu.Isa;

/// <summary>The HX address map as scalar cores and descriptors see it. HBM byte b is at <see cref="Hbm"/> + b.</summary>
public static class AddressMap
{
    public const ulong Clint = 0x0200_0000;
    public const ulong ClintBytes = 0x1_0000;

    /// <summary>Machine software interrupt pending, one word a hart.</summary>
    public const ulong Msip = 0x0200_0000;

    /// <summary>Timer compare, 8 bytes a hart.</summary>
    public const ulong Mtimecmp = 0x0200_4000;

    /// <summary>Timer: cycles of the system clock since reset.</summary>
    public const ulong Mtime = 0x0200_BFF8;

    public const ulong HostPort = 0x1000_0000;
    public const ulong HostPortBytes = 0x1000;

    /// <summary>Write: one console byte.</summary>
    public const ulong HostConsole = 0x1000_0000;

    /// <summary>Write: ends the run with this exit code (0 = passed).</summary>
    public const ulong HostExit = 0x1000_0008;

    /// <summary>Five words: epoch, step, loss sum (fp32 bits), correct, seen. A write to the doorbell posts them.</summary>
    public const ulong HostMailbox = 0x1000_0040;

    public const int MailboxWords = 5;

    /// <summary>Write: posts the mailbox words to the host.</summary>
    public const ulong HostDoorbell = 0x1000_0060;

    public const ulong Scratchpad = 0x4000_0000;
    public const ulong Accumulators = 0x6000_0000;
    public const ulong Hbm = 0x8000_0000;

    /// <summary>How far scalar cores see HBM directly: 2 GiB.</summary>
    public const ulong HbmScalarBytes = 0x8000_0000;

    /// <summary>Last 256 MiB of the scalar view, whose place in HBM the window CSR chooses.</summary>
    public const ulong Window = 0xF000_0000;

    /// <summary>Memory of the host behind a PCIe link, as LD and ST reach it by the 48-bit addresses of descriptors.</summary>
    public const ulong HostMemory = 0x8000_0000_0000;
}
