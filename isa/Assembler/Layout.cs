using System.Buffers.Binary;

namespace HybridEmu.Isa;

/// <summary>
/// Gives fragments their lengths and sections their addresses: .text at the start of HBM, then constants, data and bss,
/// each on a new 64-byte line; .stream in the streaming region.
/// </summary>
internal sealed class Layout(AssemblyState state)
{
    /// <summary>Sections start on a line of the L1 caches, so that code and data do not share one.</summary>
    private const long LineBytes = 64;

    private const int FreePasses = 100;
    private const int MostPasses = 10_000;
    private const long MostVisits = 200_000_000;

    /// <summary>Allocated sections in the order of their addresses.</summary>
    public List<Section> Sections { get; } = [];

    public void Run(uint streamBase)
    {
        state.Evaluator.Phase = EvaluationPhase.Relaxing;
        Relax();
        PlaceSections(streamBase);
        state.Evaluator.Phase = EvaluationPhase.Final;
    }

    /// <summary>Fills in the bytes of branches and alignment; call after addresses are known.</summary>
    public void Materialise()
    {
        foreach (Section section in state.Sections)
        {
            foreach (Fragment fragment in section.Fragments)
            {
                try
                {
                    if (!state.GivesUp) Materialise(section, fragment);
                }
                catch (SourceException error)
                {
                    Report(fragment, error);
                }
            }
        }
    }

    /// <summary>
    /// Walks the fragments in order until nothing moves, as GNU as does: a branch sees the new addresses of what lies
    /// before it and the last pass's addresses of what follows (0 at first). Where several settlements exist, this finds
    /// the same one. Should it swing, branches only grow from some pass on, so that it ends.
    /// </summary>
    private void Relax()
    {
        long visits = 0;
        Fragment? restless = null;
        for (int pass = 0; pass < MostPasses && visits < MostVisits; pass++)
        {
            bool changed = false;
            foreach (Section section in state.Sections)
            {
                long offset = 0;
                foreach (Fragment fragment in section.Fragments)
                {
                    long before = fragment.Length;
                    changed |= fragment.Offset != offset;
                    fragment.Offset = offset;
                    fragment.Length = LengthOf(fragment, offset);
                    if (pass > FreePasses && fragment.Kind == FragmentKind.Branch) fragment.Length = Math.Max(before, fragment.Length);
                    if (fragment.Length != before)
                    {
                        changed = true;
                        restless = fragment;
                    }

                    visits++;
                    offset += fragment.Length;
                }

                section.Size = offset;
            }

            if (!changed) return;
        }

        Report(restless!, new SourceException(-1, "the layout does not settle: the size of this depends on the size of this", "let .org name what lies before it"));
    }

    private void Report(Fragment fragment, SourceException error)
    {
        if (fragment.Source is Statement source) state.Report(source, error);
        else state.Report(new Diagnostic("", 0, 0, error.Message, error.Hint));
    }

    private long LengthOf(Fragment fragment, long offset)
    {
        switch (fragment.Kind)
        {
            case FragmentKind.Branch:
                return Reaches(fragment) ? 4 : 8;
            case FragmentKind.Align:
                long skip = -offset & (fragment.Alignment - 1);
                return skip > fragment.MaximumSkip ? 0 : skip;
            case FragmentKind.Origin:
                try
                {
                    ExpressionValue target = state.Evaluator.Evaluate(fragment.Target!);
                    return (target.IsNumber || target.Base == fragment.Section) && target.Number >= offset && target.Number - offset < 1L << 32 ? target.Number - offset : 0;
                }
                catch (SourceException)
                {
                    return 0;
                }

            default:
                return fragment.Bytes.Count + fragment.Reserved;
        }
    }

    /// <summary>As GNU as: a target in another section may be anywhere, so the long form is taken at once.</summary>
    private bool Reaches(Fragment branch)
    {
        try
        {
            ExpressionValue target = state.Evaluator.Evaluate(branch.Target!);
            (int minimum, int maximum, _) = Encoder.ImmediateRange(InstructionFormat.B);
            return target.Base == branch.Section && target.Number - branch.Offset >= minimum && target.Number - branch.Offset <= maximum;
        }
        catch (SourceException)
        {
            // Reported when the bytes are made.
            return true;
        }
    }

    private void PlaceSections(uint streamBase)
    {
        long address = (long)AddressMap.Hbm;
        foreach (Section section in Ordered(s => !IsStream(s)))
            address = Place(section, address);
        if (address > streamBase && state.Sections.Any(s => IsStream(s) && s.Size > 0))
            state.Report(new Diagnostic("", 0, 0, $"code and data end at 0x{address:x8}, past the streaming region at 0x{streamBase:x8}", "put large buffers into .stream"));
        address = streamBase;
        foreach (Section section in Ordered(IsStream))
            address = Place(section, address);
    }

    private long Place(Section section, long address)
    {
        long alignment = Math.Max(section.Alignment, LineBytes);
        address = (address + alignment - 1) & -alignment;
        section.Address = address;
        Sections.Add(section);
        address += section.Size;
        if (address > 1L << 32)
            state.Report(new Diagnostic("", 0, 0, $"section {section.Name} ends at 0x{address:x}, past the 32-bit address space", "make it smaller; descriptors reach memory beyond 4 GiB by number"));
        return address;
    }

    /// <summary>Code, constants, data, bss; within a kind the section with the plain name first, then by first mention.</summary>
    private IEnumerable<Section> Ordered(Func<Section, bool> which) => state.Sections
        .Where(s => s.Allocated && which(s))
        .OrderBy(s => s.Executable ? 0 : s.MemoryOnly ? 3 : s.Writable ? 2 : 1)
        .ThenBy(s => s.Name is ".text" or ".rodata" or ".data" or ".bss" ? 0 : 1);

    private static bool IsStream(Section section) => section.Name == ".stream" || section.Name.StartsWith(".stream.", StringComparison.Ordinal);

    private void Materialise(Section section, Fragment fragment)
    {
        switch (fragment.Kind)
        {
            case FragmentKind.Align when !section.MemoryOnly:
                Fill(section, fragment);
                break;
            case FragmentKind.Origin:
                ExpressionValue target = Relative(fragment.Target!);
                if (target.Base != section && !target.IsNumber)
                    throw new SourceException(fragment.Target!.Position, ".org needs an offset in its own section");
                if (target.Number < fragment.Offset)
                    throw new SourceException(fragment.Target!.Position, $".org {target.Number} lies before the current offset {fragment.Offset}", "sections only grow");
                if (!section.MemoryOnly) section.Extend(fragment, fragment.Length, fragment.Fill ?? 0);
                break;
            case FragmentKind.Branch:
                Branch(section, fragment);
                break;
        }
    }

    private ExpressionValue Relative(Expression expression)
    {
        state.Evaluator.Phase = EvaluationPhase.Relaxing;
        try
        {
            return state.Evaluator.Evaluate(expression);
        }
        finally
        {
            state.Evaluator.Phase = EvaluationPhase.Final;
        }
    }

    private static void Fill(Section section, Fragment fragment)
    {
        if (fragment.Fill is byte fill || !section.Executable)
        {
            section.Extend(fragment, fragment.Length, fragment.Fill ?? 0);
            return;
        }

        // As GNU as, even without the C extension: a zero byte, a compressed nop, then nops.
        long bytes = fragment.Length;
        section.Budget.Take(bytes);
        if ((bytes & 1) != 0) fragment.Bytes.Add(0);
        if ((bytes & 2) != 0) fragment.Bytes.AddRange([1, 0]);
        for (bytes &= ~3L; bytes > 0; bytes -= 4) Add(fragment, Encoder.Encode(Instruction.Addi, 0, 0, 0, 0));
    }

    private void Branch(Section section, Fragment branch)
    {
        Expression target = branch.Target!;
        long distance = state.Evaluator.Number(target) - (section.Address + branch.Offset);
        if ((distance & 1) != 0)
            throw new SourceException(target.Position, "the target of a branch is at an odd distance", "align it");
        if (!branch.IsLong)
        {
            Add(branch, Encoder.Encode(branch.Condition, 0, branch.Rs1, branch.Rs2, (int)distance));
            return;
        }

        (int minimum, int maximum, _) = Encoder.ImmediateRange(InstructionFormat.J);
        if (distance - 4 < minimum || distance - 4 > maximum)
            throw new SourceException(target.Position, $"the target is {distance} bytes away; even a branch over a jump reaches only {minimum} to {maximum}", "branch to a nearby tail");
        Add(branch, Encoder.Encode(Inverted(branch.Condition), 0, branch.Rs1, branch.Rs2, 8));
        Add(branch, Encoder.Encode(Instruction.Jal, 0, 0, 0, (int)distance - 4));
    }

    private static Instruction Inverted(Instruction condition) => condition switch
    {
        Instruction.Beq => Instruction.Bne,
        Instruction.Bne => Instruction.Beq,
        Instruction.Blt => Instruction.Bge,
        Instruction.Bge => Instruction.Blt,
        Instruction.Bltu => Instruction.Bgeu,
        Instruction.Bgeu => Instruction.Bltu,
        _ => throw new InvalidOperationException($"{condition} has no inverse"),
    };

    private static void Add(Fragment fragment, uint word)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        fragment.Bytes.AddRange(bytes);
    }
}
