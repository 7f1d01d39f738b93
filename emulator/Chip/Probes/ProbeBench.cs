using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>
/// Collects pieces of firmware and what they must take, runs them all as one program on an idle chip, and tells each point. A
/// form is absolute where TIMING.md gives every part of the way, else relative to a point of the same piece of code at another size.
/// </summary>
/// <param name="configuration">The chip; memory should not refresh, as a refresh adds its own rule to whatever it hits.</param>
internal sealed class ProbeBench(ChipConfiguration configuration)
{
    /// <summary>Engines idle, and the descriptors' lines in L1D.</summary>
    private const string Quiet = "hx.drain a7\n";

    /// <summary>In the first a small L1D writes back what it evicts, which closes rows of memory behind the second.</summary>
    private const int Rounds = 3;

    /// <summary>From a descriptor's issue to the edge at which its idle engine takes it: rules D-2 and D-3.</summary>
    public const int ToEngine = 3;

    /// <summary>From the engine's report to the edge behind a drain: rules D-1 and D-4.</summary>
    public const int FromReport = 3;

    private readonly ProbeProgram _program = LatencyMeasurement.Program(Rounds);
    private readonly List<Func<IReadOnlyList<uint>, ProbedPoint>> _points = [];
    private readonly Dictionary<string, string> _descriptors = [];

    public ChipConfiguration Configuration => configuration;

    /// <summary>Cycles of some code, everything quiet before it.</summary>
    /// <returns>A measurement to hold points against.</returns>
    public int Time(string setup, string body) => _program.Time(Quiet + setup, body);

    /// <summary>Cycles from the issue of the first of some descriptors until all are performed and the core knows.</summary>
    public int TimeDescriptors(params string[] descriptors)
    {
        (string setup, string issue) = Issue(descriptors);
        return Time(setup, issue + "hx.drain a7");
    }

    /// <summary>Code that puts descriptors' addresses in registers and their lines in L1D, and code that issues them.</summary>
    public (string Setup, string Issue) Issue(params string[] descriptors)
    {
        string setup = "", issue = "";
        for (int i = 0; i < descriptors.Length; i++)
        {
            string register = string.Create(CultureInfo.InvariantCulture, $"s{2 + i}");
            setup += $"la {register}, {Label(descriptors[i])}\nlw t2, 0({register})\n";
            issue += $"hx.issue {register}\n";
        }

        return (setup, issue);
    }

    /// <summary>A point that TIMING.md gives wholly.</summary>
    public void Hold(RuleProbe probe, string at, int measurement, long expected) =>
        _points.Add(r => new ProbedPoint(probe, at, expected, r[measurement]));

    /// <summary>A point that takes so many cycles more than another.</summary>
    public void HoldFrom(RuleProbe probe, string at, int measurement, int from, long more) =>
        _points.Add(r => new ProbedPoint(probe, at, r[from] + more, r[measurement]));

    public List<ProbedPoint> Run()
    {
        List<uint> results = LatencyMeasurement.Run(configuration, _program, null);
        return [.. _points.Select(p => p(results))];
    }

    private string Label(string descriptor)
    {
        if (!_descriptors.TryGetValue(descriptor, out string? label))
        {
            label = string.Create(CultureInfo.InvariantCulture, $"probe{_descriptors.Count}");
            _descriptors.Add(descriptor, label);
            _program.Descriptor(label, descriptor);
        }

        return label;
    }
}
