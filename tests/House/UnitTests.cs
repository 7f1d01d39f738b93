using System.Reflection;
using System.Runtime.CompilerServices;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.House.Tests;

public class UnitTests
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Type[] UnitClasses =
    [
        typeof(ControlCore), typeof(Dispatch), typeof(LoadEngine), typeof(StoreEngine), typeof(MatrixUnit), typeof(VectorUnit),
        typeof(Scratchpad), typeof(Crossbar<,>), typeof(HomeSlice), typeof(StreamPort), typeof(HbmChannel), typeof(SystemUnit),
        typeof(HostBridge), typeof(PcieEndpoint), typeof(PowerManager),
    ];

    public static TheoryData<Type> Units => [.. UnitClasses];

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_knows_its_channels_and_never_its_neighbour(Type unit)
    {
        // Its own parts count as the unit: what they hold, it holds.
        var seen = new HashSet<Type>();
        var open = new Stack<Type>([unit]);
        while (open.TryPop(out Type? type))
        {
            foreach (Type named in Named(type).SelectMany(Parts))
            {
                Assert.False(Definition(named) != Definition(unit) && UnitClasses.Contains(Definition(named)), $"{type.Name}, a part of {unit.Name}, names the unit {named.Name}.");
                if (named.Assembly == typeof(ControlCore).Assembly && seen.Add(named))
                    open.Push(named);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_is_sealed_and_extends_nothing(Type unit)
    {
        Assert.True(unit.IsSealed, $"{unit.Name} is not sealed.");
        Assert.Equal(typeof(object), unit.BaseType);
        Assert.Empty(unit.GetInterfaces());
    }

    [Fact]
    public void Every_class_that_is_evaluated_is_in_the_list_of_units()
    {
        IEnumerable<Type> evaluated = typeof(ControlCore).Assembly.GetTypes()
            .Where(t => t.IsClass && t.GetMethod("Evaluate", Own, [typeof(long)]) is not null && t.GetMethod("Walk", Own) is not null);
        Assert.All(evaluated, t => Assert.Contains(Definition(t), UnitClasses));
    }

    // Fields, and parameters of constructors and properties. Methods may take what passes through, such as an archive.
    private static IEnumerable<Type> Named(Type type) =>
        type.GetFields(Own | BindingFlags.Static).Where(f => !f.IsLiteral).Select(f => f.FieldType)
            .Concat(type.GetConstructors(Own).SelectMany(c => c.GetParameters()).Select(p => p.ParameterType));

    // The types that a type is made of: element types, generic arguments.
    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType)
            return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type) : [type];
    }

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;
}
