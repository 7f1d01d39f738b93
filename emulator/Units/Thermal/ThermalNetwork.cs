using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// HotSpot's block model: a node for each block in each of four layers (die, interface, spreader, sink) and twelve nodes of
/// the package around the die. Heat flows C dT/dt = P + g_ambient T_ambient - G T.
/// </summary>
/// <remarks>
/// A step of a given length is one affine map T' = E T + K b, with b the heat that enters. E and K are made once a length: one
/// Crank-Nicolson step of at most a microsecond, doubled until it is long enough, so a long step neither rings nor drifts.
/// Source: HotSpot 6.0 populate_R_model_block, populate_C_model_block and package.c.
/// </remarks>
public sealed partial class ThermalNetwork
{
    private const int PackageNodes = 12;
    private const double FinestStepSeconds = 1e-6;

    private readonly ThermalConfig _config;
    private readonly DenseMatrix _conductance; // G, ambient included on the diagonal
    private readonly double[] _toAmbient;
    private readonly double[] _capacity;
    private readonly double[] _temperature;
    private readonly double[] _heat;
    private readonly double[] _scratch;
    private DenseMatrix? _steady;
    private DenseMatrix? _keep;
    private DenseMatrix? _drive;
    private double _stepSeconds;

    public ThermalNetwork(Floorplan floorplan, ThermalConfig config)
    {
        if (config.SpreaderSide < Math.Max(floorplan.Width, floorplan.Height) || config.SinkSide < config.SpreaderSide)
            throw new ArgumentException("The sink must cover the spreader, and the spreader the die.", nameof(config));
        Floorplan = floorplan;
        _config = config;
        Blocks = floorplan.Blocks.Count;
        Nodes = (4 * Blocks) + PackageNodes;
        _conductance = new DenseMatrix(Nodes);
        _toAmbient = new double[Nodes];
        _capacity = new double[Nodes];
        _temperature = new double[Nodes];
        _heat = new double[Nodes];
        _scratch = new double[Nodes];
        _temperature.AsSpan().Fill(config.InitialKelvin ?? config.AmbientKelvin);
        Connect();
    }

    public Floorplan Floorplan { get; }

    public int Blocks { get; }

    public int Nodes { get; }

    /// <summary>
    /// Temperature of every node in kelvin: blocks of the die first, then interface, spreader and sink under them, then
    /// spreader W E N S, inner sink W E N S, outer sink W E N S.
    /// </summary>
    public ReadOnlySpan<double> Temperatures => _temperature;

    /// <summary>Heat stored above ambient, in joules.</summary>
    public double StoredJoules
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < Nodes; i++)
                sum += _capacity[i] * (_temperature[i] - _config.AmbientKelvin);
            return sum;
        }
    }

    /// <summary>Heat that flows to the ambient now, in watts.</summary>
    public double OutflowWatts
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < Nodes; i++)
                sum += _toAmbient[i] * (_temperature[i] - _config.AmbientKelvin);
            return sum;
        }
    }

    /// <summary>Sets all nodes to the temperatures they would reach under constant power.</summary>
    /// <param name="watts">Power of each block.</param>
    public void SetSteady(ReadOnlySpan<double> watts)
    {
        _steady ??= _conductance.Inverse();
        Enter(watts);
        _steady.Multiply(_heat, _temperature, add: false);
    }

    /// <summary>Lets time pass under constant power.</summary>
    /// <param name="watts">Power of each block.</param>
    /// <param name="seconds">Length of the step; a new length costs the making of its map.</param>
    public void Advance(ReadOnlySpan<double> watts, double seconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(seconds);
        if (seconds != _stepSeconds)
            MakeStep(seconds);
        Enter(watts);
        _temperature.AsSpan().CopyTo(_scratch);
        _keep!.Multiply(_scratch, _temperature, add: false);
        _drive!.Multiply(_heat, _temperature, add: true);
    }

    public void Walk(StateArchive archive) => archive.Array("temperature", _temperature);

    private void Enter(ReadOnlySpan<double> watts)
    {
        for (int i = 0; i < Nodes; i++)
        {
            double ambient = _toAmbient[i] * _config.AmbientKelvin;
            _heat[i] = i < Blocks ? watts[i] + ambient : ambient;
        }
    }

    private void MakeStep(double seconds)
    {
        int doublings = 0;
        double fine = seconds;
        for (; fine > FinestStepSeconds; doublings++)
            fine /= 2;

        // (C/h + G/2) T' = (C/h - G/2) T + b
        DenseMatrix implicitPart = new(Nodes), explicitPart = new(Nodes);
        for (int i = 0; i < Nodes; i++)
        {
            for (int j = 0; j < Nodes; j++)
            {
                double half = _conductance[i, j] / 2;
                double stored = i == j ? _capacity[i] / fine : 0;
                implicitPart[i, j] = stored + half;
                explicitPart[i, j] = stored - half;
            }
        }

        DenseMatrix drive = implicitPart.Inverse();
        DenseMatrix keep = drive.Multiply(explicitPart);
        for (; doublings > 0; doublings--)
        {
            // Two steps: E (E T + K b) + K b.
            drive.Add(keep.Multiply(drive));
            keep = keep.Multiply(keep);
        }

        _keep = keep;
        _drive = drive;
        _stepSeconds = seconds;
    }
}
