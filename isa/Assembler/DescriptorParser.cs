namespace HybridEmu.Isa;

/// <summary>One key=value of a descriptor.</summary>
/// <param name="Value">Null for flags and named values.</param>
/// <param name="Named">Code of a named value (round, act), or 1 for a flag.</param>
/// <param name="Count">Semaphores: the count after the colon.</param>
/// <param name="Bit">Where the value goes; differs from the field's for a second wait or post.</param>
internal sealed record DescriptorArgument(DescriptorField Field, int Position, Expression? Value, long Named, Expression? Count, int Bit);

/// <summary>
/// Reads descriptors in their readable form: mnemonic, then key=value and flags separated by commas. Keys, places and
/// legal types are those of <see cref="DescriptorTable"/>. The bare word "template" leaves out the checks that firmware
/// which fills in the rest at run time cannot meet yet.
/// </summary>
internal sealed class DescriptorParser(AssemblyState state)
{
    private const string Template = "template";
    private const string AllTypes = "type";
    private const int SecondSemaphoreBits = 16;

    private static readonly string[] s_typeKeys = ["typea", "typeb", "acc", "out"];
    private static readonly string[] s_roundings = ["rne", "stochastic"];
    private static readonly string[] s_activations = ["none", "relu", "gelu", "sigmoid", "tanh"];

    public static IEnumerable<string> Mnemonics => DescriptorTable.Rows.ToArray().Select(r => r.Mnemonic);

    public bool TryAssemble(string mnemonic, int position, TokenCursor rest)
    {
        DescriptorRow? row = DescriptorTable.Find(mnemonic.ToLowerInvariant());
        if (row is null) return false;
        if (state.Current.Executable)
            throw new SourceException(position, $"a descriptor in section {state.Current.Name}, which holds code", "put it into .data (or .rodata when nothing patches it)");

        // The place first, so that labels and "." are right; 64 bytes follow even when the text is wrong.
        state.Current.AlignWithLabels(Descriptor.SizeBytes);
        Location place = state.Current.Here;
        state.Expressions.Here = place;
        if (state.Current.MemoryOnly) throw state.Current.NoContent();
        state.Current.Emit(new byte[Descriptor.SizeBytes]);

        var arguments = new List<DescriptorArgument>();
        var types = new Dictionary<string, (ElementType Type, int Position)>(StringComparer.Ordinal);
        bool template = false;
        foreach (TokenCursor part in rest.SplitAtCommas())
        {
            int at = part.Peek.Position;
            string key = part.ExpectName("a key such as a=").ToLowerInvariant();
            if (key == Template)
                template = true;
            else if (key == AllTypes || Array.IndexOf(s_typeKeys, key) >= 0)
                AddType(types, key, at, part);
            else
                arguments.Add(Argument(row, key, at, part, arguments));
            part.ExpectEnd();
        }

        if (!template) DemandAll(row, position, arguments);
        ResolvedTypes resolved = Resolve(row, position, arguments, types);
        state.Fixups.Add(new DescriptorFixup(place, state.Statement!, row, position, arguments, resolved, template));
        return true;
    }

    private static void AddType(Dictionary<string, (ElementType, int)> types, string key, int at, TokenCursor part)
    {
        part.Expect("=", $"{key}=bf16");
        int valueAt = part.Peek.Position;
        string name = part.ExpectName("an element type").ToLowerInvariant();
        if (!ElementTypes.TryParse(name, out ElementType type) && name != ElementType.None.Name())
            throw new SourceException(valueAt, $"'{name}' is no element type", Known(name, Enum.GetValues<ElementType>().Select(t => t.Name())));
        if (!types.TryAdd(key, (type, at)))
            throw new SourceException(at, $"'{key}' is given twice");
    }

    private DescriptorArgument Argument(DescriptorRow row, string key, int at, TokenCursor part, List<DescriptorArgument> before)
    {
        DescriptorField field = FindField(row, key, at);
        int bit = field.Bit;
        int times = before.Count(a => a.Field.Key == field.Key);
        if (field.Kind == FieldKind.Semaphore)
        {
            if (times > 1) throw new SourceException(at, $"a third {key}: a descriptor has two", "split the work, or pass the signal on through another descriptor");
            bit += times * SecondSemaphoreBits;
        }
        else if (times > 0)
        {
            throw new SourceException(at, $"'{key}' is given twice");
        }

        if (field.Kind == FieldKind.Flag && !part.Peek.Is('='))
            return new DescriptorArgument(field, at, null, 1, null, bit);
        part.Expect("=", $"{key}=value");
        int valueAt = part.Peek.Position;
        if (field.Kind is FieldKind.Rounding or FieldKind.Activation)
        {
            string[] names = field.Kind == FieldKind.Rounding ? s_roundings : s_activations;
            string name = part.ExpectName(string.Join(" or ", names)).ToLowerInvariant();
            int code = Array.IndexOf(names, name);
            if (code < 0) throw new SourceException(valueAt, $"'{name}' is no value of {key}", $"known: {string.Join(", ", names)}");
            if (code > 0 && !(field.Kind == FieldKind.Rounding ? row.Stochastic : row.Activation))
                throw new SourceException(at, $"{row.Mnemonic} does not take {key}={name}", field.Kind == FieldKind.Rounding ? "only results that may be bf16, int8, uint8 or int4 are rounded stochastically" : "mx.drain applies activations");
            return new DescriptorArgument(field, valueAt, null, code, null, bit);
        }

        Expression value = state.Expressions.Parse(part);
        Expression? count = null;
        if (field.Kind == FieldKind.Semaphore)
            count = part.Take(":") ? state.Expressions.Parse(part) : new ConstantExpression(1, valueAt);
        return new DescriptorArgument(field, valueAt, value, 0, count, bit);
    }

    private static DescriptorField FindField(DescriptorRow row, string key, int at)
    {
        DescriptorField? field = row.Field(key);
        if (field is not null) return field;
        field = Array.Find(DescriptorTable.Header.ToArray(), f => f.Key == key);
        bool legal = field is not null && field.Kind switch
        {
            FieldKind.Opcode or FieldKind.Version or FieldKind.Type => false,
            FieldKind.Flag => (row.Flags >> (field.Bit & 7) & 1) != 0,
            FieldKind.Count => row.Copy,
            _ => true,
        };
        if (legal) return field!;
        bool elsewhere = field is not null || DescriptorTable.Rows.ToArray().Any(r => r.Field(key) is not null);
        throw new SourceException(at, elsewhere ? $"{row.Mnemonic} has no '{key}'" : $"unknown key '{key}'", Known(key, KeysOf(row)));
    }

    private static List<string> KeysOf(DescriptorRow row)
    {
        List<string> keys = [.. row.Fields.Select(f => f.Key), AllTypes, .. s_typeKeys];
        foreach (DescriptorField field in DescriptorTable.Header)
        {
            bool legal = field.Kind switch
            {
                FieldKind.Flag => (row.Flags >> (field.Bit & 7) & 1) != 0,
                FieldKind.Rounding => row.Stochastic,
                FieldKind.Activation => row.Activation,
                FieldKind.Number or FieldKind.Semaphore => true,
                _ => false,
            };
            if (legal) keys.Add(field.Key);
        }

        return keys;
    }

    private static string Known(string name, IEnumerable<string> known)
    {
        string near = NearestName.Hint(name, known);
        return near.Length > 0 ? near : $"known: {string.Join(", ", known)}";
    }

    /// <summary>Pitches and strides have natural defaults; addresses, sizes and the slot have none.</summary>
    private static void DemandAll(DescriptorRow row, int position, List<DescriptorArgument> arguments)
    {
        bool Given(string key) => arguments.Exists(a => a.Field.Key == key);
        var missing = new List<string>();
        foreach (DescriptorField field in row.Fields)
        {
            bool needed = field.Kind switch
            {
                FieldKind.Address or FieldKind.Slot => !field.Optional,
                FieldKind.Window => true,
                FieldKind.Count => !row.Copy || field.Key == "n0",
                _ => false,
            };
            if (needed && !Given(field.Key)) missing.Add(field.Key);
        }

        if (missing.Count > 0)
            throw new SourceException(position, $"{row.Mnemonic} needs {string.Join(", ", missing.Select(k => $"'{k}='"))}", $"for example {row.Example}");
    }

    private static ResolvedTypes Resolve(DescriptorRow row, int position, List<DescriptorArgument> arguments, Dictionary<string, (ElementType Type, int Position)> types)
    {
        ElementType? Stated(string key) => types.TryGetValue(key, out (ElementType Type, int Position) given) ? given.Type : null;
        bool hasB = arguments.Exists(a => Array.Exists(row.Operands, o => o.Key == a.Field.Key && o.Role == RegionRole.B));
        if (TypeResolution.TryResolve(row, hasB, Stated(AllTypes), Stated("typea"), Stated("typeb"), Stated("acc"), Stated("out"), out ResolvedTypes resolved))
            return resolved;
        int at = types.Count > 0 ? types.Values.Min(t => t.Position) : position;
        string problem = types.Count > 0 ? $"{row.Mnemonic} does not take these types" : $"{row.Mnemonic} needs types";
        throw new SourceException(at, problem, $"legal: {string.Join("; ", row.Types.Select(Show).Distinct())}");
    }

    private static string Show(DescriptorTypes types)
    {
        var parts = new List<string>();
        ushort[] sets = [types.A, types.B, types.Accumulator, types.Out];
        for (int i = 0; i < sets.Length; i++)
        {
            IEnumerable<string> names = Enum.GetValues<ElementType>().Where(t => t != ElementType.None && (sets[i] >> (int)t & 1) != 0).Select(t => t.Name());
            if (names.Any()) parts.Add($"{s_typeKeys[i]}={string.Join("|", names)}");
        }

        return string.Join(" ", parts);
    }
}
