using HybridEmu.Isa;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Cli;

/// <summary>How the host is to compute; nothing here changes a bit or a cycle.</summary>
internal static class HostChoices
{
    private static readonly (string Name, ArrayEngine Value)[] Engines = [("fast", ArrayEngine.Fast), ("step", ArrayEngine.Step)];

    private static readonly (string Name, SimdWidth Value)[] Widths =
    [
        ("widest", SimdWidth.Widest), ("512", SimdWidth.Vector512), ("256", SimdWidth.Vector256), ("128", SimdWidth.Vector128),
        ("scalar", SimdWidth.Scalar),
    ];

    private const int MostThreads = 16;

    /// <exception cref="UserException">When a name is not known, the host lacks the width, or threads are too few or many.</exception>
    public static (ArrayEngine Engine, SimdWidth Simd) Parse(string engine, string simd, int threads)
    {
        if (threads is < 1 or > MostThreads)
            throw new UserException($"--threads {threads}: must be 1 to {MostThreads}");
        SimdWidth width = Find("--simd", simd, Widths);
        if (width != SimdWidth.Widest && SimdWidths.Choose(width) != width)
            throw new UserException($"--simd {simd}: this host has no vectors of that width; leave it out, or give a narrower one");
        return (Find("--engine", engine, Engines), width);
    }

    private static T Find<T>(string option, string text, (string Name, T Value)[] choices)
    {
        foreach ((string name, T value) in choices)
        {
            if (name == text)
                return value;
        }

        IEnumerable<string> names = choices.Select(c => c.Name);
        throw new UserException($"{option} {text}: not one of {string.Join(", ", names)}{NearestName.Aside(text, names)}");
    }
}
