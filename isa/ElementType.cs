namespace HybridEmu.Isa;

/// <summary>Element types as descriptors encode them, 4 bits each; every other value is reserved.</summary>
public enum ElementType : byte
{
    None = 0,
    Int4 = 1,
    Int8 = 2,
    Uint8 = 3,
    Int16 = 4,
    Int32 = 5,
    Bf16 = 6,
    Fp32 = 7,
}

/// <summary>Rounding of a narrowing conversion; every other value is reserved.</summary>
public enum Rounding : byte
{
    NearestEven = 0,
    Stochastic = 1,
}

/// <summary>Function applied by a drain; every other value is reserved.</summary>
public enum Activation : byte
{
    None = 0,
    Relu = 1,
    Gelu = 2,
    Sigmoid = 3,
    Tanh = 4,
}

/// <summary>Sizes and names of element types.</summary>
public static class ElementTypes
{
    private static readonly string[] s_names = ["none", "int4", "int8", "uint8", "int16", "int32", "bf16", "fp32"];

    /// <summary>Bytes of one element; 0 for None, int4 (two in a byte) and reserved values.</summary>
    public static int SizeBytes(this ElementType type) => type switch
    {
        ElementType.Int8 or ElementType.Uint8 => 1,
        ElementType.Int16 or ElementType.Bf16 => 2,
        ElementType.Int32 or ElementType.Fp32 => 4,
        _ => 0,
    };

    /// <summary>Name in assembly: bf16, int8, ...</summary>
    public static string Name(this ElementType type) => (int)type < s_names.Length ? s_names[(int)type] : $"type{(int)type}";

    /// <summary>The type with this name in assembly; false when there is none.</summary>
    public static bool TryParse(string name, out ElementType type)
    {
        int index = Array.IndexOf(s_names, name);
        type = index > 0 ? (ElementType)index : ElementType.None;
        return index > 0;
    }
}
