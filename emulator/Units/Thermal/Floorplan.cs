using System.Globalization;

namespace HybridEmu.Units;

/// <summary>A block of the die. Lengths in metres; x grows to the east, y to the north.</summary>
/// <param name="Name">As power and temperature reports name it.</param>
/// <param name="Width">West to east.</param>
/// <param name="Height">South to north.</param>
/// <param name="X">West edge.</param>
/// <param name="Y">South edge.</param>
public sealed record FloorplanBlock(string Name, double Width, double Height, double X, double Y)
{
    public double Area => Width * Height;
}

/// <summary>The blocks of a die; together they fill its bounding box, and none overlaps another.</summary>
public sealed class Floorplan
{
    // Edges closer than this are one edge: far below any block, far above the rounding of sums of block sizes.
    private const double Touching = 1e-9;

    public Floorplan(IReadOnlyList<FloorplanBlock> blocks)
    {
        if (blocks.Count == 0)
            throw new ArgumentException("A floorplan has at least one block.", nameof(blocks));
        Blocks = blocks;
        double area = 0;
        foreach (FloorplanBlock block in blocks)
        {
            if (!(block.Width > 0 && block.Height > 0 && block.X >= 0 && block.Y >= 0))
                throw new ArgumentException($"Block {block.Name} needs a positive size and a position at or above 0.", nameof(blocks));
            Width = Math.Max(Width, block.X + block.Width);
            Height = Math.Max(Height, block.Y + block.Height);
            area += block.Area;
        }

        for (int i = 0; i < blocks.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (Overlap(blocks[i].X, blocks[i].Width, blocks[j].X, blocks[j].Width) > Touching
                    && Overlap(blocks[i].Y, blocks[i].Height, blocks[j].Y, blocks[j].Height) > Touching)
                    throw new ArgumentException($"Blocks {blocks[j].Name} and {blocks[i].Name} overlap.", nameof(blocks));
            }
        }

        double gap = (Width * Height) - area;
        if (gap > area * 1e-6)
            throw new ArgumentException("The blocks leave part of the die uncovered.", nameof(blocks));
    }

    public IReadOnlyList<FloorplanBlock> Blocks { get; }

    public double Width { get; }

    public double Height { get; }

    /// <summary>Reads HotSpot's .flp form: name, width, height, left x, bottom y a line; # starts a comment.</summary>
    public static Floorplan Parse(string text)
    {
        List<FloorplanBlock> blocks = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
                continue;
            if (words.Length < 5)
                throw new FormatException($"A floorplan line needs a name and four lengths: {line.Trim()}");
            blocks.Add(new FloorplanBlock(words[0], Number(words[1]), Number(words[2]), Number(words[3]), Number(words[4])));
        }

        return new Floorplan(blocks);
    }

    /// <summary>
    /// A die of tiles side by side over a strip for the coherency fabric and one for the HBM PHY. A tile is its array in
    /// the middle, its scratchpad to the west, and control, dispatch and vector units to the south. Names: tile0.array,
    /// tile0.scratchpad, tile0.core, fabric, hbm.
    /// </summary>
    /// <param name="tiles">At least 1.</param>
    /// <param name="tileMetres">Width and height of a tile.</param>
    public static Floorplan OfTiles(int tiles, double tileMetres)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tiles, 1);
        List<FloorplanBlock> blocks = [];
        double core = tileMetres * 0.25, upper = tileMetres - core, scratchpad = tileMetres * 0.3, strip = tileMetres * 0.15;
        for (int t = 0; t < tiles; t++)
        {
            double x = t * tileMetres;
            blocks.Add(new FloorplanBlock($"tile{t}.core", tileMetres, core, x, 0));
            blocks.Add(new FloorplanBlock($"tile{t}.scratchpad", scratchpad, upper, x, core));
            blocks.Add(new FloorplanBlock($"tile{t}.array", tileMetres - scratchpad, upper, x + scratchpad, core));
        }

        blocks.Add(new FloorplanBlock("fabric", tiles * tileMetres, strip, 0, tileMetres));
        blocks.Add(new FloorplanBlock("hbm", tiles * tileMetres, strip, 0, tileMetres + strip));
        return new Floorplan(blocks);
    }

    /// <summary>Index of a block by name; throws when there is none.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Blocks.Count; i++)
        {
            if (Blocks[i].Name == name)
                return i;
        }

        throw new ArgumentException($"The floorplan has no block {name}.", nameof(name));
    }

    /// <summary>Length of the north-south edge that two blocks share, or 0.</summary>
    public double SharedVerticalEdge(int i, int j)
    {
        FloorplanBlock a = Blocks[i], b = Blocks[j];
        bool touch = Same(a.X + a.Width, b.X) || Same(b.X + b.Width, a.X);
        double shared = Overlap(a.Y, a.Height, b.Y, b.Height);
        return touch && shared > Touching ? shared : 0;
    }

    /// <summary>Length of the west-east edge that two blocks share, or 0.</summary>
    public double SharedHorizontalEdge(int i, int j)
    {
        FloorplanBlock a = Blocks[i], b = Blocks[j];
        bool touch = Same(a.Y + a.Height, b.Y) || Same(b.Y + b.Height, a.Y);
        double shared = Overlap(a.X, a.Width, b.X, b.Width);
        return touch && shared > Touching ? shared : 0;
    }

    internal bool IsAtWest(int i) => Same(Blocks[i].X, 0);

    internal bool IsAtEast(int i) => Same(Blocks[i].X + Blocks[i].Width, Width);

    internal bool IsAtNorth(int i) => Same(Blocks[i].Y + Blocks[i].Height, Height);

    internal bool IsAtSouth(int i) => Same(Blocks[i].Y, 0);

    private static double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);

    private static bool Same(double a, double b) => Math.Abs(a - b) < Touching;

    private static double Overlap(double from, double length, double otherFrom, double otherLength) =>
        Math.Min(from + length, otherFrom + otherLength) - Math.Max(from, otherFrom);
}
