using System.Globalization;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// Accesses made by rule: the streams that DRAM simulators are compared by, in bursts of 32 bytes. Addresses wrap at the
/// capacity. Source of the rules: oracle set "hbm", README.
/// </summary>
public sealed class TraceRecipe : IAccessSource
{
    /// <summary>Names of the recipes.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "seq_read", "seq_write", "mix21_seq", "mix21_blk", "mix21_3arr_conf", "rand_read", "rand_mix21", "stride", "low_rate_hit", "low_rate_rand",
    ];

    private const ulong BurstBytes = HbmAddressMap.BurstBytes;
    private const long LowRateCycles = 100;
    private const long BlockRequests = 256, HitBursts = 32;

    private readonly string _name;
    private readonly long _requests;
    private readonly ulong _capacityBytes;
    private readonly ulong _strideBytes;
    private long _next;
    private ulong _random;

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="requests">How many accesses to make.</param>
    /// <param name="capacityBytes">Bytes of HBM; a power of two.</param>
    /// <param name="strideBytes">Bytes from one access to the next, of the recipe stride.</param>
    /// <param name="seed">Seed of splitmix64, for the random ones.</param>
    /// <exception cref="DataException">There is no such recipe.</exception>
    public TraceRecipe(string name, long requests, long capacityBytes, ulong strideBytes, ulong seed)
    {
        if (!Names.Contains(name))
            throw new DataException($"--recipe {name}", $"not one of {string.Join(", ", Names)}{NearestName.Aside(name, Names)}");
        _name = name;
        _requests = requests;
        _capacityBytes = (ulong)capacityBytes;
        _strideBytes = strideBytes;
        _random = seed;
    }

    public int Read(Span<MemoryAccess> accesses)
    {
        int count = (int)Math.Min(accesses.Length, _requests - _next);
        accesses = accesses[..count];
        switch (_name)
        {
            case "seq_read":
                foreach (ref MemoryAccess access in accesses)
                    Put(ref access, (ulong)_next++ * BurstBytes, false);
                break;
            case "seq_write":
                foreach (ref MemoryAccess access in accesses)
                    Put(ref access, (ulong)_next++ * BurstBytes, true);
                break;
            case "mix21_seq":
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], (ulong)_next * BurstBytes, _next % 3 == 2);
                break;
            case "mix21_blk":
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], (ulong)_next * BurstBytes, _next / BlockRequests % 3 == 2);
                break;
            case "mix21_3arr_conf": // three arrays a quarter of the capacity apart: one bank, three rows
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], ((ulong)(_next / 3) * BurstBytes) + ((ulong)(_next % 3) * (_capacityBytes / 4)), _next % 3 == 2);
                break;
            case "rand_read":
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], RandomBurst(), false);
                break;
            case "rand_mix21":
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], RandomBurst(), Random() % 3 == 2);
                break;
            case "stride":
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], (ulong)_next * _strideBytes, false);
                break;
            case "low_rate_hit":
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], (ulong)(_next % HitBursts) * BurstBytes, false, LowRateCycles * _next);
                break;
            case "low_rate_rand":
                for (int i = 0; i < count; i++, _next++)
                    Put(ref accesses[i], RandomBurst(), false, LowRateCycles * _next);
                break;
            default:
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The recipe {_name} has no rule."));
        }

        return count;
    }

    private void Put(ref MemoryAccess access, ulong address, bool write, long stamp = 0)
    {
        access.Stamp = stamp;
        access.Address = address % _capacityBytes;
        access.IsWrite = write;
    }

    private ulong RandomBurst() => Random() % (_capacityBytes / BurstBytes) * BurstBytes;

    /// <summary>splitmix64 (Steele, Lea, Flood 2014).</summary>
    private ulong Random()
    {
        _random += 0x9E3779B97F4A7C15;
        ulong z = _random;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
