using System.Buffers.Binary;

namespace HybridEmu.Fuzz;

/// <summary>A field of a binary format: where it lies in an item of the corpus, and its 1, 2, 4 or 8 bytes.</summary>
internal readonly record struct FuzzField(int Offset, int Bytes, bool BigEndian = false);

/// <summary>Damages binary files by their fields, their bits and their pieces.</summary>
/// <param name="corpus">Whole, good files.</param>
/// <param name="fields">The fields of one of them.</param>
internal sealed class FieldMutator(IReadOnlyList<byte[]> corpus, Func<byte[], IEnumerable<FuzzField>> fields)
{
    private const int MostChanges = 6, LongestPiece = 64;

    private static readonly ulong[] s_edges =
    [
        0, 1, 2, 3, 4, 7, 8, 0x34, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0040,
        0xFFFF_FFF0, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue,
    ];

    private readonly FuzzField[][] _fields = [.. corpus.Select(item => fields(item).ToArray())];

    public byte[] Next(FuzzRandom random)
    {
        int item = random.Below(corpus.Count);
        List<byte> bytes = [.. corpus[item]];
        for (int n = random.Below(MostChanges) + 1; n > 0; n--)
            Change(bytes, _fields[item], random);
        return [.. bytes];
    }

    private void Change(List<byte> bytes, FuzzField[] known, FuzzRandom random)
    {
        int at = random.Below(bytes.Count), length = Math.Min(random.Below(LongestPiece) + 1, bytes.Count - at);
        switch (random.Below(known.Length > 0 ? 16 : 8))
        {
            case 0 when bytes.Count > 0:
                bytes[at] ^= (byte)(1 << random.Below(8));
                break;
            case 1 when bytes.Count > 0:
                bytes[at] = (byte)random.Next();
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Below(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                byte[] other = random.Of(corpus);
                int from = random.Below(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(length, other.Length - from)).ToArray());
                break;
            case 5 when random.OneIn(4):
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6:
                bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(), random.OneIn(20) ? 70_000 : length));
                break;
            case 7:
                Put(bytes, new FuzzField(at & ~3, 4, random.OneIn(2)), random.Of(s_edges));
                break;
            case >= 14:
                // A field takes the value of another: sizes and places that fit the file, but not each other.
                Put(bytes, random.Of(known), Get(bytes, random.Of(known)));
                break;
            case >= 12:
                FuzzField field = random.Of(known);
                Put(bytes, field, Get(bytes, field) + (ulong)random.Below(9) - 4);
                break;
            case >= 8:
                Put(bytes, random.Of(known), random.Of(s_edges));
                break;
        }
    }

    private static ulong Get(List<byte> bytes, FuzzField field)
    {
        ulong value = 0;
        for (int i = 0; i < field.Bytes; i++)
        {
            int at = field.Offset + (field.BigEndian ? i : field.Bytes - 1 - i);
            value = (value << 8) | (at < bytes.Count ? bytes[at] : (byte)0);
        }

        return value;
    }

    private static void Put(List<byte> bytes, FuzzField field, ulong value)
    {
        Span<byte> content = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(content, value);
        for (int i = 0; i < field.Bytes; i++)
        {
            int at = field.Offset + (field.BigEndian ? field.Bytes - 1 - i : i);
            if (at < bytes.Count)
                bytes[at] = content[i];
        }
    }
}
