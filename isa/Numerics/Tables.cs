namespace HybridEmu.Isa;

/// <summary>
/// The committed constants behind <see cref="Functions"/>. They belong to the ISA: a chip with other values is not HX 1.
/// </summary>
/// <remarks>
/// How the values were made: every entry is a real number computed to 60 decimal digits (natural logarithm, exponential
/// and square root of a decimal library), then rounded to nearest even fp32 by integer arithmetic. A "low" entry is the
/// fp32 nearest to (the real number - its high entry). Literals are the shortest decimals that read back to the same bits.
/// They are arrays behind spans, since unoptimised code allocates at every read of a span literal.
/// </remarks>
public static class Tables
{
    /// <summary>32 / ln 2.</summary>
    public const float ExpInverseStep = 46.16624f;

    /// <summary>ln 2 / 32, nearest fp32; a multiple of 2^-29.</summary>
    public const float ExpStepHigh = 0.02166085f;

    /// <summary>ln 2 / 32 - <see cref="ExpStepHigh"/>.</summary>
    public const float ExpStepLow = -5.9520444e-11f;

    /// <summary>ln 2 cut to a multiple of 2^-15, so that its product with an exponent is exact.</summary>
    public const float Ln2High = 0.69314575f;

    /// <summary>ln 2 - <see cref="Ln2High"/>.</summary>
    public const float Ln2Low = 1.4286068e-06f;

    /// <summary>2^(j/32), j = 0 to 31.</summary>
    public static ReadOnlySpan<float> ExpHigh => _expHigh;

    private static readonly float[] _expHigh =
    [
        1f, 1.0218972f, 1.0442737f, 1.0671405f, 1.0905077f, 1.1143868f,
        1.1387886f, 1.1637249f, 1.1892071f, 1.2152474f, 1.2418578f, 1.269051f,
        1.2968396f, 1.3252367f, 1.3542556f, 1.38391f, 1.4142135f, 1.4451808f,
        1.4768262f, 1.5091645f, 1.5422108f, 1.5759809f, 1.6104903f, 1.6457555f,
        1.6817929f, 1.7186193f, 1.7562522f, 1.7947091f, 1.8340081f, 1.8741677f,
        1.9152066f, 1.9571441f,
    ];

    /// <summary>2^(j/32) - <see cref="ExpHigh"/>.</summary>
    public static ReadOnlySpan<float> ExpLow => _expLow;

    private static readonly float[] _expLow =
    [
        0f, -4.81156e-08f, 4.83347e-08f, -5.933752e-08f, -1.307754e-08f, -5.43554e-08f,
        5.3862223e-08f, -4.0514415e-08f, 3.7976353e-08f, -3.267395e-08f, 4.496838e-08f, 1.4193333e-09f,
        -4.0189995e-08f, -3.4963733e-08f, -1.0123349e-08f, -5.8755774e-08f, 2.4203235e-08f, 3.3242e-08f,
        -4.500899e-08f, -2.4959373e-08f, 8.070905e-09f, -5.6610254e-08f, 9.836217e-09f, -5.124972e-08f,
        -2.4755327e-08f, -4.8496176e-08f, -9.23577e-09f, -1.1415045e-08f, -1.1239278e-08f, -4.6630056e-08f,
        9.845328e-09f, -1.7021804e-08f,
    ];

    /// <summary>c = 64 / i, i = 45 to 91.</summary>
    public static ReadOnlySpan<float> LogReciprocal => _logReciprocal;

    private static readonly float[] _logReciprocal =
    [
        1.4222223f, 1.3913044f, 1.3617021f, 1.3333334f, 1.3061224f, 1.28f,
        1.254902f, 1.2307693f, 1.2075472f, 1.1851852f, 1.1636363f, 1.1428572f,
        1.122807f, 1.1034483f, 1.0847458f, 1.0666667f, 1.0491803f, 1.032258f,
        1.0158731f, 1f, 0.9846154f, 0.969697f, 0.95522386f, 0.9411765f,
        0.92753625f, 0.9142857f, 0.90140843f, 0.8888889f, 0.8767123f, 0.8648649f,
        0.85333335f, 0.84210527f, 0.83116883f, 0.82051283f, 0.8101266f, 0.8f,
        0.79012346f, 0.7804878f, 0.7710843f, 0.7619048f, 0.7529412f, 0.74418604f,
        0.7356322f, 0.72727275f, 0.71910113f, 0.7111111f, 0.7032967f,
    ];

    /// <summary>-ln(c) of the fp32 value of <see cref="LogReciprocal"/>.</summary>
    public static ReadOnlySpan<float> LogHigh => _logHigh;

    private static readonly float[] _logHigh =
    [
        -0.35222062f, -0.3302417f, -0.30873546f, -0.28768212f, -0.26706275f, -0.24686006f,
        -0.22705749f, -0.2076394f, -0.18859118f, -0.16989905f, -0.15154986f, -0.13353144f,
        -0.11583182f, -0.098440066f, -0.08134564f, -0.064538576f, -0.048009165f, -0.031748667f,
        -0.015748415f, 0f, 0.015504186f, 0.030771628f, 0.04580956f, 0.060624618f,
        0.0752234f, 0.089612156f, 0.10379681f, 0.117783025f, 0.13157636f, 0.14518198f,
        0.15860501f, 0.17185025f, 0.18492234f, 0.19782573f, 0.21056475f, 0.22314353f,
        0.23556606f, 0.2478362f, 0.25995755f, 0.2719337f, 0.28376815f, 0.29546422f,
        0.30702505f, 0.3184537f, 0.32975328f, 0.34092656f, 0.3519764f,
    ];

    /// <summary>-ln(c) - <see cref="LogHigh"/>.</summary>
    public static ReadOnlySpan<float> LogLow => _logLow;

    private static readonly float[] _logLow =
    [
        6.8815487e-09f, 4.4505577e-09f, 1.0058308e-08f, 1.37775436e-08f, -1.1320999e-08f, 1.5357711e-09f,
        7.4693396e-10f, -5.8405036e-09f, -2.476808e-09f, 2.175073e-09f, -5.6271574e-09f, -1.0038856e-09f,
        -8.1879614e-10f, -3.1080047e-09f, -1.1937071e-09f, 2.4172322e-09f, 1.3243622e-09f, -1.1529053e-09f,
        4.321606e-10f, 0f, -4.3701048e-10f, 8.4223784e-10f, -2.0970045e-10f, 7.905949e-12f,
        1.4222858e-09f, -3.0509735e-09f, 2.3963673e-09f, 3.2986907e-09f, 5.967297e-09f, 1.920776e-09f,
        -3.3551462e-09f, 3.0482164e-10f, 1.893291e-09f, 4.444496e-10f, -3.4910954e-09f, 3.5408487e-09f,
        -8.531991e-10f, -1.2255564e-09f, 9.733653e-09f, -7.757449e-09f, 6.3427223e-09f, -1.0436851e-09f,
        -6.136277e-09f, 1.9658557e-09f, -3.5580545e-09f, 4.9768945e-09f, 3.3581486e-09f,
    ];

    /// <summary>1/sqrt of the middle of [1 + t/64, 1 + (t+1)/64), then of twice that, to the nearest 2^-12; t = 0 to 63.</summary>
    public static ReadOnlySpan<float> RsqrtSeed => _rsqrtSeed;

    private static readonly float[] _rsqrtSeed =
    [
        0.99609375f, 0.9885254f, 0.98095703f, 0.9736328f, 0.96655273f, 0.9597168f,
        0.95288086f, 0.9460449f, 0.9394531f, 0.93310547f, 0.9267578f, 0.9206543f,
        0.9145508f, 0.9086914f, 0.90283203f, 0.8972168f, 0.89160156f, 0.88623047f,
        0.8808594f, 0.8754883f, 0.8703613f, 0.8652344f, 0.8601074f, 0.8552246f,
        0.8503418f, 0.8457031f, 0.8408203f, 0.8364258f, 0.8317871f, 0.8273926f,
        0.82299805f, 0.8186035f, 0.8144531f, 0.81030273f, 0.80615234f, 0.80200195f,
        0.7980957f, 0.7939453f, 0.7902832f, 0.78637695f, 0.7824707f, 0.7788086f,
        0.7751465f, 0.7714844f, 0.7680664f, 0.7644043f, 0.7609863f, 0.75756836f,
        0.7541504f, 0.75097656f, 0.7475586f, 0.74438477f, 0.74121094f, 0.7380371f,
        0.7348633f, 0.7319336f, 0.72875977f, 0.7258301f, 0.7229004f, 0.7199707f,
        0.717041f, 0.7141113f, 0.71118164f, 0.7084961f, 0.7043457f, 0.6989746f,
        0.6936035f, 0.68847656f, 0.68359375f, 0.6784668f, 0.6738281f, 0.6689453f,
        0.66430664f, 0.6599121f, 0.65527344f, 0.65112305f, 0.6467285f, 0.6425781f,
        0.63842773f, 0.6345215f, 0.6303711f, 0.626709f, 0.62280273f, 0.6191406f,
        0.6154785f, 0.6118164f, 0.6081543f, 0.6047363f, 0.60131836f, 0.5979004f,
        0.59472656f, 0.5913086f, 0.58813477f, 0.58496094f, 0.58203125f, 0.5788574f,
        0.57592773f, 0.57299805f, 0.57006836f, 0.5671387f, 0.564209f, 0.56152344f,
        0.5588379f, 0.55615234f, 0.5534668f, 0.55078125f, 0.5480957f, 0.5456543f,
        0.54296875f, 0.54052734f, 0.53808594f, 0.53564453f, 0.53344727f, 0.53100586f,
        0.52856445f, 0.5263672f, 0.5241699f, 0.52197266f, 0.5197754f, 0.5175781f,
        0.51538086f, 0.5131836f, 0.5109863f, 0.5090332f, 0.5070801f, 0.5048828f,
        0.5029297f, 0.50097656f,
    ];
}
