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
}
