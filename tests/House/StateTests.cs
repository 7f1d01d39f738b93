using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.House.Tests;

/// <summary>Hashes and checkpoints read the bytes of registers and of channel entries as they lie.</summary>
public class StateTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Assembly[] Models = [typeof(Channel<>).Assembly, typeof(ControlCore).Assembly];

    public static TheoryData<Type> Registers =>
        [.. Models.SelectMany(a => a.GetTypes()).Where(t => t is { IsValueType: true, IsEnum: false } && t.Name.EndsWith("State", StringComparison.Ordinal)).OrderBy(t => t.Name, StringComparer.Ordinal)];

    public static TheoryData<Type> Entries =>
        [.. typeof(ControlCore).Assembly.GetTypes()
            .SelectMany(t => t.GetFields(Fields).Select(f => f.FieldType).Concat(t.GetConstructors(Fields).SelectMany(c => c.GetParameters()).Select(p => p.ParameterType)))
            .SelectMany(Carried).Where(t => t.IsValueType).Distinct().OrderBy(t => t.Name, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Registers))]
    public void Registers_of_a_unit_are_plain_bytes_and_a_hash_sees_no_byte_between_them(Type state) => AssertHashOfFieldsOnly(state);

    [Theory]
    [MemberData(nameof(Entries))]
    public void Entries_of_a_channel_are_plain_bytes_and_a_hash_sees_no_byte_between_them(Type entry) => AssertHashOfFieldsOnly(entry);

    [Theory]
    [MemberData(nameof(Registers))]
    public void A_flip_flop_is_a_byte_and_not_a_bool(Type state) =>
        Assert.DoesNotContain(state.GetFields(Fields), f => f.FieldType == typeof(bool) || f.FieldType == typeof(char));

    private static void AssertHashOfFieldsOnly(Type type) =>
        typeof(StateTests).GetMethod(nameof(AssertHashOfFieldsOnlyOf), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, null);

    // Flips each byte in turn: the hash changes exactly when the byte belongs to a field.
    private static void AssertHashOfFieldsOnlyOf<T>()
        where T : unmanaged
    {
        Assert.False(RuntimeHelpers.IsReferenceOrContainsReferences<T>());
        int fieldBytes = 0;
        ulong still = Hash(new T[1]);
        for (int i = 0; i < Unsafe.SizeOf<T>(); i++)
        {
            var flipped = new T[1];
            MemoryMarshal.AsBytes(flipped.AsSpan())[i] = 0xA5;
            fieldBytes += Hash(flipped) != still ? 1 : 0;
        }

        Assert.Equal(FieldBytes(typeof(T)), fieldBytes);
    }

    private static ulong Hash<T>(T[] values)
        where T : unmanaged
    {
        StateArchive archive = StateArchive.ForHash();
        archive.Array("values", values);
        return archive.Hash;
    }

    private static int FieldBytes(Type type)
    {
        if (type.IsPrimitive || type.IsEnum)
            return SizeOf(type);
        int repeat = type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1;
        return repeat * type.GetFields(Fields).Sum(f => FieldBytes(f.FieldType));
    }

    private static IEnumerable<Type> Carried(Type type)
    {
        if (type.HasElementType)
            return Carried(type.GetElementType()!);
        if (!type.IsGenericType)
            return [];
        return type.GetGenericTypeDefinition() is var g && (g == typeof(Channel<>) || g == typeof(Crossing<>))
            ? type.GetGenericArguments().Where(t => !t.IsGenericParameter)
            : type.GetGenericArguments().SelectMany(Carried);
    }

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type.IsEnum ? Enum.GetUnderlyingType(type) : type).Invoke(null, null)!;
}
