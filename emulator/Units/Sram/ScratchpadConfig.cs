namespace HybridEmu.Units;

/// <summary>Sizes of one tile's scratchpad.</summary>
/// <param name="SizeBytes">Capacity; a multiple of Banks * BankBytes.</param>
/// <param name="Banks">1 to 64, a power of two; consecutive BankBytes lie in consecutive banks.</param>
/// <param name="BankBytes">Width of a bank's port: 8, 16, 32 or 64 bytes.</param>
/// <param name="DualPorted">One read and one write a bank and cycle, instead of one access.</param>
public sealed record ScratchpadConfig(int SizeBytes, int Banks, int BankBytes, bool DualPorted);
