using System.Runtime.InteropServices;

namespace HybridEmu.Isa;

internal enum FragmentKind
{
    /// <summary>Bytes whose number is known when they are written.</summary>
    Data,

    /// <summary>A conditional branch of 4 bytes, or of 8 (inverted branch over a jump) when its target is far.</summary>
    Branch,

    /// <summary>Fill up to a multiple.</summary>
    Align,

    /// <summary>Fill up to an offset in the section.</summary>
    Origin,
}

/// <summary>A run of a section's content between two places where the length is not known at once.</summary>
internal sealed class Fragment(Section section, FragmentKind kind)
{
    public Section Section { get; } = section;

    public FragmentKind Kind { get; } = kind;

    public List<byte> Bytes { get; } = [];

    /// <summary>Bytes in memory without content (in nobits sections).</summary>
    public long Reserved { get; set; }

    /// <summary>Offset in the section, and length; found by the layout for kinds other than Data.</summary>
    public long Offset { get; set; }

    public long Length { get; set; }

    /// <summary>Align: the power of two. Origin and branches do not use it.</summary>
    public long Alignment { get; init; } = 1;

    /// <summary>Align, Origin: the byte to fill with; null = nops in code, zeros elsewhere.</summary>
    public byte? Fill { get; init; }

    /// <summary>Align: do nothing when more bytes than this would be needed.</summary>
    public long MaximumSkip { get; init; } = long.MaxValue;

    /// <summary>Branch: where to; Origin: the offset.</summary>
    public Expression? Target { get; init; }

    /// <summary>Branch: the condition and its registers.</summary>
    public Instruction Condition { get; init; }

    public int Rs1 { get; init; }

    public int Rs2 { get; init; }

    public Statement? Source { get; init; }

    public bool IsLong => Kind == FragmentKind.Branch && Length == 8;
}

/// <summary>A place in the program: so many bytes into a fragment.</summary>
internal readonly record struct Location(Fragment Fragment, long Offset);

/// <summary>Counts the bytes of content over all sections, so that no short program fills the host's memory.</summary>
internal sealed class ContentBudget
{
    public const long MostBytes = 1 << 28;

    private long _left = MostBytes;

    /// <exception cref="SourceException">There are not so many left.</exception>
    public void Take(long bytes)
    {
        if (bytes > _left)
            throw new SourceException(-1, $"the program has more than {MostBytes} bytes of content with these {bytes}", "use .stream or .bss for large areas without content, and --data for large data");
        _left -= bytes;
    }
}

/// <summary>A section being assembled.</summary>
internal sealed class Section
{
    private readonly List<Symbol> _labelsHere = [];

    public Section(string name, bool executable, bool writable, bool memoryOnly, bool allocated)
    {
        Name = name;
        Executable = executable;
        Writable = writable;
        MemoryOnly = memoryOnly;
        Allocated = allocated;
        Alignment = executable ? 4 : 1;
        Fragments.Add(new Fragment(this, FragmentKind.Data));
    }

    public string Name { get; }

    public bool Executable { get; }

    public bool Writable { get; }

    /// <summary>Nobits: occupies memory, not the file.</summary>
    public bool MemoryOnly { get; }

    /// <summary>False for notes and comments, which are assembled and dropped.</summary>
    public bool Allocated { get; }

    public long Alignment { get; set; }

    public long Address { get; set; }

    public long Size { get; set; }

    public List<Fragment> Fragments { get; } = [];

    /// <summary>What content may still come, over all sections.</summary>
    public required ContentBudget Budget { get; init; }

    public Location Here => new(Current, Current.Bytes.Count + Current.Reserved);

    private Fragment Current => Fragments[^1];

    public void Place(Symbol label)
    {
        label.DefineLabel(Here);
        _labelsHere.Add(label);
    }

    /// <exception cref="SourceException">Content other than zero in a section that has none.</exception>
    public Location Emit(ReadOnlySpan<byte> bytes)
    {
        _labelsHere.Clear();
        Location at = Here;
        if (!MemoryOnly)
        {
            Budget.Take(bytes.Length);
            Current.Bytes.AddRange(bytes);
        }
        else if (bytes.IndexOfAnyExcept((byte)0) >= 0)
            throw NoContent();
        else
            Current.Reserved += bytes.Length;
        return at;
    }

    public SourceException NoContent() =>
        new(-1, $"section {Name} is nobits: it has room but no content", "use .data, or .section .stream.data,\"aw\",@progbits");

    public void Reserve(long bytes)
    {
        _labelsHere.Clear();
        if (MemoryOnly)
            Current.Reserved += bytes;
        else
            Extend(Current, bytes, 0);
    }

    /// <summary>Content of one value; the section is not nobits.</summary>
    public void Fill(long bytes, byte value)
    {
        _labelsHere.Clear();
        Extend(Current, bytes, value);
    }

    /// <summary>Adds content of one value.</summary>
    /// <exception cref="SourceException">There is too much content.</exception>
    public void Extend(Fragment fragment, long bytes, byte value)
    {
        Budget.Take(bytes);
        int length = fragment.Bytes.Count;
        CollectionsMarshal.SetCount(fragment.Bytes, length + (int)bytes);
        CollectionsMarshal.AsSpan(fragment.Bytes)[length..].Fill(value);
    }

    /// <summary>Adds a fragment whose length the layout finds, and opens a new one after it.</summary>
    public void Add(Fragment fragment)
    {
        Alignment = Math.Max(Alignment, fragment.Alignment);
        _labelsHere.Clear();
        Fragments.Add(fragment);
        Fragments.Add(new Fragment(this, FragmentKind.Data));
    }

    /// <summary>Aligns what follows, and takes the labels that stand just before along to the aligned place.</summary>
    public void AlignWithLabels(long alignment)
    {
        Symbol[] labels = [.. _labelsHere];
        Add(new Fragment(this, FragmentKind.Align) { Alignment = alignment, Fill = 0 });
        foreach (Symbol label in labels)
            label.Move(Here);
    }
}
