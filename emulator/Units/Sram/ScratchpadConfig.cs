namespace HybridEmu.Units;

/// <summary>Sizes of one tile's scratchpad.</summary>
/// <param name="SizeBytes">Capacity; a multiple of Banks * BankBytes.</param>
/// <param name="Banks">1 to 64, a power of two; consecutive BankBytes lie in consecutive banks.</param>
/// <param name="BankBytes">Width of a bank's port: 8, 16, 32 or 64 bytes; 4 without SECDED.</param>
/// <param name="DualPorted">One read and one write a bank and cycle, instead of one access.</param>
/// <param name="ConflictsFault">A conflict is a mistake of the program, as in NVDLA's CBUF, instead of a cycle's wait.</param>
/// <param name="Secded">Every 8 aligned bytes have a check byte.</param>
/// <param name="ScrubCycles">Cycles between two words that the scrubber looks at; 0: it is off.</param>
public sealed record ScratchpadConfig(
    int SizeBytes, int Banks, int BankBytes, bool DualPorted, bool ConflictsFault = false, bool Secded = false, int ScrubCycles = 0);
