namespace HybridEmu.Kernel;

/// <summary>One observable state field: a name, a width, how to read it, and what its values mean.</summary>
/// <param name="Path">Dotted path from the chip: tile0.dma.load.state.</param>
/// <param name="WidthBits">1 to 64.</param>
/// <param name="Read">Reads the committed value; called after the edge by observers only.</param>
/// <param name="EnumNames">Names by value, or null for a plain number.</param>
public sealed record Signal(string Path, int WidthBits, Func<ulong> Read, IReadOnlyList<string>? EnumNames);

/// <summary>
/// Names for state fields. Observers read after the edge; with no observer nothing here is ever called.
/// </summary>
public sealed class SignalMap
{
    private readonly List<Signal> _signals = [];
    private string _scope = "";

    public IReadOnlyList<Signal> Signals => _signals;

    /// <summary>Prefixes what is added inside <paramref name="describe"/> with a scope.</summary>
    public void Scope(string name, Action<SignalMap> describe)
    {
        string outer = _scope;
        _scope = outer.Length == 0 ? name : $"{outer}.{name}";
        describe(this);
        _scope = outer;
    }

    public void Add(string name, int widthBits, Func<ulong> read, IReadOnlyList<string>? enumNames = null) =>
        _signals.Add(new Signal(_scope.Length == 0 ? name : $"{_scope}.{name}", widthBits, read, enumNames));
}
