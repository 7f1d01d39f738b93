using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// st.accumulate: each transaction reads its bytes of HBM into a buffer beside that of its scratchpad beats; sixteen adders
/// stand before the request link, so that a flit leaves as sums.
/// </summary>
public sealed partial class StoreEngine
{
    private static bool LacksAddends(in DmaTransaction t) => t.Adds != 0 && t.Addends < t.HbmBytes;

    // Rule ST-6: a read between two packets goes before a write's header. Rule ST-7: not before an older transaction to the
    // same bytes is acknowledged.
    private bool AskForAddends(long edge, out bool blocked)
    {
        blocked = false;
        while (State.Fetched < State.Allocated && _transactions[State.Fetched % _transactions.Length].Adds == 0)
            State.Fetched++;
        if (State.Fetched == State.Allocated || InsidePacket() || OlderIsInFlight())
            return false;
        if (!_request.CanPush(edge))
        {
            blocked = true;
            return false;
        }

        int index = (int)(State.Fetched % _transactions.Length);
        ref DmaTransaction t = ref _transactions[index];
        _request.Push(t.Read(_config, index, _config.WidePort), edge);
        State.Fetched++;
        return true;
    }

    private bool InsidePacket() => State.Emitted < State.Allocated && _transactions[State.Emitted % _transactions.Length].HeaderSent != 0;

    private bool OlderIsInFlight()
    {
        ref readonly DmaTransaction next = ref _transactions[State.Fetched % _transactions.Length];
        for (long older = Math.Max(0, State.Allocated - _transactions.Length); older < State.Fetched; older++)
        {
            ref readonly DmaTransaction t = ref _transactions[older % _transactions.Length];
            if (t.Active != 0 && t.Hbm < next.Hbm + next.HbmBytes && next.Hbm < t.Hbm + t.HbmBytes)
                return true;
        }

        return false;
    }

    /// <summary>Whether the transaction that leaves next has its beats and waits for HBM alone.</summary>
    private bool LacksOnlyAddends()
    {
        if (State.Emitted == State.Allocated)
            return false;
        ref readonly DmaTransaction t = ref _transactions[State.Emitted % _transactions.Length];
        return t.Arrived == t.ScratchpadBytes && LacksAddends(in t);
    }

    private void TakeAddends(long edge)
    {
        ref readonly WideFlit flit = ref _response.Peek(edge);
        ref DmaTransaction t = ref _transactions[flit.Tag];
        Line64.ReadSpan(in flit.Data)[..flit.Length].CopyTo(_addends.AsSpan((flit.Tag * DmaConfig.TransactionBytes) + t.Addends));
        t.Addends += flit.Length;
        _response.Discard(edge);
    }

    /// <summary>Adds fp32 to fp32; a NaN is the canonical one.</summary>
    private static void Add(ReadOnlySpan<byte> addends, Span<byte> sums)
    {
        ReadOnlySpan<float> from = MemoryMarshal.Cast<byte, float>(addends);
        Span<float> to = MemoryMarshal.Cast<byte, float>(sums);
        for (int i = 0; i < from.Length; i++)
            to[i] = CanonicalNaN.Of(from[i] + to[i]);
    }
}
