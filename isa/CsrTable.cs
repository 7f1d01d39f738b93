namespace HybridEmu.Isa;

/// <summary>Whether a CSR can be written. Follows from bits 11:10 of its number.</summary>
public enum CsrAccess : byte
{
    ReadWrite,
    ReadOnly,
}

/// <summary>One control and status register as data.</summary>
/// <param name="Number">12-bit number.</param>
/// <param name="Name">Name in assembly.</param>
/// <param name="Access">Writing a read-only one traps.</param>
/// <param name="Reset">Value after reset; null when the configuration decides.</param>
/// <param name="Summary">One sentence.</param>
public sealed record CsrRow(int Number, string Name, CsrAccess Access, uint? Reset, string Summary);

/// <summary>All CSRs as data; an access to any other number traps. The rows come from isa/Table.</summary>
public static partial class CsrTable
{
    private const int Numbers = 4096;

    private static readonly CsrRow[] s_rows = Build();
    private static readonly CsrRow?[] s_byNumber = ByNumber();

    /// <summary>In ascending order of their numbers.</summary>
    public static ReadOnlySpan<CsrRow> Rows => s_rows;

    /// <summary>The register with this number, or null; one look-up.</summary>
    public static CsrRow? Find(int number) => (uint)number < Numbers ? s_byNumber[number] : null;

    /// <summary>The register with this name, or null.</summary>
    public static CsrRow? Find(string name) => Array.Find(s_rows, r => r.Name == name);

    private static CsrRow?[] ByNumber()
    {
        CsrRow?[] rows = new CsrRow?[Numbers];
        foreach (CsrRow row in s_rows)
            rows[row.Number] = row;
        return rows;
    }
}
