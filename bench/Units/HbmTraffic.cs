using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>One HBM channel with full queues: reads in ascending order, or anywhere with a write among four.</summary>
internal sealed class HbmTraffic(bool random)
{
    private const ulong Footprint = 16 << 20;

    // The chip's own map without the channel bits.
    private readonly HbmController _controller = new(
        new HbmConfig
        {
            Map = new HbmAddressMap(
                (HbmField.Offset, 5), (HbmField.BankGroup, 2), (HbmField.Column, 2), (HbmField.PseudoChannel, 1), (HbmField.Bank, 2), (HbmField.Column, 3), (HbmField.Row, 15)),
        },
        0,
        new SparseMemory(1L << 30),
        1);

    private long _edge;
    private ulong _offered;

    /// <summary>Runs until that many requests were answered.</summary>
    public void Serve(int requests)
    {
        for (int answered = 0; answered < requests; _edge++)
        {
            for (int i = 0; i < 2; i++)
            {
                uint bits = random ? CounterRandom.Bits(1, _offered) : 0;
                HbmRequest request = new()
                {
                    Address = (random ? bits & (Footprint - 1) : (_offered * 32) % Footprint) & ~31UL,
                    Write = (byte)(bits >> 30 == 3 ? 1 : 0),
                    ByteEnable = uint.MaxValue,
                };
                if (!_controller.TryAccept(request, 0, _edge))
                    break;
                _offered++;
            }

            _controller.Complete(_edge);
            for (int p = 0; p < 2; p++)
            {
                while (_controller.HasResponse(p, 0))
                {
                    _controller.ReleaseResponse(p, 0, _edge);
                    answered++;
                }
            }

            _controller.Tick(_edge);
        }
    }
}
