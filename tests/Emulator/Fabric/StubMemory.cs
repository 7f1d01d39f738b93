using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// One pseudo-channel for tests: answers each burst after a latency, which random ones make come out of order. Writes
/// take effect when they are answered, so who does not wait for the answer reads old bytes.
/// </summary>
internal sealed class StubMemory(Crossing<HbmRequest> requests, Crossing<HbmResponse> responses, SparseMemory bytes)
{
    private readonly List<(long Due, HbmRequest Request)> _pending = [];
    private TestRandom _random = new(1234);

    public int LatencyCycles { get; init; } = 20;

    public int RandomCycles { get; init; }

    public int Capacity { get; init; } = 64;

    /// <summary>Edges at which a request was taken.</summary>
    public List<long> Accepted { get; } = [];

    public long Evaluate(long edge)
    {
        int ready = _pending.FindIndex(p => p.Due <= edge);
        if (ready >= 0 && responses.CanPush(edge))
        {
            responses.Push(Serve(_pending[ready].Request), edge);
            _pending.RemoveAt(ready);
        }

        if (_pending.Count < Capacity && requests.CanPop(edge))
        {
            long latency = LatencyCycles + (RandomCycles == 0 ? 0 : _random.Next(RandomCycles));
            _pending.Add((edge + latency, requests.Pop(edge)));
            Accepted.Add(edge);
        }

        return _pending.Count > 0 || !requests.IsEmpty ? edge + 1 : Wake.Never;
    }

    private HbmResponse Serve(HbmRequest request)
    {
        Assert.Equal(0ul, request.Address % 32);
        var response = new HbmResponse { Address = request.Address, Tag = request.Tag, Write = request.Write };
        Span<byte> old = stackalloc byte[32];
        bytes.Read((long)request.Address, old);
        if (request.Write == 0)
        {
            old.CopyTo(Burst32.Span(ref response.Data));
            return response;
        }

        for (int i = 0; i < 32; i++)
        {
            if ((request.ByteEnable >> i & 1) != 0)
                old[i] = Burst32.ReadSpan(in request.Data)[i];
        }

        bytes.Write((long)request.Address, old);
        return response;
    }
}
