using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <summary>
/// The golden array: one object a PE, every register by its own name, two phases a cycle. Nobody optimises this.
/// </summary>
public sealed class SystolicReference
{
    private readonly Queue<int>[] _actSkew;     // row r is delayed by r
    private readonly Queue<int>[] _topSkew;     // tokens and weights of column c are delayed by c; addends come skewed
    private readonly Queue<int>[] _shiftSkew;
    private readonly Queue<int>[] _switchSkew;
    private readonly Queue<int>[] _enableSkew;
    private Element[,] _grid;

    public SystolicReference(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        _grid = NewGrid();
        _actSkew = Delays(rows);
        _topSkew = Delays(columns);
        _shiftSkew = Delays(columns);
        _switchSkew = Delays(columns);
        _enableSkew = Delays(columns);
    }

    /// <summary>What PEs compute: 16-bit integers, fused multiply-adds of fp32, or the sum of 4 or 8 products of parts of the words.</summary>
    public enum Mac
    {
        Integer,
        Bf16,
        Int8x4,
        Int4x8,
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>The registers of one PE after the last cycle.</summary>
    public Element this[int row, int column] => _grid[row, column];

    /// <summary>One enabled cycle.</summary>
    /// <param name="row">X row entering whole, or null; missing elements are 0.</param>
    /// <param name="switchToken">Enters with the first X row of a fold.</param>
    /// <param name="weights">Weight row entering with a shift token, or null.</param>
    /// <param name="enabled">The row-enable that enters with the weights.</param>
    /// <param name="addends">What enters the top of each column at this very cycle.</param>
    /// <param name="kind">What every PE computes.</param>
    public void Step(int[]? row, bool switchToken, int[]? weights, bool enabled, int[] addends, Mac kind)
    {
        Element[,] next = NewGrid();
        var actIn = new int[Rows];
        for (int r = 0; r < Rows; r++)
            actIn[r] = Delay(_actSkew[r], row is not null && r < row.Length ? row[r] : 0);

        for (int c = 0; c < Columns; c++)
        {
            int weightIn = Delay(_topSkew[c], weights is not null && c < weights.Length ? weights[c] : 0);
            bool shiftIn = Delay(_shiftSkew[c], weights is not null ? 1 : 0) != 0;
            bool switchIn = Delay(_switchSkew[c], switchToken ? 1 : 0) != 0;
            bool enableIn = Delay(_enableSkew[c], weights is not null && enabled ? 1 : 0) != 0;
            for (int r = 0; r < Rows; r++)
            {
                Element old = _grid[r, c];
                Element pe = next[r, c];
                pe.ShiftToken = r == 0 ? shiftIn : _grid[r - 1, c].ShiftToken;
                pe.SwitchToken = r == 0 ? switchIn : _grid[r - 1, c].SwitchToken;
                pe.Act = c == 0 ? actIn[r] : _grid[r, c - 1].Act;

                pe.Weight = pe.SwitchToken ? old.Shadow : old.Weight;
                pe.Enable = pe.SwitchToken ? old.EnableShadow : old.Enable;

                pe.Shadow = old.Shadow;
                pe.WeightOut = old.WeightOut;
                pe.EnableShadow = old.EnableShadow;
                pe.EnableOut = old.EnableOut;
                if (pe.ShiftToken)
                {
                    pe.WeightOut = old.Shadow;
                    pe.Shadow = r == 0 ? weightIn : _grid[r - 1, c].WeightOut;
                    pe.EnableOut = old.EnableShadow;
                    pe.EnableShadow = r == 0 ? enableIn : _grid[r - 1, c].EnableOut;
                }

                int psumIn = r == 0 ? addends[c] : _grid[r - 1, c].Psum;
                pe.Psum = pe.Enable ? Multiply(kind, pe.Act, pe.Weight, psumIn) : psumIn;
            }
        }

        _grid = next;
    }

    private static int Multiply(Mac kind, int act, int weight, int sum)
    {
        if (kind == Mac.Bf16)
            return BitConverter.SingleToInt32Bits(Fp32.Fma(Float(act), Float(weight), Float(sum)));
        int bits = kind == Mac.Integer ? 16 : kind == Mac.Int8x4 ? 8 : 4;
        int elements = kind == Mac.Integer ? 1 : 32 / bits;
        for (int i = 0; i < elements; i++)
            sum = unchecked(sum + (Signed(act, i * bits, bits) * Signed(weight, i * bits, bits)));
        return sum;
    }

    /// <summary>A field of a word as a two's complement integer.</summary>
    private static int Signed(int word, int at, int bits)
    {
        int field = (int)((uint)word >> at) & ((1 << bits) - 1);
        return field >= 1 << (bits - 1) ? field - (1 << bits) : field;
    }

    private static float Float(int bits) => BitConverter.Int32BitsToSingle(bits);

    private static Queue<int>[] Delays(int count)
    {
        var delays = new Queue<int>[count];
        for (int i = 0; i < count; i++)
            delays[i] = new Queue<int>(new int[i]);
        return delays;
    }

    private static int Delay(Queue<int> delay, int entering)
    {
        delay.Enqueue(entering);
        return delay.Dequeue();
    }

    private Element[,] NewGrid()
    {
        var grid = new Element[Rows, Columns];
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
                grid[r, c] = new Element();
        }

        return grid;
    }

    /// <summary>One PE's registers.</summary>
    public sealed class Element
    {
        public int Act { get; set; }

        public int Psum { get; set; }

        public int Weight { get; set; }

        public int Shadow { get; set; }

        public int WeightOut { get; set; }

        public bool Enable { get; set; }

        public bool EnableShadow { get; set; }

        public bool EnableOut { get; set; }

        public bool ShiftToken { get; set; }

        public bool SwitchToken { get; set; }
    }
}
