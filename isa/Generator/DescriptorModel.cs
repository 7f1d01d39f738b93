using System.Globalization;
using System.Text.RegularExpressions;

namespace HybridEmu.Isa.Generator;

/// <summary>A field of a descriptor: key, place, kind.</summary>
/// <param name="Bit">First bit, counted from bit 0 of byte 0.</param>
/// <param name="Bits">Width.</param>
public sealed record FieldModel(TableRow Row, string Key, int Bit, int Bits, string Kind, string Summary)
{
    public int Byte => Bit / 8;

    public static List<FieldModel> Read(string path)
    {
        List<FieldModel> fields = [];
        foreach (TableRow row in TableReader.Read(path))
        {
            string[] words = row.Head.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            string[] place = words.Length == 5 ? words[1].Split('.') : [];
            if (place.Length != 2)
                throw row.Error("expected: key byte.bit width kind summary");
            int bit = (Number(place[0]) * 8) + Number(place[1]);
            if (fields.Exists(f => f.Key == words[0]))
                throw row.Error("key is taken");
            fields.Add(new FieldModel(row, words[0], bit, Number(words[2]), words[3], words[4].Trim()));
        }

        return fields;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>An operand of a descriptor operation.</summary>
/// <param name="Field">Where its address lies, moved if the row says so.</param>
/// <param name="Rows">m, k, n, 1 or images; empty for strided operands and blocks.</param>
/// <param name="Pitch">Key of its pitch; empty when its rows are contiguous.</param>
/// <param name="SwappedBy">Flag that exchanges rows and columns; empty for none.</param>
/// <param name="Bytes">Size of a block, 0 for others.</param>
/// <param name="Space">Scratchpad or Hbm.</param>
public sealed record OperandModel(
    FieldModel Field, bool Optional, string Role, string Access, string Rows, string Columns, string Pitch, string SwappedBy,
    int Bytes, bool Strided, string Space);

/// <summary>One legal combination of types: for A, B, accumulator and out the names that are legal, empty for None.</summary>
public sealed record TypesModel(string[] A, string[] B, string[] Accumulator, string[] Out, bool Raw);

/// <summary>Flags that are there only where a bit of hxfeatures is 1.</summary>
public sealed record FlagOption(int Feature, string[] Flags);

/// <summary>One descriptor operation as its table row describes it.</summary>
public sealed partial record DescriptorModel(
    TableRow Row, string Mnemonic, int Opcode, string Queue, IReadOnlyList<string> Flags, IReadOnlyList<TypesModel> Types,
    IReadOnlyList<string> Sizes, IReadOnlyList<string> Values, IReadOnlyList<OperandModel> Operands, string Slot, bool Stochastic, bool Activation,
    IReadOnlyList<int> Features, FlagOption? Option)
{
    public static readonly string[] TypeNames = ["none", "int4", "int8", "uint8", "int16", "int32", "bf16", "fp32"];

    public string Name => InstructionModel.Pascal(Mnemonic);

    public bool IsCopy => Operands.Any(o => o.Strided);

    /// <summary>Fields of the operation besides the header, in the order in which they are written.</summary>
    public List<FieldModel> Fields(List<FieldModel> all)
    {
        FieldModel Find(string key) => Place(Row, key, all);
        List<FieldModel> fields = [.. Operands.Where(o => o.Bytes == 0 && o.Role != "Aux").Select(o => o.Field)];
        if (Slot.Length > 0)
            fields.Add(Find("slot"));
        if (IsCopy)
            fields.Add(Find("dims"));
        fields.AddRange(Sizes.Select(Find));
        fields.AddRange(Operands.Where(o => o.Pitch.Length > 0).Select(o => Find(o.Pitch)));
        if (IsCopy)
            fields.AddRange(all.Where(f => f.Kind == "stride"));
        fields.AddRange(Values.Select(Find));
        fields.AddRange(Operands.Where(o => o.Bytes > 0 || o.Role == "Aux").Select(o => o.Field));
        return fields;
    }

    public static List<DescriptorModel> Read(string path, List<FieldModel> fields)
    {
        List<DescriptorModel> rows = [.. TableReader.Read(path).Select(row => Parse(row, fields))];
        foreach (DescriptorModel row in rows)
        {
            if (rows.Exists(r => r != row && r.Opcode == row.Opcode))
                throw row.Row.Error("opcode is taken");
        }

        return rows;
    }

    private static DescriptorModel Parse(TableRow row, List<FieldModel> fields)
    {
        row.RejectUnknownKeys("flags", "types", "sizes", "values", "operand", "block", "slot", "round", "act", "feature", "option", "does", "faults", "example");
        if (row.Words.Length != 3 || row.Words[2] is not ("LD" or "ST" or "MX" or "VX"))
            throw row.Error("expected: mnemonic opcode LD|ST|MX|VX");
        if (row.Summary.Length == 0 || row.Text("does").Length == 0 || row.Text("example").Length == 0)
            throw row.Error("a row needs a summary, 'does:' and 'example:'");
        string[] flags = Split(row.Text("flags"));
        foreach (string flag in flags)
        {
            if (!fields.Exists(f => f.Key == flag && f.Kind == "flag"))
                throw row.Error($"unknown flag '{flag}'");
        }

        List<OperandModel> operands = [];
        foreach (KeyValuePair<string, string> entry in row.Entries)
        {
            if (entry.Key is "operand" or "block")
                operands.Add(Operand(row, entry.Key == "block", Split(entry.Value), fields));
        }

        int opcode = int.Parse(row.Words[1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new DescriptorModel(
            row, row.Words[0], opcode, row.Words[2], flags, [.. row.Texts("types").Select(t => ParseTypes(row, t))],
            Split(row.Text("sizes")), Split(row.Text("values")), operands, row.Text("slot"), row.Text("round") == "stochastic", row.Text("act") == "any",
            [.. Split(row.Text("feature")).Select(Bit)], ParseOption(row, Split(row.Text("option")), flags));
    }

    private static FlagOption? ParseOption(TableRow row, string[] words, string[] flags)
    {
        if (words.Length == 0)
            return null;
        if (words.Length == 1 || words[1..].Any(f => !flags.Contains(f)))
            throw row.Error("expected after 'option:' a bit of hxfeatures, then flags that the row has");
        return new FlagOption(Bit(words[0]), words[1..]);
    }

    private static int Bit(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static OperandModel Operand(TableRow row, bool block, string[] words, List<FieldModel> fields)
    {
        bool optional = words[0].Contains('?', StringComparison.Ordinal);
        FieldModel field = Place(row, words[0].Replace("?", "", StringComparison.Ordinal), fields);
        if (words.Length < 4 || words[2] is not ("read" or "write" or "readwrite"))
            throw row.Error("expected: key role read|write|readwrite shape");
        if (block)
            return new(field, optional, words[1], words[2], "", "", "", "", int.Parse(words[3], CultureInfo.InvariantCulture), false, "Scratchpad");
        if (words[3] == "strided")
            return new(field, optional, words[1], words[2], "", "", "", "", 0, true, words[4]);
        if (words[3] == "images")
            return new(field, optional, words[1], words[2], "images", "", "", "", 0, false, words[4]);
        if (words.Length < 6 || words[4] != "x")
            throw row.Error("expected a shape like m x n");
        string pitch = words.Length > 6 && words[6] != "swapped" ? words[6] : "";
        int swapped = Array.IndexOf(words, "swapped");
        return new(field, optional, words[1], words[2], words[3], words[5], pitch, swapped < 0 ? "" : words[swapped + 2], 0, false, "Scratchpad");
    }

    /// <summary>The field that "key" or "key@byte" names.</summary>
    private static FieldModel Place(TableRow row, string text, List<FieldModel> all)
    {
        string[] parts = text.Split('@');
        FieldModel field = all.Find(f => f.Key == parts[0]) ?? throw row.Error($"unknown field '{parts[0]}'");
        return parts.Length == 1 ? field : field with { Bit = 8 * int.Parse(parts[1], CultureInfo.InvariantCulture) };
    }

    private static TypesModel ParseTypes(TableRow row, string text)
    {
        Dictionary<string, string[]> sets = [];
        foreach (Match part in TypeSet().Matches(text))
        {
            string[] names = Split(part.Groups[2].Value.Trim('{', '}'));
            if (part.Groups[1].Value is not ("A" or "B" or "acc" or "out") || names.Any(n => !TypeNames.Contains(n)))
                throw row.Error($"expected A=, B=, acc= or out= with types, not '{part.Value}'");
            sets[part.Groups[1].Value] = names;
        }

        string[] Of(string key) => sets.TryGetValue(key, out string[]? set) ? set : [];
        return new TypesModel(Of("A"), Of("B"), Of("acc"), Of("out"), text.EndsWith("raw", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"(\w+)=(\{[^}]*\}|\w+)")]
    private static partial Regex TypeSet();

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
