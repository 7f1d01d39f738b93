namespace HybridEmu.Isa;

/// <summary>Names of the integer registers: x0..x31 and those of the psABI.</summary>
public static class RegisterNames
{
    private static readonly string[] s_abi =
    [
        "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
        "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    ];

    private static readonly Dictionary<string, int> s_numbers = Build();

    /// <summary>psABI names, indexed by register number.</summary>
    public static ReadOnlySpan<string> Abi => s_abi;

    /// <summary>The register's number, or null.</summary>
    public static int? Find(string name) => s_numbers.TryGetValue(name, out int number) ? number : null;

    internal static IEnumerable<string> All => s_numbers.Keys;

    private static Dictionary<string, int> Build()
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < s_abi.Length; i++)
        {
            numbers[s_abi[i]] = i;
            numbers[$"x{i}"] = i;
        }

        numbers["fp"] = 8;
        return numbers;
    }
}
