using System.Buffers.Binary;
using System.Text;

namespace HybridEmu.Isa;

internal sealed partial class Directives
{
    private const long MostElements = 1 << 24;

    private void Data(TokenCursor cursor, int bytes)
    {
        Span<byte> zeros = stackalloc byte[8];
        zeros.Clear();
        foreach (TokenCursor part in cursor.SplitAtCommas())
        {
            _state.Expressions.Here = _state.Current.Here;
            Expression value = _state.Expressions.ParseAll(part);
            Location place = _state.Current.Emit(zeros[..bytes]);
            if (_state.Current.MemoryOnly)
            {
                if (_state.Evaluator.TryNumber(value) != 0) throw _state.Current.NoContent();
                continue;
            }

            _state.Fixups.Add(new DataFixup(place, _state.Statement!, bytes, value));
        }
    }

    private void Floats(TokenCursor cursor)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (TokenCursor part in cursor.SplitAtCommas())
        {
            bool negative = part.Take("-");
            if (!negative) part.Take("+");
            Token token = part.Next();
            float value = token.Kind switch
            {
                TokenKind.Float => BitConverter.Int32BitsToSingle((int)token.Value),
                TokenKind.Number when token.Text.All(char.IsAsciiDigit) => float.Parse(token.Text, System.Globalization.CultureInfo.InvariantCulture),
                TokenKind.Identifier when token.Text.ToLowerInvariant() is "inf" or "infinity" => float.PositiveInfinity,
                TokenKind.Identifier when token.Text.Equals("nan", StringComparison.OrdinalIgnoreCase) => BitConverter.UInt32BitsToSingle(0x7FC00000),
                _ => throw new SourceException(token.Position, $"expected a floating-point number but found '{token.Text}'", "write 1.5, 2e-3, inf or nan; .word takes bit patterns"),
            };
            if (token.Kind == TokenKind.Float && float.IsInfinity(value))
                throw new SourceException(token.Position, $"{token.Text} is beyond the range of fp32", "write inf if infinity is meant");
            part.ExpectEnd();
            uint bits = BitConverter.SingleToUInt32Bits(value) ^ (negative ? 0x8000_0000 : 0);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, bits);
            _state.Current.Emit(bytes);
        }
    }

    private void Text(TokenCursor cursor, bool terminated)
    {
        do
        {
            Token token = cursor.Next();
            if (token.Kind != TokenKind.Text) throw new SourceException(token.Position, "expected a string in quotes");
            var bytes = new List<byte>();
            foreach (Rune rune in token.Text.EnumerateRunes())
            {
                // Below 256 it is a byte (\xHH); anything else can only be a character of the source, which is UTF-8.
                if (rune.Value < 256) bytes.Add((byte)rune.Value);
                else bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
            }

            if (terminated) bytes.Add(0);
            _state.Current.Emit(bytes.ToArray());
        }
        while (cursor.Take(","));
        cursor.ExpectEnd();
    }

    private void Space(TokenCursor cursor)
    {
        List<TokenCursor> parts = cursor.SplitAtCommas();
        if (parts.Count is 0 or > 2) throw new SourceException(-1, "expected a number of bytes and a fill byte", ".space 64");
        int position = parts[0].Peek.Position;
        long bytes = Number(parts[0]);
        byte fill = parts.Count > 1 ? (byte)Number(parts[1]) : (byte)0;
        _state.Reserve(bytes, fill, position);
    }

    private void Fill(TokenCursor cursor)
    {
        List<TokenCursor> parts = cursor.SplitAtCommas();
        if (parts.Count is 0 or > 3) throw new SourceException(-1, "expected repeat, size, value", ".fill 16, 4, 0");
        int position = parts[0].Peek.Position;
        long repeat = Number(parts[0]), size = parts.Count > 1 ? Number(parts[1]) : 1, value = parts.Count > 2 ? Number(parts[2]) : 0;
        if (size is < 0 or > 8) throw new SourceException(parts[1].EndPosition, $"an element size of {size} bytes", ".fill elements have 0 to 8 bytes");
        if (repeat > uint.MaxValue) throw TooMany(repeat, position);
        if (value == 0 || repeat <= 0)
        {
            _state.Reserve(repeat * size, 0, position);
            return;
        }

        _state.Reserve(0, 0, position);
        if (repeat > MostElements) throw TooMany(repeat, position);
        // GNU as: elements wider than four bytes are zero above the fourth.
        Span<byte> element = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(element, value & 0xFFFF_FFFF);
        for (long i = 0; i < repeat; i++)
            _state.Current.Emit(element[..(int)size]);
    }

    private static SourceException TooMany(long repeat, int position) => new(position, $"{repeat} repetitions are too many for one directive");
}
