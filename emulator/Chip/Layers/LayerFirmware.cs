using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>Programs of firmware/layers, which the emulator carries with it.</summary>
internal static class LayerFirmware
{
    private const string Prefix = "firmware/";

    /// <summary>Assembles one of them.</summary>
    /// <param name="defined">Symbols that are 1.</param>
    public static ElfImage Assemble(string name, params string[] defined)
    {
        var options = new AssemblerOptions { IncludeResolver = included => Text(Path.GetFileName(included)), Defines = defined.ToDictionary(symbol => symbol, _ => 1L) };
        AssemblyResult result = Assembler.Assemble(name, Text(name) ?? throw new InvalidOperationException($"There is no {Prefix}{name}."), options);
        return result.Image ?? throw new InvalidOperationException($"{name} does not assemble: {result.Diagnostics[0]}");
    }

    private static string? Text(string file)
    {
        using Stream? stream = typeof(LayerFirmware).Assembly.GetManifestResourceStream(Prefix + file);
        return stream is null ? null : new StreamReader(stream).ReadToEnd();
    }
}
