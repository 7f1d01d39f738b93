using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>Finds the place in memory of each --data argument and checks that it fits.</summary>
public static class DataPlacement
{
    /// <summary>Loads every argument and places it at its symbol.</summary>
    /// <param name="memoryBytes">Bytes of HBM.</param>
    /// <param name="hostBytes">Bytes of the host's memory.</param>
    /// <exception cref="DataException">With the mistakes of all arguments.</exception>
    public static IReadOnlyList<PlacedData> Place(IEnumerable<string> arguments, ElfImage image, long memoryBytes, ulong seed, long hostBytes = 0)
    {
        var placed = new List<PlacedData>();
        var errors = new List<DataError>();
        foreach (string text in arguments)
        {
            try
            {
                DataArgument argument = DataArgument.Parse(text);
                var data = new PlacedData(Resolve(argument, image), argument.Load(seed), $"--data {text}");
                CheckRoom(data, image, memoryBytes, hostBytes);
                foreach (PlacedData other in placed)
                {
                    if (data.Address < other.End && other.Address < data.End)
                        throw new DataException(data.Source, $"overlaps {other.Source} at 0x{other.Address:x8}..0x{other.End:x8}");
                }

                placed.Add(data);
            }
            catch (DataException e)
            {
                errors.AddRange(e.Errors);
            }
        }

        return errors.Count == 0 ? placed : throw new DataException(errors);
    }

    private static ulong Resolve(DataArgument argument, ElfImage image)
    {
        if (image.FindSymbol(argument.Symbol) is { } symbol)
            return symbol.Value;
        if (DataArgument.Number(argument.Symbol, out ulong address))
            return address;
        throw new DataException(
            $"--data {argument.Text}",
            $"the image has no symbol '{argument.Symbol}'{NearestName.Aside(argument.Symbol, image.Symbols.Select(s => s.Name))}");
    }

    /// <summary>Data may use the room from its symbol to the next one, and memory that no segment claims.</summary>
    private static void CheckRoom(PlacedData data, ElfImage image, long memoryBytes, long hostBytes)
    {
        string range = $"0x{data.Address:x8}..0x{data.End:x8} ({data.Bytes.Length} bytes)";
        ulong end = AddressMap.Hbm + (ulong)memoryBytes, hostEnd = AddressMap.HostMemory + (ulong)hostBytes;
        if (data.Address >= AddressMap.HostMemory && data.End <= hostEnd)
            return;
        if (data.Address < AddressMap.Hbm || data.End > end)
        {
            string host = hostBytes > 0 ? $", the host's 0x{AddressMap.HostMemory:x8}..0x{hostEnd:x8}" : "";
            throw new DataException(data.Source, $"{range} does not fit: memory is 0x{AddressMap.Hbm:x8}..0x{end:x8}{host}");
        }

        ElfSegment? home = image.Segments.FirstOrDefault(s => data.Address >= s.Address && data.Address < s.End);
        foreach (ElfSegment segment in image.Segments)
        {
            if (segment != home && segment.MemorySizeBytes > 0 && data.Address < segment.End && segment.Address < data.End)
                throw new DataException(data.Source, $"{range} runs over the image's segment 0x{segment.Address:x8}..0x{segment.End:x8}");
        }

        ElfSymbol? next = image.Symbols.FirstOrDefault(s => !s.Absolute && s.Value > data.Address && s.Value < data.End && (home is null || s.Value < home.End));
        if (next is not null)
            throw new DataException(data.Source, $"{range} runs over symbol '{next.Name}' at 0x{next.Value:x8}; reserve more room before it");
    }
}
