namespace HybridEmu.Isa;

/// <summary>
/// Random bits as a pure function of a seed and an element's number, so that they depend on neither time nor tiling:
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// </summary>
public static class CounterRandom
{
    private const uint Multiplier0 = 0xD251_1F53, Multiplier1 = 0xCD9E_8D57;
    private const uint Weyl0 = 0x9E37_79B9, Weyl1 = 0xBB67_AE85;

    /// <summary>32 random bits of element <paramref name="index"/>.</summary>
    /// <param name="seed">The key: low word first.</param>
    /// <param name="index">Counter index / 4 (its upper 64 bits zero), output word index mod 4.</param>
    public static uint Bits(ulong seed, ulong index)
    {
        ulong counter = index >> 2;
        uint c0 = (uint)counter, c1 = (uint)(counter >> 32), c2 = 0, c3 = 0;
        Philox(ref c0, ref c1, ref c2, ref c3, (uint)seed, (uint)(seed >> 32));
        return (index & 3) switch { 0 => c0, 1 => c1, 2 => c2, _ => c3 };
    }

    /// <summary>u in [0, 1): the upper 24 bits times 2^-24; exact.</summary>
    public static float Uniform(ulong seed, ulong index) => Uniform(Bits(seed, index));

    /// <summary>The same of a word that is already drawn.</summary>
    public static float Uniform(uint bits) => (bits >> 8) * 5.9604645E-08f;

    /// <summary>Ten rounds in place: four counter words in, four random words out.</summary>
    public static void Philox(ref uint c0, ref uint c1, ref uint c2, ref uint c3, uint key0, uint key1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = (ulong)Multiplier0 * c0;
            ulong product1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ key0;
            c2 = (uint)(product0 >> 32) ^ c3 ^ key1;
            c1 = (uint)product1;
            c3 = (uint)product0;
            key0 += Weyl0;
            key1 += Weyl1;
        }
    }
}
