using System.Text;

namespace HybridEmu.Programs.Tests;

/// <summary>Draws programs of products, drains and vector operations, each alone or beside others, for one tile and its scratchpad of 1 MiB.</summary>
internal sealed class DrawnWork
{
    private const int Parameters = 0x100;
    private const int FirstRegion = 0x1000;
    private const int RegionBytes = 0x20000;
    private const int MostElements = 4900; // in a row of 16 to 40 rows, so that an operand lies in its region

    private static readonly string[] s_floats = ["fp32", "bf16"];
    private static readonly string[] s_unary = ["vx.convert", "vx.relu", "vx.exp", "vx.rsqrt", "vx.sigmoid", "vx.tanh"];
    private static readonly string[] s_binary = ["vx.add", "vx.sub", "vx.mul", "vx.max", "vx.relu_grad", "vx.tanh_grad"];

    private readonly Random _random;
    private readonly int _m, _n; // of the product that drains drain

    private DrawnWork(Random random)
    {
        _random = random;
        (_m, _n) = (random.Next(20, 80), random.Next(8, 100));
    }

    /// <summary>A program for <see cref="Firmware.Inline"/>.</summary>
    public static string Draw(Random random) => new DrawnWork(random).Program();

    private string Program()
    {
        var code = new StringBuilder("    issue product\n    wait_for ALL_QUEUES\n");
        var data = new StringBuilder($".data\nproduct:\n    mx.matmul a=sp(0x1000), w=sp(0x21000), slot=0, m={_m}, k=40, n={_n}, pitcha=64, pitchw=112, type=int8\n");
        for (int i = 0; i < 6; i++)
        {
            code.AppendLine($"    issue work{i}");
            if (_random.Next(2) != 0)
                code.AppendLine("    wait_for ALL_QUEUES");
            data.AppendLine($"work{i}:").AppendLine($"    {Descriptor()}, chain");
        }

        return code.Append(data).ToString();
    }

    private string Descriptor() => _random.Next(9) switch
    {
        0 or 1 => Drain(),
        2 or 3 => Product(),
        4 => Descent(),
        5 => Statistics(),
        _ => Elementwise(),
    };

    private string Drain()
    {
        string type = Pick("fp32", "bf16", "int32"), function = type == "int32" ? "" : Pick("", ", act=relu", ", act=tanh");
        return $"mx.drain d={Region(3)}, slot=0, m={_m}, n={_n}, pitchd={Pitch(_n * Bytes(type))}, acc=int32, out={type}{function}";
    }

    private string Product()
    {
        string type = Pick("bf16", "int8");
        int m = _random.Next(1, 70), k = _random.Next(1, 90), n = _random.Next(1, 90), bytes = type == "bf16" ? 2 : 1;
        bool turnsA = _random.Next(3) == 0, turnsB = _random.Next(4) == 0;
        string turned = (turnsA ? ", transposea" : "") + (turnsB ? ", transposeb" : "");
        int pitchA = Pitch(bytes * (turnsA ? m : k)), pitchB = Pitch(bytes * (turnsB ? k : n));
        return $"mx.matmul a={Region(4)}, w={Region(5)}, slot=1, m={m}, k={k}, n={n}, pitcha={pitchA}, pitchw={pitchB}, type={type}{turned}";
    }

    private string Descent()
    {
        string rounding = Pick("out=bf16", "out=bf16", "out=bf16, round=stochastic", "out=int8");
        int m = _random.Next(1, 12), n = 16 * _random.Next(4, 100);
        return $"opt.sgd a={Region(0)}, b={Region(1)}, d={Region(2)}, m={m}, n={n}, typea=fp32, typeb=fp32, {rounding}, params=sp(0x{Parameters:x})";
    }

    /// <summary>Waits for itself.</summary>
    private string Statistics()
    {
        int m = _random.Next(1, 40), n = _random.Next(1, 50), pitch = Pitch(4 * n);
        string operation = Pick("vx.softmax", "vx.norm_rows"), more = operation == "vx.softmax" ? "" : $", rstd={Region(6)}, params=sp(0x{Parameters:x})";
        return $"{operation} a={Region(0)}, d={Region(2)}, m={m}, n={n}, pitcha={pitch}, pitchd={pitch}, type=fp32{more}";
    }

    private string Elementwise()
    {
        int n = Pick(16 * _random.Next(1, 90), 256, 784, _random.Next(1, 300)), m = _random.Next(1, Math.Min(40, 1 + (MostElements * 4 / n)));
        string typeA = Pick(s_floats), typeB = _random.Next(4) == 0 ? Pick(s_floats) : typeA, typeD = _random.Next(2) == 0 ? typeA : Pick(s_floats);
        bool touching = _random.Next(2) == 0;
        int pitchA = touching ? Round16(n * Bytes(typeA)) : Pitch(n * Bytes(typeA)), pitchB = touching ? Round16(n * Bytes(typeB)) : Pitch(n * Bytes(typeB));
        bool inPlace = typeD == typeA && _random.Next(2) == 0;
        string a = Region(0), d = inPlace ? a : Region(2);
        if (inPlace && _random.Next(4) == 0)
            d += $" + {64 * _random.Next(1, 20)}"; // has no defined result, but one result
        int pitchD = inPlace ? pitchA : Pitch(n * Bytes(typeD));
        bool two = _random.Next(2) == 0;
        string second = two ? $"b={Region(1)}, pitchb={pitchB}, typeb={typeB}, " : "";
        return $"{Pick(two ? s_binary : s_unary)} a={a}, {second}d={d}, m={m}, n={n}, pitcha={pitchA}, pitchd={pitchD}, typea={typeA}, out={typeD}";
    }

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];

    // Mostly where lines begin.
    private string Region(int number) => $"sp(0x{FirstRegion + (number * RegionBytes) + (16 * (_random.Next(2) == 0 ? 4 * _random.Next(16) : _random.Next(32))):x})";

    private int Pitch(int bytes) => Round16(bytes) + (16 * Pick(0, 0, 4, 8, _random.Next(8)));

    private static int Round16(int bytes) => (bytes + 15) / 16 * 16;

    private static int Bytes(string type) => type == "bf16" ? 2 : 4;
}
