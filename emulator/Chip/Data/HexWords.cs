using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace HybridEmu.Chip;

/// <summary>Memory as text: one 32-bit word a line, eight hex digits, little endian; the form of RISC-V signatures.</summary>
public static class HexWords
{
    /// <exception cref="DataException">A line is not a word.</exception>
    public static byte[] Read(string file, string text)
    {
        var bytes = new List<byte>();
        var errors = new List<DataError>();
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> line = raw.Trim();
            if (line.IsEmpty)
                continue;
            if (!uint.TryParse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint word))
                errors.Add(new DataError(file, number, $"'{line}' is not a 32-bit word in hex"));
            else
                bytes.AddRange(BitConverter.GetBytes(word));
            if (errors.Count == 20)
                break;
        }

        if (errors.Count == 0 && bytes.Count == 0)
            errors.Add(new DataError(file, 0, "is empty"));
        return errors.Count == 0 ? [.. bytes] : throw new DataException(errors);
    }

    /// <summary>Words of a memory range; the last one is padded with zeros.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length / 4 * 9);
        Span<byte> word = stackalloc byte[4];
        for (int i = 0; i < bytes.Length; i += 4)
        {
            word.Clear();
            bytes[i..Math.Min(i + 4, bytes.Length)].CopyTo(word);
            text.Append(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt32LittleEndian(word):x8}\n");
        }

        return text.ToString();
    }
}
