using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Units;

/// <summary>A field of an HBM address.</summary>
public enum HbmField : byte
{
    /// <summary>Byte in a burst.</summary>
    Offset,
    Column,
    PseudoChannel,
    Channel,
    BankGroup,
    Bank,
    Row,
}

/// <summary>Where a byte of HBM lives.</summary>
public struct HbmLocation
{
    public int Channel, PseudoChannel, BankGroup, Bank, Row, Column;
}

/// <summary>
/// The map from byte offsets in HBM to channels, banks, rows and columns: fields from the least significant bit up; a field
/// may come in parts, low part first. The row is last and takes what is left.
/// </summary>
public sealed class HbmAddressMap : IEquatable<HbmAddressMap>
{
    private const int FieldCount = 7;

    private readonly bool _xor;
    private readonly int _groupMask, _bankMask, _groupBits;

    private readonly (HbmField Field, int Bits)[] _fields;
    private readonly int[] _bits = new int[FieldCount];
    private readonly ulong[] _mask = new ulong[FieldCount];

    public HbmAddressMap(params (HbmField Field, int Bits)[] fields)
        : this(false, fields)
    {
    }

    /// <param name="xor">
    /// Bank group and bank are XORed with the lowest bits of the row, so that rows that would meet in one bank are spread
    /// over all (permutation-based interleaving, Zhang et al., MICRO 2000).
    /// </param>
    /// <param name="fields">From the lowest bit up.</param>
    public HbmAddressMap(bool xor, params (HbmField Field, int Bits)[] fields)
    {
        if (fields.Length == 0 || fields[^1].Field != HbmField.Row || fields[0] != (HbmField.Offset, 5))
            throw new ArgumentException("An HBM map starts with 5 bits of offset and ends with the row.", nameof(fields));
        _fields = fields;
        int at = 0;
        foreach ((HbmField field, int bits) in fields)
        {
            _bits[(int)field] += bits;
            _mask[(int)field] |= ((1UL << bits) - 1) << at;
            at += bits;
        }

        _xor = xor;
        _groupBits = Bits(HbmField.BankGroup);
        _groupMask = BankGroups - 1;
        _bankMask = (1 << Bits(HbmField.Bank)) - 1;
    }

    /// <summary>Bytes of a burst: BL4 on 64 bits.</summary>
    public const int BurstBytes = 32;

    /// <summary>Banks of a pseudo-channel.</summary>
    public int Banks => 1 << (Bits(HbmField.BankGroup) + Bits(HbmField.Bank));

    public int BankGroups => 1 << Bits(HbmField.BankGroup);

    public int Channels => 1 << Bits(HbmField.Channel);

    /// <summary>
    /// The chip's map: granules of 512 bytes a pseudo-channel, of which four bursts to each bank group of one bank.
    /// </summary>
    /// <param name="channelBits">log2 of the number of channels.</param>
    /// <param name="rowBits">log2 of the rows of a bank.</param>
    /// <param name="xor">As for the constructor.</param>
    public static HbmAddressMap Chip(int channelBits, int rowBits = 15, bool xor = false) => new(
        xor, (HbmField.Offset, 5), (HbmField.BankGroup, 2), (HbmField.Column, 2), (HbmField.PseudoChannel, 1),
        (HbmField.Channel, channelBits), (HbmField.Bank, 2), (HbmField.Column, 3), (HbmField.Row, rowBits));

    /// <summary>Bits of a field, all parts together.</summary>
    public int Bits(HbmField field) => _bits[(int)field];

    public HbmLocation Decode(ulong address)
    {
        if (!Bmi2.X64.IsSupported)
            return DecodeFields(address);
        int Field(HbmField field) => (int)Bmi2.X64.ParallelBitExtract(address, _mask[(int)field]);
        var at = new HbmLocation
        {
            Channel = Field(HbmField.Channel),
            PseudoChannel = Field(HbmField.PseudoChannel),
            BankGroup = Field(HbmField.BankGroup),
            Bank = Field(HbmField.Bank),
            Row = Field(HbmField.Row),
            Column = Field(HbmField.Column),
        };
        if (_xor)
            Permute(ref at);
        return at;
    }

    /// <summary>As <see cref="Decode"/>, without a host that gathers bits.</summary>
    public HbmLocation DecodeFields(ulong address)
    {
        HbmLocation at = default;
        int columnBits = 0, bankBits = 0, groupBits = 0, channelBits = 0, pseudoBits = 0;
        foreach ((HbmField field, int bits) in _fields)
        {
            int value = (int)(address & ((1UL << bits) - 1));
            address >>= bits;
            switch (field)
            {
                case HbmField.Column:
                    at.Column |= value << columnBits;
                    columnBits += bits;
                    break;
                case HbmField.PseudoChannel:
                    at.PseudoChannel |= value << pseudoBits;
                    pseudoBits += bits;
                    break;
                case HbmField.Channel:
                    at.Channel |= value << channelBits;
                    channelBits += bits;
                    break;
                case HbmField.BankGroup:
                    at.BankGroup |= value << groupBits;
                    groupBits += bits;
                    break;
                case HbmField.Bank:
                    at.Bank |= value << bankBits;
                    bankBits += bits;
                    break;
                case HbmField.Row:
                    at.Row = value;
                    break;
            }
        }

        if (_xor)
            Permute(ref at);
        return at;
    }

    /// <summary>The byte offset of the first byte of a burst; the inverse of <see cref="Decode"/>.</summary>
    public ulong Encode(in HbmLocation location)
    {
        HbmLocation at = location;
        if (_xor)
            Permute(ref at); // its own inverse
        ulong address = 0;
        int shift = 0;
        Span<int> taken = stackalloc int[FieldCount];
        foreach ((HbmField field, int bits) in _fields)
        {
            int value = field switch
            {
                HbmField.Column => at.Column,
                HbmField.PseudoChannel => at.PseudoChannel,
                HbmField.Channel => at.Channel,
                HbmField.BankGroup => at.BankGroup,
                HbmField.Bank => at.Bank,
                HbmField.Row => at.Row,
                _ => 0,
            };
            address |= ((ulong)(value >> taken[(int)field]) & ((1UL << bits) - 1)) << shift;
            taken[(int)field] += bits;
            shift += bits;
        }

        return address;
    }

    private void Permute(ref HbmLocation at)
    {
        at.BankGroup ^= at.Row & _groupMask;
        at.Bank ^= (at.Row >> _groupBits) & _bankMask;
    }

    /// <summary>Whether the same fields follow each other.</summary>
    public bool Equals(HbmAddressMap? other) => other is not null && _xor == other._xor && _fields.AsSpan().SequenceEqual(other._fields);

    public override bool Equals(object? obj) => Equals(obj as HbmAddressMap);

    public override int GetHashCode() => (int)_mask[(int)HbmField.Column] ^ _fields.Length;
}
